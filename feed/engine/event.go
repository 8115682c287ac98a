package engine

import (
	"time"

	"meadow/feed"
	"meadow/services/kernel/id"
)

// Kind is what somebody did.
type Kind uint8

// The kinds. Their numbers are part of the log: add at the end.
const (
	Impression Kind = iota + 1 // a card was seen
	View                       // a post was opened
	Dwell                      // and left again, after Millis, at Percent of it
	Like
	Save
	Comment
	Share
	Follow   // Author
	Click    // a product of the post was opened
	Cart     // and put into the cart
	Purchase // and bought
	Hide     // not interested
	Unhide
	Report
	Interest // searched for or chose Topics
	Block    // Author; both ways is for the caller to say
	Mute     // Author

	lastKind = Mute

	// Not anybody's deeds: they are in the log so that a replay forgets too.
	forgotDeeds Kind = 200
	forgotAll   Kind = 201

	// In a history: that somebody engaged with a post once and took it back, so that
	// they do not count again.
	undone Kind = 202
)

var kindNames = [...]string{
	"", "impression", "view", "dwell", "like", "save", "comment", "share", "follow", "click",
	"cart", "purchase", "hide", "unhide", "report", "interest", "block", "mute",
}

// String is the name of a kind in feed.Deed.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// KindOf returns the kind of that name, or 0.
func KindOf(name string) Kind {
	for k, n := range kindNames {
		if n == name {
			return Kind(k)
		}
	}
	return 0
}

// Event is something that was done. Without Consent, or a User, it counts for
// the post and changes nothing that is known of anybody; except that who says
// they do not want a post or somebody (Hide, Unhide, Block, Mute) is obeyed.
type Event struct {
	ID      string // an event taken twice counts once
	Kind    Kind
	Off     bool // it is undone: unlike, unfollow, unblock …
	User    id.User
	Post    id.Post
	Author  id.User // of Follow, Block and Mute; else the post's is known
	Product id.Product
	Topics  []string // of Interest
	Millis  int64    // of Dwell
	Percent int      // of Dwell: how much of the post was read or watched, 0 to 100
	Source  feed.Source
	At      time.Time
	Consent bool
	Visitor string // of who is not signed in: tells them apart for a while, and is not stored

	facts facts // found when it was taken in; replaying it finds the same
}

// void reports whether an event says nothing.
func (ev *Event) void() bool {
	return ev.Kind == 0 || ev.Kind > lastKind && ev.Kind != forgotDeeds && ev.Kind != forgotAll || ev.At.IsZero()
}

// facts is what an event meant when it was taken in.
type facts uint8

const (
	known   facts = 1 << iota // somebody's who allows it to be remembered
	news                      // they had not done the same before; true of everybody unknown
	first                     // and had not engaged with the post, as far as can be known
	person                    // one more person was shown the post
	granted                   // it was a promotion on a page that claimed it
	tallied                   // it counts in the author's balance
)

func (f facts) has(all facts) bool { return f&all == all }

// worth is how much an event says about taste: 1 for a like.
func (ev *Event) worth() float32 {
	switch ev.Kind {
	case View:
		return .2
	case Dwell:
		switch {
		case ev.skipped():
			return -.15
		case ev.readThrough():
			return .8
		}
		return .3 * float32(max(0, min(ev.Percent, 100))) / 100
	case Like, Click:
		return 1
	case Save, Comment:
		return 1.5
	case Share, Cart, Follow:
		return 2
	case Purchase:
		return 3
	case Hide:
		return -2
	case Report:
		return -3
	}
	return 0
}

func (ev *Event) readThrough() bool { return ev.Percent >= 80 && ev.Millis >= 3000 }
func (ev *Event) skipped() bool     { return ev.Millis < 1500 && ev.Percent < 20 }

// engages reports whether an event counts for its post's engagement.
func (ev *Event) engages() bool {
	switch ev.Kind {
	case Like, Save, Comment, Share, Follow, Purchase:
		return !ev.Off
	case Dwell:
		return ev.readThrough()
	}
	return false
}

// heat is what an event adds to how hot its post is.
func (ev *Event) heat() float64 {
	if ev.Off {
		return 0
	}
	w := 0.
	switch ev.Kind {
	case View:
		w = .1
	case Dwell:
		if ev.readThrough() {
			w = .5
		}
	case Click:
		w = .5
	case Like, Cart:
		w = 1
	case Save, Comment, Follow:
		w = 2
	case Share, Purchase:
		w = 3
	}
	if !ev.facts.has(known) {
		w /= 4 // anybody can be nobody many times
	}
	return w
}
