package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// short is the simulation with fewer posts, and half of everything for each.
func short(seed uint64) settings {
	s := standard(seed)
	s.Items, s.Impressions = 240, 120_000
	s.Batch, s.Most, s.Guarantee = 200, .1, 100 // some 26 live at once
	return s
}

func TestThePoolFindsGoodPostsAndGivesEachItsGuaranteeAndOthersDoWorse(t *testing.T) {
	t.Parallel()
	worlds, got := map[string]*world{}, map[string]figures{}
	for _, name := range policies {
		worlds[name] = play(name, short(1))
	}
	for name, w := range worlds {
		got[name] = judge(name, w, worlds["uniform"].sought, worlds["oracle"].sought)
	}
	if p := got["pool"]; p.Guaranteed != 1 || p.Efficiency < .65 || p.Discovery < .5 {
		t.Errorf("pool: %+v", p)
	}
	if u := got["uniform"]; u.Efficiency != 0 || u.Guaranteed != 1 || u.Gini > .25 || math.Abs(u.Bottom-.5) > .05 {
		t.Errorf("uniform: %+v", u)
	}
	if o := got["oracle"]; o.Efficiency != 1 || o.Guaranteed > .6 {
		t.Errorf("oracle: %+v", o)
	}
	for _, name := range []string{"greedy", "ladder"} {
		if got[name].Efficiency >= got["pool"].Efficiency || got[name].Efficiency <= 0 {
			t.Errorf("%s: %+v, pool: %+v", name, got[name], got["pool"])
		}
	}
}

func TestNoPostIsShownWhenItIsDeadOrBeyondItsShare(t *testing.T) {
	t.Parallel()
	for _, name := range policies {
		s := short(2)
		s.Impressions, s.Items = 30_000, 60
		w, p := open(s), choose(name, s)
		for {
			born, died, ok := w.next()
			if !ok {
				break
			}
			p.batch(w, born, died)
			all := 0
			for i, n := range w.given {
				all += n
				if n > w.cap() || n > 0 && (w.items[i].from > w.now-w.Batch || w.items[i].until <= w.now-w.Batch) {
					t.Fatalf("%s: %d impressions of %+v at %d", name, n, w.items[i], w.now)
				}
			}
			if all > w.Batch {
				t.Fatalf("%s: %d impressions in a batch", name, all)
			}
		}
	}
}

func TestRatesAreOfTheDistributionThatTheyAreSaidToBe(t *testing.T) {
	t.Parallel()
	rng, n, sum, squares := rand.New(rand.NewPCG(1, 1)), 20_000., 0., 0.
	for range int(n) {
		x := betaDraw(rng, 1.5, 48.5)
		sum += x
		squares += x * x
	}
	mean, variance := sum/n, squares/n-sum/n*sum/n
	if math.Abs(mean-.03) > .001 || math.Abs(variance-.03*.97/51) > .00003 {
		t.Errorf("mean %.4f, variance %.6f", mean, variance)
	}
}

func TestTheCommandPrintsATableOrJSON(t *testing.T) {
	t.Parallel()
	var table, lines, again bytes.Buffer
	if err := run([]string{"-seeds=2", "-items=100", "-impressions=20000", "-policy=ladder"}, &table); err != nil {
		t.Fatal(err)
	}
	if got := table.String(); strings.Count(got, "\n") != 5 || !strings.Contains(got, "efficiency") || !strings.Contains(got, "worst") {
		t.Errorf("it printed\n%s", got)
	}
	for _, out := range []*bytes.Buffer{&lines, &again} {
		if err := run([]string{"-seed=7", "-items=100", "-impressions=20000", "-json"}, out); err != nil {
			t.Fatal(err)
		}
	}
	var f figures
	if err := json.Unmarshal(lines.Bytes(), &f); err != nil || f.Policy != "pool" || f.Seed != 7 {
		t.Errorf("it printed %s", lines.String())
	}
	if again.String() != lines.String() {
		t.Errorf("the same seed gave %s and %s", again.String(), lines.String())
	}
	for _, bad := range []string{"-policy=none", "-items=1", "-nothing"} {
		if err := run([]string{bad}, new(bytes.Buffer)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
