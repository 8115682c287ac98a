package pool

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// sound checks that queue, heap, records and index agree.
func sound(t *testing.T, p *Pool) {
	t.Helper()
	waiters, gone, aside := 0, 0, 0
	for pos, e := range p.queue.ids {
		if e == 0 {
			continue
		}
		waiters++
		if r := &p.records[e-1]; r.phase != waiting || int(r.pos) != pos || pos < p.queue.head {
			t.Fatalf("queue has %+v at %d", r, pos)
		}
	}
	for pos, id := range p.heap {
		r := &p.records[id]
		if r.phase != running || int(r.pos) != pos {
			t.Fatalf("heap has %+v at %d", r, pos)
		}
		if up := &p.records[p.heap[max(0, pos-1)/2]]; up.draw < r.draw {
			t.Fatalf("draw %v stands above %v", up.draw, r.draw)
		}
	}
	known := 0
	for post, at := range p.index {
		if at == 0 {
			continue
		}
		known++
		r := &p.records[at-1]
		if int(r.post) != post {
			t.Fatalf("post %d is recorded as %d", post, r.post)
		}
		switch r.phase {
		case retired:
			gone++
		case parked:
			aside++
		}
	}
	if waiters != p.queue.n || gone != p.retired || aside != p.parked || known != waiters+gone+aside+len(p.heap) || known != len(p.records)-len(p.unused) {
		t.Fatalf("%d known: %d wait (%d), %d run, %d retired (%d), %d records, %d unused",
			known, waiters, p.queue.n, len(p.heap), gone, p.retired, len(p.records), len(p.unused))
	}
}

func TestQueueHeapAndRecordsAgreeWhateverIsDone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		p := New(Options{Guarantee: 1 + rng.IntN(6), Refresh: 4})
		for step := range 400 {
			post := uint32(rng.IntN(60))
			switch rng.IntN(14) {
			case 0, 1, 2:
				p.Add(post, post%9, post%4, time.Unix(int64(step)*86400, 0))
			case 3:
				p.Drop(post)
			case 4:
				p.Expire(time.Unix(int64(step)*86400, 0))
			case 5:
				p.Engaged(post)
			case 6:
				p.Pick(rng, 3, func(post uint32) float32 { return float32(post % 3) })
			case 7:
				p.Park(post)
			case 8:
				p.Resume(post)
			default:
				p.Impression(post, rng.IntN(3) > 0)
			}
			sound(t, p)
		}
		var file bytes.Buffer
		if err := p.Encode(&file); err != nil {
			t.Fatal(err)
		}
		back, err := Restore(&file, p.options)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, back)
	}
}

func TestTheHighestDrawsAreFoundInOrder(t *testing.T) {
	t.Parallel()
	p, rng := New(Options{Guarantee: 1}), rand.New(rand.NewPCG(1, 1))
	for i := range uint32(300) {
		p.Add(i, i, 0, time.Unix(0, 0))
		p.Impression(i, true)
	}
	for _, n := range []int{0, 1, 2, 17, 300, 500} {
		var all []float32
		for i := range p.heap {
			all = append(all, p.at(uint32(i)).draw)
		}
		slices.Sort(all)
		slices.Reverse(all)
		for i, pos := range p.top(n) {
			if p.at(pos).draw != all[i] {
				t.Fatalf("of %d, number %d is %v, want %v", n, i, p.at(pos).draw, all[i])
			}
		}
		if got := len(p.top(n)); got != min(n, 300) {
			t.Errorf("%d of %d", got, n)
		}
		p.refresh(rng)
	}
}

func TestDrawsHaveTheMeanAndSpreadOfTheirDistribution(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	for _, ab := range [][2]float64{{1.5, 48.5}, {.4, 3}, {80, 900}, {1, 1}} {
		a, b := ab[0], ab[1]
		n, sum, squares := 20_000., 0., 0.
		for range int(n) {
			x := beta(rng, a, b)
			sum += x
			squares += x * x
		}
		mean, sd := sum/n, math.Sqrt(squares/n-sum/n*sum/n)
		wantMean := a / (a + b)
		wantSD := math.Sqrt(a*b/(a+b+1)) / (a + b)
		if math.Abs(mean-wantMean) > 5*wantSD/math.Sqrt(n) || math.Abs(sd/wantSD-1) > .04 {
			t.Errorf("Beta(%v, %v): mean %.5f and deviation %.5f, want %.5f and %.5f", a, b, mean, sd, wantMean, wantSD)
		}
	}
}

func TestHowMuchPostsDifferIsLearned(t *testing.T) {
	t.Parallel()
	learn := func(rate func(*rand.Rand) float64) (mean, strength float64) {
		p, rng := New(Options{}), rand.New(rand.NewPCG(3, 3))
		for post := range uint32(600) {
			p.Add(post, post, 1, time.Unix(0, 0))
			r := rate(rng)
			for range 200 {
				if rng.Float64() < r {
					p.Engaged(post)
				}
				p.Impression(post, true)
			}
		}
		return p.mean(&p.categories[1]), p.strength()
	}
	mean, alike := learn(func(*rand.Rand) float64 { return .1 })
	if math.Abs(mean-.1) > .01 || alike < 200 {
		t.Errorf("all at .1: mean %.3f, strength %.0f", mean, alike)
	}
	mean, unlike := learn(func(rng *rand.Rand) float64 { return beta(rng, 2, 18) }) // strength 20
	if math.Abs(mean-.1) > .015 || unlike < 13 || unlike > 30 {
		t.Errorf("at Beta(2, 18): mean %.3f, strength %.0f", mean, unlike)
	}
}

func TestCategoriesBeyondTheBoundCountAsAllTogether(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	for i := range uint32(mostCategories + 10) {
		p.Add(i, i, i, time.Unix(0, 0))
	}
	if len(p.categories) != mostCategories || p.find(mostCategories+5).category != 0 {
		t.Errorf("%d categories", len(p.categories))
	}
}
