// Package talkcore implements talk.Service.
//
// A comment is one document, and so is each person's like of it. How many like
// and answer it is counted in the comment, how many are shown under a post in
// the post's thread, exactly once, by the protocol of gather.go. The thread
// counts each comment with its shown replies, so that a comment that is hidden
// or removed takes them with it.
//
// The hot order is by weight, which is 1 + likes + 2·replies, halved for every
// 24 hours of age: a comment stands level with one a day younger that has half
// its weight. Comparing weight·2^(−age/24h) of two comments gives the same at
// any instant, because time takes from both alike; so the logarithm,
// log2(weight)·24h + the instant it was said, is a fixed key (heat.go), an index
// keeps it, and only a like or a reply moves a comment. This is the way of
// Reddit's "hot" (logarithm of votes plus time), with a half-life for its
// constant; see E. Miller, "Deriving the Reddit Formula".
package talkcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/talk"
)

// Deps is what comments need; every field is required.
type Deps struct {
	DB         docdb.Driver
	Bus        bus.Bus
	Now        clock.Now
	Log        *slog.Logger
	Creator    creator.Service
	Moderation moderation.Service
	Media      media.Service
}

// Core is comments.
type Core struct {
	Deps
	comments     *docdb.Collection[comment]
	threads      *docdb.Collection[thread]
	likes        *docdb.Collection[like]
	paces        *docdb.Collection[pace]
	rules        *docdb.Collection[rules]
	purchases    *docdb.Collection[purchase]
	restrictions *docdb.Collection[restriction]
	said         *outbox.Relay[comment]
	told         *outbox.Relay[thread]

	liked   gather[like, comment]
	replied gather[comment, comment]
	counted gather[comment, thread]
}

var _ talk.Service = (*Core)(nil)

// self is the name under which comments ask other parts of the shop.
const self = "talk"

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	if err := c.open(ctx); err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	deps := outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log}
	c.said = outbox.NewRelay(c.comments, "talk_comments", func(k *comment) *outbox.Box { return &k.Box }, deps)
	c.told = outbox.NewRelay(c.threads, "talk_threads", func(t *thread) *outbox.Box { return &t.Box }, deps)
	c.count()
	return c, nil
}

func (c *Core) open(ctx context.Context) error {
	var errs [7]error
	c.comments, errs[0] = docdb.Open[comment](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_comments", Indexes: []docdb.Index{
		outbox.Index, owing, owed,
		{Name: "hot", Keys: []string{"post", "hot"}},
		{Name: "new", Keys: []string{"post", "top_at"}},
		{Name: "replies", Keys: []string{"parent", "reply_at"}},
		{Name: "below", Keys: []string{"parent", "at"}},
		{Name: "mine", Keys: []string{"author", "unseen", "at"}},
		{Name: "held", Keys: []string{"account", "held_at"}},
		{Name: "asking", Keys: []string{"account", "asking"}},
		{Name: "asked", Keys: []string{"account", "asked"}},
		{Name: "chores", Keys: []string{"chore"}},
	}})
	c.threads, errs[1] = docdb.Open[thread](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_threads", Indexes: []docdb.Index{
		outbox.Index, {Name: "due", Keys: []string{"due"}},
	}})
	c.likes, errs[2] = docdb.Open[like](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_likes", Indexes: []docdb.Index{owing, owed}})
	c.paces, errs[3] = docdb.Open[pace](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_paces", Expiry: "until"})
	c.rules, errs[4] = docdb.Open[rules](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_rules"})
	c.purchases, errs[5] = docdb.Open[purchase](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_purchases"})
	c.restrictions, errs[6] = docdb.Open[restriction](ctx, c.DB, c.Now, docdb.Schema{Name: "talk_restrictions"})
	return errors.Join(errs[:]...)
}

// Run carries events out and in, and finishes what a kill left behind, until
// ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it began
		}
		return fmt.Errorf("talk: %w", err)
	}
	var work sync.WaitGroup
	var relayed [2]error
	work.Go(func() { relayed[0] = c.said.Run(ctx) })
	work.Go(func() { relayed[1] = c.told.Run(ctx) })
	work.Go(func() { c.every(ctx, tellEvery, c.tellDue) })
	work.Go(func() { c.every(ctx, sweepEvery, c.Sweep) })
	work.Wait()
	return errors.Join(relayed[:]...)
}

const (
	tellEvery  = 250 * time.Millisecond
	sweepEvery = time.Second
)

func (c *Core) every(ctx context.Context, span time.Duration, work func(context.Context) error) {
	t := time.NewTicker(span)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := work(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "comments not swept, will be tried again", "err", err)
		}
	}
}

func asSelf(ctx context.Context) context.Context { return actor.AsSystem(ctx, self) }

// viewer is who reads; "" is a visitor.
func viewer(ctx context.Context) id.User { return actor.From(ctx).User }

func texts[T ~string](ids []T) []string {
	out := make([]string, len(ids))
	for i, v := range ids {
		out[i] = string(v)
	}
	return out
}
