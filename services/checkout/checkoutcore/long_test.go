//go:build long

package checkoutcore

// histories is how many payment histories are told when there is time.
const histories = 10_000
