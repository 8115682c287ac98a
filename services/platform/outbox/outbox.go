// Package outbox announces what a document has to announce. A record embeds a
// Box; the write that changes it adds the events, so that one write stores both
// or neither. A Relay carries them to the bus and takes out of the box what has
// been delivered, or, where an event names consumers, confirmed by all of them.
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
	if b.OutboxDue.IsZero() {
		b.OutboxDue = now.Add(grace)
	}
}
