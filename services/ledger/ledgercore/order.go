package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// order is what the ledger knows of one order. Facts are noted in whatever order
// they are heard of; decide turns them into entries, which Todo carries until
// they are posted.
type order struct {
	ID       id.Order    `bson:"_id"`
	Paid     bool        `bson:"paid"`
	Provider string      `bson:"provider"`
	Payment  id.Payment  `bson:"payment"`
	Currency string      `bson:"currency"`
	PaidAt   time.Time   `bson:"paid_at"`
	Lines    []orderLine `bson:"lines"`
	Receipts []receipt   `bson:"receipts,omitempty"` // not yet decided about
	Refunds  []refund    `bson:"refunds,omitempty"`  // not yet decided about
	Refunded []string    `bson:"refunded,omitempty"` // those decided
	// Matters are the requests to undo something of it, by id.
	Matters map[string]matter `bson:"matters,omitempty"`
	// Rev counts decisions, so that what is derived from an older one is known.
	Rev  int64          `bson:"rev"`
	Todo []ledger.Entry `bson:"todo,omitempty"`
	// TodoAt is absent once all is posted and shown; Due is when the next line is
	// earned.
	TodoAt time.Time `bson:"todo_at,omitempty"`
	Due    time.Time `bson:"due,omitempty"`
}

type orderLine struct {
	Product  id.Product  `bson:"product"`
	Title    string      `bson:"title"`
	N        int64       `bson:"n"`
	Merchant id.Merchant `bson:"merchant"`
	Creator  id.User     `bson:"creator,omitempty"`
	Whole    parts       `bson:"whole"` // frozen
	Back     parts       `bson:"back"`  // what went back of it
	Returned int64       `bson:"returned"`
	EarnsAt  time.Time   `bson:"earns_at,omitempty"`
	EarnedAt time.Time   `bson:"earned_at,omitempty"` // absent while it is held
}

// receipt is that a line was received, and when it is earned.
type receipt struct {
	Line    int       `bson:"line"`
	EarnsAt time.Time `bson:"earns_at"`
}

// refund is money that went back.
type refund struct {
	ID    string       `bson:"id"`
	At    time.Time    `bson:"at"`
	Lines []refundLine `bson:"lines"`
}

type refundLine struct {
	Line int   `bson:"line"`
	N    int64 `bson:"n"`
	Back parts `bson:"back"`
}

// note changes an order's document by a fact that it may have already, decides,
// and posts what was decided. known says that the fact is not new.
func (c *Core) note(ctx context.Context, oid id.Order, fact func(o *order) (known bool)) error {
	o, err := c.orders.Upsert(ctx, string(oid), func(o *order) error {
		o.ID = oid
		if fact(o) {
			return errSame
		}
		return o.decide(c.Now())
	})
	if err != nil && !errors.Is(err, errSame) {
		return fmt.Errorf("order %s: %w", oid, err)
	}
	return c.finish(ctx, o)
}

// decide turns what is known of a paid order into entries.
func (o *order) decide(now time.Time) error {
	if !o.Paid {
		return nil
	}
	for _, r := range o.Receipts {
		if r.Line < 0 || r.Line >= len(o.Lines) {
			return fmt.Errorf("line %d of %d was received", r.Line, len(o.Lines))
		}
		if l := &o.Lines[r.Line]; l.EarnsAt.IsZero() {
			l.EarnsAt = r.EarnsAt
		}
	}
	o.Receipts = nil
	for _, r := range o.Refunds {
		if err := o.giveBack(r); err != nil {
			return err
		}
	}
	o.Refunds, o.Due = nil, time.Time{}
	for i := range o.Lines {
		switch l := &o.Lines[i]; {
		case !l.EarnedAt.IsZero() || l.EarnsAt.IsZero() || o.contested(i):
		case !l.EarnsAt.After(now):
			o.settle(i, now)
		case o.Due.IsZero() || l.EarnsAt.Before(o.Due):
			o.Due = l.EarnsAt
		}
	}
	o.Rev++
	o.TodoAt = now
	return nil
}

func (o *order) owe(e ledger.Entry, b *book) {
	e.Order = o.ID
	if e.Postings = b.postings(); len(e.Postings) > 0 {
		o.Todo = append(o.Todo, e)
	}
}

