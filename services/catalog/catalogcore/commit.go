package catalogcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Commit decides in the reservation that the units are sold, and then counts
// them so in their cells. A hold that has lapsed is taken anew.
func (c *Core) Commit(ctx context.Context, in catalog.Reserve) (rpc.Empty, error) {
	const tries = 4
	for range tries {
		r, err := c.reserve(ctx, in)
		if err != nil {
			return rpc.Empty{}, err
		}
		if r.State == held {
			r, err = c.step(ctx, r, held, func(x *reservation) error {
				x.State, x.Until = sold, time.Time{}
				return nil
			})
			if errors.Is(err, errMoved) {
				continue // it lapsed, or a twin committed it
			}
			if err != nil {
				return rpc.Empty{}, err
			}
		}
		return rpc.Empty{}, c.countSold(ctx, r)
	}
	return rpc.Empty{}, docdb.ErrBusy
}

// countSold moves a sold reservation's units from held to sold, once.
func (c *Core) countSold(ctx context.Context, r reservation) error {
	key := "holds." + string(r.ID)
	if fault.On(fault.HoldUncommitted) {
		return nil
	}
	for _, p := range r.Parts {
		_, err := c.heaps.UpdateIf(ctx, p.Cell,
			[]docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: r.Gen}, {Field: soldMark(r.ID), Op: docdb.Absent}},
			[]docdb.Change{
				{Field: "held", Verb: docdb.Add, Value: -p.N},
				{Field: "sold", Verb: docdb.Add, Value: p.N},
				{Field: key, Verb: docdb.Remove},
				{Field: soldMark(r.ID), Verb: docdb.Set, Value: true},
			})
		if err != nil && !errors.Is(err, docdb.ErrRefused) {
			return err
		}
	}
	return nil
}

// Release gives back what an order holds. What it bought stays bought: a late
// word of its expiry changes nothing.
func (c *Core) Release(ctx context.Context, in catalog.ByOrder) (rpc.Empty, error) {
	r, err := c.reservations.Get(ctx, string(in.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, nil
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	return rpc.Empty{}, c.release(ctx, r)
}

func (c *Core) release(ctx context.Context, r reservation) error {
	if r.State == taking || r.State == held {
		var err error
		r, err = c.step(ctx, r, r.State, func(x *reservation) error { x.State = releasing; return nil })
		if errors.Is(err, errMoved) {
			return docdb.ErrBusy // told again later
		}
		if err != nil {
			return err
		}
	}
	if r.State != releasing || fault.On(fault.LostRelease) {
		return nil
	}
	return c.giveBack(ctx, r)
}

// Restock gives back all that an order has, held or bought.
func (c *Core) Restock(ctx context.Context, in catalog.ByOrder) (rpc.Empty, error) {
	r, err := c.reservations.Get(ctx, string(in.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, nil
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	if r.State == sold {
		if err := c.countSold(ctx, r); err != nil {
			return rpc.Empty{}, err
		}
		r, err = c.step(ctx, r, sold, func(x *reservation) error { x.State = returning; return nil })
		if errors.Is(err, errMoved) {
			return rpc.Empty{}, docdb.ErrBusy
		}
		if err != nil {
			return rpc.Empty{}, err
		}
	}
	if r.State == returning {
		return rpc.Empty{}, c.takeBack(ctx, r)
	}
	return rpc.Empty{}, c.release(ctx, r)
}

// takeBack returns what is still sold of an order to its cells. A mark in each
// cell says that it was done, until the reservation says so for all.
func (c *Core) takeBack(ctx context.Context, r reservation) error {
	for _, b := range r.Backs {
		if err := c.comeBack(ctx, r.ID, b); err != nil {
			return err
		}
	}
	for _, p := range r.Parts {
		if err := c.unsell(ctx, p.Cell, p.N-p.Back, "back_"+string(r.ID)); err != nil {
			return err
		}
	}
	_, err := c.step(ctx, r, returning, func(x *reservation) error { x.State = returned; return nil })
	if err != nil && !errors.Is(err, errMoved) {
		return err
	}
	return nil
}

// sweep gives back what has lapsed, and what no reservation accounts for.
func (c *Core) sweep(ctx context.Context) error {
	return errors.Join(c.lapse(ctx), c.reclaim(ctx))
}

// lapse releases reservations whose time is over.
func (c *Core) lapse(ctx context.Context) error {
	return walk(ctx, c.reservations, docdb.Query{Index: "until", Before: c.Now()}, func(r reservation) error {
		if err := c.release(ctx, r); !errors.Is(err, docdb.ErrBusy) {
			return err
		}
		return nil
	})
}

// reclaim returns holds that a try killed halfway left in a cell which its
// reservation does not name. A reservation that is still taking may yet name
// it, and is left to lapse first.
func (c *Core) reclaim(ctx context.Context) error {
	return walk(ctx, c.cells, docdb.Query{Index: "held", From: int64(1)}, func(x cell) error {
		var all []error
		for order, h := range x.Holds {
			all = append(all, c.reclaimOne(ctx, x.ID, id.Order(order), h))
		}
		return errors.Join(all...)
	})
}

func (c *Core) reclaimOne(ctx context.Context, home string, order id.Order, h hold) error {
	r, err := c.reservations.Get(ctx, string(order))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
	case err != nil:
		return err
	case r.Gen != h.Gen:
	case r.State == taking || r.State == releasing || namesCell(r, home):
		return nil
	}
	key := "holds." + string(order)
	_, err = c.heaps.UpdateIf(ctx, home,
		[]docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: h.Gen}},
		[]docdb.Change{
			{Field: "available", Verb: docdb.Add, Value: h.N},
			{Field: "held", Verb: docdb.Add, Value: -h.N},
			{Field: key, Verb: docdb.Remove},
		})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

func namesCell(r reservation, home string) bool {
	for _, p := range r.Parts {
		if p.Cell == home {
			return true
		}
	}
	return false
}
