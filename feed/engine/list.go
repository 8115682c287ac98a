package engine

import (
	"sync"
	"time"

	"meadow/feed"
)

// TopicPosts is how many posts for everybody, and of how many people, this
// shard has of a topic; false if it never heard of it.
func (e *Engine) TopicPosts(name string) (posts, people int64, known bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n := e.topics.find(name)
	if n == 0 || int(n) >= len(e.tagged) {
		return 0, 0, false
	}
	list := e.tagged[n]
	return int64(len(list)), int64(e.crowds.of(n, len(list), func() int { return e.authorsOf(list) })), len(list) > 0
}

func (e *Engine) authorsOf(list []uint32) (n int) {
	var had bits
	for _, p := range list {
		if a := e.posts.all[p].author; !had.has(a) {
			had.set(a)
			n++
		}
	}
	return n
}

// crowds are how many people posted with a topic. Of large topics it is counted
// anew only when they changed by a part: anybody may ask.
type crowds struct {
	mu    sync.Mutex
	known map[uint32]crowd
}

type crowd struct{ posts, people int }

const (
	fewPosts   = 1024 // are counted each time
	crowdMoves = 64   // one in so many posts more or fewer
)

func (c *crowds) of(topic uint32, posts int, count func() int) int {
	if posts <= fewPosts {
		return count()
	}
	c.mu.Lock()
	x, ok := c.known[topic]
	c.mu.Unlock()
	if ok && max(posts-x.posts, x.posts-posts)*crowdMoves <= posts {
		return x.people
	}
	x = crowd{posts, count()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[uint32]crowd{}
	}
	c.known[topic] = x
	return x.people
}

func (c *crowds) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}

// NewestOf returns the latest n posts for everybody of a topic, before a place.
func (e *Engine) NewestOf(topic string, before feed.Place, n int) []feed.Place {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.topics.find(topic)
	if t == 0 || int(t) >= len(e.tagged) {
		return nil
	}
	return e.newestOf(e.tagged[t], before, n)
}

// NewestAt is NewestOf for what was posted from a place.
func (e *Engine) NewestAt(place string, before feed.Place, n int) []feed.Place {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.newestOf(e.placed[e.words.find(place)], before, n)
}

func (e *Engine) newestOf(list []uint32, before feed.Place, n int) []feed.Place {
	at := int64(0)
	if !before.At.IsZero() {
		at = before.At.UnixMilli()
	}
	list = list[:e.posts.until(list, at, string(before.Post))]
	out := make([]feed.Place, 0, min(n, len(list)))
	for i := len(list) - 1; i >= 0 && len(out) < n; i-- {
		if e.posts.fit.has(list[i]) {
			out = append(out, e.place(list[i]))
		}
	}
	return out
}

// Warm is a place in a list by heat.
type Warm struct {
	feed.Place
	Heat float64 // what people did of late; comparable between shards at one instant
}

// mostHot of the latest posts are looked at for the hottest.
const mostHot = 4096

// HottestOf returns the hottest n posts for everybody of a topic, without those
// shown in the walk.
func (e *Engine) HottestOf(topic string, shown []uint32, n int, now time.Time) []Warm {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.topics.find(topic)
	if t == 0 || int(t) >= len(e.tagged) {
		return nil
	}
	return e.hottestOf(e.tagged[t], shown, n, now)
}

// HottestAt is HottestOf for what was posted from a place.
func (e *Engine) HottestAt(place string, shown []uint32, n int, now time.Time) []Warm {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.hottestOf(e.placed[e.words.find(place)], shown, n, now)
}

func (e *Engine) hottestOf(list []uint32, shown []uint32, n int, now time.Time) []Warm {
	had := make(map[uint32]struct{}, len(shown))
	for _, h := range shown {
		had[h] = struct{}{}
	}
	var picked []uint32
	for _, p := range list[max(0, len(list)-mostHot):] {
		if !e.posts.fit.has(p) {
			continue
		}
		if _, is := had[hash(e.posts.name(p))]; !is {
			picked = append(picked, p)
		}
	}
	e.byHeat(picked)
	out := make([]Warm, 0, min(n, len(picked)))
	for _, p := range picked[:min(n, len(picked))] {
		out = append(out, Warm{e.place(p), warmth(e.posts.all[p].hot, now.Unix())})
	}
	return out
}
