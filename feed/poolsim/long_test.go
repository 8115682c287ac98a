//go:build long

package main

import "testing"

// TestTenSeedsReachWhatIsPromised takes some minutes.
func TestTenSeedsReachWhatIsPromised(t *testing.T) {
	t.Parallel()
	var efficiency, discovery float64
	const seeds = 10
	for seed := range uint64(seeds) {
		f := measure("pool", standard(seed+1))
		t.Logf("seed %d: efficiency %.3f, discovery %.3f, guaranteed %.3f", f.Seed, f.Efficiency, f.Discovery, f.Guaranteed)
		if f.Efficiency < .77 || f.Discovery < .80 || f.Guaranteed != 1 {
			t.Errorf("seed %d: %+v", f.Seed, f)
		}
		efficiency += f.Efficiency / seeds
		discovery += f.Discovery / seeds
	}
	if efficiency < .80 || discovery < .85 {
		t.Errorf("mean efficiency %.3f, discovery %.3f", efficiency, discovery)
	}
}
