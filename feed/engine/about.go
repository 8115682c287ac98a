package engine

import (
	"cmp"
	"slices"
	"time"

	"meadow/feed"
	"meadow/feed/rank"
	"meadow/services/kernel/id"
)

// Why takes apart how a post would score for who asks, and whether it is there.
// What the latest page that it was on did to it is part of that, as far as this
// process made it.
// What they were shown already has its score taken away again.
func (e *Engine) Why(a Ask, p id.Post) (feed.Why, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n := e.posts.find(string(p))
	if n == 0 || !e.posts.all[n].flags.has(live) {
		return feed.Why{}, false
	}
	a.Kind, a.Topic, a.Place, a.Like, a.Shown = "", "", "", "", nil
	r := e.begin(a)
	defer e.end(r)
	excluded := r.out.has(n)
	r.out.unset(n)
	r.gather()
	c := &candidate{post: n}
	if at := r.slotOf[n]; int(at) < len(r.slots) && r.slots[at].post == n {
		c = &r.slots[at]
	}
	terms, _ := e.placings.of(e.persons.who(string(a.User)), p)
	c.fit = r.topicFit(&e.posts.all[n])
	in := r.input(c)
	c.result = e.heads.Load().Score(in.Features(nil))
	why := feed.Why{
		Post: p, Personal: r.w != nil && (len(r.w.history) > 0 || len(r.follows) > 0 || len(r.chosen) > 0), Score: float64(c.result.Total), Terms: termsOf(nil, &c.result),
		Adjustments: append([]feed.Adjustment{}, adjustments(terms)...),
		Hints:       r.hints([]feed.Hint{}, c), Ad: e.posts.all[n].flags.has(promo), At: a.Now,
	}
	for _, t := range why.Adjustments {
		why.Score += t.Value
	}
	if excluded {
		why.Adjustments = append(why.Adjustments, feed.Adjustment{Kind: "seen", Value: -why.Score})
		why.Score = 0
	}
	return why, true
}

// mostProfiled topics and authors are in a profile.
const mostProfiled = 20

// Profile is what is believed about somebody. Names are for the caller to fill
// in.
func (e *Engine) Profile(u id.User, now time.Time) feed.Profile {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := feed.Profile{Personal: true, Topics: []feed.Interest{}, Authors: []feed.Liking{}}
	w, _ := e.people.find(u)
	if w == nil {
		return out
	}
	at := uint32(max(0, now.Unix()))
	out.Personal, out.Deeds, out.Hidden = !w.prefs.off, w.deedsKnown(), int64(len(w.hidden))
	if w.since != 0 {
		out.Since = time.Unix(int64(w.since), 0).UTC()
	}
	for _, t := range w.prefs.chosen {
		out.Topics = append(out.Topics, feed.Interest{Topic: e.topics.name(t), Weight: 1, Chosen: true})
	}
	for _, l := range strongest(w.topics, at) {
		if len(out.Topics) < mostProfiled && !slices.Contains(w.prefs.chosen, l.to) {
			out.Topics = append(out.Topics, feed.Interest{Topic: e.topics.name(l.to), Weight: float64(squash(l.now(at)))})
		}
	}
	out.Topics = out.Topics[:min(len(out.Topics), mostProfiled)]
	for _, l := range strongest(w.authors, at) {
		if len(out.Authors) < mostProfiled {
			out.Authors = append(out.Authors, feed.Liking{Author: id.User(e.authors.name(l.to)), Weight: float64(squash(l.now(at)))})
		}
	}
	return out
}

func strongest(leans []lean, at uint32) []lean {
	list := slices.DeleteFunc(slices.Clone(leans), func(l lean) bool { return l.now(at) <= 0 })
	slices.SortFunc(list, func(a, b lean) int { return cmp.Or(cmp.Compare(b.now(at), a.now(at)), cmp.Compare(a.to, b.to)) })
	return list
}

// deedsKnown is how many things done are remembered.
func (w *viewer) deedsKnown() (n int64) {
	for i := range w.history {
		if w.history[i].kind != undone {
			n++
		}
	}
	return n
}

