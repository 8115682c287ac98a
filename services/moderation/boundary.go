package moderation

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Bound is somebody whom the caller blocks or mutes. Blocking is mutual silence:
// neither sees, follows, mentions or answers the other. Muting is one's own.
type Bound struct {
	User id.User   `json:"user"`
	Name string    `json:"name"`
	How  How       `json:"how"`
	At   time.Time `json:"at"`
}

// How somebody is kept away.
type How string

const (
	Blocking How = "block"
	Muting   How = "mute"
)

// Shield is what must not be shown to somebody. Hidden are people they block or
// mute, or who block them; Silent those with whom a block stands, either way.
// Words are in Unicode's form NFKC and then in lower case, with single spaces:
// compare them with text that was brought into the same form, then case.
type Shield struct {
	Hidden []id.User `json:"hidden"`
	Silent []id.User `json:"silent"`
	Words  []string  `json:"words"`
}

const (
	// MaxBounds is how many people one can block, and mute.
	MaxBounds = 1000
	// MaxWords is how many words one can mute.
	MaxWords = 100
)

// Boundaries is what somebody does not want. A change acts on the next request
// of anybody, everywhere.
type Boundaries interface {
	// Block, Unblock, Mute and Unmute are idempotent: ErrNoPerson, ErrSelf, ErrBoundaries.
	Block(ctx context.Context, in ByPerson) (rpc.Empty, error)
	Unblock(ctx context.Context, in ByPerson) (rpc.Empty, error)
	Mute(ctx context.Context, in ByPerson) (rpc.Empty, error)
	Unmute(ctx context.Context, in ByPerson) (rpc.Empty, error)
	// Bounds pages through whom the caller blocks or mutes, latest first.
	Bounds(ctx context.Context, in AskBounds) (page.Page[Bound], error)
	// MutedWords are the caller's, as in a Shield; SetMutedWords replaces them.
	MutedWords(ctx context.Context, in rpc.Empty) (WordList, error)
	SetMutedWords(ctx context.Context, in WordList) (WordList, error)
	// Shield returns what must not be shown to somebody: for other parts.
	Shield(ctx context.Context, in AskShield) (Shield, error)
}

type (
	ByPerson struct {
		ID id.User `path:"id" json:"-" max:"64"`
	}
	AskBounds struct {
		page.Ask
		How How `query:"how" json:"-" min:"1" enum:"block,mute"`
	}
	WordList struct {
		Words []string `json:"words" max:"100"` // of 1 to 40 characters
	}
	// AskShield asks for a Shield. Its Hidden and Silent are each in ascending order
	// of ids, and name nobody twice, so that readers may search them by halves; its
	// Words are in the order in which they were set.
	AskShield struct {
		User id.User `json:"user" min:"1" max:"64"`
	}
)
