package groupbuy

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// What becomes of teams, each at most once.
var (
	// Filled is announced when a team has all of its paid seats: its orders may be
	// sent.
	Filled = bus.Topic[TeamData]{Name: "groupbuy.Filled", Confirm: []string{"fulfil"}}
	// Lapsed is announced when a team ran out of time: its orders go back whole.
	Lapsed = bus.Topic[TeamData]{Name: "groupbuy.Lapsed", Confirm: []string{"checkout"}}
)

// TeamData is a team that is over.
type TeamData struct {
	Team   string     `json:"team"`
	Offer  string     `json:"offer"`
	Orders []id.Order `json:"orders"` // paid
	At     time.Time  `json:"at"`
}
