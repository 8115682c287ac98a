//go:build !race

package checkoutcore

// histories is how many payment histories are told.
const histories = 10_000
