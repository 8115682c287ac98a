package feedcore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"meadow/feed/engine"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// errAsleep answers who brings events before what was known of them is read.
var errAsleep = errs.New(errs.Unavailable, "feed_starting", "The feed is starting. Please try again in a moment.")

const (
	refitEvery  = time.Hour
	refitBudget = 5 * time.Minute
	fewEvents   = 5000
	// skew is how far apart the clocks of two processes, and the writing of a record
	// and of a snapshot, may be.
	skew = time.Hour
	// erasedBack is how long before a snapshot an erasure may have been decided that
	// it does not know of yet.
	erasedBack = 25 * time.Hour
	// gather is how long events wait for company in the store: their deliveries wait
	// with them, and the bus hands out only a few at a time.
	gather = 100 * time.Millisecond
)

// wake brings memory to where it was, and then to what the records say. Until
// it is done lists are made out of the records.
func (c *Core) wake(ctx context.Context) error {
	began := c.Now()
	epoch, err := c.claimed(ctx)
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	k, err := engine.OpenKeeper(ctx, c.engine, blobs{c.Blob}, c.Now, engine.KeeperOptions{
		Gather: gather, Between: c.catchUp, Epoch: epoch, Held: c.stillOwner,
	})
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	if err := c.catchUp(ctx, began); err != nil {
		return err
	}
	if err := c.obey(ctx); err != nil {
		return err
	}
	c.keeper.Store(k)
	c.whole.Store(true)
	return nil
}

// catchUp puts the posts into memory whose records were written since an
// instant; zero is all.
func (c *Core) catchUp(ctx context.Context, since time.Time) error {
	if since.IsZero() {
		return c.reconcile(ctx)
	}
	q := docdb.Query{Index: "heard", From: since.Add(-skew), Limit: 10 * batch}
	for {
		found, err := c.outlines.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("memory: %w", err)
		}
		if err := c.apply(ctx, found.Items...); err != nil {
			return err
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// obey forgets whom a snapshot, or the events after it, may still know although
// they wanted to be forgotten.
func (c *Core) obey(ctx context.Context) error {
	q := docdb.Query{Index: "erased", Limit: batch}
	if kept := c.engine.Health().Kept; !kept.IsZero() {
		q.From = kept.Add(-erasedBack)
	}
	for {
		found, err := c.people.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("memory: %w", err)
		}
		for _, p := range found.Items {
			if who := id.User(p.ID); c.remembers(who, p.ErasedAt) {
				c.engine.ForgetDeeds(who)
			}
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// remembers reports whether memory may hold what somebody did until an instant.
func (c *Core) remembers(who id.User, until time.Time) bool {
	since := c.engine.Profile(who, c.Now()).Since
	return since.IsZero() || !since.After(until)
}

// take takes events in: into memory at once, and into the store before it
// returns.
func (c *Core) take(ctx context.Context, all ...engine.Event) error {
	k := c.keeper.Load()
	if k == nil {
		return errAsleep
	}
	ctx, stop := c.until(ctx)
	defer stop()
	return k.Take(ctx, all...)
}

// until is ctx as long as anything is stored: who waits for more than that
// waits in vain.
func (c *Core) until(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.storing, func() { cancel(errAsleep) })
	return ctx, func() { stop(); cancel(nil) }
}

// forget forgets what somebody did until an instant, in this process and what it
// stored. Whoever did something only since then is left alone: the wish came
// late, and was obeyed already.
func (c *Core) forget(ctx context.Context, who id.User, until time.Time) error {
	k := c.keeper.Load()
	if k == nil {
		return errAsleep
	}
	if !c.remembers(who, until) {
		return nil
	}
	ctx, stop := c.until(ctx)
	defer stop()
	return k.Forget(ctx, who, false)
}

// forgetAll forgets somebody here at once. The other processes, and what this
// one has stored, follow when they hear of it.
func (c *Core) forgetAll(ctx context.Context, who id.User) error {
	c.engine.ForgetDeeds(who)
	return errors.Join(c.dropSearches(ctx, who), c.forgetBuyer(ctx, who))
}

// keep stores what memory learns, and learns taste anew now and then, until ctx
// ends.
func (c *Core) keep(ctx context.Context) {
	k := c.keeper.Load()
	if k == nil {
		return
	}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { c.refit(ctx) })
	work.Go(func() { c.takeAsides(ctx) })
	err := k.Run(ctx)
	c.keeper.Store(nil)
	c.stored()
	if err != nil {
		c.Log.ErrorContext(ctx, "feed not stored", "err", err)
	}
}

// refit learns taste anew every hour, and before that when there are many more
// posts than may be. Where little was done yet, what was learnt as it came in is
// better than what so little would prove.
func (c *Core) refit(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for last := c.Now(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := c.Now()
		over := c.engine.Fill() > full
		switch {
		case now.Sub(last) < refitEvery && !over:
			continue
		case c.engine.Health().Events >= fewEvents:
			if err := c.engine.Refit(ctx, now, refitBudget); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "taste not learnt anew", "err", err)
			}
		case over:
			c.engine.Trim()
		}
		last = now
	}
}

// How many of the posts that may be in memory there are when those without
// interest have to go before the hour, and when at once.
const (
	full     = 1.125
	overfull = 1.25
)

// trim makes room among more posts than memory takes while it wakes.
func (c *Core) trim() {
	if c.engine.Fill() > overfull {
		c.engine.Trim()
	}
}

// blobs keeps an engine's objects in the shop's store.
type blobs struct{ store *blob.Store }

var _ engine.Store = blobs{}

const octets = "application/octet-stream"

func (b blobs) Put(ctx context.Context, key string, object []byte) error {
	_, err := b.store.Put(ctx, key, bytes.NewReader(object), int64(len(object)), octets)
	return err
}

func (b blobs) Get(ctx context.Context, key string) ([]byte, error) {
	o, err := b.store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(o)
	if err := o.Close(); err != nil {
		return nil, err
	}
	return all, err
}

func (b blobs) List(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	for after := ""; ; {
		found, err := b.store.List(ctx, prefix, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			out = append(out, i.Key)
		}
		if len(found) < 1000 {
			return out, nil
		}
		after = out[len(out)-1]
	}
}

func (b blobs) Delete(ctx context.Context, key string) error { return b.store.Delete(ctx, key) }
