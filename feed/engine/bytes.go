package engine

import "unsafe"

// Bytes is about how much memory the engine holds, counted from its own
// structures.
func (e *Engine) Bytes() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	b := e.posts.names.bytes + e.authors.bytes + e.topics.bytes + e.words.bytes + e.products.bytes
	b += sizeOf(e.posts.all) + sizeOf(e.posts.revs) + sizeOf(e.posts.tags) + sizeOf(e.posts.fit)
	b += sizeOf(e.rings) + sizeOf(e.tagged) + sizeOf(e.recent) + sizeOf(e.months) + sizeOf(e.people.all)
	for _, lists := range [...][][]uint32{e.rings, e.tagged} {
		for _, l := range lists {
			b += sizeOf(l)
		}
	}
	for _, l := range e.placed {
		b += sizeOf(l) + 48
	}
	for _, c := range e.charts {
		b += sizeOf(c.posts) + 96
	}
	for _, m := range e.months {
		if m != nil {
			b += int64(unsafe.Sizeof(*m))
		}
	}
	for _, w := range e.people.all {
		if w != nil {
			b += w.bytes() + 48
		}
	}
	for _, w := range [...]*window{&e.window, &e.persons.trials, &e.persons.visits} {
		b += sizeOf(w.now.slots) + sizeOf(w.before.slots)
	}
	e.served.mu.Lock()
	b += sizeOf(e.served.entries) + sizeOf(e.served.queue) + int64(len(e.served.index))*24
	e.served.mu.Unlock()
	return b + e.model.Load().Bytes() + e.heads.Load().Bytes() + e.pool.Stats().Bytes
}

func sizeOf[T any](s []T) int64 {
	var v T
	return int64(cap(s)) * int64(unsafe.Sizeof(v))
}

func (w *viewer) bytes() int64 {
	return int64(unsafe.Sizeof(*w)) + int64(len(w.user)+8)&^7 + sizeOf(w.history) + sizeOf(w.seen.now) + sizeOf(w.seen.before) +
		sizeOf(w.topics) + sizeOf(w.authors) + sizeOf(w.hidden) + sizeOf(w.silenced) + sizeOf(w.follows) +
		sizeOf(w.prefs.chosen) + sizeOf(w.prefs.muted) + sizeOf(w.promos.seen)
}
