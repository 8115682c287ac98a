package bargaincore

import (
	"context"
	"errors"
	"time"

	"meadow/services/platform/docdb"
	"meadow/services/promo/bargain"
)

// killFor is for how long a killed offer is looked at: a bargain that was being
// started may still begin.
const killFor = 2 * time.Minute

const sweepPage = 100

// endDue ends bargains whose time is out, gives places back, and finishes what
// died while it was being started.
func (c *Core) endDue(ctx context.Context) error {
	return c.walk(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond)}, func(b record) error {
		if b.State == starting {
			return c.finishStart(ctx, b)
		}
		return c.end(ctx, b.ID, false)
	})
}

// walk calls f with each bargain of a query. One that fails is left to the next
// round.
func (c *Core) walk(ctx context.Context, q docdb.Query, f func(record) error) error {
	q.Limit = sweepPage
	var failed []error
	for {
		p, err := c.bargains.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range p.Items {
			failed = append(failed, f(b))
		}
		if q.After = p.Next; q.After == "" {
			return errors.Join(failed...)
		}
	}
}

func (c *Core) end(ctx context.Context, bid string, force bool) error {
	_, err := c.bargains.Update(ctx, bid, func(b *record) error { return b.end(c.Now(), force) })
	if err = settled(err); err != nil {
		return err
	}
	return c.finish(ctx, bid)
}

// finish gives back the place of a bargain that is over and was not bought, and
// then has nothing more to do.
func (c *Core) finish(ctx context.Context, bid string) error {
	b, err := c.bargains.Get(ctx, bid)
	if err != nil || !b.over() || b.Due.IsZero() {
		return err
	}
	if err := c.freePlace(ctx, b.Offer, bid); err != nil {
		return err
	}
	_, err = c.bargains.Update(ctx, bid, func(b *record) error {
		if !b.over() {
			return errSame
		}
		b.Due = time.Time{}
		return nil
	})
	return settled(err)
}

func (b *record) over() bool {
	return b.State == bargain.Expired || b.State == bargain.Ended || b.State == bargain.Returned
}

// finishStart lets a bargain begin that got its place, and forgets one that did
// not.
func (c *Core) finishStart(ctx context.Context, b record) error {
	has, err := c.hasPlace(ctx, b.Offer, b.ID)
	switch {
	case err != nil:
		return err
	case has:
		_, err = c.run(ctx, b.ID)
		return err
	}
	return c.forget(ctx, b.ID)
}

// killDue ends the bargains of offers that were killed.
func (c *Core) killDue(ctx context.Context) error {
	p, err := c.offers.Find(ctx, docdb.Query{Index: "kill", Before: c.Now().Add(time.Millisecond), Limit: sweepPage})
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range p.Items {
		failed = append(failed, c.killBargains(ctx, o))
	}
	return errors.Join(failed...)
}

func (c *Core) killBargains(ctx context.Context, o offer) error {
	now := c.Now()
	err := c.walk(ctx, docdb.Query{Index: "offer", Equal: []any{o.ID, bargain.Running}}, func(b record) error { return c.end(ctx, b.ID, true) })
	if err != nil {
		return err
	}
	_, err = c.offers.Update(ctx, o.ID, func(o *offer) error {
		if o.KillDue = now.Add(killFor / 8); now.Sub(o.KilledAt) > killFor {
			o.KillDue = time.Time{}
		}
		return nil
	})
	return err
}
