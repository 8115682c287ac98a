package recommend

import (
	"math"
	"slices"
)

// ridgeOf is one way of making neighbours by regression.
type ridgeOf struct {
	User  float64 // exponent of the touches of a user
	Ridge float64 // added to the diagonal, which is 1
	Most  int     // neighbours a target is explained by
}

// ridge explains every item by its nearest items: for the target j and its
// strongest companions N it solves (C_NN + ridge I) w = C_Nj, where C are the
// co-occurrences scaled to a diagonal of 1. This is EASE (Steck, 2019) on the
// neighbourhood alone, as fsSLIM (Ning and Karypis, 2011) chooses it: what two
// neighbours say twice is counted once. O(items x Most^3 / 6) and a pass over
// the companions' rows. together is the table of co-occurrences. The answer is
// by target; turn makes a table of it.
func (c crew) ridge(t *touches, together *table, o ridgeOf) ([][]entry, error) {
	self := make([]float32, t.items) // the diagonal, to the power of -1/2
	size := t.bySize(-o.User)
	for u := range size {
		for p := t.start[u]; p < t.start[u+1]; p++ {
			self[t.item[p]] += size[u] * t.weight[p] * t.weight[p]
		}
	}
	for i, v := range self {
		if v > 0 {
			self[i] = 1 / float32(math.Sqrt(float64(v)))
		}
	}
	rare := t.byDegree(-0.3)
	work := make([]ridgeWork, c.workers)
	targets := make([][]entry, t.items)
	err := c.each(t.items, func(worker, j int) {
		targets[j] = work[worker].solve(together, Item(j), self, rare, o)
	})
	return targets, err
}

type ridgeWork struct {
	place  []int32
	near   []entry
	matrix []float32
	right  []float32
	room   []float32
}

func (w *ridgeWork) solve(together *table, j Item, self, rare []float32, o ridgeOf) []entry {
	if w.place == nil {
		w.place = make([]int32, len(self))
		w.matrix, w.right = make([]float32, o.Most*o.Most), make([]float32, o.Most)
		w.room = make([]float32, 4*o.Most)
	}
	ids, vals := together.row(j)
	w.near = w.near[:0]
	for e, i := range ids {
		w.near = append(w.near, entry{i, vals[e] * rare[i]})
	}
	if len(w.near) > o.Most {
		nth(w.near, o.Most, func(a, b entry) bool { return stronger(a, b) < 0 })
		w.near = w.near[:o.Most]
	}
	n := len(w.near)
	for x, e := range w.near {
		w.place[e.id] = int32(x + 1)
	}
	a, b := w.matrix[:n*n], w.right[:n]
	clear(a)
	for x, e := range w.near {
		row, vals := together.row(e.id)
		for y, other := range row {
			if p := w.place[other]; p > 0 {
				a[x*n+int(p)-1] = vals[y] * self[e.id] * self[other]
			}
		}
		a[x*n+x] = 1 + float32(o.Ridge)
		b[x] = e.val / rare[e.id] * self[e.id] * self[j]
	}
	for _, e := range w.near {
		w.place[e.id] = 0
	}
	symmetric(a, n)
	cholesky(a, b, w.room, n)
	out := make([]entry, 0, n)
	for x, e := range w.near {
		if v := b[x]; v > 0 {
			out = append(out, entry{e.id, v})
		}
	}
	return out
}

// symmetric makes up for entries that a cut row of the table no longer holds.
func symmetric(a []float32, n int) {
	for x := range n {
		for y := range x {
			v := max(a[x*n+y], a[y*n+x])
			a[x*n+y], a[y*n+x] = v, v
		}
	}
}

// turn makes rows by source out of entries by target, rows of equal length,
// then raises targets by to, and keeps the k strongest.
func turn(targets [][]entry, k int, to []float32) *table {
	rows := make([][]entry, len(targets))
	sizes := make([]int, len(targets))
	for _, es := range targets {
		for _, e := range es {
			sizes[e.id]++
		}
	}
	for j, es := range targets {
		for _, e := range es {
			if rows[e.id] == nil {
				rows[e.id] = make([]entry, 0, sizes[e.id])
			}
			rows[e.id] = append(rows[e.id], entry{Item(j), e.val})
		}
	}
	for i, row := range rows {
		var sq float64
		for _, e := range row {
			sq += float64(e.val) * float64(e.val)
		}
		for x := range row {
			row[x].val *= to[row[x].id] / float32(math.Sqrt(sq))
		}
		slices.SortFunc(row, stronger)
		rows[i] = row[:min(k, len(row))]
	}
	return flat(rows)
}
