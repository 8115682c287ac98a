package feed

import (
	"context"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Lists is what to show. No list shows a caller whom they blocked or muted, a
// word or topic they muted, or what they said they do not want; a page may be
// short for that, and only an empty Next is the end.
type Lists interface {
	// Newest pages through the posts that are for everybody, latest first.
	Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error)
	// Following pages through the posts of whom the caller follows, also those for
	// followers only: latest first, or ranked. A new post is there within a second.
	Following(ctx context.Context, in AskFollowing) (page.Page[creator.Card], error)
	// ForYou pages through what suits the caller best, as far as it is known who is
	// asking and they want it; else what suits people of that language and place.
	ForYou(ctx context.Context, in AskForYou) (page.Page[Shown], error)
	// Related pages through posts that go with one: creator.ErrNoSuchPost.
	Related(ctx context.Context, in AskRelated) (page.Page[Shown], error)
	// Topic says what is known about a topic, and TopicPosts pages through its
	// posts, hottest or latest first: ErrNoSuchTopic.
	Topic(ctx context.Context, in AskTopic) (Topic, error)
	TopicPosts(ctx context.Context, in AskTopicPosts) (page.Page[Shown], error)
	// Why takes apart how a post would score for the caller now:
	// creator.ErrNoSuchPost.
	Why(ctx context.Context, in AskWhy) (Why, error)
}

// Source is where a candidate came from; the first that brought it is named.
type Source string

const (
	FromFollowing Source = "following" // somebody the caller follows made it
	FromAuthor    Source = "author"    // by somebody whose posts the caller likes
	FromCovisit   Source = "covisit"   // people who met Because met this next
	FromNeighbour Source = "neighbour" // the same people like both
	FromWalk      Source = "walk"      // reached over people who like the same
	FromFactors   Source = "factors"   // fits the caller's taste as a whole
	FromContent   Source = "content"   // about the same things
	FromTopic     Source = "topic"     // of a topic the caller chose
	FromPopular   Source = "popular"   // many like it, in this language and place
	FromPool      Source = "pool"      // new: being shown to its first viewers
	FromFresh     Source = "fresh"     // just published
)

// Hint is the one line a card says about why it is there. Post is what led to
// it, with Title; or Topic is.
type Hint struct {
	Source Source  `json:"source"`
	Post   id.Post `json:"post,omitempty"`
	Title  string  `json:"title,omitempty"`
	Topic  string  `json:"topic,omitempty"`
}

// Shown is a post that the feed chose.
type Shown struct {
	creator.Card
	Hint Hint `json:"hint"`
}

// Topic is a word that posts are tagged with.
type Topic struct {
	Name   string `json:"name"`
	Posts  int64  `json:"posts"`
	People int64  `json:"people"` // who posted with it
	Chosen bool   `json:"chosen"` // by the caller
	Muted  bool   `json:"muted"`
}

// Why is a score as a sum. Score is Terms and Adjustments together, to within
// 0.0001. Hints are the sources that brought the post.
type Why struct {
	Post        id.Post      `json:"post"`
	Personal    bool         `json:"personal"` // whether what the caller did was used
	Score       float64      `json:"score"`
	Terms       []Term       `json:"terms"`
	Adjustments []Adjustment `json:"adjustments"`
	Hints       []Hint       `json:"hints"`
	Ad          bool         `json:"ad"` // a promotion: limited in number, never lifted by being one
	At          time.Time    `json:"at"`
}

// Term is what one expected action adds: Weight × Chance.
//
// Nothing is put into a cart yet: the chance of cart stays where it begins.
type Term struct {
	Action string  `json:"action"` // read_through, like, save, comment, share, follow, product_click, cart, purchase, hide, report, quick_skip
	Chance float64 `json:"chance"` // that the caller does it, 0 to 1
	Weight float64 `json:"weight"`
	Value  float64 `json:"value"`
}

// Adjustment is what is added for another reason than an expected action: what
// the order of the latest page that it was on did to it (several by one author,
// a first showing, …), and that the caller has seen it.
type Adjustment struct {
	Kind  string  `json:"kind"` // author, topic, kind, pool, seen
	Value float64 `json:"value"`
}

