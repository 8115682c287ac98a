package shelf

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"time"

	"meadow/services/kernel/id"
)

// How a likeness becomes a substitute. The words decide; the same category and a
// near price lift it.
const (
	sameCategory = 0.25
	nearPrice    = 0.15
	// alike is the cosine above which two products of a category are the same kind
	// of thing, so that one does not complement the other.
	alike = 0.45
)

// Similar returns what could be bought instead of a product: of its category
// first, alike in words and in price. Products of another category must be much
// alike to be among them.
func (s *Shelf) Similar(p id.Product, n int) []Match {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.at[p]
	if !ok {
		return nil
	}
	e := &s.entries[i]
	sims := s.like(e)
	if len(sims) < n { // too few share a word: the rest of its shelf
		for j := range s.entries {
			if s.entries[j].Category == e.Category && s.entries[j].ID != "" {
				if _, ok := sims[uint32(j)]; !ok {
					sims[uint32(j)] = 0
				}
			}
		}
	}
	var out []Match
	for j, sim := range sims {
		o := &s.entries[j]
		if o.ID == p {
			continue
		}
		switch {
		case o.Category == e.Category:
			sim += sameCategory
		case sim < alike:
			continue
		}
		out = append(out, Match{Product: o.ID, Score: sim + nearPrice*nearness(e, o)})
	}
	return best(out, n)
}

// Alike reports whether two products are the same kind of thing.
func (s *Shelf) Alike(p, q id.Product) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok1 := s.at[p]
	j, ok2 := s.at[q]
	if !ok1 || !ok2 {
		return false
	}
	a, b := &s.entries[i], &s.entries[j]
	return a.Category == b.Category && s.cosine(a, b) >= alike
}

// Fresh reports whether a product is new enough for that to be why it is offered.
func (s *Shelf) Fresh(p id.Product, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.at[p]
	return ok && now.Sub(s.entries[i].At) < freshFor && s.heat[p].now(now) < 1
}

// How what somebody met becomes what suits them. Old touches fade; what many buy,
// and what is new, is worth something to everybody.
const (
	touchHalfLife = 7 * 24 * time.Hour
	heatWeight    = 0.35
	freshWeight   = 0.15
	freshFor      = 14 * 24 * time.Hour
	leaning       = 0.2 // towards the categories somebody meets
)

// Suited returns the products that suit somebody who met those, of one category if
// it is not "", none that skip names. Without touches it is what sells and what is
// new.
func (s *Shelf) Suited(met []Touch, category string, n int, now time.Time, skip func(id.Product) bool) []Match {
	s.mu.RLock()
	defer s.mu.RUnlock()
	scores := map[uint32]*Match{}
	leans := map[string]float64{}
	var total float64
	for _, t := range met {
		i, ok := s.at[t.Product]
		if !ok {
			continue
		}
		weight := t.Weight * math.Exp2(-max(0, now.Sub(t.At).Hours())/touchHalfLife.Hours())
		leans[s.entries[i].Category] += weight
		total += weight
		for j, sim := range s.like(&s.entries[i]) {
			m := scores[j]
			if m == nil {
				m = &Match{}
				scores[j] = m
			}
			if add := sim * weight; m.Because == "" || add > m.Score {
				m.Because = t.Product
			}
			m.Score += sim * weight
		}
	}
	hottest := s.hottest.now(now)
	var out []Match
	for j := range s.entries {
		e := &s.entries[j]
		if e.ID == "" || category != "" && e.Category != category || skip(e.ID) {
			continue
		}
		m := Match{Product: e.ID}
		if near := scores[uint32(j)]; near != nil && total > 0 {
			m.Score, m.Because = near.Score/total, near.Because
			if m.Because == e.ID {
				m.Because = ""
			}
		}
		if total > 0 {
			m.Score += leaning * leans[e.Category] / total
		}
		if hottest > 0 {
			m.Score += heatWeight * math.Log1p(s.heat[e.ID].now(now)) / math.Log1p(hottest)
		}
		if age := now.Sub(e.At); age < freshFor {
			m.Score += freshWeight * (1 - age.Hours()/freshFor.Hours())
		}
		out = append(out, m)
	}
	return best(out, n)
}

// like returns how alike each product is that shares a telling word with e, itself
// too.
func (s *Shelf) like(e *entry) map[uint32]float64 {
	most := max(20, int(common*float64(len(s.at))))
	near := map[uint32]bool{}
	for w := range e.words {
		if len(s.lists[w]) > most {
			continue
		}
		for _, j := range s.lists[w] {
			near[j] = true
		}
	}
	out := make(map[uint32]float64, len(near))
	for j := range near {
		out[j] = s.cosine(e, &s.entries[j])
	}
	return out
}

func (s *Shelf) cosine(a, b *entry) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	if len(b.words) < len(a.words) {
		a, b = b, a
	}
	var dot float64
	for w, times := range a.words {
		if other, ok := b.words[w]; ok {
			r := s.rarity(w)
			dot += times * other * r * r
		}
	}
	return min(1, dot/(a.norm*b.norm))
}

// nearness of two prices is 1 if they are equal and 0 from eight times on.
func nearness(a, b *entry) float64 {
	if a.Currency != b.Currency || a.Price <= 0 || b.Price <= 0 {
		return 0
	}
	return max(0, 1-math.Abs(math.Log2(float64(a.Price)/float64(b.Price)))/3)
}

// best returns the n with the greatest scores, best first, those of equal score by
// id.
func best(all []Match, n int) []Match {
	h := make(worst, 0, n)
	for _, m := range all {
		switch {
		case len(h) < n:
			heap.Push(&h, m)
		case n > 0 && compare(m, h[0]) < 0:
			h[0] = m
			heap.Fix(&h, 0)
		}
	}
	slices.SortFunc(h, compare)
	return h
}

func compare(a, b Match) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Product, b.Product))
}

// worst is a heap of matches with the worst first.
type worst []Match

func (h worst) Len() int           { return len(h) }
func (h worst) Less(i, j int) bool { return compare(h[i], h[j]) > 0 }
func (h worst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worst) Push(m any)        { *h = append(*h, m.(Match)) }
func (h *worst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
