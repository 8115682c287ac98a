package groupbuycore

import (
	"context"
	"errors"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// quota is what one person has of something that is limited for each: orders at
// an offer, or the one seat for a new buyer.
type quota struct {
	ID   string          `bson:"_id"`
	Held map[string]grip `bson:"held"` // by order
}

type grip struct {
	Until time.Time `bson:"until"`
	Paid  bool      `bson:"paid"`
}

func ofPerson(offer, identity string) string { return id.Derive("gbq", "offer", offer, identity) }
func freshSeat(identity string) string       { return id.Derive("gbq", "fresh", identity) }

// identities is all that tells somebody from others, whatever account they use.
func (c *Core) identities(ctx context.Context, u id.User) ([]string, error) {
	if u == "" {
		return nil, nil // a visitor
	}
	who, err := c.Account.Identities(system(ctx), account.IdentitiesOf{User: u})
	if err == nil && len(who.Items) == 0 {
		who.Items = []string{string(u)} // an account without a login is a person too
	}
	return who.Items, err
}

// graspAll takes what a ticket needs of its buyer's quotas: one order of the
// offer (promo.ErrLimit), and the one seat for a new buyer (groupbuy.ErrNotFresh).
func (c *Core) graspAll(ctx context.Context, k ticket, g grip, most int) error {
	for _, who := range k.As {
		if err := c.grasp(ctx, ofPerson(k.Offer, who), k.ID, g, most); err != nil {
			return err
		}
	}
	if !k.Fresh {
		return nil
	}
	for _, who := range k.As {
		err := c.grasp(ctx, freshSeat(who), k.ID, g, 1)
		if errors.Is(err, promo.ErrLimit) {
			return groupbuy.ErrNotFresh.Because(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// letAll gives all of that back.
func (c *Core) letAll(ctx context.Context, k ticket) error {
	for _, who := range k.As {
		if err := c.letGo(ctx, ofPerson(k.Offer, who), k.ID); err != nil {
			return err
		}
		if !k.Fresh {
			continue
		}
		if err := c.letGo(ctx, freshSeat(who), k.ID); err != nil {
			return err
		}
	}
	return nil
}

// grasp takes one of most for an order, for a while or, if g is paid, for good:
// promo.ErrLimit. What lapsed is let go on the way.
func (q *quota) grasp(order id.Order, g grip, most int, now time.Time) error {
	mine, had := q.Held[string(order)]
	if had && (mine.Paid || !g.Paid && now.Before(mine.Until)) {
		return errSame
	}
	kept := map[string]grip{}
	for o, x := range q.Held {
		if o != string(order) && (x.Paid || now.Before(x.Until)) {
			kept[o] = x
		}
	}
	if len(kept) >= most {
		return promo.ErrLimit
	}
	kept[string(order)] = g
	q.Held = kept
	return nil
}

func (c *Core) grasp(ctx context.Context, quotaID string, order id.Order, g grip, most int) error {
	_, err := c.quotas.Upsert(ctx, quotaID, func(q *quota) error { return q.grasp(order, g, most, c.Now()) })
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// letGo gives back what an order has of a quota.
func (c *Core) letGo(ctx context.Context, quotaID string, order id.Order) error {
	_, err := c.quotas.Update(ctx, quotaID, func(q *quota) error {
		if _, ok := q.Held[string(order)]; !ok {
			return errSame
		}
		delete(q.Held, string(order))
		return nil
	})
	if errors.Is(err, errSame) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
