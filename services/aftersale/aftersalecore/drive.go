package aftersalecore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// maxSteps is more than any request takes without waiting for somebody.
const maxSteps = 12

// drive takes a request as far as it gets by itself. Every step can be taken
// again: a request that was left in the middle goes on from where it stands.
// What cannot be done now is tried again by the job; an error is about opening.
func (c *Core) drive(ctx context.Context, a id.AfterSale) (request, error) {
	for range maxSteps {
		r, err := c.requests.Get(ctx, string(a))
		if errors.Is(err, docdb.ErrNotFound) {
			return r, aftersale.ErrNoSuchAfterSale.Because(err)
		}
		if err != nil {
			return r, err
		}
		step := c.stepOf(r)
		if step == nil {
			return r, nil
		}
		if err := step(system(ctx), r); err != nil {
			if r.Opening && refusal(err) {
				return r, err
			}
			return r, c.later(ctx, a, err)
		}
	}
	return c.requests.Get(ctx, string(a))
}

// stepOf returns what is to be done for r now, nil for nothing.
func (c *Core) stepOf(r request) func(context.Context, request) error {
	now := c.Now()
	switch {
	case r.Opening:
		return c.openUp
	case r.Wake.IsZero() || now.Before(r.Wake):
		return nil
	case r.State == aftersale.Refunding:
		return c.refund
	case r.State == aftersale.Replacing:
		return c.replace
	case r.State.Over():
		return c.keep
	case !r.Due.IsZero() && !now.Before(r.Due):
		return c.ring
	}
	return nil
}

// refusal reports whether err is the answer to whoever opens a request.
func refusal(err error) bool {
	return errors.Is(err, aftersale.ErrUnits) || errors.Is(err, aftersale.ErrNotNow)
}

// errSlow is that somebody else takes their time.
var errSlow = errors.New("aftersale: not done yet")

