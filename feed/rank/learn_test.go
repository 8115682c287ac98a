package rank_test

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/rank"
)

// people are simulated viewers: what they do follows from a post in a way that
// differs from the priors.
func people(rng *rand.Rand, in *rank.Input) rank.Outcome {
	var o rank.Outcome
	odds := func(a rank.Action, x float32) {
		if rng.Float64() < 1/(1+math.Exp(-float64(x))) {
			o |= rank.Of(a)
		}
	}
	odds(rank.ReadThrough, -2+3*in.Topic+in.Blend)
	like := float32(-4 + 2*in.Affinity)
	if in.Genre == 3 {
		like += 2 // nobody foresaw that these would be liked so much
	}
	odds(rank.Like, like)
	odds(rank.Hide, -6-2*in.Topic)
	odds(rank.QuickSkip, -in.Topic)
	return o
}

func TestHeadsLearnToSayHowProbableWhatHappensIs(t *testing.T) {
	t.Parallel()
	h, rng := rank.NewHeads(rank.Options{}), rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		in := random(rng)
		h.Settle(in.Features(nil), people(rng, &in))
	}
	learned := h.Calibration()
	// Of what comes after learning, each range of probability must hold about what
	// was said. A new report begins where the old one ended.
	type sum struct{ expected, observed float64 }
	var all [rank.Actions]sum
	var liked [2]sum
	for range 10_000 {
		in := random(rng)
		p, o := h.Predict(in.Features(nil)), people(rng, &in)
		for a := range rank.Actions {
			all[a].expected += float64(p[a])
			if o.Has(a) {
				all[a].observed++
			}
		}
		genre := 0
		if in.Genre == 3 {
			genre = 1
		}
		liked[genre].expected += float64(p[rank.Like])
		if o.Has(rank.Like) {
			liked[genre].observed++
		}
	}
	near := func(what string, s sum, within float64) {
		t.Helper()
		if ratio := s.observed / s.expected; math.Abs(ratio-1) > within {
			t.Errorf("%s: %.0f happened where %.0f were expected", what, s.observed, s.expected)
		}
	}
	near("read through", all[rank.ReadThrough], .12)
	near("like", all[rank.Like], .15)
	near("hide", all[rank.Hide], .35)
	near("skip", all[rank.QuickSkip], .08)
	near("likes of most genres", liked[0], .15)
	near("likes of the genre that surprised", liked[1], 1)
	for _, a := range []rank.Action{rank.Save, rank.Purchase, rank.Report} {
		if all[a].expected > 10_000*.001 {
			t.Errorf("%v never happens and is still expected %.1f times", a, all[a].expected)
		}
	}
	for _, a := range []rank.Action{rank.ReadThrough, rank.QuickSkip} {
		if c := learned[a]; c.N != 10_000 || c.Entropy >= .99 || math.Abs(c.Ratio()-1) > .1 || len(c.Bins) < 2 {
			t.Errorf("report of %v: n %d, entropy %.3f, ratio %.3f, %d bins", a, c.N, c.Entropy, c.Ratio(), len(c.Bins))
		}
	}
}

func TestOneHeadLearnsWithoutTheOthers(t *testing.T) {
	t.Parallel()
	h := rank.NewHeads(rank.Options{})
	in := ordinary()
	f := in.Features(nil)
	before := h.Predict(f)
	for range 50 {
		h.Learn(f, rank.Save, true)
	}
	after := h.Predict(f)
	for a := range rank.Actions {
		switch {
		case a == rank.Save && after[a] < 5*before[a]:
			t.Errorf("save went from %v to %v only", before[a], after[a])
		case a != rank.Save && after[a] != before[a]:
			t.Errorf("%v went from %v to %v, and nobody told it anything", a, before[a], after[a])
		}
	}
	h.Learn(f, rank.Actions, true) // no such action: nothing to do
}

func TestWhatOneImpressionTeachesIsNotYetBelieved(t *testing.T) {
	t.Parallel()
	h := rank.NewHeads(rank.Options{})
	in := ordinary()
	f := in.Features(nil)
	was := h.Score(f).Total
	h.Settle(f, rank.Of(rank.Report))
	if got := h.Score(f).Total; got < was-.2 {
		t.Errorf("one report moved the score of everything like it from %v to %v", was, got)
	}
}

