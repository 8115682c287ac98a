package engine

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"sort"
	"time"

	"meadow/feed/pool"
	"meadow/feed/rank"
	"meadow/feed/recommend"
	"meadow/services/kernel/id"
)

// restoring is a snapshot while it is read, and afterwards what a replay must
// know: which events each part has.
type restoring struct {
	decoder
	e       *Engine
	began   time.Time
	from    int64 // every part has the events up to here
	until   int64
	people  runs
	posts   runs
	months  runs
	pool    int64
	model   int64
	streams [3][]byte // pool, heads, model
	started [3]bool
	whole   bool
}

// runs are how many events had been taken in when things from a number on were
// written.
type runs []run

type run struct {
	from   uint32
	events int64
}

func (r runs) of(n uint32, otherwise int64) int64 {
	i := sort.Search(len(r), func(i int) bool { return r[i].from > n })
	if i == 0 {
		return otherwise
	}
	return r[i-1].events
}

func newRestoring(o Options) *restoring {
	e := New(o)
	e.posts.all, e.posts.revs = nil, nil
	e.posts.names = names{}
	return &restoring{e: e}
}

// read takes in a whole snapshot.
func (s *restoring) read(r *bufio.Reader) error {
	magic := make([]byte, len(snapshotMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != snapshotMagic {
		return ErrSpoiled
	}
	var buf []byte
	for !s.whole {
		kind, payload, err := readFrame(r, buf)
		if err != nil {
			return err
		}
		buf = payload[:0:cap(payload)]
		s.b = payload
		s.frame(kind)
		if s.bad {
			return ErrSpoiled
		}
	}
	if err := s.finish(); err != nil {
		return err
	}
	return nil
}

func (s *restoring) frame(kind byte) {
	switch kind {
	case frameHead:
		s.from, s.began = int64(s.u()), time.UnixMilli(s.i()).UTC()
		if s.u() != uint64(s.e.Shard) || s.u() != uint64(s.e.Shards) {
			s.fail() // another shard's
		}
		if at := s.i(); at != 0 {
			s.e.fitted = time.UnixMilli(at).UTC()
		}
	case framePeople:
		s.chunk(&s.people, s.person)
	case frameMonths:
		s.chunk(&s.months, s.month)
	case framePool, frameHeads, frameModel:
		s.stream(int(kind - framePool))
	case framePosts:
		s.chunk(&s.posts, s.post)
	case frameNames:
		s.names()
	case frameWindow:
		s.window()
	case frameEnd:
		s.until = int64(s.u())
		for i := range s.e.shown {
			s.e.shown[i].Store(s.i())
			s.e.weights[i] = s.d()
		}
		s.e.since = s.i()
		s.whole = true
	default:
		s.fail()
	}
}

// chunk reads a few things of one instant.
func (s *restoring) chunk(seen *runs, one func(n uint32)) {
	s.byte()
	events, from := int64(s.u()), uint32(s.u())
	*seen = append(*seen, run{from, events})
	for i := range uint32(s.count(1)) {
		if s.bad {
			return
		}
		one(from + i)
	}
}

func (s *restoring) stream(i int) {
	if !s.started[i] {
		s.started[i] = true
		at := int64(s.u())
		switch i {
		case 0:
			s.pool = at
		case 2:
			s.model = at
		}
		return
	}
	s.streams[i] = append(s.streams[i], s.b...)
}

func (s *restoring) names() {
	tables := s.e.tables()
	tag := int(s.byte())
	s.u()
	from := int(s.u())
	if tag >= len(tables) {
		s.fail()
		return
	}
	for range s.count(1) {
		name := s.text()
		switch {
		case from == 0:
		case name == "":
			tables[tag].skip()
		case tables[tag].append(name) != uint32(from):
			s.fail()
			return
		}
		from++
	}
}

func (s *restoring) window() {
	g := s.byte()
	into := &s.e.window.now
	if g == 0 {
		into = &s.e.window.before
	}
	for range s.count(1) {
		if v := s.u(); v != 0 {
			into.add(v)
		}
	}
}

func (s *restoring) post(uint32) {
	var r record
	r.at = s.i()
	rev := s.i()
	r.hot = s.d()
	var kind, flags uint32
	for _, v := range [...]*uint32{&r.author, &r.lang, &r.place, &r.genre, &kind, &flags, &r.seen, &r.read, &r.engaged, &r.click, &r.hide, &r.skip} {
		*v = s.number(1 << 32)
	}
	if int(kind) >= len(kinds) {
		s.fail()
		return
	}
	r.kind, r.flags = uint8(kind), flag(flags)
	t := &s.e.posts
	topics := s.list(1 << 32)
	if len(topics) > mostTopics {
		s.fail()
		return
	}
	r.topicAt, r.topics = uint32(len(t.tags)), uint8(len(topics))
	t.tags = append(t.tags, topics...)
	t.all, t.revs = append(t.all, r), append(t.revs, rev)
}

func (s *restoring) month(uint32) {
	if s.byte() == 0 {
		s.e.months = append(s.e.months, nil)
		return
	}
	m := &month{day: int32(s.u())}
	for d := range m.all {
		m.all[d], m.promo[d] = uint32(s.u()), uint32(s.u())
	}
	s.e.months = append(s.e.months, m)
}

func (s *restoring) person(n uint32) {
	v := &s.e.people
	if v.numbers == nil {
		v.numbers = map[id.User]uint32{}
	}
	if s.byte() == 0 {
		v.all = append(v.all, nil)
		if n != 0 {
			v.free = append(v.free, n)
		}
		return
	}
	const any = 1 << 32
	w := &viewer{user: id.User(s.text()), since: s.number(any), last: s.number(any), deeds: s.number(any), activity: s.f()}
	if k := s.count(6); k > 0 {
		w.history = make([]touch, k)
	}
	for i := range w.history {
		w.history[i] = touch{
			post: s.number(any), at: s.number(any), other: s.number(any), seconds: uint16(s.u()), kind: Kind(s.byte()), percent: s.byte(),
		}
	}
	for _, list := range [...]*[]uint32{&w.seen.now, &w.seen.before, &w.hidden, &w.silenced, &w.follows, &w.prefs.chosen, &w.prefs.muted} {
		*list = s.list(any)
	}
	for _, leans := range [...]*[]lean{&w.topics, &w.authors} {
		if k := s.count(6); k > 0 {
			*leans = make([]lean, k)
		}
		for i := range *leans {
			(*leans)[i] = lean{to: s.number(any), w: s.f(), at: s.number(any)}
		}
	}
	for k := range w.kinds {
		w.kinds[k] = s.f()
	}
	said := s.byte()
	w.prefs.set, w.prefs.off, w.prefs.hideAI = said&1 != 0, said&2 != 0, said&4 != 0
	w.prefs.place = s.number(any)
	w.promos.day, w.promos.all = int32(s.u()), uint16(s.u())
	for range s.count(2) {
		w.promos.seen = append(w.promos.seen, promoSeen{s.number(any), uint16(s.u())})
	}
	v.all = append(v.all, w)
	v.numbers[w.user] = n
}

// finish makes what a snapshot does not hold, once all of it was read.
func (s *restoring) finish() error {
	e := s.e
	if !s.sound() {
		return ErrSpoiled
	}
	e.events = s.until
	e.restored = s.began
	s.learned()
	s.streams = [3][]byte{}
	e.relist()
	e.roomAgain()
	return nil
}

// learned takes over what the parts wrote of themselves. What one cannot read,
// since it is of another version, is learned again.
func (s *restoring) learned() {
	e := s.e
	if p, err := pool.Restore(bytes.NewReader(s.streams[0]), pool.Options{Seed: e.Seed}); err == nil {
		e.pool = p
	} else {
		e.Log("trials of the feed snapshot cannot be read and begin anew", "err", err)
	}
	if h, err := rank.Decode(bytes.NewReader(s.streams[1]), rank.Options{}); err == nil {
		e.heads.Store(h)
	} else {
		e.Log("heads of the feed snapshot cannot be read and begin anew", "err", err)
	}
	m := recommend.New(0)
	if _, err := m.ReadFrom(bytes.NewReader(s.streams[2])); err != nil {
		e.Log("taste of the feed snapshot cannot be read and is learned again", "err", err)
		m = recommend.New(e.posts.size())
		e.relearn(m, 0)
	}
	e.model.Store(m)
}

// mostRelearned touches are learned again at a start: more would take longer
// than the first Refit.
const mostRelearned = 1_000_000

// relearn gives a model what is remembered since an instant.
func (e *Engine) relearn(m *recommend.Model, since int64) {
	var buf [mostTouches]recommend.Touch
	each := max(5, mostRelearned/max(1, len(e.people.numbers)))
	for _, w := range e.people.all {
		if w == nil || w.prefs.off || int64(w.last) < since {
			continue
		}
		had := buf[:w.touches(buf[:min(each, mostTouches)])]
		for i, t := range had {
			if t.At >= since {
				m.Learn(had[max(0, i-learnBack):i], t)
			}
		}
	}
}

// relist puts every post into the lists where it belongs.
func (e *Engine) relist() {
	e.rings = room(nil, uint32(e.authors.size()-1))
	e.tagged = room(nil, uint32(e.topics.size()-1))
	e.placed, e.charts, e.recent = map[uint32][]uint32{}, map[chartKey]*chart{}, nil
	e.posts.fit, e.posts.n = nil, 0
	byTime := make([]uint32, 0, len(e.posts.all))
	for n := range e.posts.all {
		if r := &e.posts.all[n]; r.flags.has(live) {
			byTime = append(byTime, uint32(n))
		}
		e.posts.all[n].flags &^= inAll | inLang | inPlace
	}
	slices.SortFunc(byTime, func(a, b uint32) int {
		if e.posts.before(a, b) {
			return -1
		}
		return 1
	})
	for _, n := range byTime {
		e.offer(n)
		if r := &e.posts.all[n]; r.hot != 0 {
			e.chartAll(n, r)
		}
	}
	e.settle()
}

// empty makes an engine that has taken in events already what it was when it was
// new: a start that failed in the middle begins again.
func (e *Engine) empty() {
	e.shaping.Lock()
	defer e.shaping.Unlock()
	e.taking.Lock()
	defer e.taking.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.events > 0 {
		e.become(New(e.Options))
	}
}

// become takes over what another engine holds.
func (e *Engine) become(f *Engine) {
	e.posts, e.authors, e.topics, e.words, e.products = f.posts, f.authors, f.topics, f.words, f.products
	e.people, e.rings, e.tagged, e.placed, e.recent, e.charts = f.people, f.rings, f.tagged, f.placed, f.recent, f.charts
	e.moved = f.moved
	e.months, e.window, e.events, e.fitted, e.restored, e.weights = f.months, f.window, f.events, f.fitted, f.restored, f.weights
	e.since = f.since
	e.crowds.clear()
	e.pool = f.pool
	e.heads.Store(f.heads.Load())
	e.model.Store(f.model.Load())
	for i := range e.shown {
		e.shown[i].Store(f.shown[i].Load())
	}
}
