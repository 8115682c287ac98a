package engine

import (
	"meadow/feed"
	"meadow/feed/rank"
	"meadow/feed/recommend"
)

// fromTopic is a source beside those of package rank.
const (
	fromTopic = uint8(rank.Sources)
	sources   = int(rank.Sources) + 1
)

// sourceNames are the sources' names in hints.
var sourceNames = [sources]feed.Source{
	rank.Following: feed.FromFollowing, rank.Covisit: feed.FromCovisit, rank.Neighbours: feed.FromNeighbour,
	rank.Walk: feed.FromWalk, rank.Factors: feed.FromFactors, rank.Content: feed.FromContent,
	rank.Popular: feed.FromPopular, rank.Pool: feed.FromPool, rank.Author: feed.FromAuthor, rank.Fresh: feed.FromFresh,
	fromTopic: feed.FromTopic,
}

// candidate is a post that may be shown, and why.
type candidate struct {
	post    uint32
	because uint32  // the post that the strongest of the model's sources goes by
	topic   uint32  // of fromTopic
	turn    float32 // whose turn it is among posts on trial; 0 if it is not
	explore bool    // nothing but its trial brought it
	sources [sources]float32
	blend   float32
	fit     float32 // how its topics suit the viewer
	result  rank.Score
}

// How many each source may bring.
const (
	manyFollowed = 150
	manyModel    = 400
	manyByAuthor = 12
	manyByTopic  = 40
	manyPopular  = 120
	manyFresh    = 100
	manyPool     = 24
	manyAlike    = 400
	manyAtLeast  = 400 // of the newest, if others bring less
)

// lateTouches are what the model is asked by: taste as it is now, and a request
// costs by each of them.
const lateTouches = 40

// gather collects candidates from every source.
func (r *request) gather() {
	r.fromPool()
	r.fromElsewhere()
	for i := range r.slots {
		if c := &r.slots[i]; c.turn > 0 {
			c.explore = !c.brought()
		}
	}
}

// brought reports whether a source found a candidate that is not its trial.
func (c *candidate) brought() bool {
	for s, v := range c.sources {
		if v > 0 && s != int(rank.Pool) {
			return true
		}
	}
	return c.blend > 0
}

func (r *request) fromElsewhere() {
	if r.like != 0 {
		r.fromPost(r.like)
		return
	}
	if r.topic != 0 {
		r.fromList(r.tagged[r.topic], mostCandidates, uint8(rank.Fresh), 0)
	}
	if r.place != 0 {
		r.fromList(r.placed[r.place], mostCandidates/2, uint8(rank.Fresh), 0)
	}
	r.fromFollowing()
	r.fromModel()
	r.fromAuthors()
	r.fromTopics()
	r.fromCharts()
	most := manyFresh
	if len(r.slots) < manyAtLeast {
		most = manyAtLeast
	}
	r.fromList(r.recent, most, uint8(rank.Fresh), 0)
}

// add enters a post as a candidate, and returns it unless it may not be shown.
func (r *request) add(p uint32, source uint8, v float32) *candidate {
	if !r.may(p) {
		return nil
	}
	at := r.slotOf[p]
	if int(at) >= len(r.slots) || r.slots[at].post != p {
		if len(r.slots) >= mostCandidates {
			return nil
		}
		if !r.suits(p, &r.posts.all[p]) {
			return nil
		}
		at = uint32(len(r.slots))
		r.slotOf[p] = at
		r.slots = append(r.slots, candidate{post: p})
	}
	c := &r.slots[at]
	c.sources[source] = max(c.sources[source], v)
	return c
}

// fetch looks at posts that will be added, in a loop that does not wait for one
// to arrive from memory before it asks for the next.
func (r *request) fetch(list []uint32) {
	for _, p := range list {
		if r.may(p) {
			r.warmed += r.slotOf[p] + r.posts.all[p].author
		}
	}
}

// fromList takes the latest of a list by time.
func (r *request) fromList(list []uint32, most int, source uint8, topic uint32) {
	from := max(0, len(list)-8*most)
	r.fetch(list[max(0, len(list)-most):])
	for i, n := len(list)-1, 0; i >= from && n < most; i-- {
		if c := r.add(list[i], source, 1-float32(n)/float32(2*most)); c != nil {
			n++
			if topic != 0 {
				c.topic = topic
			}
		}
	}
}

func (r *request) fromFollowing() {
	if len(r.follows) == 0 {
		return
	}
	merged := r.mergeOf(r.follows, manyFollowed)
	r.fetch(merged)
	for i, p := range merged {
		r.add(p, uint8(rank.Following), 1-float32(i)/(2*manyFollowed))
	}
}

func (r *request) fromAuthors() {
	if r.w == nil {
		return
	}
	for i := range r.w.authors {
		l := &r.w.authors[i]
		v := squash(l.now(r.at))
		if v < .15 || int(l.to) >= len(r.rings) {
			continue
		}
		list := r.rings[l.to]
		for k, n := len(list)-1, 0; k >= 0 && n < manyByAuthor; k, n = k-1, n+1 {
			r.add(list[k], uint8(rank.Author), v)
		}
	}
}

func (r *request) fromTopics() {
	for _, t := range r.chosen {
		r.fromList(r.tagged[t], manyByTopic, fromTopic, t)
	}
	if r.w == nil {
		return
	}
	for i := range r.w.topics {
		if l := &r.w.topics[i]; squash(l.now(r.at)) > .3 && int(l.to) < len(r.tagged) {
			r.fromList(r.tagged[l.to], manyByTopic/2, uint8(rank.Content), 0)
		}
	}
}

