package recommend

import (
	"math"
	"slices"
)

// touches is Data in the form that the sources are fitted on: every user's
// items once, with the users of every item beside them.
type touches struct {
	items   int
	ordered bool
	start   []int // of a user's touches, one more at the end
	item    []Item
	weight  []float32
	degree  []float32 // touches of an item
	from    []int     // of an item's users, one more at the end
	user    []uint32
	place   []uint32 // of that touch, in item
}

// gatherTouches keeps of every user at most most items, the newest.
func gatherTouches(users [][]Touch, items int, ordered bool, most int) *touches {
	t := &touches{items: items, ordered: ordered, start: make([]int, 1, len(users)+1), degree: make([]float32, items), from: make([]int, items+1)}
	seen := make([]int32, items)
	for u, h := range users {
		first := len(t.item)
		for k := len(h) - 1; k >= 0 && len(t.item)-first < most; k-- {
			i := h[k].Item
			if int(i) >= items || !(h[k].Weight > 0) || seen[i] == int32(u+1) {
				continue
			}
			seen[i] = int32(u + 1)
			t.item, t.weight = append(t.item, i), append(t.weight, min(1, h[k].Weight))
			t.degree[i]++
			t.from[i+1]++
		}
		slices.Reverse(t.item[first:])
		slices.Reverse(t.weight[first:])
		t.start = append(t.start, len(t.item))
	}
	for i := range items {
		t.from[i+1] += t.from[i]
	}
	t.user, t.place = make([]uint32, len(t.item)), make([]uint32, len(t.item))
	next := slices.Clone(t.from)
	for u := range users {
		for p := t.start[u]; p < t.start[u+1]; p++ {
			at := next[t.item[p]]
			next[t.item[p]]++
			t.user[at], t.place[at] = uint32(u), uint32(p)
		}
	}
	return t
}

func (t *touches) users() int { return len(t.start) - 1 }

// pairs is how many pairs of items the users make: the work of item-item
// sources and a bound of what they may hold.
func pairs(users [][]Touch, most int) (n int64) {
	for _, h := range users {
		k := int64(min(most, len(h)))
		n += k * k
	}
	return n
}

// byDegree is degree^exponent of every item, 0 where nobody touched it.
func (t *touches) byDegree(exponent float64) []float32 {
	out := make([]float32, t.items)
	for i, d := range t.degree {
		if d > 0 {
			out[i] = float32(math.Pow(float64(d), exponent))
		}
	}
	return out
}

// bySize is the number of touches of every user to the exponent.
func (t *touches) bySize(exponent float64) []float32 {
	out := make([]float32, t.users())
	for u := range out {
		if n := t.start[u+1] - t.start[u]; n > 0 {
			out[u] = float32(math.Pow(float64(n), exponent))
		}
	}
	return out
}
