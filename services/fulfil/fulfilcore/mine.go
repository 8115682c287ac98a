package fulfilcore

import (
	"context"
	"slices"
	"strings"

	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// statesOf are walked one after the other.
func statesOf(s fulfil.Stage) []fulfil.State {
	switch s {
	case fulfil.ToShip:
		return []fulfil.State{fulfil.Partly, fulfil.Waiting, fulfil.Held}
	case fulfil.ToReceive:
		return []fulfil.State{fulfil.Delivered, fulfil.Shipped}
	}
	return []fulfil.State{fulfil.Received}
}

// maxOrders are asked about at once.
const maxOrders = 50

func (c *Core) Mine(ctx context.Context, in fulfil.Mine) (page.Page[fulfil.Parcel], error) {
	out := page.Page[fulfil.Parcel]{Items: []fulfil.Parcel{}}
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	if in.Orders != "" {
		orders := strings.Split(in.Orders, ",")
		for _, o := range orders[:min(len(orders), maxOrders)] {
			some, err := c.OfOrder(ctx, fulfil.ByOrder{ID: id.Order(o)})
			if err != nil {
				return out, err
			}
			// An operator sees others' parcels too, but not among their own.
			own := slices.DeleteFunc(some.Items, func(p fulfil.Parcel) bool { return p.Buyer != buyer })
			out.Items = append(out.Items, own...)
		}
		return out, nil
	}
	// A cursor is the state that the walk is in, and where in it.
	states, size := statesOf(in.Stage), in.Size(20, 50)
	name, after, _ := strings.Cut(string(in.After), ".")
	at := max(0, slices.Index(states, fulfil.State(name)))
	if in.After != "" && string(states[at]) != name {
		return out, page.ErrCursor
	}
	for ; at < len(states) && len(out.Items) < size; at, after = at+1, "" {
		found, err := c.parcels.Find(ctx, docdb.Query{
			Index: "buyer_state", Equal: []any{string(buyer), string(states[at])}, Descending: true, Limit: size - len(out.Items), After: page.Cursor(after),
		})
		if err != nil {
			return out, err
		}
		for _, p := range found.Items {
			out.Items = append(out.Items, c.view(p, asBuyer))
		}
		switch {
		case found.Next != "":
			out.Next = page.Cursor(string(states[at]) + "." + string(found.Next))
			return out, nil
		case len(out.Items) == size && at+1 < len(states):
			out.Next = page.Cursor(string(states[at+1]) + ".")
		}
	}
	return out, nil
}

func (c *Core) Waiting(ctx context.Context, _ rpc.Empty) (out fulfil.Counts, err error) {
	buyer, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	for stage, n := range map[fulfil.Stage]*int{fulfil.ToShip: &out.ToShip, fulfil.ToReceive: &out.ToReceive} {
		for _, s := range statesOf(stage) {
			found, err := c.parcels.Find(ctx, docdb.Query{Index: "buyer_state", Equal: []any{string(buyer), string(s)}, Limit: fulfil.MostCounted})
			if err != nil {
				return out, err
			}
			*n = min(*n+len(found.Items), fulfil.MostCounted)
		}
	}
	return out, nil
}
