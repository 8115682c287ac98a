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

func TestWhySaysWhatTheOrderOfThePageDid(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	for n := range 60 {
		e.Put(post(n, fmt.Sprintf("usr_%d", n%3), start.Add(time.Duration(n)*time.Minute)))
	}
	ask := engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en", N: 60}, Now: start.Add(2 * time.Hour)}
	kinds := map[string]bool{}
	for _, p := range e.Page("usr_me", e.Candidates(ask), 20, new(engine.Walk), ask.Now) {
		for _, user := range []id.User{"usr_me", "usr_you"} {
			ask.User = user
			why, ok := e.Why(ask, p.Post)
			sum, adjusted := 0., 0.
			for _, v := range why.Terms {
				sum += v.Value
			}
			for _, a := range why.Adjustments {
				adjusted += a.Value
				kinds[a.Kind] = true
			}
			want := 0.
			for _, a := range p.Adjustments {
				want += a.Value
			}
			if user == "usr_you" {
				want = 0
			}
			if !ok || math.Abs(sum+adjusted-why.Score) > 1e-4 || math.Abs(adjusted-want) > 1e-4 {
				t.Errorf("%s for %s: score %f, terms %f, adjustments %f, want %f", p.Post, user, why.Score, sum, adjusted, want)
			}
		}
	}
	if !kinds["author"] || !kinds["topic"] || !kinds["kind"] {
		t.Errorf("the page was ordered by %v", kinds)
	}
}
