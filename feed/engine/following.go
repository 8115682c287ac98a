package engine

import (
	"slices"
	"time"

	"meadow/feed"
	"meadow/services/kernel/id"
)

// cursor is how far the posts of one author are read.
type cursor struct {
	at   int64 // of the next
	post uint32
	list []uint32 // what is left after it, oldest first
}

// Following returns the newest n posts by those authors that this shard keeps,
// latest first, also those for followers only. Only what stands before the
// place counts; the zero place is now.
func (e *Engine) Following(authors []id.User, before feed.Place, n int) []feed.Place {
	e.mu.RLock()
	defer e.mu.RUnlock()
	merged := e.merge(authors, before, n)
	out := make([]feed.Place, len(merged))
	for i, p := range merged {
		out[i] = e.place(p)
	}
	return out
}

func (e *Engine) place(p uint32) feed.Place {
	return feed.Place{Post: e.posts.id(p), At: time.UnixMilli(e.posts.all[p].at).UTC()}
}

// merge reads the rings of the authors together, by a heap of their newest.
func (e *Engine) merge(authors []id.User, before feed.Place, n int) []uint32 {
	at := int64(0)
	if !before.At.IsZero() {
		at = before.At.UnixMilli()
	}
	heap := make([]cursor, 0, len(authors))
	for _, a := range authors {
		heap = e.open(heap, e.authors.find(string(a)))
	}
	return e.drain(e.begun(heap, at, string(before.Post)), n)
}

// mergeOf is merge for numbers of authors, from now.
func (e *Engine) mergeOf(authors map[uint32]struct{}, n int) []uint32 {
	heap := make([]cursor, 0, len(authors))
	for a := range authors {
		heap = e.open(heap, a)
	}
	return e.drain(e.begun(heap, 0, ""), n)
}

// open adds an author's ring to those to merge.
func (e *Engine) open(heap []cursor, author uint32) []cursor {
	if author == 0 || int(author) >= len(e.rings) || len(e.rings[author]) == 0 {
		return heap
	}
	return append(heap, cursor{list: e.rings[author]})
}

// begun finds the newest of each ring that stands before an instant. Each step
// goes over all of them, so that none waits for the memory of another.
func (e *Engine) begun(heap []cursor, at int64, post string) []cursor {
	if at != 0 {
		for i := range heap {
			heap[i].list = heap[i].list[:e.posts.until(heap[i].list, at, post)]
		}
		heap = slices.DeleteFunc(heap, func(c cursor) bool { return len(c.list) == 0 })
	}
	for i := range heap {
		last := len(heap[i].list) - 1
		heap[i].post, heap[i].list = heap[i].list[last], heap[i].list[:last]
	}
	for i := range heap {
		heap[i].at = e.posts.all[heap[i].post].at
	}
	return heap
}

// drain takes the newest n.
func (e *Engine) drain(heap []cursor, n int) []uint32 {
	for i := len(heap)/2 - 1; i >= 0; i-- {
		e.sink(heap, i)
	}
	out := make([]uint32, 0, min(n, 1024))
	for len(out) < n && len(heap) > 0 {
		top := &heap[0]
		if len(out) == 0 || out[len(out)-1] != top.post { // an author may be named twice
			out = append(out, top.post)
		}
		if len(top.list) > 0 {
			next := top.list[len(top.list)-1]
			*top = cursor{e.posts.all[next].at, next, top.list[:len(top.list)-1]}
		} else {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		e.sink(heap, 0)
	}
	return out
}

func (e *Engine) sink(heap []cursor, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && e.later(&heap[child+1], &heap[child]) {
			child++
		}
		if !e.later(&heap[child], &heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

func (e *Engine) later(a, b *cursor) bool {
	return a.at > b.at || a.at == b.at && e.posts.name(a.post) > e.posts.name(b.post)
}
