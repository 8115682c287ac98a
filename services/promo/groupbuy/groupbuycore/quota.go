package groupbuycore

import (
	"context"
	"errors"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
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

func ofPerson(offer string, u id.User) string { return id.Derive("gbq", "offer", offer, string(u)) }
func freshSeat(u id.User) string              { return id.Derive("gbq", "fresh", string(u)) }

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
