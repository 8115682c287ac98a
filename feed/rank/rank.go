// Package rank puts one number on a candidate of the feed: what its viewer will
// probably do with it, weighed by what each of these actions is worth.
//
// There is one head per action, each a logistic regression over the same
// features, learned online by FTRL-proximal (McMahan et al., "Ad Click
// Prediction: a View from the Trenches", KDD 2013). A head answers with a
// probability, so heads can be compared with what happened (Calibration), and
// the score is a sum that can be shown term by term (Score).
//
// Before anything was learned a head answers by its prior (prior.go), and what
// it learns is a difference from it. So a new shop orders by the scores of the
// sources, by whom a viewer follows and which topics they like, by freshness and
// by quality, and a feature nobody learned about stays where the prior put it.
//
// Named features have slots of their own; others share hashed slots. The weights
// of all heads in one slot lie in one line of the cache. Scoring a candidate is
// O(features × actions), learning is the same, memory is 320 bytes a slot
// (21 MB at the usual 65,536 slots).
//
// Everything is safe at the same time: those who learn take turns on one mutex,
// and a request scores by a View, which is at most a second old and never
// changes.
package rank

// Action is what a viewer may do with a post that they were shown.
type Action uint8

// The actions, each with a head.
const (
	ReadThrough  Action = iota // read to the end, or watched nearly all of it
	Like                       // liked it
	Save                       // saved it
	Comment                    // commented on it
	Share                      // passed it on
	Follow                     // followed its author
	ProductClick               // opened a product of it
	Cart                       // put a product of it into the cart
	Purchase                   // bought a product of it
	Hide                       // said they are not interested, or muted or blocked its author
	Report                     // reported it
	QuickSkip                  // swiped it away at once

	Actions // how many there are
)

var names = [Actions]string{
	"read", "like", "save", "comment", "share", "follow",
	"product_click", "cart", "purchase", "hide", "report", "skip",
}

// String is the name of an action in reasons and reports.
func (a Action) String() string {
	if a < Actions {
		return names[a]
	}
	return "unknown"
}

// Outcome is the set of actions that followed one impression.
type Outcome uint16

// Of makes a set of actions.
func Of(as ...Action) Outcome {
	var o Outcome
	for _, a := range as {
		o |= 1 << a
	}
	return o
}

// Has says if a is in the set.
func (o Outcome) Has(a Action) bool { return o>>a&1 == 1 }

// Score is a candidate's number and where it came from.
type Score struct {
	Total float32
	Terms [Actions]float32 // weight times probability; added up in order they are exactly Total
}
