package rank_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/rank"
)

// ordinary is a candidate of no distinction.
func ordinary() rank.Input {
	in := rank.Input{
		Blend: .4, Affinity: .2, Topic: .1, KindFit: .1, Hours: 12, Kind: 1, Genre: 7, Author: 99,
		Seen: 500, Rates: [rank.Rates]float32{.25, .04, .02, .005, .3}, Activity: .5,
	}
	in.Sources[rank.Covisit] = .4
	in.Sources[rank.Popular] = .3
	return in
}

func score(h *rank.Heads, in rank.Input) rank.Score { return h.Score(in.Features(nil)) }

func TestOnTheFirstDayTheOrderFollowsWhatIsPlainlyBetter(t *testing.T) {
	t.Parallel()
	h := rank.NewHeads(rank.Options{})
	better := map[string]func(*rank.Input){
		"the recommender likes it more": func(in *rank.Input) { in.Blend = .6 },
		"a source likes it more":        func(in *rank.Input) { in.Sources[rank.Covisit] = .6 },
		"its author is followed":        func(in *rank.Input) { in.Follows = true },
		"its author is liked":           func(in *rank.Input) { in.Affinity = .5 },
		"its topics are liked":          func(in *rank.Input) { in.Topic = .5 },
		"its kind is liked":             func(in *rank.Input) { in.KindFit = .5 },
		"it is newer":                   func(in *rank.Input) { in.Hours = 1 },
		"more read it through":          func(in *rank.Input) { in.Rates[rank.ReadRate] = .5 },
		"more engage with it":           func(in *rank.Input) { in.Rates[rank.EngageRate] = .08 },
		"more open its product":         func(in *rank.Input) { in.Rates[rank.ClickRate] = .06 },
		"fewer hide it":                 func(in *rank.Input) { in.Rates[rank.HideRate] = .001 },
		"fewer swipe it away":           func(in *rank.Input) { in.Rates[rank.SkipRate] = .1 },
	}
	for name, change := range better {
		in := ordinary()
		was := score(h, in).Total
		change(&in)
		if got := score(h, in).Total; got <= was {
			t.Errorf("%s: score %.4f, want above %.4f", name, got, was)
		}
	}
	worse := map[string]func(*rank.Input){
		"nobody can read it":        func(in *rank.Input) { in.Foreign = true },
		"it is a promotion":         func(in *rank.Input) { in.Promo = true },
		"its topics are not wanted": func(in *rank.Input) { in.Topic = -.5 },
	}
	for name, change := range worse {
		in := ordinary()
		was := score(h, in).Total
		change(&in)
		if got := score(h, in).Total; got >= was {
			t.Errorf("%s: score %.4f, want below %.4f", name, got, was)
		}
	}
}

func TestTheTermsAddUpToTheTotalExactly(t *testing.T) {
	t.Parallel()
	h, rng := rank.NewHeads(rank.Options{}), rand.New(rand.NewPCG(1, 2))
	for range 500 {
		in := random(rng)
		f := in.Features(nil)
		h.Settle(f, rank.Outcome(rng.IntN(1<<rank.Actions)))
		s, p, sum := h.Score(f), h.Predict(f), float32(0)
		for a, w := range rank.Weights() {
			sum += s.Terms[a]
			if want := w * p[a]; s.Terms[a] != want {
				t.Fatalf("term of %v is %v, want weight times probability %v", rank.Action(a), s.Terms[a], want)
			}
		}
		if sum != s.Total {
			t.Fatalf("terms add up to %v, the total is %v", sum, s.Total)
		}
	}
}

func TestWhatAnnoysCountsAgainstAPostAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	for a, w := range rank.Weights() {
		against := rank.Action(a) == rank.Hide || rank.Action(a) == rank.Report || rank.Action(a) == rank.QuickSkip
		if (w < 0) != against || w == 0 {
			t.Errorf("%v weighs %v", rank.Action(a), w)
		}
	}
	w := rank.Weights()
	if -w[rank.Hide] <= w[rank.Purchase] {
		t.Errorf("hiding costs %v, less than a purchase brings (%v)", -w[rank.Hide], w[rank.Purchase])
	}
}

