package feedcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// errAway answers for a part of the feed that does not answer.
var errAway = errs.New(errs.Unavailable, "feed_part_away", "A part of the feed does not answer. Please try again in a moment.")

// awayFor is how long a process that let others wait in vain is not asked again.
const awayFor = 5 * time.Second

// away remembers which processes do not answer, so that not every request waits
// for them.
type away struct {
	mu    sync.Mutex // guards until
	until map[int]time.Time
}

// is reports whether a process is not to be asked. Once its time is over, one
// request asks it, and the others go on without it until that has an answer.
func (a *away) is(shard int, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, missed := a.until[shard]
	if missed && !now.Before(until) {
		a.until[shard] = now.Add(2 * peerWait)
	}
	return missed && now.Before(until)
}

func (a *away) answered(shard int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.until, shard)
}

func (a *away) missed(shard int, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = map[int]time.Time{}
	}
	a.until[shard] = now.Add(awayFor)
}

// askPart asks one process, which is given peerWait to answer if it is not this
// one.
func askPart[T any](ctx context.Context, c *Core, shard int, question func(ctx context.Context, p feed.Parts) (T, error)) (T, error) {
	ctx = asFeed(ctx)
	if shard == c.Shard || c.shards() == 1 {
		return question(ctx, c)
	}
	if c.away.is(shard, c.Now()) {
		var none T
		return none, errAway
	}
	within, cancel := context.WithTimeoutCause(ctx, peerWait, errAway)
	defer cancel()
	out, err := question(within, c.part(shard))
	switch {
	case err == nil || within.Err() == nil: // also to refuse is to answer
		c.away.answered(shard)
	case ctx.Err() == nil && errors.Is(context.Cause(within), errAway):
		c.away.missed(shard, c.Now())
		err = errAway.Because(fmt.Errorf("shard %d: %w", shard, err))
	}
	return out, err
}

// askFor asks the process that keeps an author's posts.
func askFor[T any](ctx context.Context, c *Core, author id.User, question func(ctx context.Context, p feed.Parts) (T, error)) (T, error) {
	return askPart(ctx, c, engine.ShardOf(author, c.shards()), question)
}
