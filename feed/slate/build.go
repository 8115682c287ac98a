package slate

import (
	"cmp"
	"math"
	"slices"
)

// Build orders a page out of the candidates, at most Rules.Size of them. It may
// place a post once, and none that Carry still knows; candidates whose score is
// no number are left out. Without caps no promotion is granted. The same arguments give the same page.
func Build(candidates []Candidate, r Rules, carry Carry, caps Caps) []Placed {
	r = r.bounded()
	b := prepare(candidates, r, carry, caps)
	for len(b.placed) < r.Size {
		pos := len(b.placed)
		plain := b.best(b.plain)
		if b.tried < b.due(pos, plain.found()) {
			if trial := b.best(b.trial); trial.found() {
				if plain.found() {
					trial.terms.Trial = max(0, plain.score-trial.score)
				}
				if !b.place(trial) {
					continue // refused by Caps, look again
				}
				b.tried++
				continue
			}
		}
		if !plain.found() {
			break
		}
		b.place(plain)
	}
	return b.placed
}

// item is a candidate as the search sees it: authors and topics are small
// numbers, so that counting them needs no map.
type item struct {
	score  float32
	turn   float32
	author int32
	topics [mostTopics]int32
	many   uint8 // of topics
	kind   uint8
	promo  bool
	used   bool
	post   uint32
}

type builder struct {
	rules      Rules
	caps       Caps
	candidates []Candidate
	items      []item
	plain      []int32 // items in order of score
	trial      []int32 // those on trial, in order of turn and score
	placed     []Placed
	tried      int // places given to posts on trial

	trail   []item // carry, then what was placed
	authors []uint8
	topics  []uint8
	kinds   [256]uint8
	refused []bool // authors whom Caps refused

	author, topic, kind []float32 // what n earlier ones leave of a score
}

func prepare(candidates []Candidate, r Rules, carry Carry, caps Caps) *builder {
	b := &builder{
		rules: r, caps: caps, candidates: candidates,
		items:  make([]item, len(candidates)),
		placed: make([]Placed, 0, max(0, min(r.Size, len(candidates)))),
		author: leaves(r.AuthorSpan, r.AuthorDecay, r.AuthorFloor),
		topic:  leaves(r.TopicSpan, r.TopicDecay, r.TopicFloor),
		kind:   leaves(r.KindSpan, r.KindDecay, r.KindFloor),
		trail:  make([]item, 0, len(carry.seats)+max(0, r.Size)),
	}
	var authors, topics dense
	authors.grow(len(candidates) + len(carry.seats))
	topics.grow((len(candidates) + len(carry.seats)) * mostTopics)
	plain := make([]uint64, 0, len(candidates))
	for i := range candidates {
		c := &candidates[i]
		b.items[i] = reduce(sit(c), c.Score, &authors, &topics)
		switch key := rising(c.Score)<<32 | uint64(i); {
		case math.IsNaN(float64(c.Score)) || math.IsInf(float64(c.Score), 0):
		case c.Explore:
			b.items[i].turn = c.Turn
			b.trial = append(b.trial, int32(i))
		default:
			plain = append(plain, key)
		}
	}
	b.plain = sorted(plain)
	slices.SortStableFunc(b.trial, func(x, y int32) int {
		return cmp.Or(cmp.Compare(b.items[y].turn, b.items[x].turn), cmp.Compare(b.items[y].score, b.items[x].score))
	})
	tail := carry.seats[max(0, len(carry.seats)-r.span()):]
	for _, s := range tail {
		b.trail = append(b.trail, reduce(s, 0, &authors, &topics))
	}
	b.authors, b.topics = make([]uint8, authors.n), make([]uint8, topics.n)
	b.refused = make([]bool, authors.n)
	for back := range b.trail {
		b.enter(&b.trail[back], len(b.trail)-back)
	}
	return b
}

// leaves is what n earlier ones leave of a score: floor and, above it, decay for
// each of them.
func leaves(span int, decay, floor float32) []float32 {
	l := make([]float32, max(0, span)+1)
	rest := 1 - floor
	for n := range l {
		l[n] = floor + rest
		rest *= decay
	}
	return l
}

func reduce(s seat, score float32, authors, topics *dense) item {
	it := item{score: score, author: authors.of(s.author), kind: s.kind, promo: s.promo, post: s.post}
	for _, t := range s.topics {
		if id := topics.of(t); !slices.Contains(it.topics[:it.many], id) {
			it.topics[it.many] = id
			it.many++
		}
	}
	return it
}

// rising maps a score to an integer, the best score to the smallest.
func rising(score float32) uint64 {
	bits := math.Float32bits(score)
	if bits>>31 == 0 {
		bits = ^bits &^ (1 << 31)
	}
	return uint64(bits)
}

