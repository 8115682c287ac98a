//go:build race && !long

package checkoutcore

// histories is how many payment histories are told; fewer, as every step is
// watched for races.
const histories = 250
