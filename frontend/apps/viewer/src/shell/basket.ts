import { ref } from 'vue'

/** How many units are in the cart, as far as this screen knows. */
export const basket = ref(0)
