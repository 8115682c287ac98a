package engine

import (
	"slices"
	"time"

	"meadow/services/kernel/id"
)

// Post is what the engine is told of a post. A post that only its author may
// read is Removed instead.
type Post struct {
	ID       id.Post
	Author   id.User
	At       time.Time
	Rev      int64
	Kind     string // pictures, video, article, replay
	Genre    string
	Lang     string // BCP 47
	Place    string
	Topics   []string
	Products []id.Product
	Promo    bool // carries the Ad label
	Open     bool // for everybody; else it is in its author's ring alone
	OnSale   bool // something that it sells can be bought
	AI       bool // made by a machine
}

// mostTopics of a post are looked at.
const mostTopics = 8

// Put takes in a post or its edit, which acts on the next ask. The highest
// revision wins; of one revision, being gone is the last word. It reports
// whether anything was news.
func (e *Engine) Put(p Post) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.staysOut(p) {
		return false
	}
	n := e.posts.number(p.ID)
	r := &e.posts.all[n]
	known := r.author != 0
	if known && (p.Rev < e.posts.revs[n] || p.Rev == e.posts.revs[n] && !r.flags.has(live)) {
		return false
	}
	e.withdraw(n)
	r.at = p.At.UnixMilli()
	r.author = e.author(p.Author)
	was := chartKeys(r)
	r.kind, r.lang, r.place, r.genre = kindOf(p.Kind), e.words.number(baseOf(p.Lang)), e.words.number(p.Place), e.words.number(p.Genre)
	for i, key := range chartKeys(r) {
		if key != was[i] {
			r.flags &^= key.of // the chart that it was in drops it
		}
	}
	r.flags = r.flags&(inAll|inLang|inPlace) | live | flagIf(p.Open, open) | flagIf(p.Promo, promo) | flagIf(p.OnSale, onSale) |
		flagIf(p.AI, byAI) | flagIf(len(p.Products) > 0, sells) | flagIf(e.keeps(p.Author), own)
	e.tag(n, p.Topics)
	e.posts.revs[n] = p.Rev
	e.offer(n)
	e.model.Load().SetAttributes(n, e.attributes(r))
	if r.hot != 0 {
		e.chartAll(n, r)
	}
	return true
}

// OnSale says whether something that a post sells can be bought.
func (e *Engine) OnSale(p id.Post, is bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.posts.find(string(p))
	if n == 0 {
		return
	}
	r := &e.posts.all[n]
	r.flags = r.flags&^onSale | flagIf(is, onSale)
	e.judgeFit(n)
	e.onTrial(n)
}

// Remove takes a post away at once, until a higher revision.
func (e *Engine) Remove(p id.Post, author id.User, rev int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.posts.number(p)
	r := &e.posts.all[n]
	if r.author != 0 && rev < e.posts.revs[n] {
		return false
	}
	e.withdraw(n)
	e.onTrial(n)
	if r.author == 0 {
		r.author = e.author(author)
	}
	e.posts.revs[n] = rev
	return true
}

// Rev returns the revision of a post that the engine has, and whether it is
// there to be shown to anybody.
func (e *Engine) Rev(p id.Post) (rev int64, there bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n := e.posts.find(string(p))
	return e.posts.revs[n:][0], n != 0 && e.posts.all[n].flags.has(live)
}

func flagIf(is bool, f flag) flag {
	if is {
		return f
	}
	return 0
}

// keeps reports whether an author's posts are this shard's.
func (e *Engine) keeps(author id.User) bool {
	return e.Shards == 1 || ShardOf(author, e.Shards) == e.Shard
}

// ShardOf is the shard that keeps an author's posts.
func ShardOf(author id.User, shards int) int {
	return int(mix64(uint64(hash(string(author)))) % uint64(max(1, shards)))
}

func (e *Engine) author(a id.User) uint32 {
	n := e.authors.number(string(a))
	e.rings = room(e.rings, n)
	return n
}

// withdraw takes a post out of every list.
func (e *Engine) withdraw(n uint32) {
	r := &e.posts.all[n]
	if !r.flags.has(live) {
		return
	}
	e.posts.n--
	if r.flags.has(own) {
		e.rings[r.author] = e.posts.delist(e.rings[r.author], n)
	}
	if r.flags.has(own | open) {
		for _, t := range e.posts.topicsOf(r) {
			e.tagged[t] = e.posts.delist(e.tagged[t], n)
		}
		e.recent = e.posts.delist(e.recent, n)
		e.placed[r.place] = e.posts.delist(e.placed[r.place], n)
	}
	r.flags &^= live
	e.judgeFit(n)
}

// offer puts a live post into every list where it belongs.
func (e *Engine) offer(n uint32) {
	r := &e.posts.all[n]
	e.posts.n++
	if r.flags.has(own) {
		e.rings[r.author] = e.posts.enlist(e.rings[r.author], n)
	}
	if r.flags.has(own | open) {
		for _, t := range e.posts.topicsOf(r) {
			e.tagged = room(e.tagged, t)
			e.tagged[t] = e.posts.enlist(e.tagged[t], n)
		}
		if r.place != 0 {
			e.placed[r.place] = e.posts.enlist(e.placed[r.place], n)
		}
		e.pool.Add(n, r.author, r.genre, time.UnixMilli(r.at))
		e.recent = e.posts.enlist(e.recent, n)
		if len(e.recent) > 2*mostRecent {
			e.recent = append(e.recent[:0], e.recent[len(e.recent)-mostRecent:]...)
		}
	}
	e.judgeFit(n)
	e.onTrial(n)
}

// onTrial interrupts the trial of a post while it may not be shown. It goes on
// where it stopped: nobody has a second one by closing a post and opening it.
func (e *Engine) onTrial(n uint32) {
	if e.posts.fit.has(n) {
		e.pool.Resume(n)
	} else {
		e.pool.Park(n)
	}
}

// mostRecent is how many of the newest posts are at hand for everybody.
const mostRecent = 8192

// judgeFit says whether a post may be shown to anybody here. Of what promotes
// products one has to be on sale; a paid partnership may promote none.
func (e *Engine) judgeFit(n uint32) {
	f := e.posts.all[n].flags
	if f.has(live|open|own) && (!f.has(promo|sells) || f.has(onSale)) {
		e.posts.fit.set(n)
	} else {
		e.posts.fit.unset(n)
	}
}

// tag writes a post's topics, in the place of those it had if they fit there.
func (e *Engine) tag(n uint32, topics []string) {
	t, r := &e.posts, &e.posts.all[n]
	own := make([]uint32, 0, mostTopics)
	for _, name := range topics {
		at := e.topics.number(name)
		if at != 0 && len(own) < mostTopics && !slices.Contains(own, at) {
			own = append(own, at)
		}
	}
	if len(own) > int(r.topics) {
		t.dead += int(r.topics)
		r.topicAt = uint32(len(t.tags))
		t.tags = append(t.tags, own...)
	} else {
		t.dead += int(r.topics) - len(own)
		copy(t.tags[r.topicAt:], own)
	}
	r.topics = uint8(len(own))
	e.tagged = room(e.tagged, uint32(e.topics.size()-1))
}

// attributes are what a post is about, for posts that nobody has had yet.
func (e *Engine) attributes(r *record) []uint32 {
	list := make([]uint32, 0, mostTopics+2)
	for _, t := range e.posts.topicsOf(r) {
		list = append(list, t<<2)
	}
	if r.genre != 0 {
		list = append(list, r.genre<<2|1)
	}
	return append(list, r.author<<2|2)
}
