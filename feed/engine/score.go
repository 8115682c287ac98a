package engine

import (
	"cmp"
	"math"
	"slices"

	"meadow/feed"
	"meadow/feed/rank"
	"meadow/services/kernel/id"
)

// score foretells what the viewer will do with each candidate.
func (r *request) score() {
	view := r.heads.Load().View(r.now)
	fetched := float32(0)
	for i := range r.slots { // by itself, so that one does not wait for the memory of another
		x := &r.posts.all[r.slots[i].post]
		r.slots[i].fit = r.topicFit(x)
		fetched += view.Fetch(x.author)
	}
	r.warmed += math.Float32bits(fetched)
	for i := range r.slots {
		c := &r.slots[i]
		in := r.input(c)
		r.features = in.Features(r.features[:0])
		c.result = view.Score(r.features)
	}
}

// input is all that is known of a candidate and its viewer's taste.
func (r *request) input(c *candidate) rank.Input {
	x := &r.posts.all[c.post]
	in := rank.Input{
		Blend:    c.blend,
		Topic:    c.fit,
		Hours:    float32(r.now*1000-x.at) / 3_600_000,
		Kind:     x.kind,
		Genre:    x.genre,
		Author:   x.author,
		Promo:    x.flags.has(promo),
		Products: x.flags.has(sells),
		Foreign:  r.lang != 0 && x.lang != 0 && r.lang != x.lang,
		Seen:     float32(x.seen),
		Activity: r.activity,
		Surface:  r.ask.Surface,
	}
	copy(in.Sources[:], c.sources[:rank.Sources])
	_, in.Follows = r.follows[x.author]
	if x.seen > 0 {
		in.Rates = x.rates()
	}
	if r.w != nil {
		in.Affinity = max(0, r.toAuthor.of(x.author))
		if r.kindSum > 0 {
			in.KindFit = (r.w.kinds[x.kind]/r.kindSum - .25) * min(1, r.kindSum*5)
		}
	}
	return in
}

// rates are what a post's impressions led to, smoothed by what is usual.
func (c *counts) rates() [rank.Rates]float32 {
	n := float32(c.seen) + 20
	smooth := func(k uint32, of rank.Rate) float32 { return min(1, (float32(k)+20*rank.Usual(of))/n) }
	return [rank.Rates]float32{
		rank.ReadRate:   smooth(c.read, rank.ReadRate),
		rank.EngageRate: smooth(c.engaged, rank.EngageRate),
		rank.ClickRate:  smooth(c.click, rank.ClickRate),
		rank.HideRate:   smooth(c.hide, rank.HideRate),
		rank.SkipRate:   smooth(c.skip, rank.SkipRate),
	}
}

// topicFit is how a post's topics suit the viewer, -1 to 1: what they chose
// suits fully.
func (r *request) topicFit(x *record) float32 {
	best, worst := float32(0), float32(0)
	for _, t := range r.posts.topicsOf(x) {
		v := r.toTopic.of(t)
		best, worst = max(best, v), min(worst, v)
	}
	return fitOf(best, worst)
}

func fitOf(best, worst float32) float32 {
	if best == 1 {
		return 1 // chosen
	}
	return best + worst
}

// describe is what a post looks like to a viewer who was not handed it here.
func (e *Engine) describe(w *viewer, p uint32, now int64, buf []rank.Feature) []rank.Feature {
	x := &e.posts.all[p]
	r := request{Engine: e, now: now, at: uint32(max(0, now))}
	if slices.Contains(w.follows, x.author) {
		r.follows = map[uint32]struct{}{x.author: {}}
	}
	r.habits(w)
	in := r.input(&candidate{post: p})
	best, worst := float32(0), float32(0)
	for _, t := range e.posts.topicsOf(x) {
		v := towards(w.topics, t, r.at)
		if slices.Contains(w.prefs.chosen, t) {
			v = 1
		}
		best, worst = max(best, v), min(worst, v)
	}
	in.Topic, in.Affinity = fitOf(best, worst), max(0, towards(w.authors, x.author, r.at))
	return in.Features(buf)
}

// habits are how often the viewer comes, and for what kind of posts.
func (r *request) habits(w *viewer) {
	r.w = w
	r.activity = squash(w.activity * fade(r.at, w.latest(), activityHalf) / 4)
	r.kindSum = 0
	for _, k := range w.kinds {
		r.kindSum += k
	}
}

// mostExplored posts on trial are handed out even if all others score higher.
const mostExplored = 8

// answer returns the n best candidates, and some on trial.
func (r *request) answer(n int) []feed.Candidate {
	n = max(0, min(n, len(r.slots)))
	picked := r.rank(n)
	if n > 0 && n < len(r.slots) {
		picked = r.withTrials(picked, min(mostExplored, max(1, n/5)))
	}
	out := make([]feed.Candidate, len(picked))
	terms := []feed.Term(nil)
	if !r.ask.Brief {
		terms = make([]feed.Term, 0, len(picked)*int(rank.Actions))
	}
	hints := make([]feed.Hint, 0, 2*len(picked))
	for k, i := range picked {
		c := &r.slots[i]
		x := &r.posts.all[c.post]
		out[k] = feed.Candidate{
			Post: r.posts.id(c.post), Author: id.User(r.authors.name(x.author)),
			Score: float64(c.result.Total), Kind: kinds[x.kind], Topics: r.topicNames(x),
			Promo: x.flags.has(promo), Explore: c.explore, Turn: float64(c.turn),
		}
		if out[k].Promo {
			out[k].Left = int64(max(0, r.left(x.author, r.now)))
		}
		from := len(hints)
		hints = r.hints(hints, c)
		out[k].Hints = hints[from:len(hints):len(hints)]
		if !r.ask.Brief {
			from := len(terms)
			terms = termsOf(terms, &c.result)
			out[k].Terms = terms[from:len(terms):len(terms)]
		}
	}
	r.keepFeatures(picked)
	return out
}

