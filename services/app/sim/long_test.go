//go:build long

package sim

const (
	usualSeeds  = 2000
	usualOrders = 200
)