func (r *request) fromCharts() {
	first, last := uint8(0), uint8(len(kinds)-1)
	if r.kind != 0 {
		first, last = r.kind, r.kind
	}
	keys := [...]chartKey{{of: inLang, word: r.lang}, {of: inPlace, word: r.home()}, {of: inAll}}
	for _, key := range keys {
		if key.of != inAll && key.word == 0 {
			continue
		}
		for key.kind = first; key.kind <= last; key.kind++ {
			if c := r.charts[key]; c != nil {
				r.fromChart(c)
			}
		}
	}
}

// fromChart takes the hottest of a chart.
func (r *request) fromChart(c *chart) {
	if len(c.posts) == 0 {
		return
	}
	r.fetch(c.posts[:min(len(c.posts), manyPopular)])
	top := float32(.05 + .95*warm(warmth(r.posts.all[c.posts[0]].hot, r.now)))
	for i, n := 0, 0; i < len(c.posts) && n < manyPopular; i++ {
		if r.add(c.posts[i], uint8(rank.Popular), top*(1-float32(i)/(2*mostCharted))) != nil {
			n++
		}
	}
}

// home is the place whose posts are near: what was asked for, or what the
// viewer said.
func (r *request) home() uint32 {
	if r.place != 0 || r.w == nil {
		return r.place
	}
	return r.w.prefs.place
}

// warm brings a warmth into [0, 1): half at 30.
func warm(v float64) float64 { return v / (v + 30) }

// fromModel asks what those had who had the same.
func (r *request) fromModel() {
	if r.w == nil || len(r.w.history) == 0 {
		return
	}
	var buf [lateTouches]recommend.Touch
	n := r.w.touches(buf[:])
	if n == 0 {
		return
	}
	r.take(r.model.Load().AskInto(recommend.Query{History: buf[:n], N: manyModel, Skip: r.skip()}, &r.found))
}

func (r *request) skip() func(recommend.Item) bool {
	return func(i recommend.Item) bool { return !r.may(i) }
}

// take enters what the model found.
func (r *request) take(found []recommend.Scored) {
	if len(found) == 0 || found[0].Score <= 0 {
		return
	}
	top := found[0].Score
	for i := range found {
		r.warmed += r.slotOf[found[i].Item] + r.posts.all[found[i].Item].author
	}
	for i := range found {
		f := &found[i]
		c := r.add(f.Item, uint8(rank.Popular), 0)
		if c == nil {
			continue
		}
		c.blend = max(c.blend, f.Score/top)
		strongest := float32(0)
		for _, part := range f.Parts {
			s, ok := sourceOf(part.Source)
			if !ok || part.Value <= 0 {
				continue
			}
			c.sources[s] = max(c.sources[s], min(1, part.Value/top))
			if part.Because != recommend.NoItem && part.Value > strongest {
				strongest, c.because = part.Value, part.Because
			}
		}
	}
}

func sourceOf(s recommend.Source) (rank.Source, bool) {
	switch s {
	case recommend.Covisit:
		return rank.Covisit, true
	case recommend.Neighbours:
		return rank.Neighbours, true
	case recommend.Walk:
		return rank.Walk, true
	case recommend.Factors:
		return rank.Factors, true
	case recommend.Content:
		return rank.Content, true
	case recommend.Popular:
		return rank.Popular, true
	}
	return 0, false
}

// fromPost collects what goes with one post.
func (r *request) fromPost(p uint32) {
	x := &r.posts.all[p]
	r.take(r.model.Load().AskInto(recommend.Query{History: []recommend.Touch{{Item: p, Weight: 1, At: r.now}}, N: manyAlike, Skip: r.skip()}, &r.found))
	for _, t := range r.posts.topicsOf(x) {
		r.fromList(r.tagged[t], 4*manyByTopic, uint8(rank.Content), 0)
	}
	if x.author != 0 {
		r.fromList(r.rings[x.author], 2*manyByAuthor, uint8(rank.Author), 0)
	}
	if len(r.slots) < manyAlike {
		r.fromCharts()
		r.fromList(r.recent, manyAtLeast, uint8(rank.Fresh), 0)
	}
}

// fromPool brings posts on trial, in the order in which it is their turn: those
// with a guarantee to fill before those that were drawn.
func (r *request) fromPool() {
	picks := r.pool.Pick(r.rng, manyPool, func(p uint32) float32 {
		if !r.may(p) {
			return 0
		}
		x := &r.posts.all[p]
		if !r.suits(p, x) {
			return 0
		}
		return r.fit(x)
	})
	for i, p := range picks {
		if c := r.add(p.Post, uint8(rank.Pool), 1-float32(i)/(2*manyPool)); c != nil {
			c.turn = 1 - float32(i)/(2*manyPool)
			if p.Guaranteed {
				c.turn++
			}
		}
	}
}

// fit is how likely a post is to suit the viewer, above 0.
func (r *request) fit(x *record) float32 {
	v := float32(.2)
	if r.lang != 0 && x.lang == r.lang {
		v += .3
	}
	if r.w != nil {
		v += .3*r.topicFit(x) + .2*r.toAuthor.of(x.author)
	}
	if _, is := r.follows[x.author]; is {
		v += .2
	}
	return max(v, .02)
}
