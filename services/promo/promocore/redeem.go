package promocore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

// Redeem makes final what an order took.
func (c *Core) Redeem(ctx context.Context, in promo.ByOrder) (rpc.Empty, error) {
	ctx = system(ctx)
	p, ok, err := c.get(ctx, in.Order)
	if err != nil || !ok {
		return rpc.Empty{}, err // an order that takes nothing has no plan
	}
	switch p.State {
	case redeemed, returning, returned:
		return rpc.Empty{}, nil
	case undoing, lost:
		return rpc.Empty{}, promo.ErrUsedUp
	case releasing:
		return rpc.Empty{}, docdb.ErrBusy.Because(errMoved)
	}
	p, err = c.move(ctx, in.Order, func(p *plan) {
		if p.State != redeeming {
			p.Again = p.State != held || !c.Now().Before(p.Until)
		}
		p.State, p.Due = redeeming, c.Now().Add(patience)
		if p.Again {
			p.Until = c.Now().Add(patience)
		}
	}, taking, held, released, redeeming)
	if errors.Is(err, errMoved) {
		return rpc.Empty{}, docdb.ErrBusy.Because(err)
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	return rpc.Empty{}, c.redeemAll(ctx, p)
}

// redeemAll goes on with a plan that is being redeemed. The money is there: what
// cannot be had any more undoes all of it.
func (c *Core) redeemAll(ctx context.Context, p plan) error {
	err := error(nil)
	if p.Again {
		err = c.lockAll(ctx, p)
	}
	if err == nil {
		err = c.each(p, "redeem", func(s share) error { return s.Redeem(ctx, p.ID) })
	}
	if err != nil {
		if !saysNo(err) {
			return err
		}
		if _, e := c.move(ctx, p.ID, func(p *plan) { p.State, p.Due = undoing, c.Now().Add(patience) }, redeeming); e != nil {
			return errors.Join(err, e)
		}
		return errors.Join(promo.ErrUsedUp.Because(err), c.undo(ctx, p))
	}
	return c.settle(ctx, p.ID, redeeming, redeemed)
}

// undo gives back what an order has of a redeeming that could not be completed.
func (c *Core) undo(ctx context.Context, p plan) error {
	back := promo.Return{Order: p.ID, Whole: true, Points: points(p), RequestID: "undo:" + string(p.ID)}
	if err := c.each(p, "undo", func(s share) error {
		if err := s.Release(ctx, p.ID); err != nil {
			return err
		}
		return s.Return(ctx, back)
	}); err != nil {
		return err
	}
	return c.settle(ctx, p.ID, undoing, lost)
}

func points(p plan) int64 {
	var n int64
	for _, u := range p.Uses {
		if u.Kind == promo.Points {
			n += u.N
		}
	}
	return n
}

// each does something with every source of a plan.
func (c *Core) each(p plan, what string, f func(share) error) error {
	shares, err := c.shares(p.Uses)
	if err != nil {
		return err
	}
	for _, s := range shares {
		if err := f(s); err != nil {
			return fmt.Errorf("%s %s: %w", what, s.Kind(), err)
		}
	}
	return nil
}

// settle ends a step: there is nothing left to do for the job. A twin may have
// ended it first.
func (c *Core) settle(ctx context.Context, o id.Order, from, to state) error {
	_, err := c.plans.UpdateIf(ctx, string(o),
		[]docdb.Cond{{Field: "state", Op: docdb.Eq, Value: string(from)}},
		[]docdb.Change{{Field: "state", Verb: docdb.Set, Value: string(to)}, {Field: "due", Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}
