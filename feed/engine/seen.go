package engine

// seen is which posts somebody was shown: the latest thousand, and the thousand
// before them.
type seen struct {
	now, before []uint32
}

func (s *seen) has(p uint32) bool {
	for i := len(s.now) - 1; i >= 0; i-- {
		if s.now[i] == p {
			return true
		}
	}
	for _, q := range s.before {
		if q == p {
			return true
		}
	}
	return false
}

// add is for a post that it does not have.
func (s *seen) add(p uint32) {
	if len(s.now) >= mostSeen {
		s.before, s.now = s.now, s.before[:0]
	}
	s.now = push(s.now, p, mostSeen)
}
