package promocore

import (
	"context"
	"errors"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

// Release gives back what an order took and did not redeem.
func (c *Core) Release(ctx context.Context, in promo.ByOrder) (rpc.Empty, error) {
	return rpc.Empty{}, c.release(system(ctx), in.Order, taking, held)
}

// release gives back a plan that is in one of the states from; of any other there
// is nothing to give back, or somebody is at it.
func (c *Core) release(ctx context.Context, o id.Order, from ...state) error {
	p, err := c.move(ctx, o, func(p *plan) { p.State, p.Due = releasing, c.Now().Add(patience) }, append(from, releasing)...)
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, errMoved) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.each(p, "release", func(s share) error { return s.Release(ctx, o) }); err != nil {
		return err
	}
	_, err = c.move(ctx, o, func(p *plan) { p.State, p.Due = released, c.Now().Add(patience) }, releasing)
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}

// tidy gives back once more what was released: a slow twin may have taken its
// share after the release went by, and died.
func (c *Core) tidy(ctx context.Context, p plan) error {
	if err := c.each(p, "release", func(s share) error { return s.Release(ctx, p.ID) }); err != nil {
		return err
	}
	return c.settle(ctx, p.ID, released, released)
}

// Return gives back what a refunded order had redeemed.
func (c *Core) Return(ctx context.Context, in promo.Return) (rpc.Empty, error) {
	ctx = system(ctx)
	p, ok, err := c.get(ctx, in.Order)
	if err != nil || !ok {
		return rpc.Empty{}, err
	}
	switch p.State {
	case redeeming: // the refund was quicker than the last word of redeeming
		if err := c.redeemAll(ctx, p); err != nil && !errors.Is(err, promo.ErrUsedUp) {
			return rpc.Empty{}, err
		}
		if p, _, err = c.get(ctx, in.Order); err != nil {
			return rpc.Empty{}, err
		}
	case taking, held, releasing, released, undoing, lost:
		return rpc.Empty{}, nil
	}
	switch {
	case p.State == undoing || p.State == lost:
		return rpc.Empty{}, nil
	case !in.Whole: // each request gives back its own points, whatever came before
		return rpc.Empty{}, c.each(p, "return", func(s share) error { return s.Return(ctx, in) })
	case p.State == returned:
		return rpc.Empty{}, nil
	}
	p, err = c.move(ctx, in.Order, func(p *plan) {
		if p.State == redeemed {
			p.State, p.Back, p.Paid = returning, in.RequestID, in.Points
		}
		p.Due = c.Now().Add(patience)
	}, redeemed, returning)
	if errors.Is(err, errMoved) {
		return rpc.Empty{}, nil // a twin has returned it
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	return rpc.Empty{}, c.returnAll(ctx, p)
}

// returnAll goes on with a plan whose whole order goes back.
func (c *Core) returnAll(ctx context.Context, p plan) error {
	in := promo.Return{Order: p.ID, Whole: true, Points: p.Paid, RequestID: p.Back}
	if err := c.each(p, "return", func(s share) error { return s.Return(ctx, in) }); err != nil {
		return err
	}
	return c.settle(ctx, p.ID, returning, returned)
}
