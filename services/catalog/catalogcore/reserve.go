package catalogcore

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// reservation is the one place where an order's units are decided about. Its
// state moves by compare-and-set; the cells follow, in steps that can be done
// again. Two tries of one order therefore agree on every cell, and a commit and
// a lapse of the same hold cannot both win.
type reservation struct {
	ID    id.Order     `bson:"_id"`
	Gen   string       `bson:"gen"`
	Parts []part       `bson:"parts"` // by SKU, so that orders reserve in one order
	State reserveState `bson:"state"`
	// Until is when a hold lapses; absent once it cannot.
	Until time.Time `bson:"until,omitempty"`
	// Lines are what was asked for; Parts are what that comes to in single goods.
	Lines []line `bson:"lines,omitempty"`
	// Near are warehouses, the nearest to the buyer first; none if all are alike.
	Near []string `bson:"near,omitempty"`
	// Backs are the units of it that came back in portions.
	Backs []back `bson:"backs,omitempty"`
}

// part is the units of one single SKU and the cell they come from. Back of them
// came back.
type part struct {
	SKU  id.SKU `bson:"sku"`
	N    int64  `bson:"n"`
	Cell string `bson:"cell"`
	Back int64  `bson:"back,omitempty"`
}

type reserveState string

const (
	taking    reserveState = "taking"    // the cells are being asked
	held      reserveState = "held"      // every cell gave
	sold      reserveState = "sold"      // paid: the units never come back by themselves
	releasing reserveState = "releasing" // the units go back, then the record goes
	returning reserveState = "returning" // sold units go back
	returned  reserveState = "returned"
)

// Reserve holds units for an order.
func (c *Core) Reserve(ctx context.Context, in catalog.Reserve) (rpc.Empty, error) {
	_, err := c.reserve(ctx, in)
	return rpc.Empty{}, err
}

// reserve returns the order's reservation, with its units held, or the error
// that says no. It finishes what an earlier try left undone.
func (c *Core) reserve(ctx context.Context, in catalog.Reserve) (reservation, error) {
	const tries = 6
	for range tries {
		r, err := c.reservations.Get(ctx, string(in.Order))
		switch {
		case errors.Is(err, docdb.ErrNotFound):
			r, err = c.begin(ctx, in)
			if errors.Is(err, docdb.ErrExists) {
				continue // a twin of this call began first
			}
			if err != nil {
				return r, err
			}
		case err != nil:
			return r, err
		}
		switch r.State {
		case held, sold:
			return r, nil
		case releasing:
			if err := c.giveBack(ctx, r); err != nil {
				return r, err
			}
			continue
		case returning, returned:
			return r, catalog.ErrSoldOut
		}
		r, err = c.take(ctx, r)
		if errors.Is(err, errMoved) {
			continue
		}
		return r, err
	}
	return reservation{}, docdb.ErrBusy
}

// errMoved means that somebody else changed the reservation meanwhile.
var errMoved = errors.New("catalog: reservation moved on")

// begin stores the plan of a reservation before any cell is touched.
func (c *Core) begin(ctx context.Context, in catalog.Reserve) (reservation, error) {
	r := reservation{ID: in.Order, Gen: id.Secret(), State: taking, Until: in.Until}
	homes, err := c.homes(ctx, in.Units)
	if err != nil {
		return r, err
	}
	if r.Near, err = c.near(ctx, homes, in.Region); err != nil {
		return r, err
	}
	r.Lines = linesOf(in.Units, homes)
	want := r.single()
	for _, sku := range slices.Sorted(maps.Keys(want)) {
		parts, err := c.gather(ctx, in.Order, catalog.Units{SKU: sku, N: want[sku]}, r.Near)
		if err != nil {
			return r, r.blame(err, sku)
		}
		r.Parts = append(r.Parts, parts...)
	}
	return r, c.reservations.Insert(ctx, string(r.ID), r)
}

