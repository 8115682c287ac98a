package catalogcore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// back is one portion of an order that came back: asked for once, planned in the
// reservation, and then carried out in the cells.
type back struct {
	ID    string          `bson:"id"`
	Units []catalog.Units `bson:"units"` // as they were named
	Parts []cellPart      `bson:"parts"`
}

// RestockUnits plans in the reservation which cells get how many units back, and
// carries the plan out; each cell is marked, so that a second try finishes what
// the first began.
func (c *Core) RestockUnits(ctx context.Context, in catalog.RestockUnits) (rpc.Empty, error) {
	r, err := c.reservations.Get(ctx, string(in.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, catalog.ErrNotBought.Because(err)
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	name := id.Derive("bck", string(in.Order), in.RequestID)
	if fault.On(fault.TwiceRestocked) {
		name = id.New("bck", c.Now())
	}
	if r.State == sold {
		if err := c.countSold(ctx, r); err != nil {
			return rpc.Empty{}, err
		}
		r, err = c.step(ctx, r, sold, func(x *reservation) error { return x.plan(name, in.Units) })
		if errors.Is(err, errMoved) {
			return rpc.Empty{}, docdb.ErrBusy
		}
		if err != nil {
			return rpc.Empty{}, err
		}
	}
	i := slices.IndexFunc(r.Backs, func(b back) bool { return b.ID == name })
	if i < 0 {
		return rpc.Empty{}, catalog.ErrNotBought
	}
	return rpc.Empty{}, c.comeBack(ctx, r.ID, r.Backs[i])
}

// plan adds a portion to a sold reservation, unless it is there already.
func (r *reservation) plan(name string, units []catalog.Units) error {
	want := map[id.SKU]int64{}
	for _, u := range units {
		want[u.SKU] += u.N
	}
	if i := slices.IndexFunc(r.Backs, func(b back) bool { return b.ID == name }); i >= 0 {
		if !slices.Equal(r.Backs[i].Units, units) {
			return rpc.ErrReused
		}
		return nil
	}
	if len(r.Lines) == 0 { // it was made before orders had lines
		r.Lines = r.linesOfParts()
	}
	single := map[id.SKU]int64{}
	for _, sku := range slices.Sorted(maps.Keys(want)) {
		i := slices.IndexFunc(r.Lines, func(l line) bool { return l.SKU == sku })
		if i < 0 || want[sku] < 1 || r.Lines[i].N-r.Lines[i].Back < want[sku] {
			return catalog.ErrNotBought.With("sku", string(sku))
		}
		r.Lines[i].Back += want[sku]
		for _, u := range r.Lines[i].single(want[sku]) {
			single[u.SKU] += u.N
		}
	}
	b := back{ID: name, Units: units}
	for i := range r.Parts {
		p := &r.Parts[i]
		if n := min(single[p.SKU], p.N-p.Back); n > 0 {
			p.Back += n
			single[p.SKU] -= n
			b.Parts = append(b.Parts, cellPart{Cell: p.Cell, N: n})
		}
	}
	r.Backs = append(r.Backs, b)
	return nil
}

func (r *reservation) linesOfParts() []line {
	var units []catalog.Units
	for _, p := range r.Parts {
		units = append(units, catalog.Units{SKU: p.SKU, N: p.N})
	}
	return linesOf(units, nil)
}

// comeBack carries out one portion.
func (c *Core) comeBack(ctx context.Context, order id.Order, b back) error {
	for _, p := range b.Parts {
		if err := c.unsell(ctx, p.Cell, p.N, b.ID+"_"+string(order)); err != nil {
			return err
		}
	}
	return nil
}

// unsell moves units of a cell from sold to available, once for each mark.
func (c *Core) unsell(ctx context.Context, cell string, n int64, mark string) error {
	if n == 0 {
		return nil
	}
	mark = "marks." + mark
	_, err := c.heaps.UpdateIf(ctx, cell,
		[]docdb.Cond{{Field: mark, Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "sold", Verb: docdb.Add, Value: -n},
			{Field: "available", Verb: docdb.Add, Value: n},
			{Field: mark, Verb: docdb.Set, Value: true},
		})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}
