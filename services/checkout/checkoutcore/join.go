package checkoutcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// JoinCart moves a visitor's cart into the caller's in three steps, each of which
// may be done again: the visitor's cart decides who gets what it holds, the
// caller's takes that in once, the visitor's forgets it.
func (c *Core) JoinCart(ctx context.Context, in checkout.ByCart) (checkout.Cart, error) {
	user, err := actor.Signed(ctx)
	if err != nil {
		return checkout.Cart{}, err
	}
	visitors, err := visitorsCart(in.Key)
	if err != nil {
		return checkout.Cart{}, err
	}
	for range 2 { // a takeover that was cut short is finished first
		_, err := c.carts.Update(ctx, visitors, func(k *cart) error {
			if k.Leaving != nil || len(k.Lines) == 0 {
				return errSame
			}
			k.Leaving = &leaving{ID: id.New("crt", c.Now()), To: user, Lines: k.Lines}
			k.Lines = nil
			return nil
		})
		if err != nil && !errors.Is(err, errSame) && !errors.Is(err, docdb.ErrNotFound) {
			return checkout.Cart{}, err
		}
		if err := c.takeOver(ctx, visitors); err != nil {
			return checkout.Cart{}, err
		}
	}
	return c.Cart(ctx, checkout.ByCart{})
}

// takeOver brings what leaves a visitor's cart to where it goes.
func (c *Core) takeOver(ctx context.Context, visitors string) error {
	v, err := c.carts.Get(ctx, visitors)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && v.Leaving == nil {
		return nil
	}
	if err != nil {
		return err
	}
	going := *v.Leaving
	_, err = c.carts.Upsert(ctx, id.Derive("crt", "user", string(going.To)), func(k *cart) error {
		if slices.Contains(k.Joined, going.ID) {
			return errSame
		}
		k.Joined = append(k.Joined, going.ID)
		if n := len(k.Joined); n > maxJoined {
			k.Joined = k.Joined[n-maxJoined:]
		}
		for _, x := range slices.Backward(going.Lines) {
			if err := k.put(x, false); err != nil && !errors.Is(err, checkout.ErrCartFull) {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	_, err = c.carts.Update(ctx, visitors, func(k *cart) error {
		if k.Leaving == nil || k.Leaving.ID != going.ID {
			return errSame
		}
		k.Leaving = nil
		return nil
	})
	if errors.Is(err, errSame) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
