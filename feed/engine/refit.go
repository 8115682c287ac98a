package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/feed/recommend"
)

// Refit learns taste as a whole, from all that is remembered, and takes it into
// use, while asks and events go on; what happens meanwhile is learned too. It
// takes about budget. When there are more posts than may be, those without
// interest are dropped with it.
func (e *Engine) Refit(ctx context.Context, now time.Time, budget time.Duration) error {
	e.fitting.Lock()
	defer e.fitting.Unlock()
	drop := e.needless()
	d := e.data(drop)
	began := now.Unix()
	m, report, err := recommend.Fit(ctx, d, recommend.Options{Seed: e.Seed, Budget: budget, Bytes: e.MaxBytes / 4})
	if err != nil {
		return fmt.Errorf("refit: %w", err)
	}
	e.shaping.Lock()
	defer e.shaping.Unlock()
	e.taking.Lock()
	defer e.taking.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.discard(drop)
	if drop != nil {
		e.Log("the feed has more posts in memory than may be, and dropped those without interest", "posts", e.posts.n, "since", e.since)
	}
	for n := d.Items; n < e.posts.size(); n++ {
		m.SetAttributes(uint32(n), e.attributes(&e.posts.all[n]))
	}
	e.relearn(m, began)
	e.model.Store(m)
	e.fitted = now
	for s := range e.weights {
		e.weights[s] = 0
	}
	for name, w := range report.Chosen {
		if s, ok := sourceOf(name); ok {
			e.weights[s] = w
		}
	}
	return nil
}

// Trim drops posts without interest when there are more than may be, without
// learning taste as a whole: it is what a start does, and whoever learned too
// little yet. What was fitted is learned again as it came.
func (e *Engine) Trim() {
	e.fitting.Lock()
	defer e.fitting.Unlock()
	drop := e.needless()
	if drop == nil {
		return
	}
	e.shaping.Lock()
	defer e.shaping.Unlock()
	e.taking.Lock()
	defer e.taking.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.discard(drop)
	m := recommend.New(e.posts.size())
	for n := 1; n < e.posts.size(); n++ {
		if r := &e.posts.all[n]; r.author != 0 {
			m.SetAttributes(uint32(n), e.attributes(r))
		}
	}
	e.relearn(m, 0)
	e.model.Store(m)
	e.fitted = time.Time{}
}

// Fill is how many posts there are, as a part of how many may be. Above 1 those
// without interest go when taste is learned next.
func (e *Engine) Fill() float64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return float64(e.many()) / float64(e.MaxPosts)
}

func (e *Engine) many() int { return e.posts.size() - 1 - len(e.posts.free) }

// Since is from when on all posts are here that were put in and are this
// shard's: some of those before it were dropped. Zero is always. Ask for it
// after what it is to be said of.
func (e *Engine) Since() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.since == 0 {
		return time.Time{}
	}
	return time.UnixMilli(e.since).UTC()
}

// staysOut reports whether a post that is not here is not to come back: it is of
// a time from which posts were dropped.
func (e *Engine) staysOut(p Post) bool {
	if e.since == 0 || p.At.UnixMilli() >= e.since {
		return false
	}
	n := e.posts.find(string(p.ID))
	return n == 0 || e.posts.all[n].author == 0
}

// roomAgain lets posts come back that were dropped, if many more may be now.
func (e *Engine) roomAgain() {
	if e.many() < e.MaxPosts*3/4 {
		e.since = 0
	}
}

// data is what is remembered, as the model wants it, without the posts to drop.
func (e *Engine) data(drop bits) recommend.Data {
	e.mu.RLock()
	d := recommend.Data{Items: e.posts.size(), Ordered: true}
	people := len(e.people.all)
	d.Attributes = make([][]uint32, d.Items)
	for n := range d.Items {
		if r := &e.posts.all[n]; r.author != 0 && !drop.has(uint32(n)) {
			d.Attributes[n] = e.attributes(r)
		}
	}
	e.mu.RUnlock()
	var buf [mostTouches]recommend.Touch
	for at := 0; at < people; at += peopleFrame {
		e.mu.RLock()
		for _, w := range e.people.all[at:min(at+peopleFrame, people, len(e.people.all))] {
			if w == nil || w.prefs.off {
				continue
			}
			had := slices.DeleteFunc(buf[:w.touches(buf[:])], func(t recommend.Touch) bool {
				return drop.has(t.Item) || int(t.Item) >= d.Items
			})
			if len(had) > 0 {
				d.Users = append(d.Users, slices.Clone(had))
			}
		}
		e.mu.RUnlock()
	}
	return d
}

// needless are posts to drop: what is gone, and what found interest longest ago
// of what is too many.
func (e *Engine) needless() bits {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var drop bits
	many := e.many()
	if many <= e.MaxPosts {
		return nil
	}
	type old struct {
		n  uint32
		at float64
	}
	var list []old
	for n := 1; n < e.posts.size(); n++ {
		r := &e.posts.all[n]
		if e.posts.name(uint32(n)) == "" {
			continue
		}
		x := old{uint32(n), 0}
		if r.flags.has(live) {
			x.at = max(float64(r.at)/1000, r.hot*hotHalf)
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b old) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) })
	for _, x := range list[:min(len(list), many-e.MaxPosts*7/8)] { // some more, so that it is not done every time
		drop.set(x.n)
	}
	return drop
}

// discard forgets posts, so that their numbers can be given again. The caller
// holds mu and puts a model in place that does not know them.
func (e *Engine) discard(drop bits) {
	if drop == nil {
		return
	}
	gone := drop.has
	for _, w := range e.people.all {
		if w == nil {
			continue
		}
		w.history = slices.DeleteFunc(w.history, func(t touch) bool { return gone(t.post) })
		for _, list := range [...]*[]uint32{&w.seen.now, &w.seen.before, &w.hidden} {
			*list = slices.DeleteFunc(*list, gone)
		}
	}
	e.served.without(gone)
	for n := 1; n < e.posts.size(); n++ {
		if p := uint32(n); gone(p) {
			if r := &e.posts.all[p]; r.flags.has(live | own) {
				e.since = max(e.since, r.at+1)
			}
			e.withdraw(p)
			e.pool.Drop(p)
		}
	}
	for key, c := range e.charts {
		c.posts = slices.DeleteFunc(c.posts, gone)
		if len(c.posts) == 0 {
			delete(e.charts, key)
		}
	}
	for n := 1; n < e.posts.size(); n++ {
		if p := uint32(n); gone(p) {
			e.posts.dead += int(e.posts.all[p].topics)
			e.posts.remove(p)
			e.posts.all[p], e.posts.revs[p] = record{}, 0
		}
	}
	e.posts.tidy()
	e.crowds.clear()
}

// tidy writes the topics of all posts anew when many of them are nobody's.
func (t *table) tidy() {
	if 2*t.dead < len(t.tags) {
		return
	}
	tags := make([]uint32, 0, len(t.tags)-t.dead)
	for n := range t.all {
		r := &t.all[n]
		at := uint32(len(tags))
		tags = append(tags, t.topicsOf(r)...)
		r.topicAt = at
	}
	t.tags, t.dead = tags, 0
}