// gather plans where units come from: the nearest warehouse that has them all,
// else the nearest ones together.
func (c *Core) gather(ctx context.Context, order id.Order, u catalog.Units, near []string) ([]part, error) {
	for _, w := range near {
		parts, err := c.gatherAt(ctx, order, u, docdb.Query{Index: "sku_warehouse", Equal: []any{string(u.SKU), w}}, nil)
		if err == nil || !errors.Is(err, catalog.ErrSoldOut) {
			return parts, err
		}
	}
	return c.gatherAt(ctx, order, u, docdb.Query{Index: "sku", Equal: []any{string(u.SKU)}}, near)
}

// gatherAt plans over the cells that q walks: one that has all the units, or
// several together, those of the nearest warehouses and the fullest first.
func (c *Core) gatherAt(ctx context.Context, order id.Order, u catalog.Units, q docdb.Query, near []string) ([]part, error) {
	if len(near) == 0 {
		home, err := c.pickAt(ctx, order, u, q, nil)
		if err == nil {
			return []part{{SKU: u.SKU, N: u.N, Cell: home}}, nil
		}
		if !errors.Is(err, catalog.ErrSoldOut) {
			return nil, err
		}
	}
	q.From, q.Descending, q.Limit = int64(1), true, cellUnits
	cells, err := c.heaps.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(near) > 0 {
		slices.SortStableFunc(cells.Items, func(a, b heap) int {
			return rank(near, string(a.Warehouse)) - rank(near, string(b.Warehouse))
		})
	}
	var parts []part
	left := u.N
	for _, x := range cells.Items {
		if n := min(left, x.Available); n > 0 {
			parts = append(parts, part{SKU: u.SKU, N: n, Cell: x.ID})
			left -= n
		}
	}
	if left > 0 {
		return nil, catalog.ErrSoldOut.With("sku", string(u.SKU))
	}
	return parts, nil
}

// spread is how many cells of a hot SKU its orders choose among.
const spread = 8

// pick chooses a cell that has n units, other than those that refused, in the
// nearest warehouse that has one.
func (c *Core) pick(ctx context.Context, r reservation, u catalog.Units, refused []string) (string, error) {
	for _, w := range r.Near {
		cell, err := c.pickAt(ctx, r.ID, u, docdb.Query{Index: "sku_warehouse", Equal: []any{string(u.SKU), w}}, refused)
		if err == nil || !errors.Is(err, catalog.ErrSoldOut) {
			return cell, err
		}
	}
	return c.pickAt(ctx, r.ID, u, docdb.Query{Index: "sku", Equal: []any{string(u.SKU)}}, refused)
}

// pickAt chooses among the cells that q walks. Orders spread over the cells of a
// hot SKU by their id.
func (c *Core) pickAt(ctx context.Context, order id.Order, u catalog.Units, q docdb.Query, refused []string) (string, error) {
	q.From, q.Limit = u.N, spread+len(refused)
	cells, err := c.heaps.Find(ctx, q)
	if err != nil {
		return "", err
	}
	open := slices.DeleteFunc(cells.Items, func(x heap) bool { return slices.Contains(refused, x.ID) })
	if len(open) == 0 {
		return "", catalog.ErrSoldOut.With("sku", string(u.SKU))
	}
	h := fnv.New32a()
	h.Write([]byte(order))
	return open[h.Sum32()%uint32(len(open))].ID, nil
}

// take asks each cell of the plan. A cell that refuses is replaced in the plan
// first and asked after; when no cell is left, all is given back.
func (c *Core) take(ctx context.Context, r reservation) (reservation, error) {
	for i := range r.Parts {
		var refused []string
		for {
			err := c.takeOne(ctx, r, r.Parts[i])
			if err == nil {
				break
			}
			if !errors.Is(err, docdb.ErrRefused) {
				return r, err
			}
			refused = append(refused, cellsOf(r)...)
			next, err := c.pick(ctx, r, catalog.Units{SKU: r.Parts[i].SKU, N: r.Parts[i].N}, refused)
			if err != nil {
				return r, errors.Join(r.blame(err, r.Parts[i].SKU), c.abandon(ctx, r))
			}
			if r, err = c.replan(ctx, r, i, next); err != nil {
				return r, err
			}
		}
	}
	return c.step(ctx, r, taking, func(x *reservation) error {
		if !slices.Equal(x.Parts, r.Parts) {
			return errMoved // a twin moved a part; its cell must be asked too
		}
		x.State = held
		return nil
	})
}

