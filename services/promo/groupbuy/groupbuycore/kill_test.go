package groupbuycore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
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

func (m *mortal) Delete(ctx context.Context, coll, id string, rev int64) error {
	return m.write(func() error { return m.Driver.Delete(ctx, coll, id, rev) })
}

// TestWhereverAProcessDiesTheNextTryFinishes opens a team, joins it and refunds,
// dies at each write of it in turn, and does again what did not answer.
func TestWhereverAProcessDiesTheNextTryFinishes(t *testing.T) {
	t.Parallel()
	m := &mortal{}
	m.left.Store(-1)
	w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	for _, stored := range []bool{false, true} {
		m.stored = stored
		for at := int64(1); ; at++ {
			m.left.Store(-1)
			of := func(kind, who string) string { return fmt.Sprintf("%s_%s%d%t", kind, who, at, stored) }
			order := func(who string) id.Order { return id.Order(of("ord", who)) }
			user := func(who string) id.User { return id.User(of("usr", who)) }
			o := w.Start(t, func(in *groupbuy.Terms) { in.Seats, in.Limit = 2, 1 })
			m.left.Store(at)
			died := false
			try := func(what string, f func() error) {
				for n := 0; ; n++ {
					err := f()
					if err == nil {
						return
					}
					if !errors.Is(err, errKilled) || n > 1 {
						t.Fatalf("dying at %d (stored %v), %s: %v", at, stored, what, err)
					}
					died = true
					m.left.Store(-1)
				}
			}
			a, b := order("a"), order("b")
			try("opening", func() error { return w.Lock(t.Context(), o, "", user("a"), a) })
			try("paying to open", func() error { return c.Redeem(t.Context(), a) })
			tem := id.Derive("tem", o.ID, string(a))
			try("joining", func() error { return lock(w.Now(), c, t.Context(), o, tem, user("x"), order("x")) })
			try("not paying", func() error { return c.Release(t.Context(), order("x")) })
			try("joining", func() error { return lock(w.Now(), c, t.Context(), o, tem, user("b"), b) })
			try("paying to join", func() error { return c.Redeem(t.Context(), b) })
			try("refunding", func() error { return c.Return(t.Context(), promo.Return{Order: b, Whole: true, RequestID: "r"}) })
			filled, lapsed := announced(t, c)
			filled = slices.DeleteFunc(filled, func(d groupbuy.TeamData) bool { return d.Offer != o.ID })
			if len(filled) != 1 || len(lapsed) != 0 || len(filled[0].Orders) != 2 {
				t.Errorf("dying at %d (stored %v): filled %+v, lapsed %+v", at, stored, filled, lapsed)
			}
			r, err := c.risks.Get(t.Context(), string(user("b")))
			if err != nil || r.Paid != 1 || r.Back != 1 {
				t.Errorf("dying at %d (stored %v): counted %+v, %v", at, stored, r, err)
			}
			for q, want := range map[string]int{ofPerson(o.ID, "phone "+string(user("a"))): 1, ofPerson(o.ID, "phone "+string(user("x"))): 0, ofPerson(o.ID, "phone "+string(user("b"))): 1} {
				if got, err := c.quotas.Get(t.Context(), q); err != nil || len(got.Held) != want {
					t.Errorf("dying at %d (stored %v): a quota is %+v, %v, want %d", at, stored, got, err, want)
				}
			}
			if !died {
				break // there are no more writes
			}
		}
	}
}

func lock(now time.Time, c *Core, ctx context.Context, o groupbuy.Offer, team string, u id.User, order id.Order) error {
	use := promo.Use{Kind: promo.Group, Rule: o.ID, Ref: team, N: 1, Amount: money.CNY(1)}
	return c.Lock(ctx, promo.Lock{Order: order, Buyer: u, Until: now.Add(time.Minute)}, []promo.Use{use})
}

// meeting is a driver that lets something happen right after a team was read.
type meeting struct {
	docdb.Driver
	then atomic.Pointer[func()]
}

func (m *meeting) Get(ctx context.Context, coll string, ids ...string) ([]docdb.Doc, error) {
	found, err := m.Driver.Get(ctx, coll, ids...)
	if coll == "groupbuy_teams" {
		if then := m.then.Swap(nil); then != nil {
			(*then)()
		}
	}
	return found, err
}

func TestARequestMadeTwiceAtOnceKeepsItsSeat(t *testing.T) {
	t.Parallel()
	m := &meeting{}
	w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	o := w.Start(t, nil)
	join := func(team string, order id.Order) error {
		return lock(w.Now(), c, t.Context(), o, team, id.User("usr_"+order), order)
	}
	if err := errors.Join(join("", "ord_a"), c.Redeem(t.Context(), "ord_a")); err != nil {
		t.Fatal(err)
	}
	team := id.Derive("tem", o.ID, "ord_a")
	var twin error
	m.then.Store(new(func() { twin = join(team, "ord_b") }))
	if err := join(team, "ord_b"); err != nil || twin != nil {
		t.Errorf("answered %v, and %v", err, twin)
	}
	if got, err := c.teams.Get(t.Context(), team); err != nil || got.find("ord_b") < 0 {
		t.Errorf("the seat is gone: %+v, %v", got.Seats, err)
	}
}

// TestASweeperThatDiesLapsesEachTeamOnce lets sweepers die over many teams.
func TestASweeperThatDiesLapsesEachTeamOnce(t *testing.T) {
	t.Parallel()
	m := &mortal{stored: true}
	m.left.Store(-1)
	w, c := build(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	o := w.Start(t, nil)
	for i := range 10 {
		order := id.Order(fmt.Sprintf("ord_%d", i))
		if err := errors.Join(w.Lock(t.Context(), o, "", id.User("usr_"+order), order), c.Redeem(t.Context(), order)); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(24 * time.Hour)
	for at := range int64(4) {
		m.left.Store(at + 1)
		if err := c.lapseDue(t.Context()); !errors.Is(err, errKilled) {
			t.Fatalf("it did not die: %v", err)
		}
		m.left.Store(-1)
	}
	if err := c.lapseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, lapsed := announced(t, c); len(lapsed) != 10 {
		t.Errorf("%d lapsed", len(lapsed))
	}
}
