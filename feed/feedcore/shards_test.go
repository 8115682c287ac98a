package feedcore_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/feed/feedcore"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// mute is a feed process that does not answer.
type mute struct{ feed.Parts }

var errMute = errors.New("no answer")

func (mute) Candidates(context.Context, feed.CandidateAsk) (feed.CandidateList, error) {
	return feed.CandidateList{}, errMute
}

func (mute) FollowingShard(context.Context, feed.FollowingShard) (feed.PlaceList, error) {
	return feed.PlaceList{}, errMute
}

// pair are two processes that keep half of the posts each.
func (tn *town) pair(t *testing.T) [2]*feedcore.Core {
	t.Helper()
	var cores [2]*feedcore.Core
	parts := make([]feed.Parts, 2)
	for i := range cores {
		deps := tn.deps
		deps.Shard, deps.Shards, deps.Peers = i, 2, parts
		cores[i] = must(feedcore.New(t.Context(), deps))(t)
		parts[i] = cores[i]
	}
	for _, c := range cores {
		run(t, c)
	}
	return cores
}

// followingAll is a whole list of whom somebody follows.
func followingAll(t *testing.T, c *feedcore.Core, fan actor.Actor, order string) []id.Post {
	t.Helper()
	out := []id.Post{}
	for ask := (page.Ask{Limit: 3}); ; {
		p := must(c.Following(actor.With(t.Context(), fan), feed.AskFollowing{Ask: ask, Order: order}))(t)
		for _, k := range p.Items {
			out = append(out, k.ID)
		}
		if ask.After = p.Next; ask.After == "" {
			return out
		}
		if len(out) > 100 {
			t.Fatal("the list does not end")
		}
	}
}

func TestTwoProcessesAnswerAsOne(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	cores := tn.pair(t)
	tn.feed = cores[0]
	s, fan := tn.shop(), tn.AddUser("Fan")
	ctx := actor.With(t.Context(), fan)
	var authors []actor.Actor
	kept := map[int]int{} // shard → authors
	for kept[0] < 2 || kept[1] < 2 {
		a := tn.AddUser("Author", actor.Creator)
		shard := engine.ShardOf(a.User, 2)
		if kept[shard]++; kept[shard] <= 2 {
			authors = append(authors, a)
		}
	}
	var want []id.Post
	for range 3 {
		for _, a := range authors {
			tn.clock.Advance(1e9)
			want = append(want, s.Publish(t, a, "post").ID)
		}
	}
	slices.Reverse(want) // the latest first
	for _, a := range authors {
		must(tn.creator.Follow(ctx, creator.ByUser{ID: a.User}))(t)
	}
	for _, c := range cores {
		waitFor(t, func() bool {
			got, err := c.Topic(t.Context(), feed.AskTopic{Name: "skincare"})
			return err == nil && got.Posts == int64(len(want)) && got.People == int64(len(authors))
		})
	}
	for i, c := range cores {
		if d := cmp.Diff(want, followingAll(t, c, fan, "")); d != "" {
			t.Errorf("process %d, following: %s", i, d)
		}
		ranked := followingAll(t, c, fan, "ranked")
		slices.SortFunc(ranked, func(a, b id.Post) int { return slices.Index(want, a) - slices.Index(want, b) })
		if d := cmp.Diff(want, ranked); d != "" {
			t.Errorf("process %d, ranked: %s", i, d)
		}
		chosen := must(c.ForYou(ctx, feed.AskForYou{Ask: page.Ask{Limit: 50}}))(t)
		if len(chosen.Items) != len(want) {
			t.Errorf("process %d chooses %d posts of %d", i, len(chosen.Items), len(want))
		}
		for _, a := range authors {
			rows := must(c.Pools(actor.With(t.Context(), a), feed.AskPools{}))(t).Items
			balance := must(c.Balance(actor.With(t.Context(), a), feed.OfAccount{}))(t)
			if len(rows) != 3 || rows[0].Stage.To == 0 || balance.Posts != 3 {
				t.Errorf("process %d: an author sees %+v and %+v", i, rows, balance)
			}
		}
		if why := must(c.Why(ctx, feed.AskWhy{ID: want[i]}))(t); why.Score == 0 || len(why.Terms) == 0 {
			t.Errorf("process %d: %+v", i, why)
		}
	}
	must(tn.creator.Like(ctx, creator.ByPost{ID: want[0]}))(t)
	remembers := func(c *feedcore.Core) bool { return len(must(c.History(ctx, page.Ask{}))(t).Items) > 0 }
	waitFor(t, func() bool { return remembers(cores[0]) && remembers(cores[1]) })
	must(cores[0].EraseHistory(ctx, feed.Empty{}))(t)
	waitFor(t, func() bool { return !remembers(cores[0]) && !remembers(cores[1]) })
}

func TestAProcessThatDoesNotAnswerIsLeftOut(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	deps := tn.deps
	deps.Shards, deps.Peers = 2, []feed.Parts{nil, mute{}}
	tn.feed = must(feedcore.New(t.Context(), deps))(t)
	run(t, tn.feed)
	s, fan := tn.shop(), tn.AddUser("Fan")
	ctx := actor.With(t.Context(), fan)
	var here []id.Post
	for kept := map[int]bool{}; !kept[0] || !kept[1]; {
		a := tn.AddUser("Author", actor.Creator)
		p := s.Publish(t, a, "post")
		must(tn.creator.Follow(ctx, creator.ByUser{ID: a.User}))(t)
		shard := engine.ShardOf(a.User, 2)
		if kept[shard] = true; shard == 0 {
			here = append(here, p.ID)
		}
	}
	waitFor(t, func() bool {
		got := must(tn.feed.ForYou(ctx, feed.AskForYou{}))(t).Items
		return len(got) == len(here)
	})
	all := must(tn.creator.AllPosts(actor.AsSystem(t.Context(), "test"), page.Ask{}))(t).Items
	waitFor(t, func() bool { return len(followingAll(t, tn.feed, fan, "")) == len(all) }) // out of the records
}
