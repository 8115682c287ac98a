//go:build !race

package sim

const (
	usualSeeds  = 200
	usualOrders = 30
)
