//go:build !race && !long

package sim

const (
	usualSeeds  = 200
	usualOrders = 30
)
