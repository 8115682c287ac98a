package bargaincore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/bargain/bargaintest"
)

var errKilled = errors.New("killed")

// mortal is a driver whose process dies at a write: before it, or once it is
// stored but before anybody heard.
type mortal struct {
	docdb.Driver
	left   atomic.Int64 // writes until it dies; negative: never
	stored bool
}

func (m *mortal) write(f func() error) error {
	if m.left.Load() < 0 {
		return f()
	}
	switch n := m.left.Add(-1); {
	case n > 0:
		return f()
	case n == 0 && m.stored:
		if err := f(); err != nil {
			return err
		}
	}
	m.left.CompareAndSwap(-1, 0) // dead until it is started again
	return errKilled
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.write(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.write(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func (m *mortal) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (doc docdb.Doc, err error) {
	err = m.write(func() (e error) {
		doc, e = m.Driver.UpdateIf(ctx, coll, id, conds, changes)
		return e
	})
	return doc, err
}

func (m *mortal) Delete(ctx context.Context, coll, id string, rev int64) error {
	return m.write(func() error { return m.Driver.Delete(ctx, coll, id, rev) })
}

func as(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u, Roles: []actor.Role{actor.Viewer}})
}

// TestWhereverAProcessDiesTheNextTryFinishes begins a bargain, cuts it, buys it
// and sends it back, dies at each write of it in turn, and does again what did
// not answer.
func TestWhereverAProcessDiesTheNextTryFinishes(t *testing.T) {
	t.Parallel()
	m := &mortal{}
	m.left.Store(-1)
	w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	for _, stored := range []bool{false, true} {
		m.stored = stored
		for at := int64(1); ; at++ {
			m.left.Store(-1)
			if died := life(t, w, c, m, at); !died {
				break // there are no more writes
			}
		}
	}
}

func life(t *testing.T, w *bargaintest.World, c *Core, m *mortal, at int64) (died bool) {
	t.Helper()
	o := w.Start(t, func(in *bargain.Terms) { in.Stock, in.Cuts, in.NewCuts = 2, 2, 1 })
	of := func(what string) string { return fmt.Sprintf("%s%d%t", what, at, m.stored) }
	user := func(who string) id.User { return id.User(of("usr_" + who)) }
	order := id.Order(of("ord_"))
	w.SetMade(user("new"), w.Now())
	m.left.Store(at)
	try := func(what string, f func() error) {
		t.Helper()
		for n := 0; ; n++ {
			err := f()
			if err == nil {
				return
			}
			if !errors.Is(err, errKilled) || n > 1 {
				t.Fatalf("dying at %d (stored %v), %s: %v", at, m.stored, what, err)
			}
			died = true
			m.left.Store(-1)
		}
	}
	var b bargain.Bargain
	try("beginning", func() (err error) {
		b, err = c.Begin(as(t, user("a")), bargain.Begin{Offer: o.ID, RequestID: "1"})
		return err
	})
	for _, u := range []id.User{user("new"), user("old")} {
		try("cutting", func() error {
			_, err := c.Cut(as(t, u), bargain.Cut{ID: b.ID, From: account.From{Client: of("c")}, Device: of("d"), RequestID: "2"})
			return err
		})
	}
	use := promo.Use{Kind: promo.Chop, Rule: b.ID, Ref: strconv.FormatInt(o.Floor.Amount, 10), N: 1}
	try("placing", func() error {
		return c.Lock(t.Context(), promo.Lock{Order: order, Buyer: user("a"), Until: w.Now().Add(time.Minute)}, []promo.Use{use})
	})
	try("paying", func() error { return c.Redeem(t.Context(), order) })
	got, err := c.bargains.Get(t.Context(), b.ID)
	if err != nil || got.State != bargain.Bought || got.Price != o.Floor || len(got.Helps) != 2 || !got.Helps[0].New || got.left() != 0 {
		t.Errorf("dying at %d (stored %v): %+v, %v", at, m.stored, got, err)
	}
	try("refunding", func() error { return c.Return(t.Context(), promo.Return{Order: order, Whole: true, RequestID: "r"}) })
	p, err := c.places.Get(t.Context(), o.ID)
	if err != nil || p.Left != 2 || len(p.Taken) != 0 {
		t.Errorf("dying at %d (stored %v): places are %+v, %v", at, m.stored, p, err)
	}
	if err := c.days.Each(t.Context(), func(_ string, d day) error {
		if len(d.Helps) > 2 {
			t.Errorf("dying at %d (stored %v): a day counts %d", at, m.stored, len(d.Helps))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return died
}

// TestABeginningThatDiedIsFinishedOrForgotten leaves beginnings half done, with
// nobody who tries again: the job looks after them.
func TestABeginningThatDiedIsFinishedOrForgotten(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]int64{1: 1, 2: 1, 3: 0} { // writes, and places left at last
		m := &mortal{}
		m.left.Store(-1)
		w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
		o := w.Start(t, func(in *bargain.Terms) { in.Stock = 1 })
		m.left.Store(at)
		if _, err := c.Begin(as(t, "usr_a"), bargain.Begin{Offer: o.ID}); !errors.Is(err, errKilled) {
			t.Fatalf("it did not die at %d: %v", at, err)
		}
		m.left.Store(-1)
		w.Advance(startWithin)
		if err := c.endDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := c.places.Get(t.Context(), o.ID)
		if err != nil || p.Left != want || int64(len(p.Taken)) != 1-want {
			t.Errorf("died at %d: %+v, %v", at, p, err)
		}
		_, err = c.Bargain(as(t, "usr_a"), bargain.ByID{ID: id.Derive("bgn", o.ID, "usr_a")})
		if (err == nil) != (want == 0) {
			t.Errorf("died at %d: the bargain: %v", at, err)
		}
	}
}

// TestAnEndingThatDiedGivesThePlaceBack dies at each write of ending a bargain.
func TestAnEndingThatDiedGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	for at := range int64(3) {
		m := &mortal{stored: at == 1}
		m.left.Store(-1)
		w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
		o := w.Start(t, func(in *bargain.Terms) { in.Stock = 1 })
		b, err := c.Begin(as(t, "usr_a"), bargain.Begin{Offer: o.ID})
		if err != nil {
			t.Fatal(err)
		}
		w.Advance(24 * time.Hour)
		m.left.Store(at + 1)
		if err := c.endDue(t.Context()); !errors.Is(err, errKilled) {
			t.Fatalf("it did not die at %d: %v", at, err)
		}
		m.left.Store(-1)
		for range 2 {
			if err := c.endDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p, err := c.places.Get(t.Context(), o.ID)
		if got, _ := c.bargains.Get(t.Context(), b.ID); err != nil || p.Left != 1 || got.State != bargain.Expired || !got.Due.IsZero() {
			t.Errorf("died at %d: %+v and %+v, %v", at, p, got, err)
		}
	}
}
