package engine

import (
	"sync"
	"time"

	"meadow/feed/rank"
	"meadow/feed/recommend"
)

// served keeps what candidates looked like when they were shown, so that heads
// learn from what was known then. An impression opens an example, what its
// viewer does adds to it, and after a while the heads are told of all of it.
type served struct {
	mu sync.Mutex // guards what follows

	entries []example // a ring
	next    int       // the entry to overwrite
	queue   []due     // of examples, in the order they were opened; some are no more
	index   map[uint64]uint32
}

type example struct {
	viewer, post uint32
	due          int64 // unix seconds; 0 while it was only served
	did          rank.Outcome
	n            uint8
	features     [mostFeatures]rank.Feature
}

// due is when an example is to be settled.
type due struct {
	entry uint32
	at    int64
}

const (
	mostServed   = 1 << 16
	mostFeatures = 32  // as many as there may be
	exampleLasts = 600 // seconds from the impression
)

func pair(viewer, post uint32) uint64 { return uint64(viewer)<<32 | uint64(post) }

// serve keeps the features of a candidate that was handed out.
func (s *served) serve(e *Engine, viewer, post uint32, f []rank.Feature) {
	x := s.entry(e, viewer, post)
	if x.due != 0 {
		return // already an example
	}
	x.n = uint8(copy(x.features[:], f))
}

// entry finds or makes the entry of a viewer and a post.
func (s *served) entry(e *Engine, viewer, post uint32) *example {
	if at, ok := s.index[pair(viewer, post)]; ok {
		return &s.entries[at]
	}
	if s.index == nil {
		s.index = map[uint64]uint32{}
	}
	if len(s.entries) < mostServed {
		s.entries = append(s.entries, example{})
		s.next = len(s.entries) - 1
	} else if s.next >= len(s.entries) {
		s.next = 0
	}
	x := &s.entries[s.next]
	s.drop(e, x)
	*x = example{viewer: viewer, post: post}
	s.index[pair(viewer, post)] = uint32(s.next)
	s.next++
	return x
}

// drop settles an example that makes room, and forgets it.
func (s *served) drop(e *Engine, x *example) {
	if x.viewer == 0 {
		return
	}
	if x.due != 0 {
		e.heads.Load().Settle(x.features[:x.n], x.did)
	}
	delete(s.index, pair(x.viewer, x.post))
	*x = example{}
}

// open turns what was served into an example. What was not served here, or so
// long ago that it made room, is described as it is now.
func (s *served) open(e *Engine, w *viewer, viewer, post uint32, ev *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.entry(e, viewer, post)
	if x.due != 0 {
		return
	}
	if x.n == 0 {
		if !e.posts.all[post].flags.has(live) {
			return
		}
		var buf [mostFeatures]rank.Feature
		f := e.describe(w, post, ev.At.Unix(), buf[:0])
		x.n = uint8(copy(x.features[:], f))
	}
	x.due = ev.At.Unix() + exampleLasts
	s.queue = append(s.queue, due{s.index[pair(viewer, post)], x.due})
}

// outcome adds what was done to an example.
func (s *served) outcome(viewer, post uint32, ev *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.index[pair(viewer, post)]
	if !ok || s.entries[at].due == 0 || ev.Off {
		return
	}
	s.entries[at].did |= ev.outcome()
}

func (ev *Event) outcome() rank.Outcome {
	switch ev.Kind {
	case Dwell:
		switch {
		case ev.readThrough():
			return rank.Of(rank.ReadThrough)
		case ev.skipped():
			return rank.Of(rank.QuickSkip)
		}
	case Like:
		return rank.Of(rank.Like)
	case Save:
		return rank.Of(rank.Save)
	case Comment:
		return rank.Of(rank.Comment)
	case Share:
		return rank.Of(rank.Share)
	case Follow:
		return rank.Of(rank.Follow)
	case Click:
		return rank.Of(rank.ProductClick)
	case Cart:
		return rank.Of(rank.Cart)
	case Purchase:
		return rank.Of(rank.Purchase)
	case Hide, Block, Mute:
		return rank.Of(rank.Hide)
	case Report:
		return rank.Of(rank.Report)
	}
	return 0
}

// expire settles the examples that are due, and forgets those that made room.
func (s *served) expire(e *Engine, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for ; n < len(s.queue); n++ {
		q := s.queue[n]
		x := &s.entries[q.entry]
		if x.due != q.at {
			continue
		}
		if q.at > now.Unix() && len(s.queue)-n <= mostServed {
			break
		}
		s.drop(e, x)
	}
	if n == len(s.queue) {
		s.queue = s.queue[:0]
	} else if n > 0 {
		s.queue = s.queue[n:] // append moves what is left to new room now and then
	}
}

// forget drops what belongs to a viewer, learning nothing from it.
func (s *served) forget(viewer uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase(func(x *example) bool { return x.viewer == viewer })
}

// without drops what is about posts that are gone.
func (s *served) without(gone func(post uint32) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase(func(x *example) bool { return gone(x.post) })
}

func (s *served) erase(which func(*example) bool) {
	for i := range s.entries {
		if x := &s.entries[i]; x.viewer != 0 && which(x) {
			delete(s.index, pair(x.viewer, x.post))
			*x = example{}
		}
	}
}

// teach notes something to learn for the model of who had what.
func (e *Engine) teach(w *viewer, p uint32, ev *Event, at uint32) {
	weight := ev.worth()
	if weight <= 0 || !e.posts.all[p].flags.has(live) && e.posts.all[p].author != 0 {
		return
	}
	l := lesson{next: recommend.Touch{Item: p, Weight: min(1, weight), At: int64(at)}}
	var back [learnBack]recommend.Touch
	n := w.touches(back[:])
	l.n = copy(l.before[:], back[:n])
	e.lessons = append(e.lessons, l)
}

// touches fills buf with the latest posts that the viewer had, oldest first,
// each once with its strongest sign.
func (w *viewer) touches(buf []recommend.Touch) int {
	n := 0
next:
	for i := len(w.history) - 1; i >= 0 && n < len(buf); i-- {
		t := &w.history[i]
		v := t.worth()
		if v <= 0 || t.post == 0 {
			continue
		}
		for k := range n {
			if buf[k].Item == t.post {
				buf[k].Weight = max(buf[k].Weight, v)
				continue next
			}
		}
		buf[n] = recommend.Touch{Item: t.post, Weight: v, At: int64(t.at)}
		n++
	}
	for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
		buf[i], buf[j] = buf[j], buf[i]
	}
	return n
}

func (t *touch) worth() float32 {
	ev := Event{Kind: t.kind, Percent: int(t.percent), Millis: int64(t.seconds) * 1000}
	if t.kind == Dwell && t.seconds == 1 {
		ev.Millis = 1500 // what was cut off
	}
	return min(1, ev.worth())
}
