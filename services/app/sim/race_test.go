//go:build race && !long

package sim

// The race detector makes everything ten times as slow.
const (
	usualSeeds  = 4
	usualOrders = 30
)
