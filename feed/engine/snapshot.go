package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"
)

// A snapshot is frames. Each is true at one instant, but not all at the same
// one, since events go on while it is written: so the frames of people, posts,
// authors and the pool say how many events had been taken in, and a replay
// gives each only the events after that. Whatever a frame may point to is
// written after it.
const (
	snapshotMagic = "MEADOWFEED\x02"

	frameHead byte = iota
	framePeople
	frameMonths
	framePool
	frameHeads
	frameModel
	framePosts
	frameNames
	frameWindow
	frameEnd
)

// Things in a frame.
const (
	peopleFrame = 256
	postsFrame  = 8192
	monthsFrame = 2048
	namesFrame  = 8192
	windowFrame = 1 << 16
)

// Snapshot writes the engine, while it goes on. Every event up to the returned
// number is in it, and some later ones may be in parts: a replay begins behind
// the number.
func (e *Engine) Snapshot(w io.Writer, now time.Time) (from, until int64, err error) {
	e.shaping.Lock()
	defer e.shaping.Unlock()
	if _, err := io.WriteString(w, snapshotMagic); err != nil {
		return 0, 0, fmt.Errorf("snapshot: %w", err)
	}
	s := &snapshot{e: e, w: w}
	from = e.sequence()
	s.u(uint64(from))
	s.i(now.UnixMilli())
	s.u(uint64(e.Shard))
	s.u(uint64(e.Shards))
	s.i(e.fittedAt())
	s.put(frameHead)
	s.chunks(framePeople, peopleFrame, func() int { return len(e.people.all) }, s.person)
	s.chunks(frameMonths, monthsFrame, func() int { return len(e.months) }, s.month)
	s.streams()
	s.chunks(framePosts, postsFrame, func() int { return len(e.posts.all) }, s.post)
	for i, n := range e.tables() {
		s.tag = byte(i)
		s.chunks(frameNames, namesFrame, n.size, func(at int) { s.text(n.name(uint32(at))) })
	}
	e.mu.RLock()
	windows := [2][]uint64{e.window.before.values(), e.window.now.values()}
	until = e.events
	since := e.since
	for i := range e.shown {
		s.counts[i] = e.shown[i].Load()
	}
	e.mu.RUnlock()
	for g, values := range windows {
		for len(values) > 0 {
			n := min(len(values), windowFrame)
			s.byte(byte(g))
			s.u(uint64(n))
			for _, v := range values[:n] {
				s.u(v)
			}
			s.put(frameWindow)
			values = values[n:]
		}
	}
	s.u(uint64(until))
	for i := range s.counts {
		s.i(s.counts[i])
		s.d(e.weights[i])
	}
	s.i(since)
	s.put(frameEnd)
	if s.err != nil {
		return 0, 0, fmt.Errorf("snapshot: %w", s.err)
	}
	return from, until, nil
}

func (e *Engine) sequence() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.events
}

func (e *Engine) fittedAt() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.fitted.IsZero() {
		return 0
	}
	return e.fitted.UnixMilli()
}

// tables are all that gives numbers, in the order of snapshots.
func (e *Engine) tables() [5]*names {
	return [...]*names{&e.posts.names, &e.authors, &e.topics, &e.words, &e.products}
}

// snapshot is one while it is written.
type snapshot struct {
	encoder
	e      *Engine
	w      io.Writer
	err    error
	tag    byte // begins a frame of chunks
	counts [sources]int64
}

// put ends a frame.
func (s *snapshot) put(kind byte) {
	if s.err == nil {
		s.err = writeFrame(s.w, kind, s.b)
	}
	s.b = s.b[:0]
}

// chunks writes things a few at a time, each few at one instant.
func (s *snapshot) chunks(kind byte, few int, size func() int, one func(at int)) {
	for at := 0; s.err == nil; {
		s.e.mu.RLock()
		n := min(few, size()-at)
		if n <= 0 {
			s.e.mu.RUnlock()
			return
		}
		s.byte(s.tag)
		s.u(uint64(s.e.events))
		s.u(uint64(at))
		s.u(uint64(n))
		for range n {
			one(at)
			at++
		}
		s.e.mu.RUnlock()
		s.put(kind)
	}
}

// streams writes the parts that write themselves, each as of a number of events.
func (s *snapshot) streams() {
	s.trials()
	s.stream(frameHeads, s.e.sequence(), s.e.heads.Load().Encode)
	s.stream(frameModel, s.taken(), s.model)
}

