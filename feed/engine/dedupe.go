package engine

// window knows the latest events by name: of two generations, the older is
// dropped when the newer is full.
type window struct {
	now, before set
	most        int
}

const windowMost = 1 << 20 // of a generation

// add reports whether the name is new.
func (w *window) add(name string) bool { return w.enter(long(name)) }

// enter is add for a name in 64 bits, not 0.
func (w *window) enter(k uint64) bool {
	if w.before.has(k) || !w.now.add(k) {
		return false
	}
	if w.now.n >= w.most {
		w.before, w.now = w.now, set{}
	}
	return true
}

// set is a set of numbers other than 0, by open addressing.
type set struct {
	slots []uint64
	n     int
}

func (s *set) has(k uint64) bool {
	if s.n == 0 {
		return false
	}
	mask := uint64(len(s.slots) - 1)
	for i := k & mask; s.slots[i] != 0; i = (i + 1) & mask {
		if s.slots[i] == k {
			return true
		}
	}
	return false
}

func (s *set) add(k uint64) bool {
	if 2*s.n >= len(s.slots) {
		old := s.slots
		s.slots, s.n = make([]uint64, max(1024, 2*len(old))), 0
		for _, o := range old {
			if o != 0 {
				s.add(o)
			}
		}
	}
	mask := uint64(len(s.slots) - 1)
	i := k & mask
	for s.slots[i] != 0 {
		if s.slots[i] == k {
			return false
		}
		i = (i + 1) & mask
	}
	s.slots[i] = k
	s.n++
	return true
}

// values are the numbers of the set, in no order.
func (s *set) values() []uint64 {
	out := make([]uint64, 0, s.n)
	for _, v := range s.slots {
		if v != 0 {
			out = append(out, v)
		}
	}
	return out
}

// long is a name in 64 bits, never 0.
func long(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return max(1, mix64(h))
}
