package fulfilcore

import (
	"context"
	"fmt"
	"time"

	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// mostSpent is how many of somebody's latest parcels are looked at.
const mostSpent = 300

// Spent is what somebody has bought for good since an instant, in minor units by
// currency: goods as they were paid, of parcels whose return window has closed,
// without what went back.
func (c *Core) Spent(ctx context.Context, buyer id.User, since time.Time) (map[string]int64, error) {
	out := map[string]int64{}
	now, orders := c.Now(), map[id.Order]fulfil.Delivery{}
	q := docdb.Query{Index: "buyer_state", Equal: []any{string(buyer), string(fulfil.Received)}, Descending: true, Limit: 100}
	for seen := 0; seen < mostSpent; {
		found, err := c.parcels.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, p := range found.Items {
			if p.PaidAt.Before(since) {
				return out, nil // the latest come first
			}
			if p.For != "" || now.Before(p.ReturnBy) {
				continue
			}
			d, known := orders[p.Order]
			if !known {
				if d, err = c.Orders.Delivery(system(ctx), fulfil.ByOrder{ID: p.Order}); err != nil {
					return nil, fmt.Errorf("spent: %w", err)
				}
				orders[p.Order] = d
			}
			for _, l := range d.Order.Lines {
				if l.Merchant == p.Merchant {
					out[l.Due.Currency] += max(0, l.Amount.Amount-l.Saved.Amount-l.Back.Amount)
				}
			}
		}
		seen += len(found.Items)
		if q.After = found.Next; found.Next == "" {
			break
		}
	}
	return out, nil
}
