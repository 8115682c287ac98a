package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

// town is people who look at their pages and like some of what they see.
type town struct {
	*engine.Engine
	t      *testing.T
	rng    *rand.Rand
	now    time.Time
	events int
	likes  func(id.Post) float64 // how probably somebody likes a post
}

// visit is one page of somebody's, looked at to its end.
func (w *town) visit(u id.User, size int) []engine.Placed {
	w.now = w.now.Add(time.Second)
	walk := engine.Walk{Seed: w.rng.Uint64()}
	list := w.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: u, Lang: "en", Seed: walk.Seed, N: 3 * size}, Now: w.now, Brief: true})
	page := w.Page(u, list, size, &walk, w.now)
	events := make([]engine.Event, 0, 2*size)
	for _, p := range page {
		events = append(events, w.event(engine.Impression, u, p.Post))
		if w.rng.Float64() < w.likes(p.Post) {
			events = append(events, w.event(engine.Like, u, p.Post))
		}
	}
	w.Take(w.now, events...)
	return page
}

func (w *town) event(k engine.Kind, u id.User, p id.Post) engine.Event {
	w.events++
	return engine.Event{ID: fmt.Sprint("e", w.events), Kind: k, User: u, Post: p, At: w.now, Consent: true}
}

func TestAnEngagingPostOfSomebodyWithoutFollowersReachesTwoHundredPeople(t *testing.T) {
	t.Parallel()
	const people, posts = 260, 80
	w := &town{Engine: engine.New(engine.Options{Seed: 5}), t: t, rng: rand.New(rand.NewPCG(1, 1)), now: start.Add(24 * time.Hour)}
	newcomer := post(9999, "usr_newcomer", start.Add(23*time.Hour))
	w.likes = func(p id.Post) float64 {
		if p == newcomer.ID {
			return .2
		}
		return .04
	}
	for n := range posts {
		w.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
	}
	for v := range people { // everybody follows the others, nobody the newcomer
		u := id.User(fmt.Sprintf("usr_v%d", v))
		follow := w.event(engine.Follow, u, "")
		follow.Author = id.User(fmt.Sprintf("usr_%d", v%10))
		w.Take(w.now, follow)
		w.visit(u, 10)
	}
	w.Put(newcomer)
	met := map[id.User]bool{}
	for range 3 {
		for v := range people {
			u := id.User(fmt.Sprintf("usr_v%d", v))
			for _, p := range w.visit(u, 10) {
				if p.Post == newcomer.ID {
					met[u] = true
				}
			}
		}
	}
	s, ok := w.Stage(newcomer.ID)
	if len(met) < 200 || !ok || s.Guaranteed != 0 || s.Step < 2 {
		t.Errorf("%d people of %d met it, and its stage is %+v", len(met), people, s)
	}
}

func TestPromotionNeverPassesItsCreatorsCap(t *testing.T) {
	t.Parallel()
	const people = 200
	w := &town{Engine: engine.New(engine.Options{Seed: 5}), t: t, rng: rand.New(rand.NewPCG(1, 1)), now: start.Add(24 * time.Hour)}
	promoted := map[id.Post]bool{}
	w.likes = func(p id.Post) float64 {
		if promoted[p] {
			return .6
		}
		return .02
	}
	for n := range 60 {
		p := post(n, fmt.Sprintf("usr_%d", n%4), start.Add(time.Duration(n)*time.Minute))
		if n%4 == 0 { // all of usr_0
			p.Promo, p.OnSale, promoted[p.ID] = true, true, true
		}
		w.Put(p)
	}
	shown := 0
	for range 4 {
		for v := range people {
			for _, p := range w.visit(id.User(fmt.Sprintf("usr_v%d", v)), 12) {
				if p.Promo {
					shown++
				}
			}
			b := w.Balance("usr_0", w.now.Unix())
			if float64(b.Promoted) > max(float64(b.Free), b.Cap*float64(b.Impressions)) {
				t.Fatalf("over the cap: %+v", b)
			}
		}
		w.now = w.now.Add(24 * time.Hour)
	}
	b := w.Balance("usr_0", w.now.Unix())
	if b.Promoted != b.Free || int64(shown) != b.Promoted || !b.Over {
		t.Errorf("%d shown, the cap was not reached: %+v", shown, b)
	}
}

func TestAPageMadeAgainClaimsNothingTwice(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 30 {
		p := post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute))
		p.Promo, p.OnSale = n%10 == 0, true
		e.Put(p)
	}
	now := start.Add(time.Hour)
	list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en", N: 30}, Now: now})
	for range 8 { // more often than a viewer may be shown promotions of one creator
		var walk engine.Walk
		promos := 0
		for _, p := range e.Page("usr_me", list, 20, &walk, now) {
			if p.Promo {
				promos++
			}
		}
		if promos == 0 {
			t.Fatal("what was claimed was not given back")
		}
	}
	for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_you", Lang: "en", N: 30}, Now: now}) {
		if b := e.Balance(c.Author, now.Unix()); c.Promo && c.Left < b.Free-3 {
			t.Errorf("%d left of %d", c.Left, b.Free)
		}
	}
}
