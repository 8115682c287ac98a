package promocore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

// Lock takes what an order uses.
func (c *Core) Lock(ctx context.Context, in promo.Lock) (rpc.Empty, error) {
	if len(in.Uses) == 0 {
		return rpc.Empty{}, nil
	}
	ctx = system(ctx)
	if _, err := c.shares(in.Uses); err != nil {
		return rpc.Empty{}, err
	}
	const tries = 4
	for range tries {
		p, err := c.begin(ctx, in)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return rpc.Empty{}, err
		}
		switch p.State {
		case taking:
			return rpc.Empty{}, c.take(ctx, p)
		case releasing:
			return rpc.Empty{}, docdb.ErrBusy.Because(errMoved) // whoever releases it is at it
		case undoing, lost:
			return rpc.Empty{}, promo.ErrUsedUp
		case returning, returned:
			return rpc.Empty{}, promo.ErrEnded
		}
		return rpc.Empty{}, nil // held, or redeemed already
	}
	return rpc.Empty{}, docdb.ErrBusy
}

// begin writes the plan before any source is asked, or returns the one there is.
func (c *Core) begin(ctx context.Context, in promo.Lock) (plan, error) {
	fresh := plan{ID: in.Order, Buyer: in.Buyer, Uses: in.Uses, Until: in.Until, State: taking, Due: c.Now().Add(patience)}
	err := c.plans.Insert(ctx, string(in.Order), fresh)
	if !errors.Is(err, docdb.ErrExists) {
		return fresh, err
	}
	p, err := c.plans.Get(ctx, string(in.Order))
	if err != nil {
		return p, err
	}
	if p.State == released { // an earlier try was refused, or it lapsed
		return c.move(ctx, in.Order, func(p *plan) { *p = fresh }, released)
	}
	if p.Buyer != in.Buyer || !slices.Equal(p.Uses, in.Uses) {
		return p, rpc.ErrReused
	}
	return p, nil
}

// take asks each source for its share. If one says no, all is given back; if one
// fails, what it did is not known: asking again finds out, and the job gives back
// what nobody asks about again.
func (c *Core) take(ctx context.Context, p plan) error {
	if err := c.lockAll(ctx, p); err != nil {
		if !saysNo(err) {
			return err
		}
		return errors.Join(err, c.release(ctx, p.ID, taking, released)) // a twin may have been refused first
	}
	_, err := c.move(ctx, p.ID, func(p *plan) { p.State, p.Due = held, p.Until }, taking)
	if errors.Is(err, errMoved) {
		return c.stillOurs(ctx, p)
	}
	return err
}

// stillOurs tells a twin that was as quick from a release that was quicker: what
// this call took after that release went by is given back here.
func (c *Core) stillOurs(ctx context.Context, p plan) error {
	now, err := c.plans.Get(ctx, string(p.ID))
	if err != nil {
		return err
	}
	switch now.State {
	case held, redeeming, redeemed:
		return nil
	case releasing, released:
		return errors.Join(docdb.ErrBusy.Because(errMoved), c.release(ctx, p.ID, released))
	}
	return docdb.ErrBusy.Because(errMoved)
}

func (c *Core) lockAll(ctx context.Context, p plan) error {
	shares, err := c.shares(p.Uses)
	if err != nil {
		return err
	}
	for _, s := range shares {
		if err := s.Lock(ctx, promo.Lock{Order: p.ID, Buyer: p.Buyer, Uses: s.uses, Until: p.Until}, s.uses); err != nil {
			return fmt.Errorf("lock %s: %w", s.Kind(), err)
		}
	}
	return nil
}