// History is what is remembered that somebody did, latest first. Titles are for
// the caller to fill in.
func (e *Engine) History(u id.User) []feed.Deed {
	e.mu.RLock()
	defer e.mu.RUnlock()
	w, _ := e.people.find(u)
	if w == nil {
		return nil
	}
	out := make([]feed.Deed, 0, len(w.history))
	for _, t := range slices.Backward(w.history) {
		if t.kind == undone {
			continue
		}
		d := feed.Deed{
			Kind: t.kind.String(), Post: e.posts.id(t.post), Author: id.User(e.authors.name(e.posts.all[t.post].author)),
			Seconds: int64(t.seconds), At: time.Unix(int64(t.at), 0).UTC(),
		}
		switch t.kind {
		case Follow, Block, Mute:
			d.Author = id.User(e.authors.name(t.other))
		case Click, Cart, Purchase:
			d.Product = id.Product(e.products.name(t.other))
		}
		out = append(out, d)
	}
	return out
}

// Seen is which posts somebody is remembered to have been shown, latest first.
func (e *Engine) Seen(u id.User) []id.Post {
	e.mu.RLock()
	defer e.mu.RUnlock()
	w, _ := e.people.find(u)
	if w == nil {
		return nil
	}
	var out []id.Post
	for _, list := range [...][]uint32{w.seen.now, w.seen.before} {
		for _, p := range slices.Backward(list) {
			out = append(out, e.posts.id(p))
		}
	}
	return out
}

// SetPreferences takes over what somebody said they want.
func (e *Engine) SetPreferences(u id.User, p feed.Preferences, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w, _ := e.meet(u)
	w.last = max(w.last, uint32(max(0, now.Unix())))
	w.prefs = preferences{set: true, off: !p.Personal, hideAI: p.HideAI, place: e.words.number(p.Place)}
	for _, t := range p.Topics {
		w.prefs.chosen = keep(w.prefs.chosen, e.topics.number(t), feed.MaxTopics)
	}
	for _, t := range p.Muted {
		w.prefs.muted = keep(w.prefs.muted, e.topics.number(t), feed.MaxTopics)
	}
	e.tagged = room(e.tagged, uint32(e.topics.size()-1))
}

// Stage is how far a post was passed on, if it was ever on trial here.
func (e *Engine) Stage(p id.Post) (feed.Stage, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n := e.posts.find(string(p))
	s, ok := e.pool.Stage(n)
	if n == 0 || !ok {
		return feed.Stage{}, false
	}
	goals := e.pool.Goals()
	out := feed.Stage{Step: s.Step, Impressions: int64(s.Impressions), Engaged: int64(s.Engaged), To: int64(s.Goal)}
	if s.Step > 1 {
		out.From = int64(goals[s.Step-2])
	}
	if !s.Over {
		out.Guaranteed = int64(max(0, goals[0]-s.People))
	}
	return out, true
}

// Health says how large the engine is and what it learned.
func (e *Engine) Health() feed.Health {
	bytes := e.Bytes()
	e.mu.RLock()
	defer e.mu.RUnlock()
	h := feed.Health{
		Shard: e.Shard, Shards: e.Shards, Posts: int64(e.posts.n), Authors: int64(e.authors.size() - 1),
		Viewers: int64(len(e.people.numbers)), Events: e.events, Bytes: bytes, MaxBytes: e.MaxBytes,
		Fitted: e.fitted, Sources: []feed.Share{}, Calibrate: []feed.Head{},
	}
	if at := e.kept.Load(); at != 0 {
		h.Kept = time.Unix(at, 0).UTC()
	}
	for s, name := range sourceNames {
		h.Sources = append(h.Sources, feed.Share{Source: name, Weight: e.weights[s], Shown: e.shown[s].Load()})
	}
	for a, c := range e.heads.Load().Calibration() {
		n := float64(max(1, c.N))
		h.Calibrate = append(h.Calibrate, feed.Head{Action: actionNames[rank.Action(a)], Expected: c.Expected / n, Seen: float64(c.Observed) / n})
	}
	return h
}
