package moderationcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Due is what a document that decided something owes elsewhere: lines of the
// audit log, and whatever else its kind does (debtor.pay). It is stored in the
// same write as the decision and cleared when all is done. Whoever decided does
// it at once; a sweep does what a kill left.
type Due struct {
	Lines []Line    `bson:"lines,omitempty"`
	Owed  time.Time `bson:"owed,omitempty"`
	Owes  int64     `bson:"owes"` // counts, so that a later debt is not cleared with an earlier
}

// Line is an entry of the audit log before it has its place there. Key makes it
// be written once.
type Line struct {
	Key    string    `bson:"key"`
	By     id.User   `bson:"by"`
	Did    string    `bson:"did"`
	About  string    `bson:"about"`
	Detail string    `bson:"detail"`
	At     time.Time `bson:"at"`
}

func (d *Due) owe(now time.Time, lines ...Line) {
	d.Lines = append(d.Lines, lines...)
	d.Owed = now
	d.Owes++
}

// debt is a collection whose documents may owe something.
type debt interface {
	sweep(ctx context.Context, before time.Time) error
}

// debtor settles what documents of one collection owe.
type debtor[T any] struct {
	core *Core
	coll *docdb.Collection[T]
	id   func(*T) string
	due  func(*T) *Due
	pay  func(ctx context.Context, v T) error // beside the lines; idempotent; may be nil
}

func (c *Core) owe() {
	c.owing = []debt{c.owedCases(), c.owedBans(), c.owedLists(), c.owedRules(), owedReports{c}}
}

func (c *Core) owedCases() debtor[record] {
	return debtor[record]{c, c.cases, func(r *record) string { return string(r.ID) }, func(r *record) *Due { return &r.Due }, c.strike}
}

func (c *Core) owedBans() debtor[ban] {
	return debtor[ban]{c, c.bans, func(b *ban) string { return b.ID }, func(b *ban) *Due { return &b.Due }, c.enforce}
}

func (c *Core) owedLists() debtor[entry] {
	return debtor[entry]{c, c.lists, func(e *entry) string { return e.ID }, func(e *entry) *Due { return &e.Due },
		func(ctx context.Context, _ entry) error { return c.listsChanged(ctx) }}
}

func (c *Core) owedRules() debtor[ruleState] {
	return debtor[ruleState]{c, c.rules, func(r *ruleState) string { return r.Name }, func(r *ruleState) *Due { return &r.Due }, nil}
}

// settle does what the document owes.
func (d debtor[T]) settle(ctx context.Context, id string) error {
	v, err := d.coll.Get(ctx, id)
	if err != nil {
		return err
	}
	was := *d.due(&v)
	if was.Owed.IsZero() {
		return nil
	}
	if d.pay != nil {
		if err := d.pay(ctx, v); err != nil {
			return err
		}
	}
	for _, l := range was.Lines {
		if err := d.core.write(ctx, l); err != nil {
			return err
		}
	}
	_, err = d.coll.Update(ctx, id, func(v *T) error {
		now := d.due(v)
		if now.Owes != was.Owes {
			return errSame // whoever owes more settles that, and this again
		}
		now.Lines, now.Owed = nil, time.Time{}
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// soon is settle for whoever has just decided: what fails is swept later.
func (d debtor[T]) soon(ctx context.Context, id string) {
	if err := d.settle(context.WithoutCancel(ctx), id); err != nil {
		d.core.Log.WarnContext(ctx, "moderation owes something, will be tried again", "id", id, "err", err)
	}
}

// sweepMost is how many documents of one kind a sweep settles.
const sweepMost = 200

func (d debtor[T]) sweep(ctx context.Context, before time.Time) error {
	found, err := d.coll.Find(ctx, docdb.Query{Index: "owed", Before: before, Limit: sweepMost})
	if err != nil {
		return err
	}
	var failed []error
	for _, v := range found.Items {
		failed = append(failed, d.settle(ctx, d.id(&v)))
	}
	return errors.Join(failed...)
}

// grace is how long whoever decided something has to do the rest, before a sweep
// does it too.
const grace = 3 * time.Second

// Sweep does what a kill left undone.
func (c *Core) Sweep(ctx context.Context) error {
	before := c.Now().Add(-grace)
	var failed []error
	for _, d := range c.owing {
		failed = append(failed, d.sweep(ctx, before))
	}
	return errors.Join(failed...)
}