// trials writes the pool and the number of one instant: what it counts it cannot
// take apart again.
func (s *snapshot) trials() {
	if s.err != nil {
		return
	}
	var pool bytes.Buffer
	s.e.mu.RLock()
	at := s.e.events
	s.err = s.e.pool.Encode(&pool)
	s.e.mu.RUnlock()
	s.stream(framePool, at, func(w io.Writer) error {
		_, err := pool.WriteTo(w)
		return err
	})
}

func (s *snapshot) stream(kind byte, at int64, write func(io.Writer) error) {
	if s.err != nil {
		return
	}
	s.u(uint64(at))
	s.put(kind)
	f := &framed{w: s.w, kind: kind}
	if s.err = write(f); s.err == nil {
		s.err = f.flush()
	}
}

// taken is how many events were taken in whose lessons the model has, too.
func (s *snapshot) taken() int64 {
	s.e.taking.Lock()
	defer s.e.taking.Unlock()
	return s.e.sequence()
}

func (s *snapshot) post(at int) {
	r := &s.e.posts.all[at]
	s.i(r.at)
	s.i(s.e.posts.revs[at])
	s.d(r.hot)
	for _, v := range [...]uint32{r.author, r.lang, r.place, r.genre, uint32(r.kind), uint32(r.flags &^ (inAll | inLang | inPlace)),
		r.seen, r.read, r.engaged, r.click, r.hide, r.skip} {
		s.u(uint64(v))
	}
	s.list(s.e.posts.topicsOf(r))
}

func (s *snapshot) month(at int) {
	m := s.e.months[at]
	if m == nil {
		s.byte(0)
		return
	}
	s.byte(1)
	s.u(uint64(m.day))
	for d := range m.all {
		s.u(uint64(m.all[d]))
		s.u(uint64(m.promo[d]))
	}
}

func (s *snapshot) person(at int) {
	w := s.e.people.all[at]
	if w == nil {
		s.byte(0)
		return
	}
	s.byte(1)
	s.text(string(w.user))
	s.u(uint64(w.since))
	s.u(uint64(w.last))
	s.u(uint64(w.deeds))
	s.f(w.activity)
	s.u(uint64(len(w.history)))
	for i := range w.history {
		t := &w.history[i]
		s.u(uint64(t.post))
		s.u(uint64(t.at))
		s.u(uint64(t.other))
		s.u(uint64(t.seconds))
		s.byte(byte(t.kind))
		s.byte(t.percent)
	}
	for _, list := range [...][]uint32{w.seen.now, w.seen.before, w.hidden, w.silenced, w.follows, w.prefs.chosen, w.prefs.muted} {
		s.list(list)
	}
	for _, leans := range [...][]lean{w.topics, w.authors} {
		s.u(uint64(len(leans)))
		for _, l := range leans {
			s.u(uint64(l.to))
			s.f(l.w)
			s.u(uint64(l.at))
		}
	}
	for _, k := range w.kinds {
		s.f(k)
	}
	s.byte(byte(flagIf(w.prefs.set, 1) | flagIf(w.prefs.off, 2) | flagIf(w.prefs.hideAI, 4)))
	s.u(uint64(w.prefs.place))
	s.e.claims.mu.Lock()
	defer s.e.claims.mu.Unlock()
	s.u(uint64(w.promos.day))
	s.u(uint64(w.promos.all))
	s.u(uint64(len(w.promos.seen)))
	for _, p := range w.promos.seen {
		s.u(uint64(p.author))
		s.u(uint64(p.n))
	}
}

// Restore makes an empty engine what Snapshot wrote. It answers ErrSpoiled, and
// leaves the engine empty, if r holds anything else.
func (e *Engine) Restore(r io.Reader) (began time.Time, err error) {
	s, err := e.restore(r)
	if err != nil {
		return time.Time{}, err
	}
	return s.began, nil
}

func (e *Engine) restore(r io.Reader) (*restoring, error) {
	e.shaping.Lock()
	defer e.shaping.Unlock()
	s := newRestoring(e.Options)
	if err := s.read(bufio.NewReaderSize(r, 1<<20)); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	e.taking.Lock()
	defer e.taking.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.become(s.e)
	s.e = e
	return s, nil
}

func (s *snapshot) model(w io.Writer) error {
	_, err := s.e.model.Load().WriteTo(w)
	return err
}
