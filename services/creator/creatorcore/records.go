package creatorcore

import (
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/platform/outbox"
)

// profile is an account as others see it. Name is the account's; Avatar is the
// account's or, if it was set here later, ours.
type profile struct {
	ID      id.User         `bson:"_id"`
	Name    string          `bson:"name"`
	Bio     string          `bson:"bio"`
	Avatar  picture.Picture `bson:"avatar"`
	Told    id.Media        `bson:"told"`    // the avatar that the account last told us of
	Version int64           `bson:"version"` // of the account's last change we know

	Posts     int64 `bson:"posts"`
	Likes     int64 `bson:"likes"`
	Followers int64 `bson:"followers"`
	Following int64 `bson:"following"`
	Notes     notes `bson:"notes,omitempty"`

	standing `bson:",inline"`
}

// post is a creator's content. One that was removed stays as an empty record,
// so that its request cannot bring it back.
type post struct {
	ID         id.Post `bson:"_id"`
	outbox.Box `bson:",inline"`
	Author     id.User `bson:"author"`
	Content    `bson:",inline"`
	// Edits counts versions from 1. ShownAt is At, and absent once removed.
	Edits    int64     `bson:"edits"`
	At       time.Time `bson:"at"`
	ShownAt  time.Time `bson:"shown_at,omitempty"`
	EditedAt time.Time `bson:"edited_at,omitempty"`
	History  []version `bson:"history,omitempty"` // earlier ones, latest first
	Request  string    `bson:"request"`           // what was asked when it was published

	Likes    int64 `bson:"likes"`
	Saves    int64 `bson:"saves"`
	Comments int64 `bson:"comments"`
	Notes    notes `bson:"notes,omitempty"`
	Tally    tally `bson:"tally"`
}

// Content is what an edit may change.
type Content struct {
	Title    string            `bson:"title"`
	Body     string            `bson:"body"`
	Topics   []string          `bson:"topics"`
	Pictures []picture.Picture `bson:"pictures"`
	Tags     []tag             `bson:"tags"`
	Ad       bool              `bson:"ad"`
	Lang     string            `bson:"lang"`
}

// tag is a product in a post. Title is of when it was tagged, for when the
// catalogue does not answer.
type tag struct {
	Product id.Product `bson:"product"`
	Picture int        `bson:"picture"`
	X       int64      `bson:"x"`
	Y       int64      `bson:"y"`
	Title   string     `bson:"title"`
}

// version is what a post said before an edit.
type version struct {
	Title string    `bson:"title"`
	Body  string    `bson:"body"`
	Until time.Time `bson:"until"`
}

// versions is how many earlier ones a post keeps.
const versions = 10

func (p post) shown() bool { return !p.ShownAt.IsZero() }

func (p post) tags(product id.Product) bool {
	for _, t := range p.Tags {
		if t.Product == product {
			return true
		}
	}
	return false
}

// kind is what somebody does with a post. It is also the name of the post's
// field that counts it.
type kind string

const (
	likes kind = "likes"
	saves kind = "saves"
)

// reaction is that a user likes or saves a post, or did: At is absent then.
type reaction struct {
	User  id.User   `bson:"user"`
	Post  id.Post   `bson:"post"`
	Kind  kind      `bson:"kind"`
	At    time.Time `bson:"at,omitempty"`
	Tally tally     `bson:"tally"`
}

func reactionID(u id.User, p id.Post, k kind) string {
	return id.Derive("rea", string(u), string(p), string(k))
}
