package insight

import (
	"time"

	"meadow/services/kernel/id"
)

const (
	// AudienceDays is how far back an audience goes, today included.
	AudienceDays = 30
	// Fewest is how many people a headcount must be of to be shown.
	Fewest = 10
)

// Audience is whom a creator reaches again by themselves, in headcounts: who
// follows them now, and who did something with their posts of the last
// AudienceDays, signed in. It is of counts from the start: what is kept are
// sketches, from which nobody can be read back, and no list of persons.
type Audience struct {
	Followers Headcount `json:"followers"`
	Engaged   Headcount `json:"engaged"` // liked, saved, commented, shared, opened a product or bought
	Both      Headcount `json:"both"`    // did so while they followed
	Buyers    Headcount `json:"buyers"`
	At        time.Time `json:"at"` // up to which it is counted
}

// Headcount is how many different people, of sketches within about 2 %. Fewer
// than Fewest are Hidden and told as 0, and so is a part that leaves fewer than
// that of its whole.
type Headcount struct {
	N      int64 `json:"n"`
	Hidden bool  `json:"hidden"`
}

// AskAudience names an account of the caller's.
type AskAudience struct {
	As id.User `query:"as" json:"-" max:"64"`
}
