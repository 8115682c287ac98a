package recommend

import (
	"cmp"
	"slices"
)

// total turns every source's values into shares of its best candidate, weighs
// and adds them. The slots of the history do not count as candidates. What
// nobody has touched yet is judged by what it is, and by what was learned.
func (m *Model) total(candidates []slot) {
	by := m.shares(candidates)
	newcomer := by[contentAt]
	if m.blend.Weight[contentAt] < newShare {
		newcomer = newShare / max(1e-9, most(candidates, contentAt))
	}
	for k := range candidates {
		p := &candidates[k]
		if p.value[popularAt] == 0 && p.value[contentAt] > 0 && !p.followed() {
			p.total = p.value[contentAt] * newcomer
			p.value = [sources]float32{contentAt: p.total}
			continue
		}
		p.total = 0
		for src := range p.value {
			p.value[src] *= by[src]
			p.total += p.value[src]
		}
	}
}

// shares is what each source's values are multiplied by.
func (m *Model) shares(candidates []slot) (by [sources]float32) {
	for k := range candidates {
		for src, v := range candidates[k].value {
			by[src] = max(by[src], v)
		}
	}
	for src, v := range by {
		switch weight := m.blend.Weight[src]; {
		case src == popularAt:
			by[src] = max(weight, leastShare) / max(v, 1)
		case src == covisitAt && weight == 0: // learned since a fit that had no use for it
			by[src] = liveShare / max(v, 1)
		case v > 0:
			by[src] = weight / v
		}
	}
	return by
}

func most(candidates []slot, src int) (v float32) {
	for k := range candidates {
		v = max(v, candidates[k].value[src])
	}
	return v
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
func (m *Model) Ask(q Query) []Scored { return m.AskInto(q, &Room{}) }

// Room is what an answer lies in, to be used again.
type Room struct {
	list  []Scored
	parts []Part
}

// AskInto is Ask whose answer is good until the room is used again.
func (m *Model) AskInto(q Query, room *Room) []Scored {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, q.History, q.N)
	if q.Repeats {
		s.had = 0
	}
	m.total(s.slots[s.had:])
	m.rank(s, q)
	return m.answer(s, room)
}

// rank puts the best q.N candidates into s.order.
func (m *Model) rank(s *scratch, q Query) {
	n := max(0, q.N)
	s.order = s.order[:0]
	for k := s.had; k < len(s.slots); k++ {
		s.order = append(s.order, place(s.slots[k].total, s.slots[k].item, k))
	}
	// Skip may be dear: it is asked about the best first, and about the
	// others only if too few are left.
	left := s.order
	for s.order = s.order[:0]; len(s.order) < n && len(left) > 0; {
		some := min(len(left), n+n/4+32)
		first(left, some)
		for _, o := range left[:some] {
			if q.Skip == nil || !q.Skip(o.item()) {
				s.order = append(s.order, o)
			}
		}
		left = left[some:]
	}
	for i := Item(0); len(s.order) < n && int(i) < m.Items(); i++ {
		k := len(s.slots)
		if s.slot(i); len(s.slots) > k && (q.Skip == nil || !q.Skip(i)) {
			s.order = append(s.order, place(0, i, k))
		}
	}
	s.keys = s.keys[:0]
	for _, o := range s.order {
		s.keys = append(s.keys, ^o.key)
	}
	slices.Sort(s.keys) // is twice as fast as to compare places
	s.keys = s.keys[:min(n, len(s.keys))]
	s.order = s.order[:len(s.keys)]
	for k, key := range s.keys {
		s.order[k].key = ^key
		s.order[k].at = s.place[s.order[k].item()]
	}
}

func better(a, b order) int { return cmp.Compare(b.key, a.key) }

// first moves the n best to the front, in no order: nth, for the hottest loop
// of a request.
func first(a []order, n int) {
	lo, hi := 0, len(a)-1
	for lo < hi {
		pivot := a[lo+(hi-lo)/2].key
		i, j := lo, hi
		for i <= j {
			for a[i].key > pivot {
				i++
			}
			for a[j].key < pivot {
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

// Score scores the given items, in their order, also those that no source
// found and those that nobody has touched yet.
func (m *Model) Score(history []Touch, items []Item) []Scored {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, history, 0)
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
	m.total(picked)
	s.slots, s.order = append(s.slots[:0], picked...), s.order[:0]
	for k := range picked {
		s.order = append(s.order, place(0, picked[k].item, k))
	}
	return m.answer(s, &Room{})
}

// Similar returns the n items most like i.
func (m *Model) Similar(i Item, n int) []Scored {
	return m.Recommend([]Touch{{Item: i, Weight: 1}}, n, nil)
}

// answer turns s.order into what the caller has room for.
func (m *Model) answer(s *scratch, room *Room) []Scored {
	n := 0
	for _, o := range s.order {
		for _, v := range s.slots[o.at].value {
			if v != 0 {
				n++
			}
		}
	}
	room.list, room.parts = slices.Grow(room.list[:0], len(s.order))[:len(s.order)], slices.Grow(room.parts[:0], n)
	out, parts := room.list, room.parts
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
