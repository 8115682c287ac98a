package recommend

import (
	"iter"
	"math"
)

// The sources by number: what a slot and the blend keep by it.
const (
	covisitAt = iota
	neighboursAt
	walkAt
	factorsAt
	contentAt
	popularAt
	sources
	tables = walkAt + 1 // the sources that are tables
)

var sourceNames = [sources]Source{Covisit, Neighbours, Walk, Factors, Content, Popular}

const (
	faint     = 1e-3   // a touch that counts less than this is not looked up
	faintLive = 1e-2   // nor in what was learned since the fit
	remembers = 200    // touches of a history that count, at the usual effort
	usual     = 10_000 // entries looked at per request
)

// slot is a candidate while its score is put together.
type slot struct {
	item    Item
	total   float32
	value   [sources]float32
	best    [tables]float32 // the most that one touch gave
	because [tables]uint32  // and which one that was, in past
}

type weighted struct {
	item   Item
	weight float32
}

// order is a place among candidates: a higher key goes first, which is that of
// the higher score and of equals the lower item.
type order struct {
	key uint64
	at  uint32 // in slots
}

func place(score float32, i Item, at int) order {
	return order{uint64(math.Float32bits(max(0, score)))<<32 | uint64(^i), uint32(at)}
}

func (o order) item() Item { return ^Item(o.key) }

// scratch is what one request works in. An item's slot is slots[place[item]]
// if that slot is the item's: so nothing needs clearing between requests.
type scratch struct {
	place  []uint32
	slots  []slot     // those of the history first
	past   []weighted // the newest of the history, newest first, every item once
	had    int        // slots of the whole history
	liked  []float32  // by attribute
	likes  []uint32   // attributes that liked may hold something for
	vector []float32
	solver solver
	order  []order
	keys   []uint64
}

func (s *scratch) slot(i Item) *slot {
	if int(i) >= len(s.place) {
		s.place = append(s.place, make([]uint32, int(i)+1-len(s.place)+chunkSize)...)
	}
	p := s.place[i]
	if int(p) >= len(s.slots) || s.slots[p].item != i {
		p = uint32(len(s.slots))
		s.place[i] = p
		s.slots = append(s.slots, slot{item: i})
	}
	return &s.slots[p]
}

func (m *Model) take() *scratch {
	s, ok := m.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{place: make([]uint32, m.Items()+chunkSize)}
	}
	s.slots = s.slots[:0]
	return s
}

// remember puts the newest touches into s.past, and the history's slots first.
// Items that the model has no room for yet say nothing and are not answered
// either: a slot for them would only make the scratch as large as their number.
func (s *scratch) remember(history []Touch, most, items int) {
	s.past = s.past[:0]
	for k := len(history) - 1; k >= 0; k-- {
		h := history[k]
		if !(h.Weight > 0) || int(h.Item) >= items {
			continue
		}
		before := len(s.slots)
		if s.slot(h.Item); len(s.slots) > before && len(s.past) < most {
			s.past = append(s.past, weighted{h.Item, min(1, h.Weight)})
		}
	}
	s.had = len(s.slots)
}

// gather asks every source that the blend listens to, for n items or so.
func (m *Model) gather(s *scratch, history []Touch, n int) {
	b := &m.blend
	s.remember(history, max(remembers, m.effort/100), m.Items())
	each := 1 << 30
	if n := len(s.past) * max(1, m.fitted.tables()); n > 0 {
		each = max(8, m.effort/n)
	}
	for src := range tables {
		if b.Weight[src] > 0 {
			m.gatherTable(s, src, each)
		}
	}
	m.gatherLive(s, b.Recency[covisitAt])
	m.liking(s, b.Recency[contentAt])
	if b.Weight[contentAt] > 0 {
		m.gatherContent(s, max(1000, m.effort/10))
	}
	m.gatherPopular(s, n)
	if b.Weight[factorsAt] > 0 && m.fitted.factors != nil {
		m.gatherFactors(s, n)
	}
}