type (
	AskFollowing struct {
		page.Ask
		Order string `query:"order" json:"-" enum:"newest,ranked"` // "" is newest
	}
	AskForYou struct {
		page.Ask
		Kind  string `query:"kind" json:"-" enum:"pictures,video,article,replay"` // only these
		Topic string `query:"topic" json:"-" max:"40"`                            // only of this topic
		Place string `query:"place" json:"-" max:"80"`                            // only from there: nearby
		Lang  string `query:"lang" json:"-" max:"20"`                             // of the screen, BCP 47
		// First is a post to begin with, as when a video is opened from a card.
		First id.Post `query:"first" json:"-" max:"64"`
	}
	AskRelated struct {
		page.Ask
		ID   id.Post `path:"id" json:"-" max:"64"`
		Lang string  `query:"lang" json:"-" max:"20"`
	}
	AskTopic struct {
		Name string `path:"topic" json:"-" min:"1" max:"40"`
	}
	AskTopicPosts struct {
		page.Ask
		Name  string `path:"topic" json:"-" min:"1" max:"40"`
		Order string `query:"order" json:"-" enum:"hot,new"` // "" is hot
	}
	AskWhy struct {
		ID   id.Post `path:"id" json:"-" max:"64"`
		Lang string  `query:"lang" json:"-" max:"20"`
	}
)

type (
	// CandidateAsk is a ForYou between processes. Shown are hashes of what the
	// caller has had in this walk.
	CandidateAsk struct {
		User  id.User `json:"user"` // "" if nobody, or not personal
		Kind  string  `json:"kind,omitempty"`
		Topic string  `json:"topic,omitempty"`
		Place string  `json:"place,omitempty"`
		Lang  string  `json:"lang,omitempty"`
		Like  id.Post `json:"like,omitempty"` // only what goes with this one
		// Only are the posts to rank, whatever else is there; none: those that suit.
		Only  []id.Post `json:"only,omitempty" max:"500"`
		Shown []uint32  `json:"shown,omitempty"`
		// What the caller decided, and whom they follow: none said is what is known.
		Following []id.User `json:"following,omitempty" max:"5000"`
		Hidden    []id.Post `json:"hidden,omitempty" max:"1000"`
		Chosen    []string  `json:"chosen,omitempty" max:"50"`
		Muted     []string  `json:"muted,omitempty" max:"50"`
		HideAI    bool      `json:"hide_ai,omitempty"`
		Seed      uint64    `json:"seed"`
		N         int       `json:"n" min:"1" max:"1000"`
	}
	CandidateList struct {
		Items []Candidate `json:"items"`
	}
	// Candidate is a ranked post of one process.
	Candidate struct {
		Post    id.Post  `json:"post"`
		Author  id.User  `json:"author"`
		Score   float64  `json:"score"`
		Kind    string   `json:"kind"`
		Topics  []string `json:"topics,omitempty"`
		Promo   bool     `json:"promo,omitempty"`
		Explore bool     `json:"explore,omitempty"` // on trial, and here for nothing else: only in a place for that
		Turn    float64  `json:"turn,omitempty"`    // of a post on trial: the highest is first to have a place for that; above 1 if it is guaranteed
		Left    int64    `json:"left"`              // of a promotion: how often its creator's may still be shown now
		Hints   []Hint   `json:"hints"`
		Terms   []Term   `json:"terms,omitempty"`
	}
	FollowingShard struct {
		Authors []id.User `json:"authors" max:"5000"`
		Before  Place     `json:"before"`
		N       int       `json:"n" min:"1" max:"500"`
	}
	// PlaceList is all there is, back to Since: what is older than that may be
	// missing, and is in the records.
	PlaceList struct {
		Items []Place   `json:"items"`
		Since time.Time `json:"since,omitzero"`
	}
	// WhyShard asks about a post as CandidateAsk does.
	WhyShard struct {
		Post id.Post      `json:"post" min:"1" max:"64"`
		Ask  CandidateAsk `json:"ask"`
	}
	// TopicList asks for a topic's posts: the newest before a place, or the hottest
	// that were not shown.
	TopicList struct {
		Name   string   `json:"name" min:"1" max:"40"`
		Hot    bool     `json:"hot"`
		Shown  []uint32 `json:"shown,omitempty"`
		Before Place    `json:"before"`
		N      int      `json:"n" min:"1" max:"500"`
	}
	WarmList struct {
		Items []Warm `json:"items"`
	}
	// Warm is a post with how much people did with it of late.
	Warm struct {
		Place
		Heat float64 `json:"heat"`
	}
	StageShard struct {
		Posts []id.Post `json:"posts" max:"200"`
	}
	StageList struct {
		Items []PostStage `json:"items"`
	}
	PostStage struct {
		Post  id.Post `json:"post"`
		Stage Stage   `json:"stage"`
	}
	BalanceShard struct {
		Account id.User `json:"account" min:"1" max:"64"`
	}
	// Place is where a post stands in a list by time.
	Place struct {
		Post id.Post   `json:"post"`
		At   time.Time `json:"at"`
	}
)
