package recommend

import (
	"cmp"
	"math"
	"slices"
)

// slot is a candidate while its score is put together.
type slot struct {
	item    Item
	because Item
	best    float32
	popular float32
	covisit float32
	total   float32
}

type scratch struct {
	place []uint32 // of an item: its slot + 1 if slots[...].item agrees
	slots []slot
}

func (s *scratch) slot(i Item) *slot {
	if int(i) >= len(s.place) {
		s.place = append(s.place, make([]uint32, int(i)+1-len(s.place)+chunkSize)...)
	}
	p := s.place[i]
	if int(p) >= len(s.slots) || s.slots[p].item != i {
		p = uint32(len(s.slots))
		s.place[i] = p
		s.slots = append(s.slots, slot{item: i, because: NoItem})
	}
	return &s.slots[p]
}

// Recommend returns the n items that somebody with this history (oldest
// first) may like most, best first, none of them in the history.
func (m *Model) Recommend(history []Touch, n int, skip func(Item) bool) []Scored {
	return m.Ask(Query{History: history, N: n, Skip: skip})
}

// Ask is Recommend with everything that may be asked.
func (m *Model) Ask(q Query) []Scored {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, q.History)
	m.popular(s)
	had := map[Item]bool{}
	if !q.Repeats {
		for _, h := range q.History {
			had[h.Item] = true
		}
	}
	s.slots = slices.DeleteFunc(s.slots, func(c slot) bool {
		return had[c.item] || q.Skip != nil && q.Skip(c.item)
	})
	m.blend(s)
	return answer(selectTop(s.slots, q.N))
}

// Score scores the given items, in their order.
func (m *Model) Score(history []Touch, items []Item) []Scored {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, history)
	picked := make([]slot, len(items))
	for k, i := range items {
		if int(i) < len(s.place) {
			if p := s.place[i]; int(p) < len(s.slots) && s.slots[p].item == i {
				picked[k] = s.slots[p]
			}
		}
		picked[k].item = i
		picked[k].popular = m.live.count(i)
	}
	s.slots = picked
	m.blend(s)
	return answer(s.slots)
}

// Similar returns the n items most like i.
func (m *Model) Similar(i Item, n int) []Scored {
	return m.Recommend([]Touch{{Item: i, Weight: 1}}, n, nil)
}

func (m *Model) take() *scratch {
	s, ok := m.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{place: make([]uint32, m.Items()+chunkSize)}
	}
	s.slots = s.slots[:0]
	return s
}

func (m *Model) gather(s *scratch, history []Touch) {
	w := float32(1)
	for k := len(history) - 1; k >= max(0, len(history)-200); k-- {
		h := history[k]
		c, at := m.live.at(h.Item)
		if c == nil {
			continue
		}
		mass := float32(math.Sqrt(float64(m.live.count(h.Item)))) + 1
		lock := &m.live.locks[h.Item%stripes]
		lock.RLock()
		r := c.rows[at]
		for e, id := range r.ids {
			v := w * r.vals[e] / mass
			p := s.slot(id)
			p.covisit += v
			if v > p.best {
				p.best, p.because = v, h.Item
			}
		}
		lock.RUnlock()
		w *= 0.8
	}
	for k := range s.slots {
		p := &s.slots[k]
		n := m.live.count(p.item)
		p.covisit /= float32(math.Sqrt(float64(n))) + 1
		p.popular = n
	}
}

func (m *Model) popular(s *scratch) {
	p := m.live.top.list.Load()
	if p == nil {
		return
	}
	for k := range p.n.Load() {
		i := p.items[k].Load()
		s.slot(i).popular = m.live.count(i)
	}
}

func (m *Model) blend(s *scratch) {
	var most, mostPopular float32
	for _, p := range s.slots {
		most, mostPopular = max(most, p.covisit), max(mostPopular, p.popular)
	}
	for k := range s.slots {
		p := &s.slots[k]
		if most > 0 {
			p.covisit /= most
		}
		if mostPopular > 0 {
			p.popular = 0.05 * p.popular / mostPopular
		}
		p.total = p.covisit + p.popular
	}
}

// selectTop returns the n best slots, best first; ties go to the lower item.
func selectTop(s []slot, n int) []slot {
	slices.SortFunc(s, func(a, b slot) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.item, b.item))
	})
	return s[:min(max(0, n), len(s))]
}

func answer(s []slot) []Scored {
	out := make([]Scored, len(s))
	parts := make([]Part, 0, 2*len(s))
	for k, p := range s {
		from := len(parts)
		if p.covisit != 0 {
			parts = append(parts, Part{Covisit, p.because, p.covisit})
		}
		if p.popular != 0 {
			parts = append(parts, Part{Popular, NoItem, p.popular})
		}
		out[k] = Scored{Item: p.item, Score: p.total, Parts: parts[from:len(parts):len(parts)]}
	}
	return out
}
