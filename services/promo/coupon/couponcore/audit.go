package couponcore

import (
	"context"
	"fmt"

	"meadow/services/promo/coupon"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// sums is what the coupons of a purse or a quota come to.
type sums struct{ claimed, used, spent int64 }

// Audit reads everything and returns what does not hold. It is right while
// nothing moves; otherwise a breach may be a step on its way.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	var out []Breach
	say := func(rule, where, fact string, args ...any) {
		out = append(out, Breach{rule, where, fmt.Sprintf(fact, args...)})
	}
	batches := map[string]batch{}
	if err := c.batches.Each(ctx, func(name string, b batch) error { batches[name] = b; return nil }); err != nil {
		return out, err
	}
	quotas, purses := map[string]sums{}, map[string]sums{}
	err := c.coupons.Each(ctx, func(_ string, r record) error {
		b := batches[r.Batch]
		q, p := quotas[quotaID(r.Batch, r.Rev)], purses[b.purseOf(r)]
		if r.State == ready || r.State == locked || r.State == used {
			q.claimed++
		}
		if r.State == used {
			p.used++
			p.spent += r.Amount
		}
		if !r.OwedAt.IsZero() { // the purse does not know that it came back
			p.used++
			p.spent += r.Owed
		}
		quotas[quotaID(r.Batch, r.Rev)], purses[b.purseOf(r)] = q, p
		return nil
	})
	if err != nil {
		return out, err
	}
	for _, b := range batches {
		if b.State == coupon.Draft {
			continue
		}
		if err := c.auditBatch(ctx, b, quotas, purses, say); err != nil {
			return out, err
		}
	}
	return out, c.shares.Each(ctx, func(name string, s share) error {
		if s.N != int64(len(s.Claims)) {
			say("a person's coupons are counted", name, "%d, with %d claims", s.N, len(s.Claims))
		}
		return nil
	})
}

func (c *Core) auditBatch(ctx context.Context, b batch, quotas, purses map[string]sums, say func(string, string, string, ...any)) error {
	q, err := c.quotas.Get(ctx, quotaID(b.ID, b.Rev))
	if err != nil {
		return err
	}
	if got := quotas[q.ID].claimed; q.Left < 0 || q.Pending == 0 && q.Left+got != b.Total {
		say("coupons left and claimed are the batch's total", b.ID, "%d left and %d claimed of %d", q.Left, got, b.Total)
	}
	for i := range b.purses() {
		p, err := c.purses.Get(ctx, purseID(b.ID, b.Rev, i))
		if err != nil {
			return err
		}
		var held int64
		want := purses[p.ID]
		for name, e := range p.Locks {
			held += e.Amount
			r, err := c.coupons.Get(ctx, name)
			if err != nil {
				return err
			}
			if r.State == used && r.Lock == e.Token { // not counted yet
				want.used--
				want.spent -= r.Amount
			}
		}
		if p.Used != want.used || p.Spent != want.spent {
			say("a purse counts the coupons that were used", p.ID, "%d used for %d, its coupons %d for %d", p.Used, p.Spent, want.used, want.spent)
		}
		if budget := b.Budget.Amount; budget > 0 && (p.Left < 0 || p.Left+held+p.Spent != budget) {
			say("a budget is left, held or spent", p.ID, "%d left, %d held, %d spent of %d", p.Left, held, p.Spent, budget)
		}
	}
	return nil
}
