package recommend

import "math"

// covisitOf is one way of making the co-visitation table.
type covisitOf struct {
	Decay float64 // per touch of distance
	Back  float64 // what a pair is worth against the order of time
	To    float64 // exponent of the popularity of the target
	Level bool    // rows of equal length, else divided by degree^0.5
}

const covisitWindow = 50

// covisit ties items that one user touched close together: a pair at
// distance n counts Decay^(n-1). O(touches x 2 windows).
func (c crew) covisit(t *touches, k int, o covisitOf) (*table, error) {
	var near [covisitWindow + 1]float32
	for n := 1; n <= covisitWindow; n++ {
		near[n] = float32(math.Pow(o.Decay, float64(n-1)))
	}
	to, from := t.byDegree(-o.To), t.byDegree(-0.5)
	made, err := c.build(t.items, k, func(s *sum, i Item) {
		for e := t.from[i]; e < t.from[i+1]; e++ {
			u, p := t.user[e], int(t.place[e])
			lo, hi := max(t.start[u], p-covisitWindow), min(t.start[u+1], p+covisitWindow+1)
			for q := lo; q < hi; q++ {
				switch {
				case q < p:
					s.add(t.item[q], near[p-q]*t.weight[p]*t.weight[q]*float32(o.Back))
				case q > p:
					s.add(t.item[q], near[q-p]*t.weight[p]*t.weight[q])
				}
			}
		}
		for _, j := range s.seen {
			s.of[j] *= to[j] * from[i]
		}
	})
	if err == nil && o.Level {
		made.level()
	}
	return made, err
}

// walkOf is one way of making the walk table.
type walkOf struct {
	User float64 // exponent of the touches of the user in the middle
	To   float64 // exponent of the popularity of the target
	Less float64 // of what two walks reach that is taken off, see direct
}

// walk is RP3beta (Paudel et al., 2017): three steps from an item over its
// users to their items, with separate exponents for the user in the middle and
// the target as in LinkProp (Fu et al., 2022), rows of equal length.
// O(sum of squares of the users' touches).
func (c crew) walk(t *touches, k int, o walkOf) (*table, error) {
	user, to := t.bySize(-o.User), t.byDegree(-o.To)
	made, err := c.build(t.items, k, func(s *sum, i Item) {
		t.together(s, i, user)
		for _, j := range s.seen {
			s.of[j] *= to[j]
		}
		s.of[i] = 0
	})
	if err == nil {
		made.level()
	}
	return made, err
}

// hops is how many entries of a row direct follows.
const hops = 100

// direct takes off every row what two steps over the table reach, as a row of
// equal length times less: an item that is near by way of others is no sign of
// its own. Of every row the wide strongest are followed, and what falls below
// 0 goes. O(items x wide^2).
func (c crew) direct(t *table, wide int, less float64) (*table, error) {
	items := len(t.start) - 1
	made, err := c.build(items, items, func(s *sum, i Item) {
		ids, vals := t.row(i)
		for e, j := range ids[:min(len(ids), wide)] {
			next, by := t.row(j)
			for x, k := range next[:min(len(next), wide)] {
				s.add(k, vals[e]*by[x])
			}
		}
		s.of[i] = 0
		sq := math.SmallestNonzeroFloat32
		for _, j := range s.seen {
			sq += float64(s.of[j]) * float64(s.of[j])
		}
		for _, j := range s.seen {
			s.of[j] *= -float32(less / math.Sqrt(sq))
		}
		for e, j := range ids {
			s.add(j, vals[e])
		}
	})
	if err == nil {
		made.level()
	}
	return made, err
}

// together adds up who was touched together with i, a user counting user[u].
func (t *touches) together(s *sum, i Item, user []float32) {
	for e := t.from[i]; e < t.from[i+1]; e++ {
		u := t.user[e]
		w := user[u] * t.weight[t.place[e]]
		for p := t.start[u]; p < t.start[u+1]; p++ {
			s.add(t.item[p], w*t.weight[p])
		}
	}
}

// cosineOf is one way of making plain neighbours.
type cosineOf struct {
	Shrink float64
	User   float64
}

// cosine is ItemKNN: the cosine of the columns of two items with shrinkage,
// every row divided by its sum (as BARS's ItemCF does).
func (c crew) cosine(t *touches, k int, o cosineOf) (*table, error) {
	user, root := t.bySize(-o.User), t.byDegree(0.5)
	made, err := c.build(t.items, k, func(s *sum, i Item) {
		t.together(s, i, user)
		for _, j := range s.seen {
			s.of[j] /= root[i]*root[j] + float32(o.Shrink)
		}
		s.of[i] = 0
	})
	if err != nil {
		return nil, err
	}
	for i := range t.items {
		_, row := made.row(Item(i))
		var all float32
		for _, v := range row {
			all += v
		}
		for e := range row {
			row[e] /= all
		}
	}
	return made, nil
}
