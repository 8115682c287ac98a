package recommend

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	learnWindow = 20  // touches back that a new one is tied to
	learnDecay  = 0.8 // per touch of distance
	rowMost     = 48  // entries of a live row
	maxItem     = 1 << 28
)

// row holds the items seen together with one item since the fit.
type row []entry

// add adds w to an entry. A full row gives up its weakest entry: of a stream
// of strangers each pushes out the one before, so strong entries stay.
func (r *row) add(i Item, w float32) (grew int64) {
	weakest := 0
	for k := range *r {
		e := &(*r)[k]
		if e.id == i {
			e.val += w
			return 0
		}
		if e.val < (*r)[weakest].val {
			weakest = k
		}
	}
	if len(*r) == rowMost {
		(*r)[weakest] = entry{i, w}
		return 0
	}
	before := cap(*r)
	*r = append(*r, entry{i, w})
	return int64(cap(*r)-before) * 8
}

// Learn takes in that somebody with this history (oldest first) touched next.
// Popularity and co-visitation move at once.
func (m *Model) Learn(history []Touch, next Touch) {
	if next.Weight <= 0 || next.Item >= maxItem {
		return
	}
	l := &m.live
	l.grow(int(next.Item) + 1)
	c, at := l.at(next.Item)
	count := c.known[at].count.Add(uint32(max(1, next.Weight*grain)))
	l.total.Add(uint64(max(1, next.Weight*grain)))
	l.top.moved(l, next.Item, count)

	w := next.Weight
	for k := len(history) - 1; k >= 0 && k >= len(history)-learnWindow; k-- {
		h := history[k]
		if h.Item == next.Item || h.Weight <= 0 || h.Item >= maxItem {
			continue
		}
		l.grow(int(h.Item) + 1)
		l.tie(h.Item, next.Item, w*min(1, h.Weight))
		l.tie(next.Item, h.Item, w*min(1, h.Weight))
		w *= learnDecay
	}
}

func (l *live) tie(from, to Item, w float32) {
	c, at := l.at(from)
	lock := &l.locks[from%stripes]
	lock.Lock()
	grew := c.rows[at].add(to, w)
	lock.Unlock()
	if grew != 0 {
		l.bytes.Add(grew)
	}
}

// set says how often an item was touched before anything was learned online.
func (l *live) set(i Item, touches float32) {
	if n := uint32(touches * grain); n > 0 {
		c, at := l.at(i)
		c.known[at].count.Store(n)
		l.total.Add(uint64(n))
		l.top.moved(l, i, n)
	}
}

// top holds the most touched items. Counts only rise, so an item outside
// enters the moment it passes the least that was inside at the last cut.
type top struct {
	cutting sync.Mutex // guards adding and cutting
	list    atomic.Pointer[topList]
}

const topKeep = 1024

type topList struct {
	items [2 * topKeep]atomic.Uint32
	n     atomic.Int32
	least atomic.Uint32 // count to pass for entering
	in    sync.Map      // Item: struct{}
}

func (t *top) moved(l *live, i Item, count uint32) {
	p := t.list.Load()
	if p != nil {
		if count <= p.least.Load() {
			return
		}
		if _, in := p.in.Load(i); in {
			return
		}
	}
	t.cutting.Lock()
	defer t.cutting.Unlock()
	p = t.list.Load()
	if p == nil {
		p = &topList{}
		t.list.Store(p)
	}
	if _, in := p.in.Load(i); in {
		return
	}
	if int(p.n.Load()) == len(p.items) {
		p = p.cut(l)
		t.list.Store(p)
		if count <= p.least.Load() {
			return
		}
	}
	p.items[p.n.Load()].Store(i)
	p.in.Store(i, struct{}{})
	p.n.Add(1)
}

// cut returns a list of the better half.
func (p *topList) cut(l *live) *topList {
	best := make([]order, 0, len(p.items))
	for k := range p.items {
		i := p.items[k].Load()
		best = append(best, place(l.count(i), i, 0))
	}
	slices.SortFunc(best, better)
	best = best[:topKeep]
	next := &topList{}
	for k, o := range best {
		next.items[k].Store(o.item())
		next.in.Store(o.item(), struct{}{})
		next.least.Store(uint32(math.Float32frombits(uint32(o.key>>32)) * grain))
	}
	next.n.Store(int32(len(best)))
	return next
}
