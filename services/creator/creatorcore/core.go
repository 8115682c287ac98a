// Package creatorcore implements creator.Service.
//
// Who follows, likes, saves or shares is one document for each; how many do
// is counted in the profile or the post it happens to, exactly once, by the
// protocol of tally.go.
package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
)

// Deps is what creators need; every field is required.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Now     clock.Now
	Log     *slog.Logger
	Account account.Desk
	Catalog catalog.Service
	Media   media.Service
	// Moderation judges posts and says who must not meet whom.
	Moderation moderation.Service
	// LinkKey signs purchase links: at least 32 bytes, the same in every process.
	LinkKey []byte
}

// Core is creators and their posts.
type Core struct {
	Deps
	profiles  *docdb.Collection[profile]
	posts     *docdb.Collection[post]
	follows   *docdb.Collection[follow]
	reactions *docdb.Collection[reaction]
	purchases *docdb.Collection[purchase]
	drafts    *docdb.Collection[draft]
	histories *docdb.Collection[history]
	steps     *docdb.Collection[step]
	people    people

	relay         *outbox.Relay[post]
	reactionRelay *outbox.Relay[reaction]
	draftRelay    *outbox.Relay[draft]

	followers counter[follow, profile] // of whom a follow leads to
	following counter[follow, profile] // of whom it comes from
	reacted   counter[reaction, post]  // likes, saves and shares
	published counter[post, profile]   // posts of an author and the likes they got
}

var _ creator.Service = (*Core)(nil)

// self is the name under which creators ask other parts of the shop.
const self = "creator"

// keyBytes is the least length of LinkKey.
const keyBytes = 32

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	if len(d.LinkKey) < keyBytes {
		return nil, fmt.Errorf("creator: the key for purchase links has %d bytes, want at least %d", len(d.LinkKey), keyBytes)
	}
	c := &Core{Deps: d}
	if err := errors.Join(c.openPosts(ctx), c.openPeople(ctx)); err != nil {
		return nil, fmt.Errorf("creator: %w", err)
	}
	carry := outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log}
	c.relay = outbox.NewRelay(c.posts, "posts", func(p *post) *outbox.Box { return &p.Box }, carry)
	c.reactionRelay = outbox.NewRelay(c.reactions, "reactions", func(r *reaction) *outbox.Box { return &r.Box }, carry)
	c.draftRelay = outbox.NewRelay(c.drafts, "drafts", func(d *draft) *outbox.Box { return &d.Box }, carry)
	c.count()
	return c, nil
}

// Run carries events out and in, and repairs what a kill left behind, until
// ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it ended before it began
		}
		return fmt.Errorf("creator: %w", err)
	}
	var work sync.WaitGroup
	var ended [4]error
	work.Go(func() { ended[0] = c.relay.Run(ctx) })
	work.Go(func() { ended[1] = c.people.told.Run(ctx) })
	work.Go(func() { ended[2] = c.reactionRelay.Run(ctx) })
	work.Go(func() { ended[3] = c.draftRelay.Run(ctx) })
	work.Go(func() {
		if err := c.adopt(ctx); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "old posts not taken over, will be tried at the next start", "err", err)
		}
	})
	work.Go(func() { c.every(ctx, sweepEvery, "counts not settled, will be tried again", c.Sweep) })
	work.Go(func() {
		c.every(ctx, scheduleEvery, "scheduled drafts not published, will be tried again", c.PublishDue)
	})
	work.Wait()
	return errors.Join(ended[:]...)
}

// sweepEvery is how late the sums of a profile may be.
const sweepEvery = time.Second

// every does something again and again until ctx ends.
func (c *Core) every(ctx context.Context, pause time.Duration, failed string, do func(context.Context) error) {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, failed, "err", err)
		}
	}
}

// internal lets only other parts of the shop pass, in one process as over the
// wire.
func internal(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return rpc.ErrNoRoute
	}
	return nil
}

func texts[T ~string](ids []T) []string {
	out := make([]string, len(ids))
	for i, v := range ids {
		out[i] = string(v)
	}
	return out
}

// viewer is who reads; "" is a visitor.
func viewer(ctx context.Context) id.User { return actor.From(ctx).User }
