package engine

import (
	"meadow/feed"
	"meadow/feed/rank"
	"meadow/services/kernel/id"
)

// Rank scores posts for the viewer, best first, whether or not they were shown
// before. Those that this shard does not keep are left out.
func (e *Engine) Rank(a Ask, posts []id.Post) []feed.Candidate {
	e.mu.RLock()
	defer e.mu.RUnlock()
	r := e.begin(a)
	defer e.end(r)
	for _, p := range posts {
		n := e.posts.find(string(p))
		if n == 0 || !e.posts.all[n].flags.has(live|own) {
			continue
		}
		c := candidate{post: n}
		if _, is := r.follows[e.posts.all[n].author]; is {
			c.sources[rank.Following] = 1
		}
		r.slots = append(r.slots, c)
	}
	r.score()
	return r.answer(len(r.slots))
}