func TestManyLearnAndPredictAtTheSameTime(t *testing.T) {
	t.Parallel()
	h := rank.NewHeads(rank.Options{Slots: 1 << 10})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(5, uint64(worker)))
			var buf []rank.Feature
			for range 300 {
				in := random(rng)
				buf = in.Features(buf[:0])
				if s := h.Score(buf); math.IsNaN(float64(s.Total)) {
					t.Error("a score is no number")
				}
				h.Settle(buf, people(rng, &in))
				h.Learn(buf, rank.Cart, false)
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if err := h.Encode(new(bytes.Buffer)); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if n := h.Calibration()[rank.Like].N; n != 1200 {
		t.Errorf("%d impressions were counted, want 1200", n)
	}
	if n := h.Calibration()[rank.Cart].N; n != 2400 {
		t.Errorf("%d lessons of the cart were counted, want 2400", n)
	}
}

func TestASnapshotBringsBackWhatWasLearned(t *testing.T) {
	t.Parallel()
	h, rng := rank.NewHeads(rank.Options{Slots: 1 << 8}), rand.New(rand.NewPCG(7, 8))
	for range 500 {
		in := random(rng)
		h.Settle(in.Features(nil), people(rng, &in))
	}
	var file bytes.Buffer
	if err := h.Encode(&file); err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(file.Bytes())
	file.WriteString("what comes behind it")
	r := bufio.NewReader(&file)
	back, err := rank.Decode(r, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rest, _ := r.Peek(4); string(rest) != "what" {
		t.Errorf("reading goes on at %q", rest)
	}
	for range 100 {
		in := random(rng)
		f := in.Features(nil)
		if diff := cmp.Diff(back.Predict(f), h.Predict(f)); diff != "" {
			t.Fatalf("predictions changed (-got +want):\n%s", diff)
		}
		o := people(rng, &in)
		h.Settle(f, o)
		back.Settle(f, o)
	}
	for n := range len(whole) - 1 {
		if n > 20 && n < len(whole)-20 && n%997 != 0 {
			continue
		}
		if _, err := rank.Decode(bytes.NewReader(whole[:n]), rank.Options{}); !errors.Is(err, rank.ErrSnapshot) {
			t.Fatalf("the first %d of %d bytes were read: %v", n, len(whole), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	h := rank.NewHeads(rank.Options{Slots: 128})
	in := ordinary()
	h.Settle(in.Features(nil), rank.Of(rank.Like))
	var file bytes.Buffer
	if err := h.Encode(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := rank.Decode(bytes.NewReader(b), rank.Options{})
		if err != nil {
			return
		}
		in := ordinary()
		if s := h.Score(in.Features(nil)); math.IsNaN(float64(s.Total)) {
			t.Errorf("a score is no number")
		}
	})
}

func TestNamesOfSourcesAndActionsAreReadBack(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := range rank.Sources {
		if got, ok := rank.SourceOf(s.String()); !ok || got != s {
			t.Errorf("%v is read back as %v, %v", s, got, ok)
		}
	}
	for a := range rank.Actions {
		if seen[a.String()] || a.String() == "" {
			t.Errorf("the name %q is taken", a)
		}
		seen[a.String()] = true
	}
	if _, ok := rank.SourceOf("nowhere"); ok {
		t.Error("there is no source called nowhere")
	}
}

func TestAViewStaysAsItIsAndTheNextSecondKnowsMore(t *testing.T) {
	t.Parallel()
	h := rank.NewHeads(rank.Options{})
	in := ordinary()
	f := in.Features(nil)
	v := h.View(100)
	was := v.Score(f)
	if was != h.Score(f) {
		t.Error("a fresh view knows something else than its heads")
	}
	for range 50 {
		h.Learn(f, rank.Save, true)
	}
	if v.Score(f) != was || h.View(100) != v {
		t.Error("a view changed within its second")
	}
	if next := h.View(101); next.Score(f) != h.Score(f) || next.Score(f) == was {
		t.Error("a second later the view does not know what was learned")
	}
	if h.View(102) != h.View(103) {
		t.Error("a view is made anew although nothing was learned")
	}
}
