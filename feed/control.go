package feed

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Control is what people decide about their feed. All of it acts on the next
// request.
type Control interface {
	// Hide says that the caller does not want a post, and Unhide takes it back:
	// creator.ErrNoSuchPost.
	Hide(ctx context.Context, in Hide) (Empty, error)
	Unhide(ctx context.Context, in OfPost) (Empty, error)
	// Preferences are the caller's, and SetPreferences replaces them: ErrTooMany.
	Preferences(ctx context.Context, in Empty) (Preferences, error)
	SetPreferences(ctx context.Context, in Preferences) (Preferences, error)
	// ChooseTopic, MuteTopic and their undoing change one topic: ErrTooMany. To
	// choose a muted topic unmutes it, and the other way round.
	ChooseTopic(ctx context.Context, in OneTopic) (Empty, error)
	UnchooseTopic(ctx context.Context, in OneTopic) (Empty, error)
	MuteTopic(ctx context.Context, in OneTopic) (Empty, error)
	UnmuteTopic(ctx context.Context, in OneTopic) (Empty, error)
	// Profile is what the feed believes about the caller: no more than it uses.
	Profile(ctx context.Context, in Empty) (Profile, error)
	// History pages through what the feed remembers that the caller did, latest
	// first; Export is all of it as a file; Erase forgets it for good, and Reset
	// forgets it and the preferences.
	History(ctx context.Context, in page.Ask) (page.Page[Deed], error)
	ExportHistory(ctx context.Context, in Empty) (File, error)
	EraseHistory(ctx context.Context, in Empty) (Empty, error)
	Reset(ctx context.Context, in Empty) (Preferences, error)
}

// Bounds of preferences.
const (
	MaxTopics = 50
	MaxPlace  = 80
)

// Preferences is how somebody wants their feed. What is done while Personal is
// false is not remembered of them.
type Preferences struct {
	Personal bool     `json:"personal" bson:"personal"` // use what I do; true until said otherwise
	Topics   []string `json:"topics" bson:"topics" max:"50"`
	Muted    []string `json:"muted" bson:"muted" max:"50"`
	Place    string   `json:"place,omitempty" bson:"place,omitempty" max:"80"` // for what is nearby, as posts name it
	HideAI   bool     `json:"hide_ai" bson:"hide_ai"`                          // no posts made by a machine
	// Home is the screen to begin with, and Tabs the order of the others on it.
	Home string   `json:"home,omitempty" bson:"home,omitempty" enum:"discover,following,nearby,video"`
	Tabs []string `json:"tabs,omitempty" bson:"tabs,omitempty" max:"8"` // topics on the strip, in order; none: chosen for you
	// Dense shows more and smaller cards.
	Dense     bool      `json:"dense" bson:"dense"`
	ChangedAt time.Time `json:"changed_at,omitzero" bson:"changed_at,omitempty"`
}

// Profile is somebody's taste as far as it is used.
type Profile struct {
	Personal bool       `json:"personal"`
	Topics   []Interest `json:"topics"`  // strongest first, at most 20
	Authors  []Liking   `json:"authors"` // strongest first, at most 20
	Deeds    int64      `json:"deeds"`   // how many things done are remembered
	Since    time.Time  `json:"since,omitzero"`
	Hidden   int64      `json:"hidden"` // posts not wanted
}

// Interest is how strongly somebody leans to a topic, 0 to 1.
type Interest struct {
	Topic  string  `json:"topic"`
	Weight float64 `json:"weight"`
	Chosen bool    `json:"chosen"` // said so
}

// Liking is how strongly somebody leans to an author, 0 to 1.
type Liking struct {
	Author id.User `json:"author"`
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
}

// Deed is one thing done.
type Deed struct {
	Kind    string     `json:"kind"` // impression, view, dwell, like, save, comment, share, follow, click, purchase, hide, report; cart waits for the cart
	Post    id.Post    `json:"post,omitempty"`
	Title   string     `json:"title,omitempty"`
	Author  id.User    `json:"author,omitempty"`
	Product id.Product `json:"product,omitempty"`
	Seconds int64      `json:"seconds,omitempty"` // of a dwell
	At      time.Time  `json:"at"`
}

// File is a table as text.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"` // text/csv; charset=utf-8
	Text string `json:"text"`
}

type (
	Hide struct {
		ID     id.Post `path:"id" json:"-" max:"64"`
		Reason string  `json:"reason,omitempty" enum:"post,author,topic,seen,ad"` // what is not wanted about it; "" is the post
	}
	OfPost struct {
		ID id.Post `path:"id" json:"-" max:"64"`
	}
	AskConsents struct {
		Users []id.User `json:"users" max:"200"`
	}
	Consents struct {
		Users []id.User `json:"users"`
	}
	OneTopic struct {
		Name string `path:"topic" json:"-" min:"1" max:"40"`
	}
)
