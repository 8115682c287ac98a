package pebbledoc_test

import (
	"math/rand/v2"
	"testing"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/docdbtest"
	"meadow/services/platform/docdb/pebbledoc"
)

func TestPebbleKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	docdbtest.Run(t, func(t *testing.T, now clock.Now) docdb.Driver {
		return open(t, t.TempDir(), pebbledoc.Options{Now: now})
	})
}

// open opens a folder until the end of the test.
func open(t testing.TB, dir string, o pebbledoc.Options) *pebbledoc.DB {
	t.Helper()
	if o.SweepEvery == 0 {
		o.SweepEvery = -1
	}
	d, err := pebbledoc.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
