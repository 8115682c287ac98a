package feedcore

import (
	"context"
	"errors"
	"sync"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/actor"
	"meadow/services/platform/rpc"
)

// internal is rpc.ErrNoRoute for who is no part of the shop.
func internal(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return rpc.ErrNoRoute
	}
	return nil
}

// part is the process that keeps a shard; it may be this one.
func (c *Core) part(shard int) feed.Parts {
	if shard == c.Shard || shard >= len(c.Peers) {
		return c
	}
	return c.Peers[shard]
}

func (c *Core) shards() int { return max(1, c.Shards) }

// peerWait is how long an answer waits for other processes: long for a process
// that works, short for a person.
const peerWait = 400 * time.Millisecond

// answer is what one process said.
type answer[T any] struct {
	value T
	err   error
}

// askAll asks all processes at the same time. Who does not answer in time, or
// not well, has an error and is logged.
func askAll[T any](ctx context.Context, c *Core, what string, question func(ctx context.Context, shard int, p feed.Parts) (T, error)) []answer[T] {
	out := make([]answer[T], c.shards())
	one := func(ctx context.Context, shard int) {
		a := &out[shard]
		a.value, a.err = askPart(ctx, c, shard, func(ctx context.Context, p feed.Parts) (T, error) { return question(ctx, shard, p) })
		said := errors.Is(a.err, errAway) && errors.Unwrap(a.err) == nil // when it missed its time
		if a.err != nil && !said {
			c.Log.WarnContext(ctx, "a part of the feed is left out", "what", what, "shard", shard, "err", a.err)
		}
	}
	if len(out) == 1 {
		one(ctx, 0)
		return out
	}
	var work sync.WaitGroup
	for shard := range out {
		if shard != c.Shard {
			work.Go(func() { one(ctx, shard) })
		}
	}
	one(ctx, c.Shard)
	work.Wait()
	return out
}

// failure is why nobody answered, or nil if somebody did.
func failure[T any](all []answer[T]) error {
	for _, a := range all {
		if a.err == nil {
			return nil
		}
	}
	return all[0].err
}

// Candidates returns what this process would show of the posts it keeps.
func (c *Core) Candidates(ctx context.Context, in feed.CandidateAsk) (feed.CandidateList, error) {
	if err := internal(ctx); err != nil {
		return feed.CandidateList{}, err
	}
	if len(in.Only) > 0 {
		return feed.CandidateList{Items: some(c.engine.Rank(c.engineAsk(in), in.Only))}, nil
	}
	return feed.CandidateList{Items: some(c.engine.Candidates(c.engineAsk(in)))}, nil
}

func (c *Core) engineAsk(in feed.CandidateAsk) engine.Ask {
	return engine.Ask{
		CandidateAsk: in, Now: c.Now(), Following: in.Following, Hidden: in.Hidden,
		Chosen: in.Chosen, Muted: in.Muted, HideAI: in.HideAI, Brief: true,
	}
}

// FollowingShard returns the newest posts by those authors that this process keeps.
func (c *Core) FollowingShard(ctx context.Context, in feed.FollowingShard) (feed.PlaceList, error) {
	if err := internal(ctx); err != nil {
		return feed.PlaceList{}, err
	}
	if !c.whole.Load() {
		return feed.PlaceList{Items: []feed.Place{}, Since: farFuture}, nil
	}
	items := c.engine.Following(in.Authors, in.Before, in.N)
	return feed.PlaceList{Items: items, Since: c.engine.Since()}, nil
}

// farFuture is the Since of a process that knows nothing yet.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
