import { ref } from 'vue'

/** How many notices are unread, as far as this screen knows. */
export const unread = ref(0)
