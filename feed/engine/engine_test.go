package engine_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func post(n int, author string, at time.Time) engine.Post {
	return engine.Post{
		ID: id.Post(fmt.Sprintf("pst_%05d", n)), Author: id.User(author), At: at, Rev: 1, Kind: "pictures",
		Lang: "en", Topics: []string{fmt.Sprintf("t%d", n%7)}, Open: true,
	}
}

func TestFollowingIsNewestFirstAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 100 {
		e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n*37%100)*time.Minute)))
	}
	authors := []id.User{"usr_1", "usr_2", "usr_3", "usr_none", "usr_2"}
	all := e.Following(authors, feed.Place{}, 100)
	if len(all) != 30 {
		t.Fatalf("got %d posts, want 30", len(all))
	}
	var walked []feed.Place
	for before := (feed.Place{}); ; {
		part := e.Following(authors, before, 7)
		walked = append(walked, part...)
		if len(part) < 7 {
			break
		}
		before = part[len(part)-1]
	}
	if fmt.Sprint(walked) != fmt.Sprint(all) {
		t.Errorf("in parts %v, at once %v", walked, all)
	}
	for i := 1; i < len(all); i++ {
		if all[i].At.After(all[i-1].At) {
			t.Errorf("%v after %v", all[i], all[i-1])
		}
	}
}

func TestScoresAreTheSumOfTheirTerms(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 200 {
		e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
	}
	ask := engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en", N: 50}, Now: start.Add(5 * time.Hour)}
	list := e.Candidates(ask)
	if len(list) != 50 {
		t.Fatalf("got %d candidates, want 50", len(list))
	}
	for _, c := range list {
		sum := 0.
		for _, term := range c.Terms {
			sum += term.Value
		}
		if math.Abs(sum-c.Score) > 1e-4 || len(c.Hints) == 0 {
			t.Errorf("%s scores %f, its terms %f, hints %v", c.Post, c.Score, sum, c.Hints)
		}
	}
	var walk engine.Walk
	page := e.Page("usr_me", list, 20, &walk, ask.Now)
	if len(page) != 20 || len(walk.Shown) != 20 {
		t.Errorf("a page of %d, %d shown", len(page), len(walk.Shown))
	}
	back, err := engine.DecodeWalk(walk.Encode())
	if err != nil || back.Encode() != walk.Encode() {
		t.Errorf("a walk changed on its way: %v", err)
	}
}
