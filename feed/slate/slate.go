// Package slate orders one page of the feed: which of the scored candidates are
// shown, and where.
//
// It builds greedily from the top. For each place every candidate's score is
// lowered for what the viewer just saw: posts of the same author (decay .5,
// floor .25), of the same topics and of the same kind; the best one that no
// rule forbids takes the place. This is maximal marginal relevance (Carbonell
// and Goldstein, SIGIR 1998) with authors, topics and kinds as the likeness.
// Promotions keep a distance from each other, no stretch holds more than some of
// them, and each must be granted by Caps. Posts on trial get places of their
// own, at most two a page and none among the first three.
//
// What a candidate loses or gains is kept beside its score, so that a reason can
// be given and adds up. When the rules leave too few, the page is shorter rather
// than wrong.
//
// Adjustments only ever lower a score, so the search for the best one in order
// of the plain score ends as soon as nobody below can win: a page of s out of n
// candidates is O(n log n) plus, in general, a few looks per place.
package slate

// Candidate is a post that may be shown.
type Candidate struct {
	Post   uint32
	Author uint32
	Score  float32  // the ranking's; any scale, higher is better
	Topics []uint32 // any numbers standing for them
	Kind   uint8

	Promo   bool // counts as promotion
	Explore bool // a post on trial: shown only in the places for them

	// Turn is whose turn it is among posts on trial: the highest goes first, and the
	// score decides only between equals. So the pool's choice stands, and a post
	// that must have its impressions has them whatever its score.
	Turn float32
}

// Placed is a candidate that got a place.
type Placed struct {
	Index int     // of the candidate
	Score float32 // the candidate's score and its Terms, added up in order
	Terms Terms
}

// Terms are what the order of the page did to a candidate's score.
type Terms struct {
	Author float32 // not above 0: posts of its author came shortly before
	Topic  float32 // not above 0: so did posts of its topics
	Kind   float32 // not above 0: so did posts of its kind
	Trial  float32 // not below 0: lifted to a place for posts on trial
}

// Sum adds the terms to a candidate's score, in the order that Placed.Score is
// computed in.
func (t Terms) Sum(score float32) float32 {
	return score + t.Author + t.Topic + t.Kind + t.Trial
}

// Rules are how a page is ordered. All spans count across pages.
type Rules struct {
	Size int // places of a page

	PromoMost   int // promotions in any PromoWindow places
	PromoWindow int
	PromoGap    int // other posts between two promotions, at least

	ExploreMost int // posts on trial in a page
	ExploreFrom int // first place that one may have, counted from 0

	AuthorSpan  int     // how many places back an author's posts count
	AuthorDecay float32 // what each of them leaves of the score
	AuthorFloor float32 // of which this much is always left

	TopicSpan  int
	TopicDecay float32
	TopicFloor float32

	KindSpan  int
	KindDecay float32
	KindFloor float32
}

// DefaultRules are those of the for-you feed.
func DefaultRules() Rules {
	return Rules{
		Size:      20,
		PromoMost: 2, PromoWindow: 10, PromoGap: 3,
		ExploreMost: 2, ExploreFrom: 3,
		AuthorSpan: 20, AuthorDecay: .5, AuthorFloor: .25,
		TopicSpan: 8, TopicDecay: .85, TopicFloor: .5,
		KindSpan: 5, KindDecay: .97, KindFloor: .8,
	}
}

// Caps grants promotions.
type Caps interface {
	// Take claims one promotional impression of an author's post for the viewer of
	// this page; false if the author, or the viewer, has none left. What was taken
	// and then not shown may be given back by whoever keeps the counts. Build asks
	// once for each promotion that it places, and once for each author refused.
	Take(author uint32) bool
}

// NoCaps grants every promotion.
type NoCaps struct{}

// Take is always true.
func (NoCaps) Take(uint32) bool { return true }

// Left returns how many more promotional impressions an author may have, if of
// all impressions of their posts at most share (0 to 1) may be promotional, and
// the first free ones are not counted: a new author could otherwise have none.
func Left(promo, all int, share float64, free int) int {
	if share >= 1 {
		return 1 << 30
	}
	// The most x with promo + x <= share × (all + x) + free.
	x := (share*float64(all) + float64(free) - float64(promo)) / (1 - max(0, share))
	return max(0, int(x+1e-9))
}
