package feed

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// Hidden is announced when somebody says that they do not want a post, and when
// they take it back; Erased when somebody wants forgotten what they did until
// then. Every feed process hears both.
var (
	Hidden = bus.Topic[HiddenData]{Name: "feed.Hidden"}
	Erased = bus.Topic[ErasedData]{Name: "feed.Erased"}
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
	}
)
