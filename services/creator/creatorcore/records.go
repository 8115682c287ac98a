package creatorcore

import (
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/platform/outbox"
)

// profile is an account as others see it. Name is the account's; Avatar is the
// account's or, if it was set here later, ours.
type profile struct {
	ID     id.User         `bson:"_id"`
	Name   string          `bson:"name"`
	Bio    string          `bson:"bio"`
	Avatar picture.Picture `bson:"avatar"`
	Told   id.Media        `bson:"told"` // the avatar that the account last told us of
	// Likeness is the avatar's, for moderation.
	Likeness string `bson:"likeness,omitempty"`
	Words    `bson:",inline"`
	Version  int64 `bson:"version"` // of the account's last change we know

	Posts     int64 `bson:"posts"`
	Likes     int64 `bson:"likes"`
	Followers int64 `bson:"followers"`
	Following int64 `bson:"following"`
	Notes     notes `bson:"notes,omitempty"`

	Standing `bson:",inline"`
	Earns    bool `bson:"earns"` // they were a creator when they last wrote
	Ban      ban  `bson:"ban"`
}

// ban is that somebody's posts are not shown, for good if Until is absent. Rev
// is of the last we know.
type ban struct {
	On    bool      `bson:"on"`
	Until time.Time `bson:"until,omitempty"`
	Rev   int64     `bson:"rev"`
}

// kind is what somebody does with a post. It is also the name of the post's
// field that counts it.
type kind string

const (
	likes  kind = "likes"
	saves  kind = "saves"
	shares kind = "shares"
)

// reaction is k as others hear of it.
func (k kind) reaction() creator.ReactionKind {
	switch k {
	case likes:
		return creator.Liked
	case saves:
		return creator.SavedIt
	}
	return creator.Shared
}

// reaction is that a user likes, saves or has shared a post, or did: At is
// absent then. Rev counts how often that changed.
type reaction struct {
	ID         string `bson:"_id"`
	outbox.Box `bson:",inline"`
	User       id.User   `bson:"user"`
	Post       id.Post   `bson:"post"`
	Kind       kind      `bson:"kind"`
	At         time.Time `bson:"at,omitempty"`
	Rev        int64     `bson:"rev"`
	Tally      tally     `bson:"tally"`
}

func reactionID(u id.User, p id.Post, k kind) string {
	return id.Derive("rea", string(u), string(p), string(k))
}