// allowed is every field that a feature may be made of, and its type. Who adds
// one answers for it: it must be about the post, or about what this viewer did
// in this shop, and must not stand for who they are.
var allowed = map[string]string{
	"Sources": "[10]float32", "Blend": "float32",
	"Follows": "bool", "Affinity": "float32", "Topic": "float32", "KindFit": "float32",
	"Hours": "float32", "Kind": "uint8", "Genre": "uint32", "Author": "uint32",
	"Promo": "bool", "Products": "bool", "Foreign": "bool",
	"Seen": "float32", "Rates": "[5]float32",
	"Activity": "float32", "Surface": "uint8",
}

func TestFeaturesAreMadeOfTheseThingsOnlyAndNoneIsASensitiveTrait(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for f := range reflect.TypeFor[rank.Input]().Fields() {
		got[f.Name] = f.Type.String()
	}
	if diff := cmp.Diff(got, allowed); diff != "" {
		t.Errorf("features may be made of something else (-got +want):\n%s", diff)
	}
}

func TestEveryThingKnownMakesADifferenceOnceItIsLearned(t *testing.T) {
	t.Parallel()
	for name := range allowed {
		with := ordinary()
		v := reflect.ValueOf(&with).Elem().FieldByName(name)
		change(v)
		if cmp.Equal(with, ordinary()) {
			t.Fatalf("%s was not changed", name)
		}
		a, b := ordinary(), with
		if cmp.Equal(a.Features(nil), b.Features(nil)) {
			t.Errorf("%s is no part of any feature", name)
		}
	}
}

func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Float32:
		v.SetFloat(v.Float()/2 + .03)
	case reflect.Array:
		change(v.Index(1))
	default:
		v.SetUint(v.Uint() + 1)
	}
}

func TestNoInputHoweverOddGivesAnythingButAProbability(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	h := rank.NewHeads(rank.Options{})
	for _, v := range []float32{nan, inf, -inf, 1e30, -1e30, 0} {
		in := rank.Input{Blend: v, Affinity: v, Topic: v, KindFit: v, Hours: v, Seen: v, Activity: v}
		for i := range in.Rates {
			in.Rates[i] = v
		}
		for i := range in.Sources {
			in.Sources[i] = v
		}
		f := in.Features(nil)
		if len(f) > 32 {
			t.Errorf("%d features, more than promised", len(f))
		}
		for range 100 {
			h.Settle(f, rank.Of(rank.Like, rank.Hide))
		}
		for a, p := range h.Predict(f) {
			if !(p > 0 && p < 1) {
				t.Errorf("with %v everywhere %v is predicted at %v", v, rank.Action(a), p)
			}
		}
	}
}

func random(rng *rand.Rand) rank.Input {
	in := rank.Input{
		Blend: rng.Float32(), Follows: rng.IntN(4) == 0, Affinity: rng.Float32(), Topic: 2*rng.Float32() - 1,
		KindFit: 2*rng.Float32() - 1, Hours: rng.Float32() * 200, Kind: uint8(rng.IntN(4)), Genre: uint32(rng.IntN(20)),
		Author: uint32(rng.IntN(1000)), Promo: rng.IntN(8) == 0, Products: rng.IntN(3) == 0, Foreign: rng.IntN(10) == 0,
		Seen: rng.Float32() * 1000, Activity: rng.Float32(), Surface: uint8(rng.IntN(3)),
	}
	for r := range in.Rates {
		in.Rates[r] = rank.Usual(rank.Rate(r)) * 2 * rng.Float32()
	}
	in.Sources[rng.IntN(int(rank.Sources))] = rng.Float32()
	in.Sources[rng.IntN(int(rank.Sources))] = rng.Float32()
	return in
}
