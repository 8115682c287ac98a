// Package search finds documents by their words. Its drivers are Bleve, in
// this process, and Meilisearch. An index is derived data: it can be rebuilt
// from the documents it was made of, and holds no personal field.
package search

import (
	"context"

	"meadow/services/kernel/errs"
)

// Doc is what can be found. Texts are searched in the order of their weight:
// title, then tags, then body.
type Doc struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"` // "post", "product", "creator", …
	Title  string   `json:"title"`
	Tags   []string `json:"tags,omitempty"`
	Body   string   `json:"body,omitempty"`
	Lang   string   `json:"lang,omitempty"`   // BCP 47, "" if mixed
	Facets []string `json:"facets,omitempty"` // "category:beauty"; filtered and counted exactly
	// Rank breaks ties between equally good answers; the greater comes first.
	Rank int64 `json:"rank"`
	// Nums are numbers to sort by and to filter, under the names below.
	Nums map[string]int64 `json:"nums,omitempty"`
}

// Names of numbers.
const (
	NumAt    = "at"    // an instant in milliseconds
	NumPrice = "price" // in minor units
	NumSold  = "sold"  // how many were sold
)

// Query asks for documents. Every word of Text must match. When little is found
// that is written so, a Latin word of five letters may hold one typo and one of
// nine letters two, and may be how Chinese is read (pinyin): "kouhong", or "kh" of
// a title or a tag when nothing else is found. Of a body only its beginning is
// read. There are no operators: quotes, signs and brackets are not words. Without Text everything matches, and the greatest
// Rank comes first; a Text without a word matches nothing.
type Query struct {
	Text   string   // at most MaxText characters
	Prefix bool     // the last word may be unfinished; some drivers take it so always
	Kind   string   // "" is any
	Facets []string // all of these
	Ranges []Range  // all of these
	Count  []string // names of facets to count values of, "category"
	// Sort is "" for the best first, or a number's name for the least first, or
	// that with "-" before it for the greatest first. Documents without the number
	// are no answers then.
	Sort  string
	Limit int    // at most 100
	After string // a Result's Next
}

// Range holds for documents whose number is there and in [Min, Max].
type Range struct {
	Num      string
	Min, Max int64
}

// Hit is one answer. Marks are the parts of Title that matched, as pairs of
// [start, end) in bytes, in order and apart from each other.
type Hit struct {
	ID    string   `json:"id"`
	Kind  string   `json:"kind"`
	Title string   `json:"title"`
	Score float64  `json:"score"`
	Marks [][2]int `json:"marks"` // in Title
}

// Result is a page of answers, best first.
type Result struct {
	Hits   []Hit
	Counts map[string]map[string]int // facet name → value → documents
	Total  int                       // answers on all pages, about
	Next   string
}

// ErrQuery answers a query that cannot be asked.
var ErrQuery = errs.New(errs.Invalid, "bad_query", "This search could not be read.")

// ErrDown answers when the index cannot be reached.
var ErrDown = errs.New(errs.Unavailable, "search_down", "Search is not available right now.")

// Index is the port. Package searchtest says exactly what it promises.
type Index interface {
	// Put stores docs, replacing those with the same ids. They are found within
	// five seconds, and at once after Sync.
	Put(ctx context.Context, docs ...Doc) error
	// Delete removes documents; absent ids are fine.
	Delete(ctx context.Context, ids ...string) error
	// Find answers q, or ErrQuery.
	Find(ctx context.Context, q Query) (Result, error)
	// Sync waits until everything put before can be found.
	Sync(ctx context.Context) error
	// Clear removes everything, before a rebuild.
	Clear(ctx context.Context) error
	// Ping reports whether the index answers.
	Ping(ctx context.Context) error
	Close() error
}

// Rebuildable is an Index that knows whether everything was put into it. All
// drivers are.
type Rebuildable interface {
	Index
	// NeedsRebuild reports whether the index was made empty, when it was opened
	// or by Clear, and MarkBuilt was not called since, be it in an earlier process.
	NeedsRebuild() bool
	// MarkBuilt says that everything was put and can be found.
	MarkBuilt(ctx context.Context) error
}
