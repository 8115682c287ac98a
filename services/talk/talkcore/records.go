package talkcore

import (
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/platform/outbox"
	"meadow/services/talk"
)

// comment is what somebody says. Parent is "" for one right under the post. One
// that is gone stays as an empty record (At is absent), so that its request
// cannot bring it back.
type comment struct {
	ID         id.Comment `bson:"_id"`
	Rev        int64      `bson:"_rev"`
	outbox.Box `bson:",inline"`
	Post       id.Post    `bson:"post"`
	Account    id.User    `bson:"account"` // the post's author
	Trace      id.Trace   `bson:"trace,omitempty"`
	Parent     id.Comment `bson:"parent,omitempty"`
	Named      id.Comment `bson:"named,omitempty"`   // the comment that a reply answers
	Answers    id.User    `bson:"answers,omitempty"` // whose that is
	To         id.User    `bson:"to,omitempty"`      // the same, if not the parent's author
	Author     id.User    `bson:"author"`
	ByAuthor   bool       `bson:"by_author,omitempty"`
	Bought     bool       `bson:"bought,omitempty"`
	Question   bool       `bson:"question,omitempty"`

	Body     string            `bson:"body,omitempty"`
	Pictures []picture.Picture `bson:"pictures,omitempty"`
	Mentions []creator.Mention `bson:"mentions,omitempty"`
	At       time.Time         `bson:"at,omitempty"`
	Request  string            `bson:"request"`

	Verdict moderation.Outcome `bson:"verdict"`
	Judged  int64              `bson:"judged"`          // revision of the last decision we know
	Waits   bool               `bson:"waits,omitempty"` // for the post's author, whatever moderation says
	Said    bool               `bson:"said,omitempty"`  // announced, and not taken back
	Turn    int64              `bson:"turn,omitempty"`  // how many times it was taken back
	// AnsweredAt is when the post's author answered a question, Settled whether
	// they took it off their list without.
	AnsweredAt time.Time `bson:"answered_at,omitempty"`
	Settled    bool      `bson:"settled,omitempty"`

	Likes   int64        `bson:"likes,omitempty"`
	Liked   []taken      `bson:"liked,omitempty"` // the round of likes
	Replies int64        `bson:"replies,omitempty"`
	Replied []taken      `bson:"replied,omitempty"` // the round of replies
	Latest  []id.Comment `bson:"latest,omitempty"`  // the first replies that are shown
	Tally   tally        `bson:"tally"`
	// Chore is since when something else follows from a change; Chores numbers
	// them, see conclude.
	Chore  time.Time `bson:"chore,omitempty"`
	Chores int64     `bson:"chores,omitempty"`
	Places places    `bson:",inline"`
}

// places are the keys of the lists that a comment is in now; absent for others.
type places struct {
	Hot     int64     `bson:"hot,omitempty"`      // of comments right under a post that are shown
	TopAt   time.Time `bson:"top_at,omitempty"`   // of the same
	ReplyAt time.Time `bson:"reply_at,omitempty"` // of replies that are shown
	Unseen  string    `bson:"unseen,omitempty"`   // under what, of those only their author sees
	HeldAt  time.Time `bson:"held_at,omitempty"`  // of those that the post's author can let through
	Asking  time.Time `bson:"asking,omitempty"`   // of questions that wait
	Asked   time.Time `bson:"asked,omitempty"`    // of all questions that were shown and are there
}

func (k comment) gone() bool { return k.At.IsZero() }

func (k comment) shown() bool { return !k.gone() && k.state() == talk.Shown }

func (k comment) state() talk.State {
	switch {
	case k.Verdict == moderation.Limited, k.Verdict == moderation.Rejected:
		return talk.Limited
	case k.Waits, k.Verdict == moderation.Pending:
		return talk.Held
	}
	return talk.Shown
}

// forAuthor reports whether it waits for the post's author alone. What also
// waits for a moderator is not theirs to see, or to let through.
func (k comment) forAuthor() bool {
	return !k.gone() && k.state() == talk.Held && k.Verdict != moderation.Pending
}

// under is what it is counted in.
func (k comment) under() string {
	if k.Parent != "" {
		return string(k.Parent)
	}
	return string(k.Post)
}

// want is how many shown comments it stands for.
func (k comment) want() int64 {
	switch {
	case !k.shown():
		return 0
	case k.Parent != "":
		return 1
	}
	return 1 + k.Replies
}

// place puts a comment into the lists it belongs to now.
func (k *comment) place() {
	k.Places = places{}
	if k.gone() {
		return
	}
	switch {
	case !k.shown():
		k.Places.Unseen = k.under()
		if k.forAuthor() {
			k.Places.HeldAt = k.At
		}
	case k.Parent != "":
		k.Places.ReplyAt = k.At
	default:
		k.Places.Hot, k.Places.TopAt = heat(k.At, k.Likes, k.Replies), k.At
	}
	if k.Question && k.shown() {
		k.Places.Asked = k.At
		if k.AnsweredAt.IsZero() && !k.Settled {
			k.Places.Asking = k.At
		}
	}
}

// hush takes a comment away, and what it said with it.
func (k *comment) hush() {
	k.At, k.Body, k.Pictures, k.Mentions, k.Latest = time.Time{}, "", nil, nil, nil
}

// thread is what is counted under a post.
type thread struct {
	ID         id.Post `bson:"_id"`
	Rev        int64   `bson:"_rev"`
	outbox.Box `bson:",inline"`
	Account    id.User    `bson:"account"`
	Comments   int64      `bson:"comments"`
	Version    int64      `bson:"version"` // of Comments
	Round      []taken    `bson:"round,omitempty"`
	First      id.Comment `bson:"first,omitempty"`
	Pinned     id.Comment `bson:"pinned,omitempty"`
	// ToldAt is when the count was last announced, Due when to do it again.
	ToldAt time.Time `bson:"told_at,omitempty"`
	Due    time.Time `bson:"due,omitempty"`
}

// like is that a user likes a comment, or did.
type like struct {
	ID    string  `bson:"_id"`
	User  id.User `bson:"user"`
	On    bool    `bson:"on"`
	Tally tally   `bson:"tally"`
}

func likeID(u id.User, k id.Comment) string { return id.Derive("lik", string(u), string(k)) }

// purchase is that somebody bought a product.
type purchase struct {
	At time.Time `bson:"at"`
}

func purchaseID(u id.User, p id.Product) string { return id.Derive("buy", string(u), string(p)) }

// restriction is a ban, or that one has ended.
type restriction struct {
	User  id.User   `bson:"_id"`
	On    bool      `bson:"on"`
	Until time.Time `bson:"until,omitempty"` // absent: for good
	Rev   int64     `bson:"rev"`
}

func (r restriction) holds(now time.Time) bool {
	return r.On && (r.Until.IsZero() || now.Before(r.Until))
}
