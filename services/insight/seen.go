package insight

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// Seen is announced when events of a screen were counted, each event once: a
// screen that reports again announces nothing again. Nothing keeps it until it is
// told, as an outbox would: a kill between counting and telling loses it. So it
// is for what may miss a look, never for what must add up.
//
// It names people who let what they do be used when they did it, and nobody else.
// Whoever remembers it asks again whether they still want that.
var Seen = bus.Topic[SeenData]{Name: "insight.Seen"}

// SeenData is what one screen saw, in its order, of posts that there are and that
// are not its own author's. Product is set only where the post really shows it.
type SeenData struct {
	User    id.User   `json:"user,omitempty"`
	Visitor string    `json:"visitor,omitempty"` // of who is not named: tells them apart for a day, and cannot be read back
	Events  []Event   `json:"events"`
	At      time.Time `json:"at"`
}
