package sim

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/cryptotest"

	"meadow/services/platform/vault"
)

var (
	seeds  = flag.Int("seeds", usualSeeds, "how many runs the simulation makes")
	first  = flag.Uint64("seed", 1, "the seed of the first of them")
	orders = flag.Int("orders", usualOrders, "orders in each run")
)

// run plays one seed, and returns the world at rest.
func run(t *testing.T, seed uint64, orders int) *world {
	cryptotest.SetGlobalRandom(t, seed) // ids and secrets too follow from the seed
	secrets, err := vault.FileKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, seed, secrets)
	w.play(orders)
	return w
}

func TestTheMoneyPathHoldsWhateverHappens(t *testing.T) {
	for n := range *seeds {
		seed := *first + uint64(n)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := run(t, seed, *orders)
			w.check()
			w.report()
		})
	}
}

// report fails the test if anything is wrong, and says how to see it again.
func (w *world) report() {
	if testing.Verbose() {
		for _, k := range slices.Sorted(maps.Keys(w.counts)) {
			w.t.Logf("%6d %s", w.counts[k], k)
		}
		w.t.Logf("%d steps, %d lives, %d writes, until %v", w.steps, w.lives, w.db.writes, w.clock.Now())
	}
	for _, b := range w.broken {
		w.t.Errorf("seed %d: %s", w.seed, b)
	}
	if len(w.broken) > 0 {
		w.t.Errorf("play it again: go test ./services/app/sim -run HoldsWhatever -seed %d -seeds 1 -orders %d -v", w.seed, *orders)
	}
}
