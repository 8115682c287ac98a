package engine

import (
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
	authors := map[uint32]struct{}{}
	for _, p := range e.tagged[n] {
		authors[e.posts.all[p].author] = struct{}{}
	}
	return int64(len(e.tagged[n])), int64(len(authors)), len(e.tagged[n]) > 0
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
