package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

// reader is somebody whose pages are checked.
type reader struct {
	user   id.User
	had    map[id.Post]bool
	silent map[id.User]bool
	muted  string
	day    int
	promos map[id.User]int // today
}

func TestTenThousandPagesBreachNoRule(t *testing.T) {
	t.Parallel()
	const posts, walks = 96, 5
	pages := 10_000
	if racing { // which makes all of it ten times as slow
		pages = 400
	}
	rng := rand.New(rand.NewPCG(3, 9))
	all := map[id.Post]engine.Post{}
	fresh := func() *engine.Engine {
		e := engine.New(engine.Options{Seed: 1})
		for n := range posts {
			p := post(n, fmt.Sprintf("usr_%d", n%23), start.Add(time.Duration(n)*time.Minute))
			p.Promo, p.OnSale = n%3 == 0, n%12 != 0
			p.Products = []id.Product{"prd_1"}
			e.Put(p)
			all[p.ID] = p
		}
		return e
	}
	e, now := fresh(), start.Add(posts*time.Minute)
	promoted, placed := 0, 0
	for n := 0; n < pages; {
		if n%500 == 0 {
			e = fresh()
		}
		r := &reader{user: id.User(fmt.Sprint("usr_r", n)), had: map[id.Post]bool{}, silent: map[id.User]bool{}, promos: map[id.User]int{}}
		r.decide(e, rng, now)
		walk := engine.Walk{Seed: rng.Uint64()}
		var trail []engine.Placed
		for range walks {
			now = now.Add(time.Duration(rng.IntN(120)) * time.Second)
			ask := engine.Ask{CandidateAsk: feed.CandidateAsk{User: r.user, Lang: "en", Shown: walk.Shown, Seed: walk.Seed, N: 40}, Now: now, Brief: true}
			if n%4 == 0 {
				ask.Topic = fmt.Sprint("t", n%7)
			}
			page := e.Page(r.user, e.Candidates(ask), 4+rng.IntN(9), &walk, now)
			n++
			for _, p := range page {
				r.check(t, all[p.Post], p, ask.Topic, now)
				placed++
			}
			trail = append(trail, page...)
			if t.Failed() {
				return
			}
			r.see(e, rng, page, now)
			walk = again(t, walk)
		}
		promoted += gaps(t, trail)
	}
	if promoted < pages/20 || placed < 5*pages {
		t.Errorf("%d of %d places were promotions: too few to say", promoted, placed)
	}
}

func again(t *testing.T, w engine.Walk) engine.Walk {
	t.Helper()
	back, err := engine.DecodeWalk(w.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// decide blocks, mutes and hides.
func (r *reader) decide(e *engine.Engine, rng *rand.Rand, now time.Time) {
	for range rng.IntN(4) {
		a := id.User(fmt.Sprint("usr_", rng.IntN(23)))
		kind := []engine.Kind{engine.Block, engine.Mute}[rng.IntN(2)]
		e.Take(now, engine.Event{Kind: kind, User: r.user, Author: a, At: now})
		r.silent[a] = true
	}
	r.muted = fmt.Sprint("t", rng.IntN(7))
	e.SetPreferences(r.user, feed.Preferences{Personal: rng.IntN(5) > 0, Muted: []string{r.muted}}, now)
	for range rng.IntN(5) {
		p := id.Post(fmt.Sprintf("pst_%05d", rng.IntN(96)))
		e.Take(now, engine.Event{Kind: engine.Hide, User: r.user, Post: p, At: now})
		r.had[p] = true
	}
}

// see tells of some of a page; the rest is known by the walk alone.
func (r *reader) see(e *engine.Engine, rng *rand.Rand, page []engine.Placed, now time.Time) {
	events := make([]engine.Event, 0, len(page))
	for _, p := range page {
		r.had[p.Post] = true
		if rng.IntN(2) == 0 {
			events = append(events, engine.Event{Kind: engine.Impression, User: r.user, Post: p.Post, At: now, Consent: true})
		}
	}
	e.Take(now, events...)
}

func (r *reader) check(t *testing.T, p engine.Post, at engine.Placed, topic string, now time.Time) {
	t.Helper()
	if day := int(now.Unix() / 86400); day != r.day {
		r.day, r.promos = day, map[id.User]int{}
	}
	if p.Promo {
		r.promos[p.Author]++
	}
	total := 0
	for _, n := range r.promos {
		total += n
	}
	switch {
	case r.had[p.ID]:
		t.Errorf("%s was shown before, or hidden", p.ID)
	case r.silent[p.Author]:
		t.Errorf("%s is by %s, who is silenced", p.ID, p.Author)
	case slices.Contains(p.Topics, r.muted):
		t.Errorf("%s is about %s, which is muted", p.ID, r.muted)
	case topic != "" && !slices.Contains(p.Topics, topic):
		t.Errorf("%s is not about %s", p.ID, topic)
	case p.Promo && !p.OnSale:
		t.Errorf("%s promotes what cannot be bought", p.ID)
	case r.promos[p.Author] > 3 || total > 20:
		t.Errorf("%s is promotion %d of %s today, %d of all", p.ID, r.promos[p.Author], p.Author, total)
	}
	r.had[p.ID] = true
	sum := at.Candidate.Score
	for _, a := range at.Adjustments {
		sum += a.Value
	}
	if d := sum - at.Score; d > 1e-4 || d < -1e-4 {
		t.Errorf("%s: score %f, sum %f", p.ID, at.Score, sum)
	}
}

// gaps checks a whole walk: at most 2 promotions in any 10 places, and 3 others
// between two.
func gaps(t *testing.T, trail []engine.Placed) int {
	t.Helper()
	var at []int
	for i, p := range trail {
		if p.Promo {
			at = append(at, i)
		}
	}
	for i := range at {
		if i > 0 && at[i]-at[i-1] <= 3 {
			t.Errorf("promotions at %d and %d", at[i-1], at[i])
		}
		if i > 1 && at[i]-at[i-2] < 10 {
			t.Errorf("three promotions from %d to %d", at[i-2], at[i])
		}
	}
	return len(at)
}
