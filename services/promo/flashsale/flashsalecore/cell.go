package flashsalecore

import (
	"context"
	"errors"
	"hash/fnv"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// cellPlaces is the most places that one cell has: it bounds the document.
const cellPlaces = 500

// mostCells is how many cells the largest allotment has.
const mostCells = 40

// cell is places of an allotment, or those that one person may have of it: its
// sum Left + Held + Sold never changes.
type cell struct {
	ID    string          `bson:"_id"`
	Of    string          `bson:"of,omitempty"` // the allotment; absent of a person's cell
	Left  int64           `bson:"left"`
	Held  int64           `bson:"held"`
	Sold  int64           `bson:"sold"`
	Holds map[string]hold `bson:"holds"`
	Marks map[string]bool `bson:"marks"` // what was done for which order, for good
}

type hold struct {
	N   int64  `bson:"n"`
	Gen string `bson:"gen"`
}

// heap is a cell's numbers.
type heap struct {
	ID   string `bson:"_id"`
	Left int64  `bson:"left"`
	Held int64  `bson:"held"`
	Sold int64  `bson:"sold"`
}

func soldMark(o id.Order) string { return "sold_" + string(o) }
func backMark(o id.Order) string { return "back_" + string(o) }

// gather plans which of an allotment's cells places come from: one that has them
// all, by the order's id so that orders spread, or the fullest together.
func (c *Core) gather(ctx context.Context, o id.Order, u use) ([]part, error) {
	const spread = 8
	fit, err := c.heaps.Find(ctx, docdb.Query{Index: "of", Equal: []any{u.Of}, From: u.N, Limit: spread})
	if err != nil {
		return nil, err
	}
	if len(fit.Items) > 0 {
		h := fnv.New32a()
		h.Write([]byte(o))
		return []part{{Cell: fit.Items[int(h.Sum32()%uint32(len(fit.Items)))].ID, N: u.N}}, nil
	}
	some, err := c.heaps.Find(ctx, docdb.Query{Index: "of", Equal: []any{u.Of}, From: int64(1), Descending: true, Limit: mostCells})
	if err != nil {
		return nil, err
	}
	var parts []part
	left := u.N
	for _, x := range some.Items {
		if n := min(left, x.Left); n > 0 {
			parts = append(parts, part{Cell: x.ID, N: n})
			left -= n
		}
	}
	if left > 0 {
		return nil, promo.ErrUsedUp
	}
	return parts, nil
}

// takeOne moves a part's places from left to held, once.
func (c *Core) takeOne(ctx context.Context, r order, p part) error {
	key := "holds." + string(r.ID)
	for range 4 {
		_, err := c.heaps.UpdateIf(ctx, p.Cell,
			[]docdb.Cond{
				{Field: "left", Op: docdb.Gte, Value: p.N},
				{Field: key, Op: docdb.Absent},
				{Field: "marks." + soldMark(r.ID), Op: docdb.Absent},
			},
			[]docdb.Change{
				{Field: "left", Verb: docdb.Add, Value: -p.N},
				{Field: "held", Verb: docdb.Add, Value: p.N},
				{Field: key, Verb: docdb.Set, Value: hold{N: p.N, Gen: r.Gen}},
			})
		if errors.Is(err, docdb.ErrNotFound) && p.Limit > 0 {
			fresh := cell{ID: p.Cell, Left: p.Limit, Holds: map[string]hold{}, Marks: map[string]bool{}}
			if err := c.cells.Insert(ctx, p.Cell, fresh); err != nil && !errors.Is(err, docdb.ErrExists) {
				return err
			}
			continue
		}
		if !errors.Is(err, docdb.ErrRefused) {
			return err
		}
		x, getErr := c.cells.Get(ctx, p.Cell)
		if getErr != nil {
			return getErr
		}
		h, ok := x.Holds[string(r.ID)]
		switch {
		case h.Gen == r.Gen, x.Marks[soldMark(r.ID)]:
			return nil // an earlier try, or a twin, took them
		case !ok:
			return err
		}
		if err := c.drop(ctx, p.Cell, r.ID, h); err != nil { // of a generation that is over
			return err
		}
	}
	return docdb.ErrBusy
}

// drop gives a hold's places back to the cell, once.
func (c *Core) drop(ctx context.Context, home string, o id.Order, h hold) error {
	key, back := "holds."+string(o), h.N
	if fault.On(fault.QuotaKept) {
		back = 0
	}
	return done(c.heaps.UpdateIf(ctx, home,
		[]docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: h.Gen}},
		[]docdb.Change{
			{Field: "left", Verb: docdb.Add, Value: back},
			{Field: "held", Verb: docdb.Add, Value: -h.N},
			{Field: key, Verb: docdb.Remove},
		}))
}

// countSold moves a part's places from held to sold, once.
func (c *Core) countSold(ctx context.Context, r order, p part) error {
	key, mark := "holds."+string(r.ID), "marks."+soldMark(r.ID)
	return done(c.heaps.UpdateIf(ctx, p.Cell,
		[]docdb.Cond{{Field: key + ".gen", Op: docdb.Eq, Value: r.Gen}, {Field: mark, Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "held", Verb: docdb.Add, Value: -p.N},
			{Field: "sold", Verb: docdb.Add, Value: p.N},
			{Field: key, Verb: docdb.Remove},
			{Field: mark, Verb: docdb.Set, Value: true},
		}))
}

// takeBack moves a part's places from sold to left, once.
func (c *Core) takeBack(ctx context.Context, r order, p part) error {
	mark := "marks." + backMark(r.ID)
	return done(c.heaps.UpdateIf(ctx, p.Cell,
		[]docdb.Cond{{Field: "marks." + soldMark(r.ID), Op: docdb.Present}, {Field: mark, Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "sold", Verb: docdb.Add, Value: -p.N},
			{Field: "left", Verb: docdb.Add, Value: p.N},
			{Field: mark, Verb: docdb.Set, Value: true},
		}))
}

// done is nil for a change that was made before.
func done(_ heap, err error) error {
	if errors.Is(err, docdb.ErrRefused) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
