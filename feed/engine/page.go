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
}

// Page orders the next page of a walk, at most size places, out of candidates
// of this shard or several, and moves the walk on. Promotions on it are claimed
// for their creators and for the viewer; making a page again for somebody known
// claims nothing twice.
func (e *Engine) Page(user id.User, from []feed.Candidate, size int, w *Walk, now time.Time) []Placed {
	rules := slate.DefaultRules()
	rules.Size = size
	list := make([]slate.Candidate, len(from), len(from)+manyPool)
	of := make([]int, len(from), len(from)+manyPool) // of list: which of from it is
	e.mu.RLock()
	topics := make([]uint32, 0, 4*len(from))
	promoted := false
	for i := range from {
		c := &from[i]
		begin := len(topics)
		for _, t := range c.Topics {
			topics = append(topics, hash(t))
		}
		list[i] = slate.Candidate{
			Post: Hash(c.Post), Author: hash(string(c.Author)), Score: float32(c.Score), Topics: topics[begin:len(topics):len(topics)],
			Promo: c.Promo, Explore: c.Explore, Turn: float32(c.Turn),
		}
		of[i] = i
		if p := e.posts.find(string(c.Post)); p != 0 {
			list[i].Kind = e.posts.all[p].kind
		}
		promoted = promoted || c.Promo
		if c.Turn > 0 && !c.Explore { // it has a claim to a place for trials beside its score's
			twin := list[i]
			twin.Explore = true
			list, of = append(list, twin), append(of, i)
		}
	}
	e.mu.RUnlock()
	placed := slate.Build(list, rules, w.carry, e.granting(user, from, list, promoted, now))
	w.carry = w.carry.Next(rules, list, placed)
	out := make([]Placed, len(placed))
	for i, p := range placed {
		c := from[of[p.Index]]
		c.Explore = list[p.Index].Explore
		out[i] = Placed{Candidate: c, Score: c.Score, Adjustments: adjustments(p.Terms)}
		for _, a := range out[i].Adjustments {
			out[i].Score += a.Value
		}
		w.Show(c.Post)
		e.tell(c.Hints)
		if c.Promo {
			e.named(user, c.Author, claimKey(user, c.Post))
		}
	}
	return out
}

// named says what the latest claim of an author's promotions is for.
func (e *Engine) named(user, author id.User, key uint64) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var d *daily
	if w, _ := e.people.find(user); w != nil {
		d = &w.promos
	}
	e.claims.name(e.claimant(author), key, d)
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
	viewer *daily // nil if it is not known who
	who    map[uint32]id.User
	left   map[uint32]int64
}

func (e *Engine) granting(user id.User, from []feed.Candidate, list []slate.Candidate, promoted bool, now time.Time) slate.Caps {
	g := &grant{Engine: e, now: now.Unix()}
	if !promoted {
		return g
	}
	g.who, g.left = map[uint32]id.User{}, map[uint32]int64{}
	for i := range from {
		if c := &from[i]; c.Promo {
			g.who[list[i].Author], g.left[list[i].Author] = c.Author, c.Left
		}
	}
	if user != "" {
		e.mu.Lock()
		w, _ := e.meet(user)
		w.last = max(w.last, uint32(max(0, g.now)))
		e.mu.Unlock()
		g.viewer = &w.promos
	}
	return g
}

// Take claims a promotion.
func (g *grant) Take(author uint32) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	n, left := g.claimant(g.who[author]), int(g.left[author])
	if g.keeps(g.who[author]) {
		left = g.allowance(n, g.now)
	}
	return g.claims.claim(n, left, g.viewer, g.now)
}