func cellsOf(r reservation) []string {
	var cells []string
	for _, p := range r.Parts {
		cells = append(cells, p.Cell)
	}
	return cells
}

// takeOne moves a part's units from available to held, once.
func (c *Core) takeOne(ctx context.Context, r reservation, p part) error {
	key, least := "holds."+string(r.ID), p.N
	if fault.On(fault.NonAtomic) {
		least = -1000
	}
	_, err := c.heaps.UpdateIf(ctx, p.Cell,
		[]docdb.Cond{{Field: "available", Op: docdb.Gte, Value: least}, {Field: key, Op: docdb.Absent}, {Field: soldMark(r.ID), Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "available", Verb: docdb.Add, Value: -p.N},
			{Field: "held", Verb: docdb.Add, Value: p.N},
			{Field: key, Verb: docdb.Set, Value: hold{N: p.N, Gen: r.Gen}},
		})
	if !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	x, getErr := c.cells.Get(ctx, p.Cell)
	if getErr != nil {
		return getErr
	}
	if x.Holds[string(r.ID)].Gen == r.Gen || x.Marks[soldName(r.ID)] {
		return nil // an earlier try, or a twin, took them
	}
	return err
}

// soldMark is where a cell notes that an order's units were sold: a slow twin
// must neither take them again nor count them twice.
func soldMark(o id.Order) string { return "marks." + soldName(o) }

func soldName(o id.Order) string { return "sold_" + string(o) }

// replan moves one part to another cell, if nobody else moved it first.
func (c *Core) replan(ctx context.Context, r reservation, i int, to string) (reservation, error) {
	from := r.Parts[i].Cell
	return c.step(ctx, r, taking, func(x *reservation) error {
		if x.Parts[i].Cell != from {
			return errMoved
		}
		x.Parts[i].Cell = to
		return nil
	})
}

// abandon gives back what a reservation took before it failed.
func (c *Core) abandon(ctx context.Context, r reservation) error {
	r, err := c.step(ctx, r, taking, func(x *reservation) error { x.State = releasing; return nil })
	if errors.Is(err, errMoved) {
		return nil // a twin decides
	}
	if err != nil {
		return err
	}
	return c.giveBack(ctx, r)
}

// step changes a reservation of the same generation that is in state from;
// errMoved if it is not.
func (c *Core) step(ctx context.Context, r reservation, from reserveState, f func(*reservation) error) (reservation, error) {
	out, err := c.reservations.Update(ctx, string(r.ID), func(x *reservation) error {
		if x.Gen != r.Gen || x.State != from {
			return errMoved
		}
		return f(x)
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return out, errMoved
	}
	return out, err
}

// giveBack returns the units of a releasing reservation to their cells and
// removes it.
func (c *Core) giveBack(ctx context.Context, r reservation) error {
	key := "holds." + string(r.ID)
	for _, p := range r.Parts {
		_, err := c.heaps.UpdateIf(ctx, p.Cell,
			[]docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: r.Gen}},
			[]docdb.Change{
				{Field: "available", Verb: docdb.Add, Value: p.N},
				{Field: "held", Verb: docdb.Add, Value: -p.N},
				{Field: key, Verb: docdb.Remove},
			})
		if err != nil && !errors.Is(err, docdb.ErrRefused) {
			return err
		}
	}
	err := c.reservations.DeleteIf(ctx, string(r.ID), func(x reservation) bool {
		return x.Gen == r.Gen && x.State == releasing
	})
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrConflict) {
		return nil // a twin removed it, and may have begun anew
	}
	return err
}
