// Package insight counts what becomes of posts, for those who made them: who saw
// them and from where, how long they stayed, what they did, what they bought.
// Creators see counts, never persons.
package insight

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
)

// What a screen reports.
const (
	Impression = "impression" // a card was at least half visible for a second
	View       = "view"       // the post was opened; Dwell follows when it is left
	Dwell      = "dwell"      // how long it was open, and of a video how far it was watched
	Click      = "click"      // on a tagged product
)

// Event is something a screen saw. ID is made by the screen: the same event is
// counted once.
type Event struct {
	ID      string     `json:"id" min:"8" max:"64"`
	Kind    string     `json:"kind" min:"1" enum:"impression,view,dwell,click"`
	Post    id.Post    `json:"post" min:"1" max:"64"`
	Source  Source     `json:"source" min:"1" enum:"discover,following,search,profile,share,link,notice,product,video,nearby,topic,related,shop,other"`
	Product id.Product `json:"product,omitempty" max:"64"`          // of a click
	Millis  int64      `json:"ms,omitempty" min:"0" max:"86400000"` // of a dwell
	Percent int64      `json:"percent,omitempty" min:"0" max:"100"` // of a dwell: how far the video was watched
}

// Day is one row: of a day in UTC. Viewers are different people, estimated
// within about 2 %; those of a span count a person once.
type Day struct {
	Day         string `json:"day" bson:"-"` // 2026-11-22
	Impressions int64  `json:"impressions" bson:"impressions"`
	Views       int64  `json:"views" bson:"views"`
	Viewers     int64  `json:"viewers" bson:"-"`
	Likes       int64  `json:"likes" bson:"likes"`
	Saves       int64  `json:"saves" bson:"saves"`
	Shares      int64  `json:"shares" bson:"shares"`
	Comments    int64  `json:"comments" bson:"comments"`
	Follows     int64  `json:"follows" bson:"follows"`
	Clicks      int64  `json:"clicks" bson:"clicks"`
	Orders      int64  `json:"orders" bson:"orders"` // paid, with a line from here
	Units       int64  `json:"units" bson:"units"`
	Amount      int64  `json:"amount" bson:"amount"`         // of those lines, in minor units of the report's currency
	Commission  int64  `json:"commission" bson:"commission"` // in minor units
}

// Plus adds what e counts, but for viewers, who may be the same people.
func (d *Day) Plus(e Day) {
	d.Impressions += e.Impressions
	d.Views += e.Views
	d.Likes += e.Likes
	d.Saves += e.Saves
	d.Shares += e.Shares
	d.Comments += e.Comments
	d.Follows += e.Follows
	d.Clicks += e.Clicks
	d.Orders += e.Orders
	d.Units += e.Units
	d.Amount += e.Amount
	d.Commission += e.Commission
}

// Bought is what a product did in a span; Amount is in minor units.
type Bought struct {
	Clicks int64 `json:"clicks" bson:"clicks"`
	Orders int64 `json:"orders" bson:"orders"`
	Units  int64 `json:"units" bson:"units"`
	Amount int64 `json:"amount" bson:"amount"`
}

// Plus adds c.
func (b *Bought) Plus(c Bought) {
	b.Clicks += c.Clicks
	b.Orders += c.Orders
	b.Units += c.Units
	b.Amount += c.Amount
}

// BySource is how a post was met, in the span.
type BySource struct {
	Source      Source `json:"source"`
	Impressions int64  `json:"impressions"`
	Views       int64  `json:"views"`
}

// ByReach is how posts were met in the span, by whose doing that was. An order is
// of the reach of what it was bought from.
type ByReach struct {
	Reach       Reach `json:"reach"`
	Impressions int64 `json:"impressions"`
	Views       int64 `json:"views"`
	Orders      int64 `json:"orders"`
}

// Kept is how many viewers were still there: after that many seconds, or, of a
// video, at that percent of it.
type Kept struct {
	At      int64 `json:"at"`
	Viewers int64 `json:"viewers"`
}

