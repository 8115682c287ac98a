package feed

import (
	"context"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Find is search, and what is searched for much.
type Find interface {
	// Search pages through what matches every word, best first: search.ErrQuery if
	// the text cannot be searched for. A signed-in caller's first page is remembered
	// as a search, if they are remembered at all.
	Search(ctx context.Context, in Search) (Results, error)
	// Suggest completes what is being typed.
	Suggest(ctx context.Context, in AskSuggest) (Suggestions, error)
	// Searched is what the caller searched for, latest first; ForgetSearch drops one
	// of them and ForgetSearches all.
	Searched(ctx context.Context, in Empty) (Searches, error)
	ForgetSearch(ctx context.Context, in OneSearch) (Empty, error)
	ForgetSearches(ctx context.Context, in Empty) (Empty, error)
	// Trends is what many people search for and post about now, after review.
	Trends(ctx context.Context, in AskTrends) (Trends, error)
	// TrendQueue pages through what would trend if it were let, and JudgeTrend says
	// whether it may: ErrNoSuchTrend.
	TrendQueue(ctx context.Context, in AskQueue) (page.Page[TrendRow], error)
	JudgeTrend(ctx context.Context, in JudgeTrend) (TrendRow, error)
}

// Kinds of what can be found. A video is a post, too.
const (
	FindPost    = "post"
	FindVideo   = "video"
	FindProduct = "product"
	FindCreator = "creator"
)

// Found is one answer: a post, a product or a creator. Marks are the parts of its
// title or name that matched, as [start, end) in Unicode code points.
type Found struct {
	Post    *creator.Card   `json:"post,omitempty"`
	Product *Product        `json:"product,omitempty"`
	Creator *creator.Author `json:"creator,omitempty"`
	Marks   [][2]int        `json:"marks"`
}

// Results is a page of answers. Facets, on the first page only, say how many more
// there would be by each choice. Instead is what to try when there is nothing.
type Results struct {
	Items   []Found     `json:"items"`
	Next    page.Cursor `json:"next,omitempty"`
	Total   int64       `json:"total"` // about
	Facets  []Facet     `json:"facets,omitempty"`
	Instead []string    `json:"instead,omitempty"`
}

// Facet is a property and its values by how many answers have them.
type Facet struct {
	Name   string       `json:"name"` // kind, genre, topic, category, price, lang, label
	Values []FacetValue `json:"values"`
}

type FacetValue struct {
	Value string `json:"value"`
	N     int64  `json:"n"`
}

// Suggestion is one completion. Marks as in Found.
type Suggestion struct {
	Text  string   `json:"text"`
	Kind  string   `json:"kind"` // search, topic, product, creator
	ID    string   `json:"id,omitempty"`
	Marks [][2]int `json:"marks"`
}

type Suggestions struct {
	Items []Suggestion `json:"items"`
}

// Searches is a person's own.
type Searches struct {
	Items []Searching `json:"items"`
}

type Searching struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Trends is two hot lists, hottest first.
type Trends struct {
	Searches []Trend   `json:"searches"`
	Topics   []Trend   `json:"topics"`
	At       time.Time `json:"at"`
}

// Trend is a word on a hot list. New is whether it came up today.
type Trend struct {
	Text string `json:"text"`
	Heat int64  `json:"heat"` // different people, decayed
	New  bool   `json:"new"`
}

// TrendRow is a word before an operator. People are different ones, in the last day.
type TrendRow struct {
	ID     string    `json:"id"`
	Text   string    `json:"text"`
	Kind   string    `json:"kind"` // search or topic
	Lang   string    `json:"lang,omitempty"`
	Place  string    `json:"place,omitempty"`
	People int64     `json:"people"`
	Heat   int64     `json:"heat"`
	State  string    `json:"state"` // pending, approved, denied
	By     id.User   `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

type (
	// Search asks for posts, videos, products or creators, or all of them.
	Search struct {
		page.Ask
		Text     string `query:"q" json:"-" min:"1" max:"200"`
		Kind     string `query:"kind" json:"-" enum:"post,video,product,creator"`
		Sort     string `query:"sort" json:"-" enum:"best,newest,price_up,price_down,sold"`
		Genre    string `query:"genre" json:"-" max:"40"`
		Topic    string `query:"topic" json:"-" max:"40"`
		Category string `query:"category" json:"-" max:"40"`
		Price    string `query:"price" json:"-" max:"40"` // a price facet's value
		InLang   string `query:"in" json:"-" max:"20"`
		Label    string `query:"label" json:"-" enum:"ad,verified,ai"`
		Lang     string `query:"lang" json:"-" max:"20"` // of the screen
	}
	AskSuggest struct {
		Text string `query:"q" json:"-" min:"1" max:"60"`
		Lang string `query:"lang" json:"-" max:"20"`
	}
	OneSearch struct {
		Text string `query:"q" json:"-" min:"1" max:"200"`
	}
	AskTrends struct {
		Lang  string `query:"lang" json:"-" max:"20"`
		Place string `query:"place" json:"-" max:"80"`
	}
	AskQueue struct {
		page.Ask
		State string `query:"state" json:"-" enum:"pending,approved,denied"` // "" is pending
	}
	JudgeTrend struct {
		ID    string `path:"id" json:"-" min:"1" max:"64"`
		Allow bool   `json:"allow"`
	}
)
