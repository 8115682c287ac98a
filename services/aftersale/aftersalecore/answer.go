package aftersalecore

import (
	"context"
	"errors"
	"time"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// do lets somebody move a request. The same word said again changes nothing.
func (c *Core) do(ctx context.Context, a id.AfterSale, verb string, in any, f func(*request, time.Time) error) (aftersale.AfterSale, error) {
	said := fingerprint(in)
	_, err := c.change(ctx, a, func(r *request) error {
		if r.Did[verb] == said {
			return errSame
		}
		if err := f(r, c.Now()); err != nil {
			return err
		}
		if r.Did == nil {
			r.Did = map[string]string{}
		}
		r.Did[verb] = said
		return nil
	})
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	return shown(c.drive(ctx, a))
}

// get returns a request that exists for somebody.
func (c *Core) get(ctx context.Context, a id.AfterSale) (request, error) {
	r, err := c.requests.Get(ctx, string(a))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && r.Opening {
		return r, aftersale.ErrNoSuchAfterSale.Because(err)
	}
	return r, err
}

// ofBuyer checks that a request is the caller's.
func (c *Core) ofBuyer(ctx context.Context, a id.AfterSale) (id.User, error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return "", err
	}
	r, err := c.get(ctx, a)
	if err == nil && r.Buyer != buyer {
		err = aftersale.ErrNoSuchAfterSale
	}
	return buyer, err
}

// shop returns the shop that the caller acts for, if they may see to refunds.
func (c *Core) shop(ctx context.Context) (id.Merchant, error) {
	who := actor.From(ctx)
	if who.User == "" {
		return "", actor.ErrNobody
	}
	if who.Merchant == "" {
		return "", actor.ErrForbidden
	}
	may, err := c.Catalog.May(system(ctx), catalog.May{User: who.User, Merchant: who.Merchant, Duty: catalog.DoRefunds})
	if err == nil && !may.Yes {
		err = actor.ErrForbidden
	}
	return who.Merchant, err
}

// ofShop checks that a request is to the caller's shop.
func (c *Core) ofShop(ctx context.Context, a id.AfterSale) error {
	m, err := c.shop(ctx)
	if err != nil {
		return err
	}
	r, err := c.get(ctx, a)
	if err == nil && r.Merchant != m {
		err = aftersale.ErrNoSuchAfterSale
	}
	return err
}

func (c *Core) Withdraw(ctx context.Context, in aftersale.ByID) (aftersale.AfterSale, error) {
	if _, err := c.ofBuyer(ctx, in.ID); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "withdraw", in, func(r *request, now time.Time) error {
		return r.move(now, aftersale.Withdrawn, byBuyer, "")
	})
}

func (c *Core) SendBack(ctx context.Context, in aftersale.SendBack) (aftersale.AfterSale, error) {
	if _, err := c.ofBuyer(ctx, in.ID); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "send_back", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Sending {
			return aftersale.ErrNotNow
		}
		r.Carrier, r.Tracking = in.Carrier, in.Tracking
		return r.move(now, aftersale.Inspecting, byBuyer, "")
	})
}

func (c *Core) Accept(ctx context.Context, in aftersale.ByID) (aftersale.AfterSale, error) {
	if _, err := c.ofBuyer(ctx, in.ID); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "accept", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Agreed {
			return aftersale.ErrNotNow
		}
		return r.goOn(now, byBuyer)
	})
}

func (c *Core) Dispute(ctx context.Context, in aftersale.Dispute) (aftersale.AfterSale, error) {
	buyer, err := c.ofBuyer(ctx, in.ID)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	more, err := c.evidence(ctx, buyer, in.Evidence)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "dispute", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Refused && r.State != aftersale.Agreed {
			return aftersale.ErrNotNow
		}
		for _, p := range more {
			if len(r.Evidence) < aftersale.MaxEvidence {
				r.Evidence = append(r.Evidence, p)
			}
		}
		return r.move(now, aftersale.Disputed, byBuyer, in.Text)
	})
}

func (c *Core) Answer(ctx context.Context, in aftersale.Answer) (aftersale.AfterSale, error) {
	if err := c.ofShop(ctx, in.ID); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "answer", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Asked {
			return aftersale.ErrNotNow
		}
		if !in.Agree {
			return r.move(now, aftersale.Refused, byShop, in.Text)
		}
		less, err := r.settleOn(in.Amount)
		if err != nil {
			return err
		}
		return r.agree(now, byShop, in.Text, less)
	})
}

// settleOn sets what was agreed on; nothing named is all that was wanted. It
// reports whether that is less: ErrAmount.
func (r *request) settleOn(m money.Money) (less bool, err error) {
	r.Agreed, r.Less = r.Wanted, false
	if m == (money.Money{}) || m == r.Wanted {
		return false, nil
	}
	if r.Kind == aftersale.Exchange || !within(m, r.Wanted) {
		return false, aftersale.ErrAmount
	}
	r.Agreed, r.Less = m, true
	return true, nil
}

// partly reports whether less than the whole price was agreed on.
func (r *request) partly() bool { return !r.Full || r.Less }

func (c *Core) Inspect(ctx context.Context, in aftersale.Inspect) (aftersale.AfterSale, error) {
	if err := c.ofShop(ctx, in.ID); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "inspect", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Inspecting {
			return aftersale.ErrNotNow
		}
		if !in.Fine {
			return r.move(now, aftersale.Disputed, byShop, in.Text)
		}
		r.Restock = in.Restock
		return r.goOn(now, byShop)
	})
}

func (c *Core) Decide(ctx context.Context, in aftersale.Decide) (aftersale.AfterSale, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return aftersale.AfterSale{}, err
	}
	r, err := c.get(ctx, in.ID)
	if err != nil {
		return aftersale.AfterSale{}, err
	}
	if err := catalog.NotOwn(ctx, c.Catalog, r.Buyer, r.Merchant); err != nil {
		return aftersale.AfterSale{}, err
	}
	return c.do(ctx, in.ID, "decide", in, func(r *request, now time.Time) error {
		if r.State != aftersale.Disputed {
			return aftersale.ErrNotNow
		}
		if !in.Agree {
			return r.move(now, aftersale.Closed, byOperator, in.Text)
		}
		if _, err := r.settleOn(in.Amount); err != nil {
			return err
		}
		return r.agree(now, byOperator, in.Text, false)
	})
}
