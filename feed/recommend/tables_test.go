package recommend

import (
	"math"
	"testing"
)

// three people: 0 1 | 0 1 2 | 1 2, each in that order.
func three(t *testing.T) (crew, *touches) {
	t.Helper()
	had := func(items ...Item) (h []Touch) {
		for _, i := range items {
			h = append(h, Touch{Item: i, Weight: 1})
		}
		return h
	}
	return crew{t.Context(), 1}, gatherTouches([][]Touch{had(0, 1), had(0, 1, 2), had(1, 2)}, 3, true, 100)
}

func value(t *table, from, to Item) float64 {
	ids, vals := t.row(from)
	for k, i := range ids {
		if i == to {
			return float64(vals[k])
		}
	}
	return 0
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4 {
		t.Errorf("%s: got %.5f, want %.5f", what, got, want)
	}
}

func TestCovisitationByHand(t *testing.T) {
	t.Parallel()
	c, d := three(t)
	made, err := c.covisit(d, 10, covisitOf{Decay: 0.8, Back: 0.5, To: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	// 0 came right before 1 twice; degrees are 2, 3, 2.
	near(t, "0 to 1", value(made, 0, 1), 2/math.Sqrt(2*3))
	near(t, "1 to 0", value(made, 1, 0), 2*0.5/math.Sqrt(3*2))
	near(t, "0 to 2, at distance 2", value(made, 0, 2), 0.8/2)
}

func TestTheWalkByHand(t *testing.T) {
	t.Parallel()
	c, d := three(t)
	made, err := c.walk(d, 10, walkOf{User: 1, To: 0})
	if err != nil {
		t.Fatal(err)
	}
	// From 0 to 1 over two people of 2 and 3 items, to 2 over the one of 3.
	one, two := 1/2.+1/3., 1/3.
	long := math.Hypot(one, two)
	near(t, "0 to 1", value(made, 0, 1), one/long)
	near(t, "0 to 2", value(made, 0, 2), two/long)
}

func TestWhatIsReachedByWayOfOthersIsTakenOff(t *testing.T) {
	t.Parallel()
	c := crew{t.Context(), 1}
	// 0 leads to 1 and 2, and 1 to 2 as well; 3 is reached by way of 1 only,
	// from where a step leads back, too.
	walk := flat([][]entry{{{1, .8}, {2, .6}}, {{2, .6}, {3, .8}, {0, .5}}, nil, nil})
	made, err := c.direct(walk, 10, .5)
	if err != nil {
		t.Fatal(err)
	}
	one, two := .8, .6-.5*.6 // two steps: .8 x .6 to 2, .8 x .8 to 3, at length .6 and .8
	long := math.Hypot(one, two)
	near(t, "0 to 1", value(made, 0, 1), one/long)
	near(t, "0 to 2", value(made, 0, 2), two/long)
	near(t, "0 to 3, below nothing", value(made, 0, 3), 0)
	near(t, "1 to 3, two steps lead back or to 2", value(made, 1, 3), .8/math.Sqrt(.8*.8+.1*.1+.5*.5))
}

func TestCosineByHand(t *testing.T) {
	t.Parallel()
	c, d := three(t)
	made, err := c.cosine(d, 10, cosineOf{Shrink: 1})
	if err != nil {
		t.Fatal(err)
	}
	one, two := 2/(math.Sqrt(6)+1), 1/(2+1.)
	near(t, "0 to 1", value(made, 0, 1), one/(one+two))
	near(t, "0 to 2", value(made, 0, 2), two/(one+two))
}

func TestRidgeByHand(t *testing.T) {
	t.Parallel()
	c, d := three(t)
	same := d.bySize(0)
	together, err := c.build(3, 3, func(s *sum, i Item) { d.together(s, i, same); s.of[i] = 0 })
	if err != nil {
		t.Fatal(err)
	}
	targets, err := c.ridge(d, together, ridgeOf{Ridge: 1, Most: 2})
	if err != nil {
		t.Fatal(err)
	}
	made := turn(targets, 10, d.byDegree(0))
	// Scaled co-occurrences: c01 = c12 = 2/sqrt 6 = b, c02 = 1/2.
	// Target 1 by {0, 2}: [2 .5; .5 2] w = [b b]: both b/2.5.
	// Target 0 by {1, 2}: [2 b; b 2] w = [b .5]; target 2 mirrors it.
	b := 2 / math.Sqrt(6)
	det := 4 - b*b
	from1, from2 := (2*b-b*0.5)/det, (2*0.5-b*b)/det
	to1 := b / 2.5
	row0 := math.Hypot(to1, from2)
	near(t, "0 to 1", value(made, 0, 1), to1/row0)
	near(t, "0 to 2", value(made, 0, 2), from2/row0)
	near(t, "1 to 0", value(made, 1, 0), from1/math.Hypot(from1, from1))
}

func TestFactorsRankWhatTheCircleHas(t *testing.T) {
	t.Parallel()
	data := likeMinded(200, 4, 10, 6)
	d := gatherTouches(data.Users, data.Items, true, 100)
	c := crew{t.Context(), 2}
	f, err := c.factors(d, 1, factorsOf{Dim: 6, Epochs: 5, Alpha: 0.1, Reg: 0.003})
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 6)
	var w solver
	if !f.fold(&w, x, []weighted{{12, 1}, {15, 1}}) {
		t.Fatal("could not fold in")
	}
	var own, others float32
	for i := range Item(40) {
		if score := dot(x, f.of(i)); i/10 == 1 {
			own += score / 10
		} else {
			others += score / 30
		}
	}
	if own < 5*max(0.02, others) {
		t.Errorf("items of the circle score %.3f, others %.3f", own, others)
	}
}
