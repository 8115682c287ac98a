//go:build race && !long

package sim

// The race detector makes everything ten times as slow.
const (
	usualSeeds  = 12
	usualOrders = 30
)
