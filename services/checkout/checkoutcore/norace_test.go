//go:build !race && !long

package checkoutcore

// histories is how many payment histories are told.
const histories = 2_000
