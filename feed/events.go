package feed

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// Hidden is announced when somebody says that they do not want a post, and when
// they take it back; Erased when somebody wants forgotten what they did until
// then; Preferred when they begin or stop to let what they do be used. Every feed
// process hears all of them.
var (
	Hidden    = bus.Topic[HiddenData]{Name: "feed.Hidden"}
	Erased    = bus.Topic[ErasedData]{Name: "feed.Erased"}
	Preferred = bus.Topic[PreferredData]{Name: "feed.Preferred"}
)

type (
	HiddenData struct {
		User   id.User   `json:"user"`
		Post   id.Post   `json:"post"`
		Author id.User   `json:"author"`
		Reason string    `json:"reason,omitempty"` // of Hide
		On     bool      `json:"on"`               // false: taken back
		At     time.Time `json:"at"`
	}
	ErasedData struct {
		User id.User   `json:"user"`
		At   time.Time `json:"at"` // what was done until then is forgotten
		// Decisions says that what they chose and did not want is forgotten, too; whom
		// they block and mute is not.
		Decisions bool `json:"decisions,omitempty"`
	}
	PreferredData struct {
		User     id.User   `json:"user"`
		Personal bool      `json:"personal"` // of Preferences
		At       time.Time `json:"at"`
	}
)
