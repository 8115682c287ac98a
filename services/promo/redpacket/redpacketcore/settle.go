package redpacketcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo/redpacket"
)

// atOnce is how much of one thing the job does in one run.
const atOnce = 500

// Settle ends what was begun and left: packets that are not funded, slots whose
// shares are not on record, shares that are not paid; and it ends packets whose
// time is over. It may run anywhere, and twice at the same time.
func (c *Core) Settle(ctx context.Context) error {
	return errors.Join(c.settlePackets(ctx), c.settleCells(ctx), c.settleShares(ctx))
}

func (c *Core) settlePackets(ctx context.Context) error {
	due, err := c.packets.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: atOnce})
	if err != nil {
		return err
	}
	var all []error
	for _, p := range due.Items {
		var err error
		switch p.State {
		case redpacket.Funding:
			if _, err = c.fund(ctx, p); errors.Is(err, redpacket.ErrNoMoney) {
				err = nil // its maker sees it
			}
		case redpacket.Open:
			if !c.Now().Before(p.ExpiresAt) {
				err = c.end(ctx, p)
			}
		}
		all = append(all, putOff(ctx, c.packets, p.ID, c.Now(), err))
	}
	return errors.Join(all...)
}

// end closes every cell, so that what is left is fixed, and sends that back to
// where it came from.
func (c *Core) end(ctx context.Context, p packet) error {
	rest := money.Money{Currency: p.Total.Currency}
	for i := range p.cells() {
		x, err := c.cells.UpdateIf(ctx, cellID(p.ID, i), nil, []docdb.Change{{Field: "closed", Verb: docdb.Set, Value: true}})
		if err != nil {
			return err
		}
		for j, amount := range x.Amounts {
			if _, ok := x.Slots[slotName(j)]; !ok {
				rest.Amount += amount
			}
		}
	}
	if rest.Amount > 0 {
		if _, err := c.Ledger.Post(ctx, entry(redpacket.EntryReturn, p.escrow(), p.account(), rest, p.ID)); err != nil {
			return fmt.Errorf("rest of %s: %w", p.ID, err)
		}
	}
	_, err := c.packets.Update(ctx, p.ID, func(p *packet) error {
		p.State, p.Returned, p.Due = redpacket.Ended, rest, time.Time{}
		return nil
	})
	return err
}

// settleCells sees that every slot taken is on record. A cell from which
// somebody took meanwhile is looked at again.
func (c *Core) settleCells(ctx context.Context) error {
	due, err := c.cells.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: atOnce})
	if err != nil {
		return err
	}
	var all []error
	for _, x := range due.Items {
		all = append(all, putOff(ctx, c.cells, x.ID, c.Now(), c.settleCell(ctx, x)))
	}
	return errors.Join(all...)
}

func (c *Core) settleCell(ctx context.Context, x cell) error {
	p, err := c.packets.Get(ctx, x.Packet)
	if err != nil {
		return err
	}
	for _, slot := range slices.Sorted(maps.Keys(x.Slots)) {
		if err := c.record(ctx, x.share(p, slot)); err != nil {
			return err
		}
	}
	_, err = c.cells.UpdateIf(ctx, x.ID, []docdb.Cond{{Field: "pops", Op: docdb.Eq, Value: x.Pops}}, []docdb.Change{{Field: "due", Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

func (c *Core) settleShares(ctx context.Context) error {
	due, err := c.shares.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: atOnce})
	if err != nil {
		return err
	}
	var all []error
	for _, s := range due.Items {
		all = append(all, putOff(ctx, c.shares, s.ID, c.Now(), c.payOut(ctx, s)))
	}
	return errors.Join(all...)
}

// later is when the job tries again what failed.
const later = time.Minute

// putOff lets the job do others before a document that failed, unless it is
// settled by now.
func putOff[T any](ctx context.Context, c *docdb.Collection[T], id string, now time.Time, why error) error {
	if why == nil || ctx.Err() != nil {
		return why
	}
	_, err := c.UpdateIf(ctx, id, []docdb.Cond{{Field: "due", Op: docdb.Present}}, []docdb.Change{{Field: "due", Verb: docdb.Set, Value: now.Add(later)}})
	if errors.Is(err, docdb.ErrRefused) {
		err = nil
	}
	return errors.Join(fmt.Errorf("%s: %w", id, why), err)
}
