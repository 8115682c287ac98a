//go:build race && long

package sim

// deploy/ci/sim.sh plays the many runs, without the race detector.
const (
	usualSeeds  = 60
	usualOrders = 60
)
