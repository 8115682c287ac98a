package engine

import (
	"time"

	"meadow/feed"
	"meadow/feed/slate"
	"meadow/services/kernel/id"
)

// Placed is a candidate in its place on a page. Score is the candidate's and
// the adjustments.
type Placed struct {
	feed.Candidate
	Score       float64
	Adjustments []feed.Adjustment

	claim *claim // of a promotion
}

// Page orders the next page of a walk, at most size places, out of candidates
// of this shard or several, and moves the walk on. Promotions on it are claimed
// for their creators and for the viewer, until they are seen or it is released;
// making a page again for the same user claims nothing twice. The user is who is
// signed in, also one who wants nothing to be remembered.
func (e *Engine) Page(user id.User, from []feed.Candidate, size int, w *Walk, now time.Time) []Placed {
	rules := slate.DefaultRules()
	rules.Size = size
	list := make([]slate.Candidate, len(from), len(from)+manyPool)
	of := make([]int, len(from), len(from)+manyPool) // of list: which of from it is
	topics := make([]uint32, 0, 4*len(from))
	for i := range from {
		c := &from[i]
		begin := len(topics)
		for _, t := range c.Topics {
			topics = append(topics, hash(t))
		}
		list[i] = slate.Candidate{
			Post: Hash(c.Post), Author: hash(string(c.Author)), Score: float32(c.Score), Topics: topics[begin:len(topics):len(topics)],
			Kind: kindOf(c.Kind), Promo: c.Promo, Explore: c.Explore, Turn: float32(c.Turn),
		}
		of[i] = i
		if c.Turn > 0 && !c.Explore { // it has a claim to a place for trials beside its score's
			twin := list[i]
			twin.Explore = true
			list, of = append(list, twin), append(of, i)
		}
	}
	caps := e.granting(user, from, list, w, now)
	placed := slate.Build(list, rules, w.carry, caps)
	w.carry = w.carry.Next(rules, list, placed)
	out := make([]Placed, len(placed))
	viewer := e.persons.who(string(user))
	for i, p := range placed {
		c := from[of[p.Index]]
		c.Explore = list[p.Index].Explore
		out[i] = Placed{Candidate: c, Score: c.Score, Adjustments: adjustments(p.Terms)}
		for _, a := range out[i].Adjustments {
			out[i].Score += a.Value
		}
		w.Show(c.Post)
		e.placings.note(viewer, c.Post, p.Terms)
		e.tell(c.Hints)
		if c.Promo {
			out[i].claim = e.claims.name(caps.taken[0], claimKey(user, c.Post), caps.now)
			caps.taken = caps.taken[1:]
			w.promoted = append(w.promoted, list[p.Index].Author)
		}
	}
	return out
}

// claimant is an author's number in claims, also of one who is another shard's
// and unknown here.
func (e *Engine) claimant(author id.User) uint32 {
	if n := e.authors.find(string(author)); n != 0 {
		return n
	}
	return hash(string(author)) | 1<<31
}

// tell counts which source brought what is shown.
func (e *Engine) tell(hints []feed.Hint) {
	if len(hints) == 0 {
		return
	}
	for s, name := range sourceNames {
		if name == hints[0].Source {
			e.shown[s].Add(1)
		}
	}
}

func adjustments(t slate.Terms) []feed.Adjustment {
	var list []feed.Adjustment
	for _, a := range [...]feed.Adjustment{
		{Kind: "author", Value: float64(t.Author)}, {Kind: "topic", Value: float64(t.Topic)},
		{Kind: "kind", Value: float64(t.Kind)}, {Kind: "pool", Value: float64(t.Trial)},
	} {
		if a.Value != 0 {
			list = append(list, a)
		}
	}
	return list
}

// grant is slate.Caps for one page.
type grant struct {
	*Engine
	now    int64
	viewer uint64         // 0 if nobody is signed in
	days   [2]*daily      // what they were shown today, as far as it is known
	walk   map[uint32]int // promotions by author on the pages before
	who    map[uint32]id.User
	left   map[uint32]int64
	taken  []*claim // in the order of their places
}

func (e *Engine) granting(user id.User, from []feed.Candidate, list []slate.Candidate, w *Walk, now time.Time) *grant {
	g := &grant{Engine: e, now: now.Unix()}
	for i := range from {
		c := &from[i]
		if !c.Promo {
			continue
		}
		if g.who == nil {
			g.who, g.left, g.walk = map[uint32]id.User{}, map[uint32]int64{}, map[uint32]int{}
		}
		g.who[list[i].Author], g.left[list[i].Author] = c.Author, c.Left
	}
	if g.who == nil {
		return g
	}
	for _, author := range w.promoted {
		g.walk[author]++
	}
	if user != "" {
		g.viewer = e.persons.who(string(user))
		e.mu.RLock()
		defer e.mu.RUnlock()
		if known, _ := e.people.find(user); known != nil {
			g.days[0] = &known.promos
		}
		g.days[1] = e.quiet.of[g.viewer]
	}
	return g
}

// Take claims a promotion.
func (g *grant) Take(author uint32) bool {
	if g.walk[author] >= promoOneADay {
		return false // which holds for who is not known, too
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	n, left := g.claimant(g.who[author]), int(g.left[author])
	if g.keeps(g.who[author]) {
		left = g.allowance(n, g.now)
	}
	all, his := 0, 0
	for _, d := range g.days {
		a, h := d.today(n, int32(g.now/86400))
		all, his = all+a, his+h
	}
	x := g.claims.claim(n, left, g.viewer, all, his, g.now)
	if x == nil {
		return false
	}
	g.taken = append(g.taken, x)
	g.walk[author]++
	return true
}

// Release gives back what was claimed for a page that its viewer does not get,
// or for the part of it that they do not.
func (e *Engine) Release(page ...Placed) {
	for _, p := range page {
		if p.claim != nil {
			e.claims.release(p.claim)
		}
	}
}