// PostRow is one post in a span.
type PostRow struct {
	Post  id.Post `json:"post"`
	Title string  `json:"title"`
	Thumb string  `json:"thumb"`
	Day
	// Seconds is how long a view lasted, on average.
	Seconds int64 `json:"seconds"`
}

// ProductRow is one product in a span.
type ProductRow struct {
	Product id.Product      `json:"product"`
	Title   string          `json:"title"`
	Cover   picture.Picture `json:"cover,omitzero"`
	Bought
}

// Report is an account's numbers, or one post's. Charts show Days, Sources and
// Retention; the tables below them are the same rows. Before holds the sums of
// the span of equal length before.
type Report struct {
	From      string       `json:"from"`
	To        string       `json:"to"` // the last day, included
	Currency  string       `json:"currency"`
	Days      []Day        `json:"days"`
	Sum       Day          `json:"sum"`
	Before    Day          `json:"before"`
	Sources   []BySource   `json:"sources"`
	Reach     []ByReach    `json:"reach"`     // of both, always
	Retention []Kept       `json:"retention"` // by seconds: 1 3 5 10 20 30 60 120
	Watched   []Kept       `json:"watched"`   // by percent of the video: 10 20 … 100
	Products  []ProductRow `json:"products"`
	At        time.Time    `json:"at"` // up to which it is counted
}

// File is a table as text.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"` // text/csv; charset=utf-8
	Text string `json:"text"`
}

var (
	ErrSpan = errs.New(errs.Invalid, "bad_span", "Please choose a span of at most 366 days that has begun.")
)

// Service is insight.
type Service interface {
	// Record takes what a screen saw, of anybody, at most 50 events; what it had
	// before, and what names no post, is passed over.
	Record(ctx context.Context, in Record) (rpc.Empty, error)
	// Report is of the caller's account or one they work for, or of one of its
	// posts: creator.ErrNotStaff, creator.ErrNoSuchPost, ErrSpan.
	Report(ctx context.Context, in Ask) (Report, error)
	// PostTable pages through its posts of the span, by a column, greatest first.
	PostTable(ctx context.Context, in AskPosts) (page.Page[PostRow], error)
	// Audience counts whom the caller's account, or one they work for, reaches
	// again: creator.ErrNotStaff.
	Audience(ctx context.Context, in AskAudience) (Audience, error)
	// Export is one of the tables as CSV, the rows of Report and PostTable.
	Export(ctx context.Context, in Export) (File, error)
}

type (
	Record struct {
		Events []Event `json:"events" min:"1" max:"50"`
		// Visitor tells visitors who are not signed in apart, for one visit: a word
		// that a screen makes up and forgets with its tab.
		Visitor string `json:"visitor,omitempty" max:"64"`
	}
	// Ask names a span of days in UTC, both included.
	Ask struct {
		As   id.User `query:"as" json:"-" max:"64"`
		Post id.Post `query:"post" json:"-" max:"64"`
		From string  `query:"from" json:"-" min:"10" max:"10"`
		To   string  `query:"to" json:"-" min:"10" max:"10"`
	}
	AskPosts struct {
		page.Ask
		As   id.User `query:"as" json:"-" max:"64"`
		From string  `query:"from" json:"-" min:"10" max:"10"`
		To   string  `query:"to" json:"-" min:"10" max:"10"`
		By   string  `query:"by" json:"-" enum:"views,impressions,likes,saves,comments,clicks,orders,amount"`
	}
	Export struct {
		As    id.User `query:"as" json:"-" max:"64"`
		Post  id.Post `query:"post" json:"-" max:"64"`
		From  string  `query:"from" json:"-" min:"10" max:"10"`
		To    string  `query:"to" json:"-" min:"10" max:"10"`
		Table string  `query:"table" json:"-" min:"1" enum:"days,sources,reach,retention,watched,posts,products"`
	}
)
