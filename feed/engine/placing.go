package engine

import (
	"sync"

	"meadow/feed/slate"
	"meadow/services/kernel/id"
)

// placings are what the order of the latest pages did to posts on them, so that
// it can be said why they were there. They are kept for a while, by numbers that
// say nothing of whose pages those were, and not on disk.
type placings struct {
	mu          sync.Mutex // guards what follows
	now, before map[uint64]slate.Terms
}

const mostPlacings = 1 << 15 // of each of two generations

func placing(viewer uint64, p id.Post) uint64 { return mix64(viewer ^ long(string(p))) }

// note keeps what was done to a post on a page of somebody who is signed in.
func (s *placings) note(viewer uint64, p id.Post, t slate.Terms) {
	if viewer == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.now) >= mostPlacings || s.now == nil {
		s.before, s.now = s.now, map[uint64]slate.Terms{}
	}
	s.now[placing(viewer, p)] = t
}

func (s *placings) of(viewer uint64, p id.Post) (slate.Terms, bool) {
	if viewer == 0 {
		return slate.Terms{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := placing(viewer, p)
	t, ok := s.now[key]
	if !ok {
		t, ok = s.before[key]
	}
	return t, ok
}
