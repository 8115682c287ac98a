// Package recommend learns from who had what and answers what somebody may
// like next. It knows items only as dense numbers: posts and products are its
// callers' words.
package recommend

import "time"

// Item is a dense number given out by the caller: small, from zero.
type Item = uint32

// NoItem stands where there is no item.
const NoItem = ^Item(0)

// Touch is one sign that somebody had, read or bought an item.
type Touch struct {
	Item   Item
	Weight float32 // 1 for "had it"; a touch of weight 0 or less teaches nothing
	At     int64   // unix seconds, 0 if unknown
}

// Data is what a model is fitted on.
type Data struct {
	Users      [][]Touch  // oldest first when Ordered
	Items      int        // every item is below it
	Attributes [][]uint32 // per item, nil if there are none
	Ordered    bool       // the order of a user's touches means something
}

// Options bound and steer fitting. The zero value is sensible.
type Options struct {
	Seed    uint64        // the same data and seed give the same model
	Workers int           // goroutines that fit; 0: one per processor
	Budget  time.Duration // about how long fitting may take; 0: as long as it takes
	Bytes   int64         // about how large the fitted tables may get; 0: 1 GiB
	Effort  int           // table entries looked at per request; 0: 10,000
	Log     func(step string)
}

// Source says where a part of a score came from.
type Source string

// The sources of this package. The engine adds its own beside them.
const (
	Popular    Source = "popular"
	Covisit    Source = "covisit"
	Neighbours Source = "neighbours"
	Walk       Source = "walk"
	Factors    Source = "factors"
	Content    Source = "content"
)

// Part is what one source adds to a score.
type Part struct {
	Source  Source
	Because Item // the touched item that gave most of it, or NoItem
	Value   float32
}

// Scored is an item with its score, which is the sum of its parts.
type Scored struct {
	Item  Item
	Score float32
	Parts []Part
}

// Query is a request with everything that may be asked.
type Query struct {
	History []Touch         // oldest first
	N       int             // how many items
	Skip    func(Item) bool // items not to return; nil: none
	Repeats bool            // may return items of the history
}
