package recommend

import (
	"cmp"
	"slices"
)

// total turns every source's values into shares of its best candidate, weighs
// and adds them. The slots of the history do not count as candidates.
func (m *Model) total(s *scratch, candidates []slot) {
	var most [sources]float32
	for k := range candidates {
		for src, v := range candidates[k].value {
			most[src] = max(most[src], v)
		}
	}
	var by [sources]float32
	for src, v := range most {
		if v > 0 {
			by[src] = m.blend.Weight[src] / v
		}
	}
	if by[covisitAt] == 0 && most[covisitAt] > 0 { // learned since a fit that had no use for it
		by[covisitAt] = liveShare / max(most[covisitAt], 1)
	}
	by[popularAt] = max(m.blend.Weight[popularAt], leastShare) / max(most[popularAt], 1)
	newcomer := max(m.blend.Weight[contentAt], newShare) / max(most[contentAt], 1e-9)
	for k := range candidates {
		p := &candidates[k]
		if p.value[popularAt] == 0 && p.value[contentAt] > 0 {
			c, l := p.value[contentAt]*newcomer, p.value[covisitAt]*by[covisitAt]
			p.value, p.total = [sources]float32{contentAt: c, covisitAt: l}, c+l
			continue
		}
		p.total = 0
		for src := range p.value {
			p.value[src] *= by[src]
			p.total += p.value[src]
		}
	}
}

// What a source gets that validation gave nothing: enough to order items that
// all else leaves equal.
const (
	liveShare  = 0.05
	leastShare = 0.001
	newShare   = 0.01
)

// Recommend returns the n items that somebody with this history (oldest
// first) may like most, best first, none of them in the history.
func (m *Model) Recommend(history []Touch, n int, skip func(Item) bool) []Scored {
	return m.Ask(Query{History: history, N: n, Skip: skip})
}

// Ask is Recommend with everything that may be asked. It returns N items if
// there are so many that may be returned.
func (m *Model) Ask(q Query) []Scored {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, q.History)
	if q.Repeats {
		s.had = 0
	}
	m.total(s, s.slots[s.had:])
	m.rank(s, q)
	return m.answer(s)
}

// rank puts the best q.N candidates into s.order.
func (m *Model) rank(s *scratch, q Query) {
	n := max(0, q.N)
	s.order = s.order[:0]
	for k := s.had; k < len(s.slots); k++ {
		if p := &s.slots[k]; q.Skip == nil || !q.Skip(p.item) {
			s.order = append(s.order, order{p.total, p.item, uint32(k)})
		}
	}
	for i := Item(0); len(s.order) < n && int(i) < m.Items(); i++ {
		k := len(s.slots)
		if s.slot(i); len(s.slots) > k && (q.Skip == nil || !q.Skip(i)) {
			s.order = append(s.order, order{0, i, uint32(k)})
		}
	}
	if len(s.order) > 2*n {
		nth(s.order, n, func(a, b order) bool { return better(a, b) < 0 })
	}
	s.order = s.order[:min(n, len(s.order))]
	slices.SortFunc(s.order, better)
}

// better puts the higher score first and of equals the lower item.
func better(a, b order) int {
	return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.item, b.item))
}

// Score scores the given items, in their order, also those that no source
// found and those that nobody has touched yet.
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
		p := &picked[k]
		p.item = i
		p.value[popularAt] = root(m.live.count(i))
		p.value[contentAt] = m.alike(s, i)
		if m.blend.Weight[factorsAt] > 0 && len(s.vector) > 0 {
			if v := m.fitted.factors.of(i); v != nil {
				p.value[factorsAt] = max(0, dot(s.vector, v))
			}
		}
	}
	m.total(s, picked)
	s.slots, s.order = append(s.slots[:0], picked...), s.order[:0]
	for k := range picked {
		s.order = append(s.order, order{picked[k].total, picked[k].item, uint32(k)})
	}
	return m.answer(s)
}

// Similar returns the n items most like i.
func (m *Model) Similar(i Item, n int) []Scored {
	return m.Recommend([]Touch{{Item: i, Weight: 1}}, n, nil)
}

// answer turns s.order into what the caller may keep.
func (m *Model) answer(s *scratch) []Scored {
	out := make([]Scored, len(s.order))
	n := 0
	for _, o := range s.order {
		for _, v := range s.slots[o.at].value {
			if v != 0 {
				n++
			}
		}
	}
	parts := make([]Part, 0, n)
	for k, o := range s.order {
		p := &s.slots[o.at]
		from := len(parts)
		for src, v := range p.value {
			if v == 0 {
				continue
			}
			because := NoItem
			if src < tables && int(p.because[src]) < len(s.past) {
				because = s.past[p.because[src]].item
			}
			parts = append(parts, Part{sourceNames[src], because, v})
		}
		out[k] = Scored{Item: p.item, Score: p.total, Parts: parts[from:len(parts):len(parts)]}
	}
	return out
}
