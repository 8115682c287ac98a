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

// A post that the model dislikes, in a language and of a topic that nobody
// leans to, has its guarantee all the same.
func TestEveryPostHasItsFirstShowingsWhateverItsScore(t *testing.T) {
	t.Parallel()
	posts, people, others := 12, 1000, 150
	if racing {
		posts, people, others = 3, 260, 60
	}
	w := &town{Engine: engine.New(engine.Options{Seed: 5}), t: t, rng: rand.New(rand.NewPCG(1, 1)), now: start.Add(24 * time.Hour)}
	w.likes = func(id.Post) float64 { return 0 }
	var all []id.Post
	for n := range posts {
		p := post(n, fmt.Sprint("usr_", n), start.Add(time.Duration(n)*time.Minute))
		p.Topics = []string{"liked"}
		if n == 0 {
			p.Lang, p.Topics = "zh", []string{"disliked"}
		}
		w.Put(p)
		all = append(all, p.ID)
	}
	for n := range others { // well known, so that nothing else has to fill pages
		p := post(1000+n, fmt.Sprint("usr_o", n%60), start.Add(-time.Duration(n)*time.Hour))
		p.Topics = []string{"liked"}
		w.Put(p)
		for v := range 200 {
			w.Take(w.now, engine.Event{Kind: engine.Impression, User: id.User(fmt.Sprint("usr_x", v)), Post: p.ID, At: w.now, Consent: true})
		}
	}
	for v := range people {
		u := id.User(fmt.Sprint("usr_v", v))
		w.SetPreferences(u, feed.Preferences{Personal: true, Topics: []string{"liked"}}, w.now)
		w.visit(u, 8)
	}
	for v := range people {
		u := id.User(fmt.Sprint("usr_v", v))
		w.visit(u, 8)
	}
	for _, p := range all {
		if s, ok := w.Stage(p); !ok || s.Guaranteed != 0 {
			t.Errorf("%s: %+v", p, s)
		}
	}
}

func TestAGoodNewPostIsNotHeldToThePlacesForTrials(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 30 {
		e.Put(post(n, fmt.Sprint("usr_", n), start.Add(time.Duration(n)*time.Minute)))
	}
	now := start.Add(time.Hour)
	list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en", N: 30}, Now: now})
	var walk engine.Walk
	page := e.Page("usr_me", list, 20, &walk, now)
	if len(page) != 20 {
		t.Fatalf("a page of %d", len(page))
	}
	lifted := 0
	for i, p := range page {
		if p.Turn <= 0 {
			continue
		}
		if p.Explore {
			lifted++
			if i < 3 {
				t.Errorf("a trial has place %d", i)
			}
		}
	}
	if lifted > 2 {
		t.Errorf("%d trials were lifted", lifted)
	}
}

func TestTurnsOfGuaranteesComeBeforeThoseThatWereDrawn(t *testing.T) {
	t.Parallel()
	w := &town{Engine: engine.New(engine.Options{Seed: 5}), t: t, rng: rand.New(rand.NewPCG(1, 1)), now: start}
	for n := range 20 {
		p := post(n, fmt.Sprint("usr_", n), start)
		w.Put(p)
		for v := range 200 {
			if n >= 4 {
				w.Take(start, w.event(engine.Impression, id.User(fmt.Sprint("usr_v", v)), p.ID))
			}
		}
	}
	list := w.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{Lang: "en", N: 20}, Now: start, Brief: true})
	owed := 0
	for _, c := range list {
		s, _ := w.Stage(c.Post)
		if s.Guaranteed > 0 {
			owed++
		}
		if s.Guaranteed > 0 && c.Turn <= 1 || s.Guaranteed == 0 && c.Turn > 1 {
			t.Errorf("%s with %d showings to come has turn %f", c.Post, s.Guaranteed, c.Turn)
		}
	}
	if owed != 4 {
		t.Errorf("%d of 4 that wait for their showings are candidates", owed)
	}
}

func TestWhatMayNotBeShownDoesNotHoldUpTheGuarantee(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 2000 {
		p := post(n, fmt.Sprint("usr_", n), start)
		p.Promo, p.Products = true, []id.Product{"prd_1"} // of which nothing is on sale
		e.Put(p)
	}
	for n := range 30 {
		e.Put(post(5000+n, fmt.Sprint("usr_n", n), start.Add(time.Minute)))
	}
	turns := func(user id.User) (n int) {
		for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: user, Lang: "en", N: 100}, Now: start.Add(time.Hour), Brief: true}) {
			if c.Turn > 0 {
				n++
			}
		}
		return n
	}
	if got := turns("usr_me"); got != 24 {
		t.Errorf("%d of 30 new posts have a turn, want 24", got)
	}
	partner := post(9000, "usr_partner", start.Add(2*time.Minute))
	partner.Promo = true // paid for, and nothing of it for sale
	e.Put(partner)
	e.OnSale("pst_00000", true)
	found := map[id.Post]bool{}
	for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{Lang: "en", N: 100}, Now: start.Add(time.Hour), Brief: true}) {
		found[c.Post] = true
	}
	if !found[partner.ID] || !found["pst_00000"] || found["pst_00001"] {
		t.Errorf("a paid partnership is there: %t; what is on sale again: %t; what is not: %t",
			found[partner.ID], found["pst_00000"], found["pst_00001"])
	}
}

func TestClosingAPostAndOpeningItBeginsNoSecondTrial(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	p := post(1, "usr_a", start)
	e.Put(p)
	for v := range 150 {
		e.Take(start, engine.Event{Kind: engine.Impression, User: id.User(fmt.Sprint("usr_v", v)), Post: p.ID, At: start, Consent: true})
	}
	for range 3 {
		p.Rev++
		p.Open = false
		e.Put(p)
		if list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{N: 5}, Now: start}); len(list) != 0 {
			t.Fatalf("a closed post is shown: %v", list)
		}
		p.Rev++
		e.Remove(p.ID, p.Author, p.Rev)
		p.Rev++
		p.Open = true
		e.Put(p)
	}
	if s, ok := e.Stage(p.ID); !ok || s.Impressions != 150 || s.Guaranteed != 50 {
		t.Errorf("after 150 of 200 showings: %+v", s)
	}
	if list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{N: 5}, Now: start}); len(list) != 1 || list[0].Turn <= 1 {
		t.Errorf("open again: %+v", list)
	}
}
