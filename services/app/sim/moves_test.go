package sim

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// Every write of a run is held against the table of moves: this is that it would
// be seen.
func TestAMoveThatIsNotInTheTableIsSeen(t *testing.T) {
	t.Parallel()
	doc := func(state string) bson.Raw {
		if state == "" {
			return nil
		}
		raw, err := bson.Marshal(bson.M{"state": state})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	rapid.Check(t, func(t *rapid.T) {
		coll := rapid.SampledFrom([]string{"orders", "payments", "parcels", "aftersales"}).Draw(t, "machine")
		states := []string{""}
		for _, to := range machines[coll] {
			states = append(states, to...)
		}
		from, to := rapid.SampledFrom(states).Draw(t, "from"), rapid.SampledFrom(states[1:]).Draw(t, "to")
		legal := from == to
		for _, s := range machines[coll][from] {
			legal = legal || s == to
		}
		w := &world{}
		newLaws(w).wrote(coll, "one", doc(from), doc(to))
		if (len(w.broken) == 0) != legal {
			t.Fatalf("%s from %q to %q: %v", coll, from, to, w.broken)
		}
	})
}

// What is over stays over, and everything can come to an end.
func TestEveryStateLeadsToAnEnd(t *testing.T) {
	t.Parallel()
	for coll, moves := range machines {
		ends := map[string]bool{}
		for _, all := range moves {
			for _, s := range all {
				ends[s] = len(moves[s]) == 0
			}
		}
		for range moves { // as many steps as the longest way has
			for from, all := range moves {
				for _, s := range all {
					ends[from] = ends[from] || ends[s]
				}
			}
		}
		for s, ok := range ends {
			if !ok {
				t.Errorf("%s: nothing leads out of %q", coll, s)
			}
		}
	}
}
