package engine

import (
	"slices"
	"time"

	"meadow/feed/recommend"
)

// batch is how many events are taken in while asks wait.
const batch = 64

// part is what of an event is applied: a snapshot may hold some of it already.
type part uint8

const (
	toViewer part = 1 << iota
	toPost
	toAuthor
	toPool
	toModel
	all = toViewer | toPost | toAuthor | toPool | toModel
)

// Take takes in what was done; the next ask knows it. It returns how many of
// the events were not known already.
func (e *Engine) Take(now time.Time, events ...Event) int {
	e.taking.Lock()
	defer e.taking.Unlock()
	return e.take(now, events, nil)
}

// take applies events that are not known already, and tells log of each with
// its number. The caller holds taking.
func (e *Engine) take(now time.Time, events []Event, log func(*Event, int64)) int {
	fresh := 0
	for len(events) > 0 {
		n := min(batch, len(events))
		e.mu.Lock()
		for i := range events[:n] {
			ev := &events[i]
			if ev.void() || ev.ID != "" && !e.window.add(ev.ID) {
				continue
			}
			e.events++
			fresh++
			ev.facts = e.judge(ev)
			e.apply(ev, all)
			if log != nil {
				log(ev, e.events)
			}
		}
		e.tick(now)
		e.mu.Unlock()
		e.learn()
		events = events[n:]
	}
	return fresh
}

// tick does what time brings.
func (e *Engine) tick(now time.Time) {
	e.served.expire(e, now)
	if now.Sub(e.charted) >= 2*time.Second || len(e.moved) > 0 && e.events < mostTrivial {
		e.charted = now
		e.settle()
	}
	if now.Sub(e.ticked) > time.Minute {
		e.ticked = now
		e.pool.Expire(now)
	}
}

// mostTrivial events are so few that charts can always be in order.
const mostTrivial = 10_000

// learn gives the model what was put aside for it, while asks go on. The caller
// holds taking.
func (e *Engine) learn() {
	m := e.model.Load()
	for i := range e.lessons {
		l := &e.lessons[i]
		m.Learn(l.before[:l.n], l.next)
	}
	e.lessons = e.lessons[:0]
}

// replay applies an event that was taken in before, as far as a snapshot does
// not have it. Events have to come in order; one that comes twice, since two
// processes took it in, counts once.
func (e *Engine) replay(now time.Time, ev *Event, number int64, has *restoring) {
	e.mu.Lock()
	news := ev.ID == "" || e.window.add(ev.ID)
	e.events = max(e.events, number)
	e.remind(ev)
	parts := part(all)
	if has != nil && number <= has.until { // the snapshot's window may have it, and its parts not
		parts, news = has.missing(ev, number), true
	}
	if news && parts != 0 {
		e.apply(ev, parts)
	}
	if number%batch == 0 {
		e.tick(now)
	}
	e.mu.Unlock()
	e.learn()
}

// missing is what of an event no part of the snapshot has.
func (s *restoring) missing(ev *Event, number int64) part {
	e, parts := s.e, part(0)
	add := func(p part, has int64) {
		if number > has {
			parts |= p
		}
	}
	who, has := e.people.numbers[ev.User], s.from
	if who != 0 {
		has = s.people.of(who, s.from)
	}
	add(toViewer, has)
	p := e.posts.find(string(ev.Post))
	add(toPost, s.posts.of(p, s.from))
	add(toAuthor, s.months.of(e.posts.all[p].author, s.from))
	add(toPool, s.pool)
	add(toModel, s.model)
	return parts
}

// lesson is something to learn for the model, after asks may go on.
type lesson struct {
	before [learnBack]recommend.Touch
	n      int
	next   recommend.Touch
}

const learnBack = 20

// latest is when the last remembered thing was done.
func (w *viewer) latest() uint32 {
	if len(w.history) == 0 {
		return 0
	}
	return w.history[len(w.history)-1].at
}

// undo takes back the latest touch of that kind. That they engaged with the post
// once stays known.
func (w *viewer) undo(p uint32, kind Kind, author uint32) {
	for i := len(w.history) - 1; i >= 0; i-- {
		t := &w.history[i]
		if t.kind == kind && t.post == p && (kind != Follow && kind != Block && kind != Mute || t.other == author) {
			marked := func(t touch) bool { return t.kind == undone && t.post == p }
			if p == 0 || !t.engages() || slices.ContainsFunc(w.history, marked) {
				w.history = slices.Delete(w.history, i, i+1)
			} else {
				*t = touch{post: p, at: t.at, kind: undone}
			}
			return
		}
	}
}

// lean moves what the viewer tends to.
func (e *Engine) lean(w *viewer, ev *Event, p, author, at uint32) {
	if ev.Kind == Interest {
		for _, name := range ev.Topics[:min(len(ev.Topics), mostTopics)] {
			w.topics = tend(w.topics, e.topics.number(name), 1.5, at)
		}
		return
	}
	v := ev.worth()
	switch {
	case ev.Off:
		v = -v
	case !ev.facts.has(news):
		return
	}
	w.authors = tend(w.authors, author, v, at)
	if p == 0 {
		return
	}
	r := &e.posts.all[p]
	for _, t := range e.posts.topicsOf(r) {
		w.topics = tend(w.topics, t, v, at)
	}
	for k := range w.kinds {
		w.kinds[k] *= .98
	}
	w.kinds[r.kind] += max(0, v) * .02
}
