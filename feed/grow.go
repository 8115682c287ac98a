package feed

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Grow is what creators see of how their posts are passed on, and what operators
// see of the feed as a whole.
type Grow interface {
	// Pools pages through the posts of the caller's account, or one they work for,
	// latest first, with the stage each has reached: creator.ErrNotStaff.
	Pools(ctx context.Context, in AskPools) (page.Page[PoolRow], error)
	// Balance says how much of what an account showed was promotion:
	// creator.ErrNotStaff.
	Balance(ctx context.Context, in OfAccount) (Balance, error)
	// Health says how large the feed has become and how old what it kept is.
	Health(ctx context.Context, in Empty) (Health, error)
}

// Stage is how far a post was passed on, as a step of a ladder. A post climbs by
// being shown; whether it is shown is decided by how its viewers answer, not by
// the steps.
type Stage struct {
	Step        int   `json:"step"` // 1 to 5
	Impressions int64 `json:"impressions"`
	Engaged     int64 `json:"engaged"` // viewers who liked, saved, commented, shared, followed, bought or read through
	From        int64 `json:"from"`    // impressions where the step begins
	To          int64 `json:"to"`      // and ends; 0 for the last
	// Guaranteed is how many first showings are still owed.
	Guaranteed int64 `json:"guaranteed"`
}

// PoolRow is a post on the ladder. Held says why it is not passed on, if so:
// limited, followers, sold_out; or old, if its first showings and its trial are
// over. What only its author may read is not on it.
type PoolRow struct {
	Post  id.Post   `json:"post"`
	Title string    `json:"title"`
	Thumb string    `json:"thumb"`
	Ad    bool      `json:"ad"`
	At    time.Time `json:"at"`
	Stage Stage     `json:"stage"`
	Held  string    `json:"held,omitempty"`
}

// Balance is the share of promotion in what an account showed in the last 30
// days. Over the cap its promotions wait until the share has fallen; small
// accounts may always show Free of them.
type Balance struct {
	Impressions int64   `json:"impressions"`
	Promoted    int64   `json:"promoted"`
	Share       float64 `json:"share"` // 0 to 1
	Cap         float64 `json:"cap"`   // 0 to 1
	Free        int64   `json:"free"`
	Over        bool    `json:"over"`
	Posts       int64   `json:"posts"`
	Promotions  int64   `json:"promotions"` // posts with the Ad label
}

// Health is the feed's own state.
type Health struct {
	Shard     int       `json:"shard"`
	Shards    int       `json:"shards"`
	Posts     int64     `json:"posts"`
	Authors   int64     `json:"authors"`
	Viewers   int64     `json:"viewers"`
	Events    int64     `json:"events"` // taken in since the beginning
	Bytes     int64     `json:"bytes"`  // held in memory, about
	MaxBytes  int64     `json:"max_bytes"`
	Kept      time.Time `json:"kept,omitzero"`   // when the last snapshot was stored
	Fitted    time.Time `json:"fitted,omitzero"` // when taste was last learnt as a whole
	Sources   []Share   `json:"sources"`         // what each contributes
	Calibrate []Head    `json:"heads"`
}

// Share is the weight of a source, chosen on what was held out, and what it did.
type Share struct {
	Source Source  `json:"source"`
	Weight float64 `json:"weight"`
	Shown  int64   `json:"shown"`
}

// Head is how well an action is foretold: expected against seen.
type Head struct {
	Action   string  `json:"action"`
	Expected float64 `json:"expected"`
	Seen     float64 `json:"seen"`
}

type (
	AskPools struct {
		page.Ask
		As id.User `query:"as" json:"-" max:"64"`
	}
	OfAccount struct {
		As id.User `query:"as" json:"-" max:"64"`
	}
)
