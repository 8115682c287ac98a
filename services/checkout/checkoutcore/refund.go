package checkoutcore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// back is a refund as its order keeps it. Writing it there is the refund; what
// follows only carries it out.
type back struct {
	checkout.Refund `bson:",inline"`
	Asked           string `bson:"asked"`
	Restocked       bool   `bson:"restocked"`
	Tries           int    `bson:"tries"`
}

// open reports whether something is still to be done for it.
func (b back) open() bool { return !b.Done || b.Restock && !b.Restocked }

// maxRefunds is how many refunds one order has at most: its document bounds them.
const maxRefunds = 100

// Refund decides what goes back and writes it down in one change of the order,
// together with its announcement. The provider hears of it after, from here or
// from the job.
func (c *Core) Refund(ctx context.Context, in checkout.AskRefund) (checkout.Refund, error) {
	if actor.From(ctx).System == "" {
		return checkout.Refund{}, actor.ErrForbidden
	}
	if in.RequestID == "" {
		return checkout.Refund{}, rpc.ErrNoKey
	}
	o, err := c.orders.Get(ctx, string(in.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		return checkout.Refund{}, checkout.ErrNoSuchOrder.Because(err)
	}
	if err != nil {
		return checkout.Refund{}, err
	}
	return c.giveBack(ctx, o, fingerprint(in), id.Derive("rfd", string(in.Order), in.RequestID), func(o *order) (checkout.Refund, error) {
		return compute(o, in)
	})
}

// giveBack writes the refund that compute decides on into its order, once for
// each id, and begins to carry it out.
func (c *Core) giveBack(ctx context.Context, o order, asked, refund string, compute func(*order) (checkout.Refund, error)) (checkout.Refund, error) {
	var provider string
	if o.Payment != "" {
		p, err := c.payments.Get(ctx, string(o.Payment))
		if err != nil {
			return checkout.Refund{}, err
		}
		provider = p.Provider
	}
	o, err := c.orders.Update(ctx, string(o.ID), func(o *order) error {
		if before := o.back(refund); before != nil {
			if before.Asked != asked {
				return rpc.ErrReused
			}
			return errSame
		}
		switch {
		case o.State != checkout.Paid:
			return checkout.ErrNotPaid
		case len(o.Refunds) >= maxRefunds:
			return checkout.ErrManyRefunds
		}
		if o.Pools == nil {
			o.Pools = poolsOf(*o)
		}
		r, err := compute(o)
		if err != nil {
			return err
		}
		r.ID, r.Order, r.Buyer, r.Payment, r.Provider, r.At = refund, o.ID, o.Buyer, o.Payment, provider, c.Now()
		o.book(&r, c.Now())
		o.Refunds = append(o.Refunds, back{Refund: r, Asked: asked})
		o.BackDue = c.Now().Add(retryAfter)
		o.Add(c.Now(), checkout.OrderRefunded.Event(c.Now(), r.ID, r))
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return checkout.Refund{}, err
	}
	if err == nil {
		c.orderRelay.Kick(string(o.ID))
	}
	b := *o.back(refund)
	if b.open() {
		if err := c.carryOut(ctx, o.ID, b); err != nil {
			c.Log.WarnContext(ctx, "refund waits", "refund", b.ID, "order", o.ID, "err", err) // the job tries again
		} else {
			b.Done = true
		}
	}
	return b.Refund, nil
}

// back returns a refund of the order, or nil.
func (o *order) back(refund string) *back {
	i := slices.IndexFunc(o.Refunds, func(b back) bool { return b.ID == refund })
	if i < 0 {
		return nil
	}
	return &o.Refunds[i]
}

// book notes on the order and its lines what r gives back.
func (o *order) book(r *checkout.Refund, now time.Time) {
	o.Back = money.Money{Amount: o.Back.Amount + r.Amount.Amount, Currency: o.Total.Currency}
	for _, x := range r.Lines {
		l := &o.Lines[x.Line]
		l.Back = money.Money{Amount: l.Back.Amount + x.Due.Amount, Currency: l.Due.Currency}
		l.ShippingBack = money.Money{Amount: l.ShippingBack.Amount + x.Shipping.Amount, Currency: l.Due.Currency}
		l.Returned += x.N
	}
	r.Whole = o.Total.Amount > 0 && o.Back.Amount == o.Total.Amount ||
		!slices.ContainsFunc(o.Pools, func(p pool) bool { return p.Units > 0 })
	if r.Whole {
		o.State, o.ClosedAt = checkout.Refunding, now
	}
}

// poolsOf is all of an order's lines, points paid with included.
func poolsOf(o order) []pool {
	weights := make([]int64, len(o.Lines))
	for i, l := range o.Lines {
		weights[i] = l.ByPoints.Amount
	}
	points, err := money.Money{Amount: o.Points}.Split(weights...)
	if err != nil {
		points = make([]money.Money, len(o.Lines)) // none were paid with
	}
	out := make([]pool, len(o.Lines))
	for i, l := range o.Lines {
		out[i] = poolOf(l, points[i].Amount)
	}
	return out
}

// compute takes from an order's pools what a request asks for.
func compute(o *order, in checkout.AskRefund) (checkout.Refund, error) {
	if err := named(o, in); err != nil {
		return checkout.Refund{}, err
	}
	taken := make([]pool, len(o.Lines)) // what the buyer gets
	spent := make([]pool, len(o.Lines)) // what leaves the pools, more where the buyer agreed to less
	var price int64
	all := poolsOf(*o)
	for _, u := range in.Units {
		if p := o.Pools[u.Line]; u.N > 0 {
			spent[u.Line] = p.units(u.N, all[u.Line])
		} else {
			spent[u.Line] = p.part(1, 1)
		}
		price += spent[u.Line].money()
	}
	shipping := carriageBack(o, in, spent)
	var freight int64
	for _, n := range shipping {
		freight += n
	}
	if in.Amount.IsZero() {
		copy(taken, spent)
		for i, n := range shipping {
			taken[i].Shipping, spent[i].Shipping = n, n
		}
	} else if err := agreed(in, price, freight, taken, spent, shipping); err != nil {
		return checkout.Refund{}, err
	}
	for i := range o.Pools {
		o.Pools[i] = o.Pools[i].less(spent[i])
	}
	return refundOf(o, in, taken)
}

// named checks what a request names: each line once, and no more than is left.
func named(o *order, in checkout.AskRefund) error {
	seen := map[int]bool{}
	for _, u := range in.Units {
		switch {
		case u.Line < 0 || u.Line >= len(o.Lines) || seen[u.Line]:
			return errs.ErrInvalid.With("units", "must name lines of the order, each once")
		case u.N < 0 || u.N == 0 && in.Amount.Amount <= 0:
			return errs.ErrInvalid.With("units", "must say how many, or an amount")
		case u.N > o.Pools[u.Line].Units:
			return checkout.ErrTooMuch
		}
		seen[u.Line] = true
	}
	if len(in.Units) == 0 || in.Amount.Amount < 0 || in.Amount.Amount > 0 && in.Amount.Currency != o.Total.Currency {
		return errs.ErrInvalid.With("amount", "must be of the order's currency")
	}
	return nil
}

// carriageBack is the shipping that goes back, by line: that of every part which
// the request touches, if it is faulty or once nothing of the part is left.
func carriageBack(o *order, in checkout.AskRefund, spent []pool) []int64 {
	out := make([]int64, len(o.Lines))
	for _, part := range o.Parts {
		touched, left := false, int64(0)
		for _, i := range part.Lines {
			touched = touched || slices.ContainsFunc(in.Units, func(u checkout.RefundUnits) bool { return u.Line == i })
			left += o.Pools[i].Units - spent[i].Units
		}
		if !touched || left > 0 && !in.Faulty {
			continue
		}
		for _, i := range part.Lines {
			out[i] = o.Pools[i].Shipping
		}
	}
	return out
}

// agreed gives back less than the price, shared out over the lines by theirs.
// Of units that come back all leaves the pool: the rest of their price stays with
// the shop. Where the goods stay, only what was given does.
func agreed(in checkout.AskRefund, price, freight int64, taken, spent []pool, shipping []int64) error {
	if in.Amount.Amount > price+freight {
		return checkout.ErrTooMuch
	}
	goods := min(in.Amount.Amount, price)
	if goods > 0 {
		weights := make([]int64, len(in.Units))
		for i, u := range in.Units {
			weights[i] = spent[u.Line].money()
		}
		shares, err := money.Money{Amount: goods}.Split(weights...)
		if err != nil {
			return err
		}
		for i, u := range in.Units {
			taken[u.Line] = spent[u.Line].worth(shares[i].Amount)
		}
	}
	for _, u := range in.Units {
		if taken[u.Line].Units = u.N; u.N == 0 {
			spent[u.Line] = taken[u.Line]
		}
	}
	rest := in.Amount.Amount - goods
	for i, n := range shipping {
		n = min(n, rest)
		rest -= n
		taken[i].Shipping, spent[i].Shipping = n, n
	}
	return nil
}

// refundOf writes down what was taken.
func refundOf(o *order, in checkout.AskRefund, taken []pool) (checkout.Refund, error) {
	of := func(n int64) money.Money { return money.Money{Amount: n, Currency: o.Total.Currency} }
	r := checkout.Refund{Restock: in.Restock, Reason: in.Reason, Lines: []checkout.RefundLine{}}
	var sum, units int64
	for i, t := range taken {
		if t == (pool{}) {
			continue
		}
		l := o.Lines[i]
		if fault.On(fault.CurrentRate) {
			t.Commission = t.Goods / 10
		}
		r.Lines = append(r.Lines, checkout.RefundLine{
			Line: i, SKU: l.SKU, Merchant: l.Merchant, Creator: earner(l), N: t.Units,
			Amount: of(t.Amount), Saved: of(t.Amount - t.Goods), Platform: of(t.Platform), ByPoints: of(t.ByPoints),
			Shipping: of(t.Shipping), Tax: of(t.Tax), Due: of(t.due()), Fee: of(t.Fee), Commission: of(t.Commission),
		})
		sum, units, r.Points = sum+t.due(), units+t.Units, r.Points+t.Points
	}
	if sum == 0 && units == 0 && r.Points == 0 {
		return r, checkout.ErrTooMuch // nothing is left to give
	}
	if r.Amount = of(sum); o.Back.Amount+sum > o.Total.Amount {
		return r, checkout.ErrTooMuch
	}
	if units == 0 {
		r.Restock = false
	}
	return r, nil
}

// giveBackWhole refunds all that is left of an order, once for each request id.
// One that has nothing left, or never will be paid, is left as it is;
// checkout.ErrNotPaid asks to come again.
func (c *Core) giveBackWhole(ctx context.Context, orderID id.Order, request, reason string, restock bool) error {
	o, err := c.orders.Get(ctx, string(orderID))
	if errors.Is(err, docdb.ErrNotFound) {
		return checkout.ErrNoSuchOrder.Because(err)
	}
	if err != nil {
		return err
	}
	_, err = c.giveBack(ctx, o, reason, id.Derive("rfd", string(orderID), request), func(o *order) (checkout.Refund, error) {
		taken := slices.Clone(o.Pools)
		clear(o.Pools)
		return refundOf(o, checkout.AskRefund{Restock: restock, Reason: reason}, taken)
	})
	if errors.Is(err, checkout.ErrNotPaid) {
		return c.neverPaid(ctx, orderID, err)
	}
	return err
}

// neverPaid says nothing of an order that no money can reach any more, and
// notPaid of one that money which is here may still make a paid one.
func (c *Core) neverPaid(ctx context.Context, orderID id.Order, notPaid error) error {
	o, err := c.orders.Get(ctx, string(orderID))
	if err != nil {
		return err
	}
	switch o.State {
	case checkout.Refunding, checkout.Refunded, checkout.Cancelled:
		return nil
	case checkout.Expired:
	default:
		return notPaid // it expires, if it is not paid after all
	}
	return walk(ctx, c.payments, docdb.Query{Index: "order", Equal: []any{string(orderID)}, Limit: 20}, func(p payment) error {
		if p.State == checkout.Succeeded {
			return notPaid // until it has bought the order, or gone back
		}
		return nil
	})
}

// lapsed returns the money of a team that did not fill.
func (c *Core) lapsed(ctx context.Context, team string, orders []id.Order) error {
	var failed error
	for _, o := range orders {
		err := c.giveBackWhole(ctx, o, "team "+team, "group_buy_lapsed", true)
		if errors.Is(err, checkout.ErrNoSuchOrder) {
			c.Log.ErrorContext(ctx, "a team had an order that does not exist", "team", team, "order", o)
			continue
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
