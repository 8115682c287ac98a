import type { Router } from 'vue-router'

/** Goes back inside the app; who came from elsewhere goes to the feed. */
export function goBack(router: Router): void {
  if (history.state?.back) router.back()
  else void router.replace('/')
}
