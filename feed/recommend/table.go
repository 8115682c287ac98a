package recommend

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// table holds for every item the items that follow from it, strongest first.
type table struct {
	start []uint32 // of an item's row, one more at the end
	ids   []Item
	vals  []float32
}

func (t *table) row(i Item) ([]Item, []float32) {
	if t == nil || int(i)+1 >= len(t.start) {
		return nil, nil
	}
	a, b := t.start[i], t.start[i+1]
	return t.ids[a:b], t.vals[a:b]
}

func (t *table) bytes() int64 {
	if t == nil {
		return 0
	}
	return int64(len(t.start)+len(t.ids)+len(t.vals)) * 4
}

// sum is where one goroutine adds up a row.
type sum struct {
	of   []float32
	seen []Item // items that of may be other than 0 for
}

func (s *sum) add(i Item, v float32) {
	if s.of[i] == 0 {
		s.seen = append(s.seen, i)
	}
	s.of[i] += v
}

type entry struct {
	id  Item
	val float32
}

func stronger(a, b entry) int {
	return cmp.Or(cmp.Compare(b.val, a.val), cmp.Compare(a.id, b.id))
}

// crew runs work on several goroutines and waits for them.
type crew struct {
	ctx     context.Context
	workers int
}

// each calls work with every number below n, in steps, and returns the
// context's error if it ended before.
func (c crew) each(n int, work func(worker, i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	const step = 32
	for w := range c.workers {
		wg.Go(func() {
			for c.ctx.Err() == nil {
				lo := int(next.Add(step)) - step
				if lo >= n {
					return
				}
				for i := lo; i < min(n, lo+step); i++ {
					work(w, i)
				}
			}
		})
	}
	wg.Wait()
	return c.ctx.Err()
}

// build makes a table of the k strongest of every row that fill adds up.
func (c crew) build(items, k int, fill func(s *sum, i Item)) (*table, error) {
	sums := make([]sum, c.workers)
	rows := make([][]entry, items)
	err := c.each(items, func(worker, i int) {
		s := &sums[worker]
		if s.of == nil {
			s.of = make([]float32, items)
		}
		s.seen = s.seen[:0]
		fill(s, Item(i))
		rows[i] = s.strongest(k)
	})
	if err != nil {
		return nil, err
	}
	return flat(rows), nil
}

// strongest takes the k strongest positive entries out and clears the sum.
func (s *sum) strongest(k int) []entry {
	all := make([]entry, 0, len(s.seen))
	for _, i := range s.seen {
		if v := s.of[i]; v > 0 {
			all = append(all, entry{i, v})
		}
		s.of[i] = 0
	}
	if len(all) > 4*k {
		nth(all, k, func(a, b entry) bool { return stronger(a, b) < 0 })
		all = all[:k]
	}
	slices.SortFunc(all, stronger)
	return slices.Clone(all[:min(k, len(all))])
}

// flat puts rows into one table.
func flat(rows [][]entry) *table {
	n := 0
	for _, r := range rows {
		n += len(r)
	}
	t := &table{start: make([]uint32, 1, len(rows)+1), ids: make([]Item, 0, n), vals: make([]float32, 0, n)}
	for i, r := range rows {
		for _, e := range r {
			t.ids, t.vals = append(t.ids, e.id), append(t.vals, e.val)
		}
		t.start = append(t.start, uint32(len(t.ids)))
		rows[i] = nil
	}
	return t
}

// level divides every row by its length, so that no touched item shouts down
// the others.
func (t *table) level() {
	for i := range len(t.start) - 1 {
		_, row := t.row(Item(i))
		var sq float64
		for _, v := range row {
			sq += float64(v) * float64(v)
		}
		for k := range row {
			row[k] /= float32(math.Sqrt(sq))
		}
	}
}

// nth moves the n least of a, by less, to its front in no order.
func nth[T any](a []T, n int, less func(x, y T) bool) {
	lo, hi := 0, len(a)-1
	for lo < hi {
		pivot := a[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for less(a[i], pivot) {
				i++
			}
			for less(pivot, a[j]) {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
}
