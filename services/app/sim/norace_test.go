//go:build !race

package sim

// deploy/ci/sim.sh plays many more.
const (
	usualSeeds  = 40
	usualOrders = 30
)
