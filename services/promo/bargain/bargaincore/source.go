package bargaincore

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

// ruled reports whether an error is a rule's that said no, and not a fault.
func ruled(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Internal, errs.Unavailable:
		return false
	}
	return !errors.Is(err, docdb.ErrBusy)
}

// Kind implements promo.Source.
func (c *Core) Kind() promo.Kind { return promo.Chop }

// Rules returns the bargains that lines name, at their prices of now. A rule's
// Ref is the price, so that Lock sees whether it has changed since.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	var out []promo.Rule
	for i, l := range in.Lines {
		if l.Deal.Kind != promo.Chop {
			continue
		}
		b, err := c.get(ctx, l.Deal.ID)
		if err != nil {
			return nil, err
		}
		if b.SKU != l.SKU || b.Merchant != l.Merchant || b.Price.Currency != l.Price.Currency {
			return nil, bargain.ErrNoSuchBargain
		}
		if l.N != 1 {
			return nil, bargain.ErrOne
		}
		at := in.At
		if at.IsZero() {
			at = c.Now()
		}
		if err := b.buyable(in.Buyer, at); err != nil {
			return nil, err
		}
		out = append(out, promo.Rule{
			ID: b.ID, Kind: promo.Chop, Scope: promo.OfMerchant, Merchant: b.Merchant, Name: b.Name, Lines: []int{i},
			Price: b.Price, Ref: strconv.FormatInt(b.Price.Amount, 10), Limited: true, Chosen: true, Until: b.EndsAt,
		})
	}
	return out, nil
}

// Lock holds the bargains of an order at the prices that it froze.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	if len(uses) == 0 {
		return nil
	}
	k := claim{ID: in.Order, Buyer: in.Buyer}
	for _, use := range uses {
		price, err := strconv.ParseInt(use.Ref, 10, 64)
		if err != nil {
			return promo.ErrChanged.Because(err)
		}
		k.Items = append(k.Items, item{Bargain: use.Rule, Price: price})
	}
	before := false
	_, err := c.claims.Upsert(ctx, string(k.ID), func(old *claim) error {
		before = old.ID != "" && old.Had
		switch {
		case old.ID == "" || old.Buyer == k.Buyer && !old.Had: // of an earlier try at most
			*old = k
			return nil
		case old.Buyer != k.Buyer || !slices.Equal(old.Items, k.Items):
			return rpc.ErrReused
		}
		return errSame
	})
	if err = settled(err); err != nil {
		return err
	}
	for _, it := range k.Items {
		h := hold{Order: k.ID, Price: it.Price, Until: in.Until}
		_, err := c.bargains.Update(ctx, it.Bargain, func(b *record) error { return b.keep(h, k.Buyer, before, c.Now()) })
		if err = settled(err); err != nil {
			if undo := c.Release(context.WithoutCancel(ctx), k.ID); undo != nil {
				c.Log.WarnContext(ctx, "bargain not given back, its hold lapses", "order", k.ID, "err", undo)
			}
			return err
		}
	}
	if before {
		return nil
	}
	_, err = c.claims.Update(ctx, string(k.ID), func(k *claim) error { k.Had = true; return nil })
	return err
}

// claim returns what an order has; it is nothing for most.
func (c *Core) claim(ctx context.Context, order id.Order) (claim, error) {
	k, err := c.claims.Get(ctx, string(order))
	if errors.Is(err, docdb.ErrNotFound) {
		return claim{}, nil
	}
	return k, err
}

// Redeem makes the bargains of an order bought: all of them, or
// promo.ErrUsedUp.
func (c *Core) Redeem(ctx context.Context, order id.Order) error {
	k, err := c.claim(ctx, order)
	if err != nil {
		return err
	}
	for i, it := range k.Items {
		_, err := c.bargains.Update(ctx, it.Bargain, func(b *record) error { return b.buy(order, it.Price, c.Now()) })
		if err = settled(err); err == nil {
			continue
		}
		if !ruled(err) {
			return err
		}
		for _, bought := range k.Items[:i] {
			_, undo := c.bargains.Update(context.WithoutCancel(ctx), bought.Bargain, func(b *record) error { return b.unbuy(order) })
			if undo = settled(undo); undo != nil {
				return undo
			}
		}
		return promo.ErrUsedUp.Because(err)
	}
	return nil
}

// Release lets go of the bargains of an order that was not paid.
func (c *Core) Release(ctx context.Context, order id.Order) error {
	return c.each(ctx, order, func(b *record) error { return b.free(order) })
}

// Return marks the bargains of a refunded order. Their places are others' again.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	if !in.Whole {
		return nil
	}
	if err := c.each(ctx, in.Order, func(b *record) error { return b.bring(in.Order, c.Now()) }); err != nil {
		return err
	}
	k, err := c.claim(ctx, in.Order)
	for _, it := range k.Items {
		err = errors.Join(err, c.finish(ctx, it.Bargain))
	}
	return err
}

// each changes every bargain of an order.
func (c *Core) each(ctx context.Context, order id.Order, change func(*record) error) error {
	k, err := c.claim(ctx, order)
	if err != nil {
		return err
	}
	for _, it := range k.Items {
		_, err := c.bargains.Update(ctx, it.Bargain, change)
		if err = settled(err); err != nil && !errors.Is(err, bargain.ErrNoSuchBargain) {
			return err
		}
	}
	return nil
}
