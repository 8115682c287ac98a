// Package outbox announces what a document has to announce. A record embeds a
// Box; the write that changes it adds the events, so that one write stores both
// or neither. A Relay carries them to the bus and takes out of the box what has
// been delivered, or, where an event names consumers, confirmed by all of them.
//
// The box is the truth: whatever the bus loses, and wherever a process dies, an
// event that is still in a box is announced again.
package outbox

import (
	"slices"
	"time"

	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Box is the part of a record that holds its events. Embed it with
// `bson:",inline"` and open the collection with Index.
type Box struct {
	Outbox []bus.Event `json:"-" bson:"outbox,omitempty"`
	// OutboxDue is when to try again; absent when the box is empty.
	OutboxDue time.Time `json:"-" bson:"outbox_due,omitempty"`
	// OutboxTold is how far the announcement of events has come that did not
	// leave the box at the first try.
	OutboxTold []Told `json:"-" bson:"outbox_told,omitempty"`
}

// Told is how far the announcement of one event has come.
type Told struct {
	Event     string    `json:"event" bson:"event"`
	Tries     int       `json:"tries" bson:"tries"` // by the sweeper
	Due       time.Time `json:"due" bson:"due"`
	Confirmed []string  `json:"confirmed,omitempty" bson:"confirmed,omitempty"` // consumers that have handled it
}

// Index is the index that a collection whose records embed a Box needs.
var Index = docdb.Index{Name: "outbox", Keys: []string{"outbox_due"}}

// grace is how long the first delivery has before the sweeper tries too.
const grace = 2 * time.Second

// Add puts e into the box. An event that is already there is left as it is.
func (b *Box) Add(now time.Time, e bus.Event) {
	if slices.ContainsFunc(b.Outbox, func(x bus.Event) bool { return x.ID == e.ID }) {
		return
	}
	b.Outbox = append(b.Outbox, e)
	if due := now.Add(grace); b.OutboxDue.IsZero() || due.Before(b.OutboxDue) {
		b.OutboxDue = due
	}
}

// told returns how far event has come, or nil if it has not been tried again.
func (b *Box) told(event string) *Told {
	i := slices.IndexFunc(b.OutboxTold, func(t Told) bool { return t.Event == event })
	if i < 0 {
		return nil
	}
	return &b.OutboxTold[i]
}

// fresh returns the events that nobody has tried again yet.
func (b *Box) fresh() []bus.Event {
	var out []bus.Event
	for _, e := range b.Outbox {
		if t := b.told(e.ID); t == nil || t.Tries == 0 {
			out = append(out, e)
		}
	}
	return out
}

// attempt is an event that it is time to announce.
type attempt struct {
	event bus.Event
	tries int // including this one, by the sweeper
}

// claim returns the events that are due and puts off their next try, so that no
// other sweeper takes them meanwhile.
func (b *Box) claim(now time.Time) []attempt {
	if b.OutboxDue.After(now) {
		return nil
	}
	var out []attempt
	for _, e := range b.Outbox {
		t := b.told(e.ID)
		if t == nil {
			b.OutboxTold = append(b.OutboxTold, Told{Event: e.ID})
			t = &b.OutboxTold[len(b.OutboxTold)-1]
		}
		if t.Due.After(now) {
			continue
		}
		t.Tries++
		t.Due = now.Add(backoff(t.Tries))
		out = append(out, attempt{event: e, tries: t.Tries})
	}
	b.schedule()
	return out
}

// settle takes out the events that the bus has taken and nobody must confirm,
// notes who has confirmed others, and takes those out that everybody has. It
// reports whether anything changed.
func (b *Box) settle(taken []string, confirmed map[string][]string) bool {
	changed := false
	b.Outbox = slices.DeleteFunc(b.Outbox, func(e bus.Event) bool {
		done := false
		switch {
		case len(e.Confirm) == 0:
			done = slices.Contains(taken, e.ID)
		case len(confirmed[e.ID]) > 0:
			var noted bool
			done, noted = b.confirm(e, confirmed[e.ID])
			changed = changed || noted
		}
		changed = changed || done
		return done
	})
	if changed {
		b.schedule()
	}
	return changed
}

// confirm notes consumers that have handled e, and reports whether all have by
// now and whether that was news.
func (b *Box) confirm(e bus.Event, by []string) (all, news bool) {
	t := b.told(e.ID)
	var have []string
	if t != nil {
		have = t.Confirmed
	}
	before := len(have)
	for _, c := range by {
		if slices.Contains(e.Confirm, c) && !slices.Contains(have, c) {
			have = append(have, c)
		}
	}
	if len(have) == before {
		return false, false
	}
	if t == nil {
		b.OutboxTold = append(b.OutboxTold, Told{Event: e.ID, Due: b.OutboxDue})
		t = &b.OutboxTold[len(b.OutboxTold)-1]
	}
	t.Confirmed = have
	for _, c := range e.Confirm {
		if !slices.Contains(have, c) {
			return false, true
		}
	}
	return true, true
}

// schedule forgets what is no longer in the box and sets when to look again.
func (b *Box) schedule() {
	held := func(id string) bool {
		return slices.ContainsFunc(b.Outbox, func(e bus.Event) bool { return e.ID == id })
	}
	b.OutboxTold = slices.DeleteFunc(b.OutboxTold, func(t Told) bool { return !held(t.Event) })
	if len(b.Outbox) == 0 {
		b.OutboxDue = time.Time{}
		return
	}
	if len(b.OutboxTold) < len(b.Outbox) {
		return // an event that was not tried again keeps the box's own instant
	}
	b.OutboxDue = b.OutboxTold[0].Due
	for _, t := range b.OutboxTold {
		if t.Due.Before(b.OutboxDue) {
			b.OutboxDue = t.Due
		}
	}
}

const (
	firstBackoff = 2 * time.Second
	mostBackoff  = time.Minute
	// After longTries the bus has the event and is trying by itself; ours only
	// helps if it loses it, and costs a copy each time.
	longTries   = 16
	longBackoff = 10 * time.Minute
)

// backoff is how long after that many tries to try again.
func backoff(tries int) time.Duration {
	switch {
	case tries > longTries:
		return longBackoff
	case tries > 6:
		return mostBackoff
	}
	return min(firstBackoff<<(tries-1), mostBackoff)
}
