// Package feedcore implements feed.Service.
//
// The feed keeps, for every post and product it was told of, what a list and a
// search need, in documents of its own and in the search index. All of it can
// be made again from the creators and the catalogue (Rebuild). What people did,
// and the posts as ranking sees them, are in memory (package engine), which
// survives a stop in the shop's store (memory.go).
//
// Where there are several feed processes each keeps the posts of some authors,
// and hears all that people do. Whoever is asked asks all and merges (parts.go).
package feedcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/blob"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/platform/search"
)

// Deps is what the feed needs; every field is required, but for those of a feed
// of several processes.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Now     clock.Now
	Log     *slog.Logger
	Creator creator.Service
	Catalog catalog.Service
	Index   search.Index
	Blob    *blob.Store // for what is in memory
	// Shard is which part of the posts this process keeps in memory, of Shards.
	Shard, Shards int
	Peers         []feed.Parts // the processes by shard; nil in the place of this one
	// MaxPosts and MaxBytes bound what this process has in memory; 0 is usual, see
	// engine.Options.
	MaxPosts int
	MaxBytes int64
}

// Core is the feed.
type Core struct {
	Deps
	posts    *docdb.Collection[post]
	heads    *docdb.Collection[Head] // the same documents, less of each
	products *docdb.Collection[product]
	formats  *docdb.Collection[format]
	people   *docdb.Collection[person]
	tell     *outbox.Relay[person]
	outlines *docdb.Collection[outline] // the same documents as posts
	shop     *shop
	find     *finding

	claim   claim
	engine  *engine.Engine
	keeper  atomic.Pointer[engine.Keeper] // nil until memory is awake
	whole   atomic.Bool                   // memory has all posts
	storing context.Context               // ends with the keeper
	stored  context.CancelFunc
	follows follows
	away    away
	instock instock
	asides  chan engine.Event // done, and not worth waiting for
}

// format is how the records are laid out. Records of another layout than this
// one are made again.
type format struct {
	ID     string `bson:"_id"`
	Number int64  `bson:"number"`
}

const (
	postFormat    = "posts"
	currentFormat = 3
)

var _ feed.Service = (*Core)(nil)

// Consumer is the feed's name on the bus, and to other parts of the shop.
const Consumer = "feed"

const (
	usualPage = 20
	mostPage  = 50
)

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	schema := docdb.Schema{Name: "feed_posts", Indexes: []docdb.Index{
		{Name: "open", Keys: []string{"open_at"}},
		{Name: "author", Keys: []string{"author", "at"}},
		{Name: "heard", Keys: []string{"heard_at"}},
	}}
	var errs [8]error
	c.posts, errs[0] = docdb.Open[post](ctx, d.DB, d.Now, schema)
	c.heads, errs[1] = docdb.Open[Head](ctx, d.DB, d.Now, schema)
	c.products, errs[2] = docdb.Open[product](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_products"})
	c.formats, errs[3] = docdb.Open[format](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_formats"})
	c.shop, errs[4] = newShop(ctx, d)
	c.people, errs[5] = docdb.Open[person](ctx, d.DB, d.Now, docdb.Schema{Name: peopleName, Indexes: peopleIndexes})
	c.find, errs[6] = newFinding(ctx, d)
	c.outlines, errs[7] = docdb.Open[outline](ctx, d.DB, d.Now, schema)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	c.tell = outbox.NewRelay(c.people, peopleName, func(p *person) *outbox.Box { return &p.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	c.engine = engine.New(engine.Options{
		Shard: d.Shard, Shards: c.shards(), MaxPosts: d.MaxPosts, MaxBytes: d.MaxBytes,
		Log: func(message string, facts ...any) { d.Log.Info(message, facts...) },
	})
	c.storing, c.stored = context.WithCancel(context.WithoutCancel(ctx))
	c.asides = make(chan engine.Event, mostAsides)
	c.OnInterest(c.interested)
	return c, nil
}

// Run takes in what creators, the catalogue and people announce until ctx ends.
// Memory wakes first, and an index that was made empty, or records of an earlier
// layout, are built, however long that takes; what is announced of posts
// meanwhile is taken in too.
func (c *Core) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := c.listen(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("feed: %w", err)
	}
	if err := c.stock(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("feed: %w", err)
	}
	find, err := c.findFirst(ctx)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("feed: %w", err)
	}
	work.Go(func() { find(ctx) })
	var told error
	work.Go(func() { told = c.tell.Run(ctx) })
	c.insist(ctx, "memory not read", c.wake)
	c.insist(ctx, "preferences not read", c.honourAll)
	if err := c.deeds(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("feed: %w", err)
	}
	work.Go(func() { c.keep(ctx) })
	c.insist(ctx, "feed not rebuilt", c.ready)
	c.insist(ctx, "memory not compared", c.reconcile)
	<-ctx.Done()
	work.Wait()
	return told
}

// insist does something until it is done or ctx ends.
func (c *Core) insist(ctx context.Context, failed string, do func(context.Context) error) {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		err := do(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			c.Log.WarnContext(ctx, failed, "again", wait, "err", err)
			pause(ctx, wait)
		}
	}
}

// fresh is an index that knows whether everything was put into it.
type fresh interface {
	NeedsRebuild() bool
	MarkBuilt(ctx context.Context) error
}

// ready rebuilds what has to be.
func (c *Core) ready(ctx context.Context) error {
	f, err := c.formats.Get(ctx, postFormat)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	ix, ok := c.Index.(fresh)
	if f.Number == currentFormat && !(ok && ix.NeedsRebuild()) {
		return nil
	}
	if err := c.Rebuild(ctx); err != nil {
		return err
	}
	_, err = c.formats.Upsert(ctx, postFormat, func(f *format) error {
		*f = format{ID: postFormat, Number: currentFormat}
		return nil
	})
	return err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// asFeed is the context in which the feed asks other parts of the shop.
func asFeed(ctx context.Context) context.Context { return actor.AsSystem(ctx, Consumer) }
