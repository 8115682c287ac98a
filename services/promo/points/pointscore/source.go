package pointscore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/points"
)

// Kind is promo.Points.
func (c *Core) Kind() promo.Kind { return promo.Points }

// Rules returns the one rule: what a hundred points pay for, what share of goods
// they may pay, and what a purchase brings. Whoever chose more points than they
// have pays with those they have; who has none is refused, with the reason.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	r := promo.Rule{
		ID: Rule, Kind: promo.Points, Scope: promo.OfPlatform, Name: "Points", Price: c.Settings.Worth, Earn: c.Settings.Earn,
		Tiers: []promo.Tier{{Rate: c.Settings.Most}}, Platform: money.Whole, Limited: true, Chosen: in.Points > 0,
	}
	for i, l := range in.Lines {
		if l.Price.Currency == c.Settings.Worth.Currency {
			r.Lines = append(r.Lines, i)
		}
	}
	if in.Points > 0 {
		b, err := c.balance(ctx, in.Buyer)
		if err != nil {
			return nil, err
		}
		if r.Most = b.Worth; r.Most.Amount <= 0 {
			r.Refuse = points.ErrNone.Reason
		}
	}
	return []promo.Rule{r}, nil
}

func count(uses []promo.Use) (n int64) {
	for _, u := range uses {
		if u.Kind == promo.Points {
			n += u.N
		}
	}
	return n
}

// Lock reserves points for an order.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	n := count(uses)
	if n <= 0 {
		return nil
	}
	o, err := c.orders.Upsert(ctx, string(in.Order), func(o *order) error {
		if o.Asked > 0 {
			return errSame
		}
		o.Order.Order, o.Buyer, o.Asked = in.Order, in.Buyer, n
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	if o.Buyer != in.Buyer {
		return promo.ErrNotYours
	}
	if len(o.Burn) > 0 {
		return nil
	}
	_, err = c.change(ctx, in.Buyer, func(a *account) error {
		if !a.reserve(in.Order, o.Asked, in.Until, false) {
			return promo.ErrUsedUp
		}
		return nil
	})
	return err
}

// Redeem burns what an order reserved; what has lapsed is reserved anew. The
// reservation is made final first: from then on it waits for the order's document
// to know it, however long that takes.
func (c *Core) Redeem(ctx context.Context, name id.Order) error {
	o, err := c.orders.Get(ctx, string(name))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && o.Asked == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if len(o.Burn) == 0 {
		a, err := c.change(ctx, o.Buyer, func(a *account) error {
			if _, burned := a.Done[burnID(name)]; burned {
				return errSame
			}
			if !a.reserve(name, o.Asked, time.Time{}, true) {
				return promo.ErrUsedUp
			}
			return nil
		})
		if err != nil && !errors.Is(err, errSame) {
			return err
		}
		if err == nil {
			lots := a.Holds[string(name)].Lots
			if o, err = c.decide(ctx, name, func(o *order) error {
				if len(o.Burn) > 0 {
					return errSame
				}
				o.Burn = lots
				o.Steps = append(o.Steps, step{ID: burnID(name), Cause: points.Burned, Expiry: lots[len(lots)-1].Expiry, At: c.Now()})
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return c.carry(ctx, o)
}

func burnID(name id.Order) string { return id.Derive("ptm", string(name), "burned") }

// Release gives back what an order reserved and did not burn.
func (c *Core) Release(ctx context.Context, name id.Order) error {
	o, err := c.orders.Get(ctx, string(name))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && o.Asked == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = c.change(ctx, o.Buyer, func(a *account) error {
		if _, held := a.Holds[string(name)]; !held {
			return errSame
		}
		a.free(name)
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// Return gives back points that a refunded order had burned: those with the most
// time left first, with the expiry they had, or Grace from now if that is later.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	o, err := c.decide(ctx, in.Order, func(o *order) error {
		burned := sum(o.Burn)
		n := min(in.Points, burned-o.Restored)
		if in.Whole {
			n = burned - o.Restored
		}
		if n <= 0 || fault.On(fault.PointsKept) || slices.Contains(o.Returns, in.RequestID) {
			return errSame
		}
		back := o.back(n, c.Now().Add(points.Grace).Truncate(24*time.Hour))
		o.Restored += n
		o.Returns = append(o.Returns, in.RequestID)
		o.Steps = append(o.Steps, step{ID: id.Derive("ptm", string(in.Order), "restored", in.RequestID), Cause: points.Restored, Lots: back, Expiry: back[0].Expiry, At: c.Now()})
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.carry(ctx, o)
}

// back is the next n of what was burned to be given back. What was given back
// before is skipped.
func (o *order) back(n int64, least time.Time) []lot {
	skip := o.Restored
	var out []lot
	for _, l := range slices.Backward(o.Burn) {
		over := min(skip, l.N)
		skip -= over
		part := min(n, l.N-over)
		if n -= part; part > 0 {
			if l.Expiry.Before(least) {
				l.Expiry = least
			}
			out = append(out, lot{Expiry: l.Expiry, N: part})
		}
	}
	return out
}