func (m *Model) gatherTable(s *scratch, src, each int) {
	t := m.fitted.table[src]
	if t == nil {
		return
	}
	w := float32(1)
	for k, h := range s.past {
		ids, vals := t.row(h.item)
		if len(ids) > each {
			ids = ids[:each]
		}
		by := w * h.weight
		for e, i := range ids {
			v := by * vals[e]
			p := s.slot(i)
			p.value[src] += v
			if v > p.best[src] {
				p.best[src], p.because[src] = v, uint32(k)
			}
		}
		if w *= m.blend.Recency[src]; w < faint {
			return
		}
	}
}

// gatherLive adds what was touched together since the fit.
func (m *Model) gatherLive(s *scratch, recency float32) {
	w := float32(1)
	for k, h := range s.past {
		c, at := m.live.at(h.item)
		if c == nil {
			continue
		}
		lock := &m.live.locks[h.item%stripes]
		lock.RLock()
		if r := c.rows[at]; len(r) > 0 {
			by := w * h.weight / root(1+m.live.count(h.item))
			for _, e := range r {
				v := by * e.val / root(1+m.live.count(e.id))
				p := s.slot(e.id)
				p.value[covisitAt] += v
				if v > p.best[covisitAt] {
					p.best[covisitAt], p.because[covisitAt] = v, uint32(k)
				}
			}
		}
		lock.RUnlock()
		if w *= recency; w < faintLive {
			return
		}
	}
}

// gatherPopular adds what is popular, if that counts or little else was found.
func (m *Model) gatherPopular(s *scratch, n int) {
	counts := m.blend.Weight[popularAt] > 0
	if p := m.live.top.list.Load(); p != nil && (counts || len(s.slots) < 2*n) {
		for k := range p.n.Load() {
			s.slot(p.items[k].Load())
		}
	}
	for k := range s.slots {
		if p := &s.slots[k]; counts || !p.followed() {
			p.value[popularAt] = root(m.live.count(p.item))
		}
	}
}

// followed says that somebody touched the item, as a table knows it.
func (p *slot) followed() bool {
	return p.value[covisitAt] > 0 || p.value[neighboursAt] > 0 || p.value[walkAt] > 0
}

// gatherFactors scores all items where there are few, else the best of the
// candidates that the other sources found.
func (m *Model) gatherFactors(s *scratch, n int) {
	f := m.fitted.factors
	s.vector = append(s.vector[:0], make([]float32, f.dim)...)
	if len(s.past) == 0 || !f.fold(&s.solver, s.vector, s.past[:min(len(s.past), max(50, m.effort/400))]) {
		s.vector = s.vector[:0]
		return
	}
	if n := len(f.items) / f.dim; n*4 <= m.effort {
		for i := range n {
			s.slot(Item(i))
		}
	}
	for k := range m.promising(s, max(500, n*5/4)) {
		p := &s.slots[k]
		if v := f.of(p.item); v != nil {
			p.value[factorsAt] = max(0, dot(s.vector, v))
		}
	}
}

// promising yields the places of the most slots that score best so far, or of
// all where the effort allows.
func (m *Model) promising(s *scratch, most int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if len(s.slots) <= most || len(s.slots)*4 <= m.effort {
			for k := range s.slots {
				if !yield(k) {
					return
				}
			}
			return
		}
		by := m.shares(s.slots)
		s.order = s.order[:0]
		for k := range s.slots {
			p := &s.slots[k]
			var t float32
			for src, v := range p.value {
				t += by[src] * v
			}
			s.order = append(s.order, place(t, p.item, k))
		}
		first(s.order, most)
		for _, o := range s.order[:most] {
			if !yield(int(o.at)) {
				return
			}
		}
	}
}

func root(v float32) float32 { return float32(math.Sqrt(float64(v))) }