// later puts off what could not be done. It returns nil: the request stands as
// it is.
func (c *Core) later(ctx context.Context, a id.AfterSale, cause error) error {
	if !errors.Is(cause, errSlow) {
		c.Log.WarnContext(ctx, "after-sale waits", "after_sale", a, "err", cause)
	}
	_, err := c.change(context.WithoutCancel(ctx), a, func(r *request) error {
		r.Tries++
		r.Wake = c.Now().Add(min(5*time.Second<<min(r.Tries, 10), time.Hour))
		return nil
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// openUp takes the units; what is cancelled is taken out of what is sent first,
// and agreed on at once.
func (c *Core) openUp(ctx context.Context, r request) error {
	if err := c.claim(ctx, r); err != nil {
		return c.forget(ctx, r, err)
	}
	if r.Kind == aftersale.Cancel {
		units := make([]fulfil.Units, len(r.Units))
		for i, u := range r.Units {
			units[i] = fulfil.Units{Line: u.Line, N: u.N}
		}
		_, err := c.Fulfil.Drop(ctx, fulfil.Drop{Order: r.Order, Units: units, RequestID: string(r.ID)})
		if errors.Is(err, fulfil.ErrNotToSend) { // what is sent never comes back to be sent
			if err := c.leave(ctx, r.Order, r.ID, false, true); err != nil {
				return err
			}
			return c.forget(ctx, r, aftersale.ErrNotNow)
		}
		if err != nil {
			return err
		}
	}
	_, err := c.change(ctx, r.ID, func(r *request) error {
		if !r.Opening {
			return errSame
		}
		now := c.Now()
		r.Opening = false
		if r.Unasked {
			r.enter(now, aftersale.Asked, byShop, "")
			r.Agreed = r.Wanted
			return r.agree(now, byShop, "", false)
		}
		r.enter(now, aftersale.Asked, byBuyer, "")
		if r.Kind != aftersale.Cancel {
			return nil
		}
		r.Agreed, r.Restock = r.Wanted, true
		return r.agree(now, bySystem, "", false)
	})
	return err
}

// forget takes out a request that never came to be, and returns why.
func (c *Core) forget(ctx context.Context, r request, why error) error {
	if !refusal(why) {
		return why
	}
	err := c.requests.DeleteIf(ctx, string(r.ID), func(r request) bool { return r.Opening })
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return why
}

func (c *Core) ring(ctx context.Context, r request) error {
	_, err := c.change(ctx, r.ID, func(r *request) error {
		if now := c.Now(); !r.Due.IsZero() && !now.Before(r.Due) {
			return r.ring(now)
		}
		return errSame
	})
	return err
}

// refund asks the till, which pays back once for each request.
func (c *Core) refund(ctx context.Context, r request) error {
	r, err := c.shelves(ctx, r)
	if err != nil {
		return err
	}
	ours := len(r.Shelves) > 1 // the till knows of the order only
	ask := checkout.AskRefund{
		Order: r.Order, Faulty: r.Reason.ShopsFault(), Restock: r.Restock && !ours, RequestID: string(r.ID),
		Reason: fmt.Sprintf("%s: %s", r.Kind, r.Reason),
	}
	part := r.partly()
	if part {
		ask.Amount = r.Agreed
	}
	for _, u := range r.Units {
		n := u.N
		if part && r.Kind == aftersale.Money {
			n = 0 // the goods stay, and so do their units
		}
		ask.Units = append(ask.Units, checkout.RefundUnits{Line: u.Line, N: n})
	}
	back, err := c.Checkout.Refund(ctx, ask)
	switch {
	case errors.Is(err, checkout.ErrTooMuch), errors.Is(err, checkout.ErrNotPaid):
		c.Log.ErrorContext(ctx, "nothing is left to pay back", "after_sale", r.ID, "order", r.Order, "err", err)
		return c.finish(ctx, r.ID, aftersale.Refunding, func(r *request, now time.Time) error {
			return r.move(now, aftersale.Closed, bySystem, "it went back already")
		})
	case err != nil:
		return err
	case !back.Done:
		return errSlow
	case ours && !(part && r.Kind == aftersale.Money):
		if err := c.restock(ctx, r); err != nil {
			return err
		}
	}
	return c.finish(ctx, r.ID, aftersale.Refunding, func(r *request, now time.Time) error {
		r.Agreed = back.Amount
		return r.move(now, aftersale.Done, bySystem, "")
	})
}

// finish moves a request out of a state, once.
func (c *Core) finish(ctx context.Context, a id.AfterSale, from aftersale.State, f func(*request, time.Time) error) error {
	_, err := c.change(ctx, a, func(r *request) error {
		if r.State != from {
			return errSame
		}
		return f(r, c.Now())
	})
	return err
}

// replace takes new units from stock and has them sent. If there are none, the
// money goes back instead.
func (c *Core) replace(ctx context.Context, r request) error {
	order := insteadOf(r.ID)
	var units []catalog.Units
	var again []fulfil.Units
	for i, u := range r.Units {
		units = append(units, catalog.Units{SKU: r.Bounds[i].SKU, N: u.N})
		again = append(again, fulfil.Units{Line: u.Line, N: u.N})
	}
	ask := catalog.Reserve{Order: order, Units: units, Until: c.Now().Add(time.Hour)}
	_, err := c.Catalog.Reserve(ctx, ask)
	if err == nil {
		_, err = c.Catalog.Commit(ctx, ask)
	}
	if errors.Is(err, catalog.ErrSoldOut) {
		return c.finish(ctx, r.ID, aftersale.Replacing, func(r *request, now time.Time) error {
			r.Agreed = r.Wanted
			return r.move(now, aftersale.Refunding, bySystem, "there is none left to send")
		})
	}
	if err != nil {
		return err
	}
	p, err := c.Fulfil.Instead(ctx, fulfil.Instead{Parcel: r.Parcel, AfterSale: r.ID, Units: again})
	if err != nil {
		return err
	}
	if r, err = c.shelves(ctx, r); err != nil {
		return err
	}
	if r.Restock {
		if err := c.restock(ctx, r); err != nil {
			return err
		}
	}
	return c.finish(ctx, r.ID, aftersale.Replacing, func(r *request, now time.Time) error {
		r.Instead = p.ID
		return r.move(now, aftersale.Done, bySystem, "")
	})
}

// keep writes down what became of the units of a request that is over.
func (c *Core) keep(ctx context.Context, r request) error {
	gone := r.State == aftersale.Done && r.Instead == "" && (r.Kind != aftersale.Money || !r.partly())
	if err := c.leave(ctx, r.Order, r.ID, gone, false); err != nil {
		return err
	}
	_, err := c.change(ctx, r.ID, func(r *request) error {
		r.Kept, r.Wake = true, time.Time{}
		return nil
	})
	return err
}

// wakeDue goes on with what waits, or whose timer decides.
func (c *Core) wakeDue(ctx context.Context) error {
	q := docdb.Query{Index: "wake", Before: c.Now().Add(time.Millisecond), Limit: 200}
	for {
		due, err := c.requests.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range due.Items {
			_, err := c.drive(ctx, r.ID)
			if err != nil && errs.CodeOf(err) == errs.Internal {
				c.Log.WarnContext(ctx, "after-sale waits", "after_sale", r.ID, "err", err)
			}
		}
		if due.Next == "" {
			return nil
		}
		q.After = due.Next
	}
}