// sell is the entry of a paid order.
func (o *order) sell() {
	b := newBook(o.Currency)
	for _, l := range o.Lines {
		b.flow(o.Provider, 1, l.Whole, heldPots(l))
	}
	o.owe(ledger.Entry{ID: entryID(ledger.Sale, string(o.ID)), Kind: ledger.Sale, Ref: ref(string(o.Payment), string(o.ID)), At: o.PaidAt}, b)
}

// giveBack is the inverse of the frozen parts that a refund names, out of where
// each line's money is by now.
func (o *order) giveBack(r refund) error {
	b := newBook(o.Currency)
	for _, x := range r.Lines {
		if x.Line < 0 || x.Line >= len(o.Lines) {
			return fmt.Errorf("line %d of %d went back", x.Line, len(o.Lines))
		}
		l := &o.Lines[x.Line]
		at := heldPots(*l)
		if !l.EarnedAt.IsZero() && !fault.On(fault.NoClawback) {
			at = ownPots(*l)
		}
		b.flow(o.Provider, -1, x.Back, at)
		l.Back, l.Returned = l.Back.plus(1, x.Back), l.Returned+x.N
	}
	o.Refunded = append(o.Refunded, r.ID)
	o.owe(ledger.Entry{ID: entryID(ledger.Refund, r.ID), Kind: ledger.Refund, Ref: r.ID, At: r.At}, b)
	return nil
}

// settle makes what is left of a line its owners' own. A line settles once.
func (o *order) settle(i int, now time.Time) {
	l := &o.Lines[i]
	l.EarnedAt = now
	left := l.Whole.plus(-1, l.Back)
	b := newBook(o.Currency)
	b.share(1, left, heldPots(*l))
	b.share(-1, left, ownPots(*l))
	o.owe(ledger.Entry{ID: entryID(ledger.Settle, string(o.ID), strconv.Itoa(i)), Kind: ledger.Settle, At: now}, b)
}

func ref(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// finish posts what an order decided and shows it to its payees. Whoever comes
// second posts the same entries, which does nothing.
func (c *Core) finish(ctx context.Context, o order) error {
	if o.TodoAt.IsZero() {
		return nil
	}
	for _, e := range o.Todo {
		if _, err := c.Post(ctx, e); err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	if err := c.show(ctx, o); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	_, err := c.orders.Update(ctx, string(o.ID), func(now *order) error {
		now.Todo = slices.DeleteFunc(now.Todo, func(e ledger.Entry) bool {
			return slices.ContainsFunc(o.Todo, func(x ledger.Entry) bool { return x.ID == e.ID })
		})
		if now.Rev == o.Rev {
			now.TodoAt = time.Time{}
		}
		return nil
	})
	return err
}

func (c *Core) finishOrders(ctx context.Context) error {
	q := docdb.Query{Index: "todo", Before: c.Now().Add(-finishAfter), Limit: 100}
	for {
		found, err := c.orders.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, o := range found.Items {
			if err := c.finish(ctx, o); err != nil {
				c.Log.ErrorContext(ctx, "order cannot be finished", "order", o.ID, "err", err)
			}
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}

// settleDue settles the lines whose return window has closed.
func (c *Core) settleDue(ctx context.Context) error {
	q := docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: 100}
	for {
		found, err := c.orders.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, o := range found.Items {
			if err := c.note(ctx, o.ID, func(o *order) bool { return o.Due.IsZero() || o.Due.After(c.Now()) }); err != nil {
				c.Log.ErrorContext(ctx, "order cannot be settled", "order", o.ID, "err", err)
			}
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}

// paid notes a paid order.
func (c *Core) paid(ctx context.Context, e checkout.OrderData) error {
	e, err := widened(e)
	if err != nil {
		return err
	}
	return c.note(ctx, e.Order, func(o *order) bool {
		if o.Paid {
			return true
		}
		o.Paid, o.Provider, o.Payment, o.PaidAt, o.Currency = true, e.Provider, e.Payment, e.PaidAt, e.Total.Currency
		for _, l := range e.Lines {
			o.Lines = append(o.Lines, orderLine{
				Product: l.Product, Title: l.Title, N: l.N, Merchant: l.Merchant, Creator: l.Creator, Whole: partsOfLine(l),
			})
		}
		o.sell()
		return false
	})
}