// rank returns the n slots with the best scores, best first. It sorts numbers
// that go like the scores, since that is faster than to compare slots.
func (r *request) rank(n int) []int32 {
	r.keys = r.keys[:0]
	for i := range r.slots {
		b := math.Float32bits(r.slots[i].result.Total)
		if b>>31 == 1 {
			b = ^b
		} else {
			b |= 1 << 31
		}
		r.keys = append(r.keys, uint64(^b)<<32|uint64(i))
	}
	least(r.keys, n)
	slices.Sort(r.keys[:n])
	r.order = r.order[:0]
	for _, k := range r.keys[:n] {
		r.order = append(r.order, int32(uint32(k)))
	}
	return r.order
}

// least moves the n least to the front, in no order (quickselect, Hoare 1961).
func least(a []uint64, n int) {
	lo, hi := 0, len(a)-1
	for lo < hi {
		pivot := a[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for a[i] < pivot {
				i++
			}
			for a[j] > pivot {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
}

// withTrials puts those on trial whose turn it is in place of the last that are
// not, whatever their scores.
func (r *request) withTrials(picked []int32, want int) []int32 {
	due := make([]int32, 0, manyPool)
	for i := range r.slots {
		if r.slots[i].turn > 0 {
			due = append(due, int32(i))
		}
	}
	slices.SortFunc(due, func(a, b int32) int {
		x, y := &r.slots[a], &r.slots[b]
		return cmp.Or(cmp.Compare(y.turn, x.turn), cmp.Compare(y.result.Total, x.result.Total), cmp.Compare(a, b))
	})
	due = due[:min(len(due), want)]
	at := len(picked) - 1
	for _, i := range due {
		if slices.Contains(picked, i) {
			continue
		}
		for at >= 0 && slices.Contains(due, picked[at]) {
			at--
		}
		if at < 0 {
			break
		}
		picked[at] = i
		at--
	}
	return picked
}

// mostKept of an answer are kept as they were, to learn from: a page or two.
const mostKept = 40

func (r *request) keepFeatures(picked []int32) {
	if r.w == nil {
		return
	}
	r.served.mu.Lock()
	defer r.served.mu.Unlock()
	for _, i := range picked[:min(len(picked), mostKept)] {
		c := &r.slots[i]
		in := r.input(c)
		r.features = in.Features(r.features[:0])
		r.served.serve(r.Engine, r.who, c.post, r.features)
	}
}

func (r *request) topicNames(x *record) []string {
	own := r.posts.topicsOf(x)
	if len(own) == 0 {
		return nil
	}
	names := make([]string, len(own))
	for i, t := range own {
		names[i] = r.topics.name(t)
	}
	return names
}

// actionNames are the actions as feed.Term says them.
var actionNames = [rank.Actions]string{
	rank.ReadThrough: "read_through", rank.Like: "like", rank.Save: "save", rank.Comment: "comment", rank.Share: "share",
	rank.Follow: "follow", rank.ProductClick: "product_click", rank.Cart: "cart", rank.Purchase: "purchase",
	rank.Hide: "hide", rank.Report: "report", rank.QuickSkip: "quick_skip",
}

func termsOf(terms []feed.Term, s *rank.Score) []feed.Term {
	for a, w := range rank.Weights() {
		terms = append(terms, feed.Term{
			Action: actionNames[a], Weight: float64(w), Chance: float64(s.Terms[a]) / float64(w), Value: float64(s.Terms[a]),
		})
	}
	return terms
}

// hints are the sources that brought a candidate, the strongest first.
func (r *request) hints(list []feed.Hint, c *candidate) []feed.Hint {
	from := len(list)
	var used [sources]bool
	for range sources {
		best, top := -1, float32(0)
		for s, v := range c.sources {
			if !used[s] && v*telling[s] > top {
				best, top = s, v*telling[s]
			}
		}
		if best < 0 {
			break
		}
		used[best] = true
		h := feed.Hint{Source: sourceNames[best]}
		switch {
		case uint8(best) == fromTopic:
			h.Topic = r.topics.name(c.topic)
		case best >= int(rank.Covisit) && best <= int(rank.Content) && c.because != 0:
			h.Post = r.posts.id(c.because)
		}
		list = append(list, h)
	}
	if c.explore {
		for i := from; i < len(list); i++ {
			if list[i].Source == feed.FromPool {
				list[from], list[i] = list[i], list[from]
			}
		}
	}
	return list
}

// telling is how much a source says to a reader: that they follow somebody says
// more than that many like it.
var telling = [sources]float32{
	rank.Following: 3, rank.Covisit: 2, rank.Neighbours: 2, rank.Walk: 1.5, rank.Factors: 1, rank.Content: 1,
	rank.Popular: .6, rank.Pool: .5, rank.Author: 2.5, rank.Fresh: .3, fromTopic: 2.5,
}
