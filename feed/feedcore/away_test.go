package feedcore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/feed/feedcore"
	"meadow/services/kernel/actor"
)

// hung is a feed process that takes questions and never answers.
type hung struct {
	feed.Parts
	asked *atomic.Int64
}

func (h hung) Candidates(ctx context.Context, _ feed.CandidateAsk) (feed.CandidateList, error) {
	h.asked.Add(1)
	<-ctx.Done()
	return feed.CandidateList{}, ctx.Err()
}

func (h hung) BalanceShard(ctx context.Context, _ feed.BalanceShard) (feed.Balance, error) {
	h.asked.Add(1)
	<-ctx.Done()
	return feed.Balance{}, ctx.Err()
}

func TestAProcessThatHangsIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	tn := build(t)
	other := hung{asked: new(atomic.Int64)}
	tn.deps.Shards, tn.deps.Peers = 2, []feed.Parts{nil, other}
	c := must(feedcore.New(t.Context(), tn.deps))(t)
	fan := actor.With(t.Context(), tn.AddUser("Fan"))
	author := tn.AddUser("Author", actor.Creator)
	for engine.ShardOf(author.User, 2) == 0 {
		author = tn.AddUser("Author", actor.Creator)
	}
	for range 10 {
		must(c.ForYou(fan, feed.AskForYou{}))(t)
		if _, err := c.Balance(actor.With(t.Context(), author), feed.OfAccount{}); err == nil {
			t.Error("who does not answer knows a balance")
		}
	}
	if n := other.asked.Load(); n != 1 {
		t.Errorf("it was waited for %d times, want once", n)
	}
	tn.clock.Advance(time.Minute)
	for range 10 {
		must(c.ForYou(fan, feed.AskForYou{}))(t)
	}
	if n := other.asked.Load(); n != 2 {
		t.Errorf("a minute later it had been asked %d times, want once more", n)
	}
}
