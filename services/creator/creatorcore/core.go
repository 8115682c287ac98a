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
	relay     *outbox.Relay[post]
	people    people

	followers counter[follow, profile] // of whom a follow leads to
	following counter[follow, profile] // of whom it comes from
	reacted   counter[reaction, post]  // likes and saves
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
	if err := c.open(ctx); err != nil {
		return nil, fmt.Errorf("creator: %w", err)
	}
	c.relay = outbox.NewRelay(c.posts, "posts", func(p *post) *outbox.Box { return &p.Box },
		outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	c.count()
	return c, nil
}

func (c *Core) open(ctx context.Context) error {
	var errs [5]error
	c.posts, errs[1] = docdb.Open[post](ctx, c.DB, c.Now, docdb.Schema{Name: "posts", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "shown", Keys: []string{"shown_at"}},
		{Name: "author", Keys: []string{"author", "shown_at"}},
		{Name: "owed", Keys: []string{"tally.owed"}},
	}})
	c.reactions, errs[3] = docdb.Open[reaction](ctx, c.DB, c.Now, docdb.Schema{Name: "reactions", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "kind", "at"}},
		{Name: "owed", Keys: []string{"tally.owed"}},
	}})
	errs[4] = c.openPeople(ctx)
	return errors.Join(errs[:]...)
}

// Run carries events out and in, and repairs what a kill left behind, until
// ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		return fmt.Errorf("creator: %w", err)
	}
	var work sync.WaitGroup
	var relayed, told error
	work.Go(func() { relayed = c.relay.Run(ctx) })
	work.Go(func() { told = c.people.told.Run(ctx) })
	work.Go(func() { c.sweeper(ctx) })
	work.Wait()
	return errors.Join(relayed, told)
}

// sweepEvery is how late the sums of a profile may be.
const sweepEvery = time.Second

func (c *Core) sweeper(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "counts not settled, will be tried again", "err", err)
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