func sorted(keys []uint64) []int32 {
	slices.Sort(keys)
	order := make([]int32, len(keys))
	for i, k := range keys {
		order[i] = int32(uint32(k))
	}
	return order
}

// pick is the best candidate for a place. Nobody was found if at is -1.
type pick struct {
	at    int32
	score float32 // adjusted
	terms Terms
}

func (p pick) found() bool { return p.at >= 0 }

// best searches an order for the candidate that may have the next place and has
// the highest score after adjustment.
func (b *builder) best(order []int32) pick {
	won := pick{at: -1}
	promo := b.promoFits()
	for _, at := range order {
		it := &b.items[at]
		if won.found() && (it.score <= won.score || it.turn < b.items[won.at].turn) {
			break // adjustments only lower
		}
		if it.used || it.promo && (!promo || b.refused[it.author]) {
			continue
		}
		terms := b.adjust(it)
		if score := terms.Sum(it.score); !won.found() || score > won.score {
			if b.shown(it.post) {
				it.used = true
				continue
			}
			won = pick{at: at, score: score, terms: terms}
		}
	}
	return won
}

// adjust compares a candidate with what came shortly before.
func (b *builder) adjust(it *item) Terms {
	var t Terms
	score := it.score
	if n := b.authors[it.author]; n > 0 {
		t.Author = lower(score, b.author[n])
		score += t.Author
	}
	most := uint8(0)
	for _, topic := range it.topics[:it.many] {
		most = max(most, b.topics[topic])
	}
	if most > 0 {
		t.Topic = lower(score, b.topic[most])
		score += t.Topic
	}
	if n := b.kinds[it.kind]; n > 0 {
		t.Kind = lower(score, b.kind[n])
	}
	return t
}

// lower is what to add so that share of a score is left. A negative score is
// moved as far down.
func lower(score, share float32) float32 {
	return -float32(math.Abs(float64(score))) * (1 - share)
}

// promoFits says if the next place may hold a promotion.
func (b *builder) promoFits() bool {
	r := &b.rules
	for back := 1; back <= min(r.PromoGap, len(b.trail)); back++ {
		if b.trail[len(b.trail)-back].promo {
			return false
		}
	}
	if r.PromoWindow <= 0 {
		return true
	}
	near := 0
	for back := 1; back <= min(r.PromoWindow-1, len(b.trail)); back++ {
		if b.trail[len(b.trail)-back].promo {
			near++
		}
	}
	return near < r.PromoMost
}

// due is how many posts on trial should have been placed once this place is
// filled. They are spread over the page, and fill it up when nothing else is
// left.
func (b *builder) due(pos int, others bool) int {
	r := &b.rules
	if pos < r.ExploreFrom || r.ExploreMost <= 0 {
		return 0
	}
	if !others {
		return r.ExploreMost
	}
	n := 0
	for n < r.ExploreMost && r.ExploreFrom+(r.Size-r.ExploreFrom)*(2*n+1)/(2*r.ExploreMost) <= pos {
		n++
	}
	return n
}

func (b *builder) shown(post uint32) bool {
	for i := range b.trail {
		if b.trail[i].post == post {
			return true
		}
	}
	return false
}

// place gives the next place to a pick; false if it is a promotion and Caps
// refused.
func (b *builder) place(p pick) bool {
	it := &b.items[p.at]
	if it.promo && (b.caps == nil || !b.caps.Take(b.candidates[p.at].Author)) {
		b.refused[it.author] = true
		return false
	}
	it.used = true
	b.placed = append(b.placed, Placed{Index: int(p.at), Score: p.terms.Sum(it.score), Terms: p.terms})
	b.trail = append(b.trail, *it)
	b.pass(it)
	return true
}

// enter counts an item that was shown some places back.
func (b *builder) enter(it *item, back int) {
	if back <= b.rules.AuthorSpan {
		b.authors[it.author]++
	}
	if back <= b.rules.TopicSpan {
		for _, t := range it.topics[:it.many] {
			b.topics[t]++
		}
	}
	if back <= b.rules.KindSpan {
		b.kinds[it.kind]++
	}
}

// pass moves on by one place: what was just shown counts, what is now too far
// back does not.
func (b *builder) pass(it *item) {
	b.enter(it, 1)
	last := len(b.trail) - 1
	if i := last - b.rules.AuthorSpan; i >= 0 && b.rules.AuthorSpan > 0 {
		b.authors[b.trail[i].author]--
	}
	if i := last - b.rules.TopicSpan; i >= 0 && b.rules.TopicSpan > 0 {
		gone := &b.trail[i]
		for _, t := range gone.topics[:gone.many] {
			b.topics[t]--
		}
	}
	if i := last - b.rules.KindSpan; i >= 0 && b.rules.KindSpan > 0 {
		b.kinds[b.trail[i].kind]--
	}
}
