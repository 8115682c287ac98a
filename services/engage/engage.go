// Package engage brings news to people: the inbox inside the app, Web Push and a
// daily digest, each with its owner's preferences, quiet hours and caps.
package engage

import (
	"context"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Category is what somebody chooses to hear of.
type Category string

const (
	Likes    Category = "likes"    // and saves and shares of one's posts
	Comments Category = "comments" // under one's posts, and answers
	Mentions Category = "mentions"
	Follows  Category = "follows"  // new followers
	Creators Category = "creators" // new posts of whom one follows
	Orders   Category = "orders"   // one's purchases, and sales from one's posts
	Safety   Category = "safety"   // decisions about one's content and account; cannot be switched off in the app
)

// Categories is all of them, in the order of the screens.
var Categories = []Category{Comments, Mentions, Likes, Follows, Creators, Orders, Safety}

// Kind says which sentence a notice is. The screens have words for each.
type Kind string

const (
	PostLiked   Kind = "post_liked"
	PostSaved   Kind = "post_saved"
	PostShared  Kind = "post_shared"
	Commented   Kind = "commented"
	Answered    Kind = "answered"
	Mentioned   Kind = "mentioned"
	Followed    Kind = "followed"
	Posted      Kind = "posted"
	Sold        Kind = "sold"
	OrderPaid   Kind = "order_paid"
	Judged      Kind = "judged"      // content was limited, rejected or approved again
	Suspended   Kind = "suspended"   // the account, until a day
	Welcome     Kind = "welcome"     // after signing up
	Unscheduled Kind = "unscheduled" // a scheduled post could not be published

	PayoutAccount Kind = "payout_account" // where one is paid was changed
	PayoutPaid    Kind = "payout_paid"    // a payout has arrived
	PayoutFailed  Kind = "payout_failed"  // and one came back
)

// Notice is a piece of news. Several of one kind about one thing are one notice:
// Count people, of whom Actors are the latest three.
type Notice struct {
	ID       id.Notice        `json:"id"`
	Category Category         `json:"category"`
	Kind     Kind             `json:"kind"`
	Actors   []creator.Author `json:"actors"`
	Count    int64            `json:"count"`
	Post     id.Post          `json:"post,omitempty"`
	Comment  id.Comment       `json:"comment,omitempty"`
	Order    id.Order         `json:"order,omitempty"`
	Thumb    string           `json:"thumb,omitempty"`
	Ad       bool             `json:"ad"`             // the post carries the Ad label, and so does this
	Text     string           `json:"text,omitempty"` // of the comment, the post's title, the reason
	Read     bool             `json:"read"`
	At       time.Time        `json:"at"` // of the latest in it
}

// Counts is how many notices are unread.
// At most 99 of a category are counted.
type Counts struct {
	Unread     int64              `json:"unread"`
	Categories map[Category]int64 `json:"categories"`
}

// Preferences are what somebody wants to hear of and how. In the app is always
// on for Safety.
type Preferences struct {
	App    map[Category]bool `json:"app" bson:"app"`
	Push   map[Category]bool `json:"push" bson:"push"`
	Digest bool              `json:"digest" bson:"digest"` // what is unread, once a day by mail
	// Quiet hours: no push from QuietFrom to QuietTo, minutes after midnight in Zone
	// (IANA); equal ones are none. What comes meanwhile is one push at their end.
	QuietFrom int    `json:"quiet_from" bson:"quiet_from" min:"0" max:"1439"`
	QuietTo   int    `json:"quiet_to" bson:"quiet_to" min:"0" max:"1439"`
	Zone      string `json:"zone" bson:"zone" max:"64"`
	// DigestAt is when the digest goes out, in minutes after midnight.
	DigestAt int `json:"digest_at" bson:"digest_at" min:"0" max:"1439"`
	// Daily is the most pushes in a day, 0 to 50. Comments, Mentions, Orders and
	// Safety go before the others.
	Daily int `json:"daily" bson:"daily" min:"0" max:"50"`
}

// Default preferences: everything in the app; push for comments, mentions,
// orders and safety; quiet from 22:00 to 08:00; a digest at 18:00; 10 pushes a day.
func Default() Preferences {
	p := Preferences{
		App: map[Category]bool{}, Push: map[Category]bool{}, Digest: true,
		QuietFrom: 22 * 60, QuietTo: 8 * 60, Zone: "Asia/Shanghai", DigestAt: 18 * 60, Daily: 10,
	}
	for _, c := range Categories {
		p.App[c] = true
		p.Push[c] = c == Comments || c == Mentions || c == Orders || c == Safety
	}
	return p
}

// PushKey is the VAPID public key a browser subscribes with (base64url).
type PushKey struct {
	Key string `json:"key"`
}

// Subscription is what a browser's PushManager answers.
type Subscription struct {
	Endpoint string `json:"endpoint" min:"1" max:"2000"`
	P256dh   string `json:"p256dh" min:"1" max:"200"`
	Auth     string `json:"auth" min:"1" max:"100"`
	Device   string `json:"device" max:"100"`
	Locale   string `json:"locale,omitempty" enum:"zh-CN,en"` // of the words it gets; "" is zh-CN
}

// Push is what a browser's service worker gets, as JSON: words to show and where
// a click leads.
type Push struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"` // a path of the shop
	Tag   string `json:"tag"` // a later one with the same tag takes its place
}

// MaxSubscriptions is how many devices of somebody get pushes; the oldest goes.
const MaxSubscriptions = 10

var (
	ErrZone     = errs.New(errs.Invalid, "bad_preferences_zone", "This time zone is not known.")
	ErrEndpoint = errs.New(errs.Invalid, "bad_push_endpoint", "This is not the address of a push service.")
)

// Service is news.
type Service interface {
	// Notices pages through the caller's, latest first, of one category or all.
	Notices(ctx context.Context, in AskNotices) (page.Page[Notice], error)
	// Unread counts them.
	Unread(ctx context.Context, in rpc.Empty) (Counts, error)
	// MarkRead marks everything up to an instant as read, of one category or all.
	MarkRead(ctx context.Context, in MarkRead) (Counts, error)
	// Preferences are the caller's; SetPreferences changes them: ErrZone.
	Preferences(ctx context.Context, in rpc.Empty) (Preferences, error)
	SetPreferences(ctx context.Context, in Preferences) (Preferences, error)
	// PushKey is the shop's; Subscribe and Unsubscribe are for a browser: ErrEndpoint.
	PushKey(ctx context.Context, in rpc.Empty) (PushKey, error)
	Subscribe(ctx context.Context, in Subscription) (rpc.Empty, error)
	Unsubscribe(ctx context.Context, in Unsubscribe) (rpc.Empty, error)
}

type (
	AskNotices struct {
		page.Ask
		Category Category `query:"category" json:"-" enum:"likes,comments,mentions,follows,creators,orders,safety"`
	}
	MarkRead struct {
		Category Category  `json:"category,omitempty" enum:"likes,comments,mentions,follows,creators,orders,safety"`
		Until    time.Time `json:"until"`
	}
	Unsubscribe struct {
		Endpoint string `json:"endpoint" min:"1" max:"2000"`
	}
)
