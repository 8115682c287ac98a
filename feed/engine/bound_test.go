package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

func TestPostsThatWereDroppedStayOutAndItIsSaidSinceWhenAllAreThere(t *testing.T) {
	t.Parallel()
	const most, there = 80, 120
	put := func(e *engine.Engine) {
		for n := range there {
			e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
		}
	}
	e := engine.New(engine.Options{MaxPosts: most})
	put(e)
	if !e.Since().IsZero() || e.Fill() != 1.5 {
		t.Fatalf("before anything was dropped: since %v, filled %v", e.Since(), e.Fill())
	}
	e.Trim()
	var authors []id.User
	for a := range 10 {
		authors = append(authors, id.User(fmt.Sprintf("usr_%d", a)))
	}
	left := e.Following(authors, feed.Place{}, there)
	if len(left) != most*7/8 || e.Fill() > 1 {
		t.Errorf("%d posts are left", len(left))
	}
	if since := e.Since(); !left[len(left)-1].At.Equal(start.Add((there-most*7/8)*time.Minute)) || since.After(left[len(left)-1].At) ||
		!since.After(left[len(left)-1].At.Add(-time.Minute)) {
		t.Errorf("all posts are there since %v, the oldest is of %v", since, left[len(left)-1].At)
	}
	put(e)
	if got := e.Following(authors, feed.Place{}, there); !slices.Equal(got, left) {
		t.Errorf("%d posts after those that were dropped are put again, want %d", len(got), len(left))
	}
	if !e.Put(post(there, "usr_1", start.Add(there*time.Minute))) {
		t.Error("a new post is kept out")
	}
	var b bytes.Buffer
	if _, _, err := e.Snapshot(&b, start); err != nil {
		t.Fatal(err)
	}
	for bound, want := range map[int]time.Time{most: e.Since(), 2 * there: {}} {
		again := engine.New(engine.Options{MaxPosts: bound})
		if _, err := again.Restore(bytes.NewReader(b.Bytes())); err != nil {
			t.Fatal(err)
		}
		if !again.Since().Equal(want) {
			t.Errorf("with room for %d after a restart: since %v, want %v", bound, again.Since(), want)
		}
		put(again)
		if all := len(again.Following(authors, feed.Place{}, 2*there)); (all == there+1) != want.IsZero() {
			t.Errorf("with room for %d after a restart: %d posts", bound, all)
		}
	}
}

func TestALargeTopicIsNotCountedForEveryAnswer(t *testing.T) { // not parallel: it counts allocations
	e := engine.New(engine.Options{})
	for n := range 4000 {
		p := post(n, fmt.Sprintf("usr_%d", n%700), start.Add(time.Duration(n)*time.Second))
		p.Topics = []string{"cats"}
		e.Put(p)
	}
	if posts, people, known := e.TopicPosts("cats"); posts != 4000 || people != 700 || !known {
		t.Errorf("%d posts by %d people, %v", posts, people, known)
	}
	if n := testing.AllocsPerRun(20, func() { e.TopicPosts("cats") }); n > 2 {
		t.Errorf("%.0f allocations for an answer that is known", n)
	}
	for n := range 200 {
		p := post(4000+n, fmt.Sprintf("usr_new%d", n), start.Add(time.Duration(4000+n)*time.Second))
		p.Topics = []string{"cats"}
		e.Put(p)
	}
	if posts, people, _ := e.TopicPosts("cats"); posts != 4200 || people != 900 {
		t.Errorf("%d posts by %d people", posts, people)
	}
}

func TestHealthAndPagesAtTheSameTime(t *testing.T) { // for the race detector
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 60 {
		p := post(n, fmt.Sprintf("usr_%d", n%30), start.Add(time.Duration(n)*time.Second))
		p.Promo, p.OnSale, p.Products = n%2 == 0, true, []id.Product{"prd_1"}
		e.Put(p)
	}
	e.Take(start, engine.Event{ID: "1", Kind: engine.Like, User: "usr_me", Post: "pst_00001", At: start, Consent: true})
	var work sync.WaitGroup
	work.Go(func() {
		for range 50 {
			e.Health()
		}
	})
	for range 50 {
		list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en", N: 50}, Now: start})
		e.Page("usr_me", list, 20, &engine.Walk{}, start)
	}
	work.Wait()
}
