const kept = 'meadow.cart'
let own = ''

/** The key of a visitor's cart, which nobody guesses; "" if there is none and none is made. */
export function cartKey(make = true): string {
  try {
    own = localStorage.getItem(kept) ?? own
    if (!own && make) localStorage.setItem(kept, (own = crypto.randomUUID()))
  } catch {
    if (!own && make) own = crypto.randomUUID() // as long as the page
  }
  return own
}

export function forgetCartKey(): void {
  own = ''
  try {
    localStorage.removeItem(kept)
  } catch {
    // Then it is joined again, which does nothing.
  }
}
