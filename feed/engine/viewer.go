package engine

import (
	"slices"

	"meadow/services/kernel/id"
)

// viewer is what is remembered of somebody who allowed it, and what they
// decided.
type viewer struct {
	user     id.User
	since    uint32 // unix seconds of the first thing remembered
	last     uint32 // and of the latest
	deeds    uint32
	activity float32 // deeds of late, halved every three days
	history  []touch // oldest first
	seen     seen
	topics   []lean
	authors  []lean
	kinds    [len(kinds)]float32

	hidden   []uint32 // posts not wanted, latest last
	silenced []uint32 // authors blocked or muted
	follows  []uint32
	prefs    preferences
	promos   daily
}

// preferences are those of feed.Preferences that choose posts.
type preferences struct {
	set    bool // said; else what is usual
	off    bool // not personal
	hideAI bool
	place  uint32
	chosen []uint32
	muted  []uint32
}

// touch is one thing done.
type touch struct {
	post    uint32
	at      uint32 // unix seconds
	other   uint32 // the author of a follow, the product of a click or purchase
	seconds uint16
	kind    Kind
	percent uint8
}

// Bounds of what is remembered of one viewer.
const (
	mostTouches  = 200
	mostSeen     = 1000 // of each of two generations
	mostLeans    = 48
	mostHidden   = 500
	mostSilenced = 5000
	mostFollows  = 5000
)

// viewers are the people remembered, by number. A number is used again after
// somebody is forgotten.
type viewers struct {
	numbers map[id.User]uint32
	all     []*viewer // 0 is nobody
	free    []uint32
	hand    uint64 // where the next search for who was away longest looks
}

func (v *viewers) find(u id.User) (*viewer, uint32) {
	n := v.numbers[u]
	if n == 0 {
		return nil, 0
	}
	return v.all[n], n
}

// meet returns somebody's memory, a new one if there is none. Who was away
// longest, of a few looked at, makes room.
func (e *Engine) meet(u id.User) (*viewer, uint32) {
	v := &e.people
	if n := v.numbers[u]; n != 0 {
		return v.all[n], n
	}
	if v.numbers == nil {
		v.numbers = map[id.User]uint32{}
		v.all = []*viewer{nil}
	}
	if len(v.numbers) >= e.MaxViewers {
		e.evict()
	}
	n := uint32(len(v.all))
	if len(v.free) > mostFree {
		n, v.free = v.free[0], v.free[1:]
	} else {
		v.all = append(v.all, nil)
	}
	w := &viewer{user: u}
	v.all[n], v.numbers[u] = w, n
	return w, n
}

// evict forgets who was away longest of a sample. It keeps what people decided
// until nobody without decisions is in the sample.
func (e *Engine) evict() {
	v := &e.people
	var pick *viewer
	for range 24 {
		v.hand++
		w := v.all[mix64(v.hand^e.Seed)%uint64(len(v.all))]
		if w != nil && (pick == nil || w.away(pick)) {
			pick = w
		}
	}
	if pick != nil {
		e.drop(pick.user)
	}
}

// mostFree numbers rest before one is given again: examples may still be open
// under them.
const mostFree = 1024

// away reports whether w is more dispensable than x.
func (w *viewer) away(x *viewer) bool {
	if a, b := w.decided(), x.decided(); a != b {
		return b
	}
	return w.last < x.last
}

func (w *viewer) decided() bool {
	return w.prefs.set || len(w.hidden)+len(w.silenced) > 0
}

// forget erases everything about somebody.
func (e *Engine) forget(u id.User) {
	if n := e.drop(u); n != 0 {
		e.served.forget(n)
	}
}

func (e *Engine) drop(u id.User) uint32 {
	n := e.people.numbers[u]
	if n != 0 {
		e.people.all[n] = nil
		delete(e.people.numbers, u)
		e.people.free = append(e.people.free, n)
	}
	return n
}

// remember appends a touch, in place of the oldest if there are many.
func (w *viewer) remember(t touch) {
	if len(w.history) >= mostTouches {
		copy(w.history, w.history[1:])
		w.history[len(w.history)-1] = t
	} else {
		w.history = push(w.history, t, mostTouches)
	}
	w.deeds++
}

// push appends with room for half as many again, at most most.
func push[T any](list []T, v T, most int) []T {
	if len(list) == cap(list) {
		grown := make([]T, len(list), min(most, len(list)+len(list)/2+4))
		copy(grown, list)
		list = grown
	}
	return append(list, v)
}

// keep appends v unless it is there; the oldest makes room.
func keep(list []uint32, v uint32, most int) []uint32 {
	if v == 0 || slices.Contains(list, v) {
		return list
	}
	if len(list) >= most {
		list = slices.Delete(list, 0, 1)
	}
	return push(list, v, most)
}

func without(list []uint32, v uint32) []uint32 {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
