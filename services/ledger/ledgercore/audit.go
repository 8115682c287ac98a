package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// stale is how old what was begun may be before nobody is at it any more.
const stale = time.Minute

// potOf is an account in one currency.
type potOf struct {
	account  ledger.Account
	currency string
}

// Audit reads everything and returns what does not hold. It is right while
// nothing moves; otherwise a breach may be an entry on its way.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	var out []Breach
	say := func(rule, where, fact string, args ...any) {
		out = append(out, Breach{rule, where, fmt.Sprintf(fact, args...)})
	}
	sums := map[potOf]int64{}
	err := c.entries.Each(ctx, func(key string, e ledger.Entry) error {
		if balanced(e.Postings) != nil {
			say("an entry sums to zero", key, "%v", e.Postings)
		}
		for _, p := range e.Postings {
			sums[potOf{p.Account, p.Amount.Currency}] += p.Amount.Amount
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	lines := map[potOf]int64{}
	err = c.lines.Each(ctx, func(_ string, l line) error {
		lines[potOf{l.Account, l.Amount.Currency}] += l.Amount.Amount
		return nil
	})
	if err != nil {
		return out, err
	}
	for at, n := range sums {
		if lines[at] != n {
			say("an account's lines are its entries", string(at.account), "%d %s in lines, %d in entries", lines[at], at.currency, n)
		}
	}
	if err := c.auditPurses(ctx, sums, say); err != nil {
		return out, err
	}
	if err := c.auditOrders(ctx, say); err != nil {
		return out, err
	}
	return out, c.auditPayouts(ctx, sums, say)
}

func (c *Core) auditPurses(ctx context.Context, sums map[potOf]int64, say func(string, string, string, ...any)) error {
	return c.purses.Each(ctx, func(key string, p purse) error {
		if len(p.Pending) > 0 {
			if c.Now().Sub(p.PendingAt) > stale {
				say("what is begun is finished", key, "%d entries since %v", len(p.Pending), p.PendingAt)
			}
			return nil
		}
		if own := -sums[potOf{p.Account, p.Currency}]; own != p.Own {
			say("a purse is the sum of its entries", key, "%d, its entries %d", p.Own, own)
		}
		if _, _, ok := payeeOf(reserveOf(p.Account)); ok && p.Reserve != 0 {
			if kept := -sums[potOf{reserveOf(p.Account), p.Currency}]; kept != p.Reserve {
				say("a reserve is the sum of its entries", key, "%d, its entries %d", p.Reserve, kept)
			}
		}
		if p.Reserve < 0 || p.Own < 0 && p.Reserve > 0 {
			say("a reserve pays first", key, "%d own, %d in reserve", p.Own, p.Reserve)
		}
		return nil
	})
}

func (c *Core) auditOrders(ctx context.Context, say func(string, string, string, ...any)) error {
	return c.orders.Each(ctx, func(key string, o order) error {
		if !o.TodoAt.IsZero() && c.Now().Sub(o.TodoAt) > stale {
			say("what is decided is posted", key, "%d entries since %v", len(o.Todo), o.TodoAt)
		}
		if !o.Due.IsZero() && c.Now().Sub(o.Due) > 10*stale {
			say("a line is earned when its window closes", key, "due %v", o.Due)
		}
		for i, l := range o.Lines {
			if l.Back.Due > l.Whole.Due || l.Returned > l.N {
				say("no more goes back than came", key, "line %d: %d of %d", i, l.Back.Due, l.Whole.Due)
			}
		}
		return nil
	})
}

func (c *Core) auditPayouts(ctx context.Context, sums map[potOf]int64, say func(string, string, string, ...any)) error {
	away := map[potOf]int64{}
	err := c.payouts.Each(ctx, func(key string, r payoutRecord) error {
		switch r.State {
		case ledger.PayoutRequested, ledger.PayoutApproved, ledger.PayoutSent:
			away[potOf{r.clearing(), r.Amount.Currency}] -= r.Amount.Amount
		}
		if !r.Due.IsZero() && c.Now().Sub(r.Due) > 10*stale {
			say("a payout goes on", key, "%s, due %v", r.State, r.Due)
		}
		away[potOf{r.clearing(), r.Amount.Currency}] += 0
		return nil
	})
	if err != nil {
		return err
	}
	for at, n := range away {
		if sums[at] != n {
			say("what left a payee's own is on its way", string(at.account), "%d %s, open payouts %d", sums[at], at.currency, n)
		}
	}
	return nil
}

// Booked returns what the ledger knows of an order: what was paid for its lines
// and what of that went back, in minor units, once all of it is posted.
func (c *Core) Booked(ctx context.Context, of id.Order) (known bool, paid, back int64, err error) {
	o, err := c.orders.Get(ctx, string(of))
	if errors.Is(err, docdb.ErrNotFound) {
		return false, 0, 0, nil
	}
	for _, l := range o.Lines {
		paid, back = paid+l.Whole.Due, back+l.Back.Due
	}
	return o.Paid && o.TodoAt.IsZero(), paid, back, err
}

// Standing returns what is on an account in a currency: the sum of its lines.
func (c *Core) Standing(ctx context.Context, a ledger.Account, currency string) (n int64, err error) {
	q := docdb.Query{Index: "account", Equal: []any{string(a)}, Limit: 500}
	for {
		found, err := c.lines.Find(ctx, q)
		if err != nil {
			return n, err
		}
		for _, l := range found.Items {
			if l.Amount.Currency == currency {
				n += l.Amount.Amount
			}
		}
		if q.After = found.Next; found.Next == "" {
			return n, nil
		}
	}
}
