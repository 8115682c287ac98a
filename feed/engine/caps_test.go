package engine_test

import (
	"fmt"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

// promoting has 12 promotions of usr_0 among 108 other posts.
func promoting(o engine.Options) *engine.Engine {
	e := engine.New(o)
	for n := range 120 {
		p := post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute))
		p.Promo = n%10 == 0
		e.Put(p)
	}
	return e
}

// pageOf is the next page of somebody's walk, seen or not.
func pageOf(e *engine.Engine, user, asked id.User, w *engine.Walk, now time.Time) []engine.Placed {
	list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: asked, Lang: "en", Shown: w.Shown, N: 120}, Now: now, Brief: true})
	return e.Page(user, list, 10, w, now)
}

func promosOf(page []engine.Placed) (posts []id.Post) {
	for _, p := range page {
		if p.Promo {
			posts = append(posts, p.Post)
		}
	}
	return posts
}

func TestNobodyUsesUpACreatorsPromotionsWithoutPages(t *testing.T) {
	t.Parallel()
	e := promoting(engine.Options{})
	for n := range 3000 { // with a new name each time
		e.Take(start, engine.Event{Kind: engine.Impression, Post: "pst_00000", Visitor: fmt.Sprint(n), At: start})
	}
	e.Take(start, engine.Event{Kind: engine.Impression, Post: "pst_00001", Visitor: "me", At: start})
	if b := e.Balance("usr_0", start.Unix()); b.Promoted != 0 || b.Over {
		t.Errorf("without a page: %+v", b)
	}
	if b := e.Balance("usr_1", start.Unix()); b.Impressions != 1 {
		t.Errorf("a visitor does not count: %+v", b)
	}
	now := start.Add(3 * time.Hour)
	var walk engine.Walk
	var shown []id.Post
	for range 4 {
		shown = append(shown, promosOf(pageOf(e, "", "", &walk, now))...)
	}
	for _, p := range shown {
		for range 5 {
			e.Take(now, engine.Event{Kind: engine.Impression, Post: p, Visitor: "me", At: now})
		}
	}
	if b := e.Balance("usr_0", now.Unix()); len(shown) == 0 || b.Promoted != int64(len(shown)) {
		t.Errorf("a page with %d promotions, seen: %+v", len(shown), b)
	}
}

func TestFirstShowingsAndEngagementAreCountedByPerson(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	p := post(1, "usr_a", start)
	e.Put(p)
	do := func(k engine.Kind, user id.User, visitor string, consent, off bool) {
		e.Take(start, engine.Event{Kind: k, Off: off, User: user, Visitor: visitor, Post: p.ID, Millis: 9000, Percent: 99, At: start, Consent: consent})
	}
	for n := range 150 {
		do(engine.Like, "usr_me", "", true, n%2 == 1)
		do(engine.Like, "usr_off", "", false, n%2 == 1)
		do(engine.Impression, "usr_me", "", true, false)
		do(engine.Impression, "usr_off", "", false, false)
		do(engine.Impression, "", "visitor", false, false)
		do(engine.Dwell, "", "visitor", false, false)
		do(engine.Dwell, "", "", false, false)
	}
	s, _ := e.Stage(p.ID)
	if s.Guaranteed != 197 || s.Impressions != 450 || s.Engaged != 2 {
		t.Errorf("three people, two of whom engaged: %+v", s)
	}
	for _, d := range e.History("usr_me") {
		if d.Kind != "like" {
			t.Errorf("the history shows %+v", d)
		}
	}
}

func TestWhoIsNotKnownHasTheSameCaps(t *testing.T) {
	t.Parallel()
	for _, user := range []id.User{"", "usr_off"} {
		e := promoting(engine.Options{})
		if user != "" {
			e.SetPreferences(user, feed.Preferences{Personal: false}, start)
		}
		promos := map[id.Post]bool{}
		var walk engine.Walk
		now := start.Add(3 * time.Hour)
		for range 11 {
			page := pageOf(e, user, "", &walk, now)
			for _, p := range page {
				if p.Promo {
					promos[p.Post] = true
				}
				e.Take(now, engine.Event{Kind: engine.Impression, User: user, Post: p.Post, At: now, Consent: user != ""})
			}
			walk = again(t, walk)
			if user != "" {
				walk = engine.Walk{Shown: walk.Shown} // another one
			}
			now = now.Add(12 * time.Minute) // what was claimed and not seen is over
		}
		if len(promos) != 3 {
			t.Errorf("%q was shown %d promotions of one creator, want 3", user, len(promos))
		}
		if b := e.Balance("usr_0", now.Unix()); b.Promoted != 3 {
			t.Errorf("%q: %+v", user, b)
		}
	}
}

func TestCapsHoldWhereverThePageIsMadeAndAfterAKill(t *testing.T) {
	t.Parallel()
	one, other := promoting(engine.Options{}), promoting(engine.Options{})
	now := start.Add(3 * time.Hour)
	var told []engine.Event
	var walk engine.Walk
	for range 4 {
		for _, p := range pageOf(one, "usr_me", "usr_me", &walk, now) {
			told = append(told, engine.Event{Kind: engine.Impression, User: "usr_me", Post: p.Post, At: now, Consent: true})
		}
	}
	one.Take(now, told...)
	other.Take(now, told...) // which is also how one that was killed comes back
	now = now.Add(20 * time.Minute)
	for name, e := range map[string]*engine.Engine{"one": one, "other": other} {
		if promos := promosOf(pageOf(e, "usr_me", "usr_me", new(engine.Walk), now)); len(promos) > 0 {
			t.Errorf("%s: %v beyond the day's 3", name, promos)
		}
		if promos := promosOf(pageOf(e, "usr_you", "usr_you", new(engine.Walk), now)); len(promos) == 0 {
			t.Errorf("%s: none for anybody else", name)
		}
	}
}

func TestWhatAPageDoesNotShowIsGivenBack(t *testing.T) {
	t.Parallel()
	e, now := promoting(engine.Options{}), start.Add(3*time.Hour)
	left := func() int64 {
		for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{Lang: "en", N: 120}, Now: now, Brief: true}) {
			if c.Promo {
				return c.Left
			}
		}
		return -1
	}
	for range 5 { // more than a day's
		var walk engine.Walk
		page := pageOf(e, "usr_me", "usr_me", &walk, now)
		if n := len(promosOf(page)); n == 0 || left() != 500-int64(n) {
			t.Fatalf("%d promotions, and %d left", n, left())
		}
		e.Release(page...)
		if left() != 500 {
			t.Fatalf("%d left when the page was given back", left())
		}
	}
	first, second := pageOf(e, "usr_me", "usr_me", new(engine.Walk), now), pageOf(e, "usr_me", "usr_me", new(engine.Walk), now)
	e.Release(second...) // which the first one still shows
	if left() != 500-int64(len(promosOf(first))) {
		t.Errorf("%d left, of a page with %d", left(), len(promosOf(first)))
	}
}
