package aftersalecore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"meadow/services/aftersale"
	"meadow/services/aftersale/aftersaletest"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

type world struct {
	*aftersaletest.World
	core *Core
}

func open(t *testing.T, wrap func(docdb.Driver) docdb.Driver) *world {
	t.Helper()
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(t.Context(), "aftersale", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	driver := docdb.Driver(db)
	if wrap != nil {
		driver = wrap(db)
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: driver, Now: k.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	till, yard, shelf := aftersaletest.NewTill(), aftersaletest.NewYard(), aftersaletest.NewShelf()
	c, err := New(t.Context(), Deps{
		DB: driver, Jobs: runner, Now: k.Now, Log: log, Checkout: till, Fulfil: yard, Orders: till, Catalog: shelf, Media: aftersaletest.Album{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{core: c, World: &aftersaletest.World{Service: c, Clock: k, Till: till, Yard: yard, Shelf: shelf, Work: c.wakeDue}}
}

func TestAfterSaleKeepsItsPromises(t *testing.T) {
	t.Parallel()
	aftersaletest.Run(t, func(t *testing.T) *aftersaletest.World { return open(t, nil).World })
}

var (
	everyState = []aftersale.State{
		aftersale.Asked, aftersale.Agreed, aftersale.Refused, aftersale.Withdrawn, aftersale.Sending, aftersale.Inspecting,
		aftersale.Replacing, aftersale.Refunding, aftersale.Disputed, aftersale.Done, aftersale.Closed,
	}
	everyKind = []aftersale.Kind{aftersale.Cancel, aftersale.Money, aftersale.Return, aftersale.Exchange}
)

func TestAStateThatIsAlreadyThereIsNoMove(t *testing.T) {
	t.Parallel()
	for _, from := range everyState {
		for _, to := range everyState {
			var r request
			r.State = from
			err := r.move(time.Time{}, to, byBuyer, "")
			legal := from == to || slices.Contains(next[from], to)
			moved := len(r.Log) == 1
			if legal != (err == nil) || moved != (legal && from != to) || !legal && !errors.Is(err, aftersale.ErrNotNow) {
				t.Errorf("%s to %s: %v, log %v", from, to, err, r.Log)
			}
		}
	}
}

// lawful fails unless a request is as every request is.
func lawful(r request) error {
	at := aftersale.State("")
	for i, s := range r.Log {
		if i == 0 && s.What != aftersale.Asked || i > 0 && !slices.Contains(next[at], s.What) {
			return fmt.Errorf("step %d is from %q to %s", i, at, s.What)
		}
		at = s.What
	}
	switch {
	case at != r.State:
		return fmt.Errorf("%s after %s", r.State, at)
	case r.State.Over() == r.ClosedAt.IsZero():
		return fmt.Errorf("%s, closed at %v", r.State, r.ClosedAt)
	case r.State.Over() && (!r.Due.IsZero() || !r.Kept):
		return fmt.Errorf("%s, due %v, kept %t", r.State, r.Due, r.Kept)
	case !r.State.Over() && r.State != aftersale.Disputed && r.Wake.IsZero():
		return fmt.Errorf("%s waits for nobody", r.State)
	case r.Agreed.Amount > r.Wanted.Amount+800: // with the carriage of its order
		return fmt.Errorf("agreed on %v of %v", r.Agreed, r.Wanted)
	}
	return nil
}

func as(t *testing.T, u id.User, m id.Merchant, roles ...actor.Role) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u, Merchant: m, Roles: roles})
}

func TestAnySequenceOfActionsKeepsRequestsLegal(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	shop, operator := as(t, "usr_mer_a", "mer_a", actor.Merchant), as(t, "usr_op", "", actor.Operator)
	ends := map[aftersale.State]int{}
	rapid.Check(t, func(r *rapid.T) {
		w.Till.Busy(0)
		w.Till.Slow(false)
		o := w.Till.Sell(w.Yard, w.Clock.Now(), rapid.Int64Range(1, 3).Draw(r, "n"), 2)
		buyer := as(t, o.Buyer, "")
		var all []id.AfterSale
		some := func() aftersale.ByID { return aftersale.ByID{ID: rapid.SampledFrom(all).Draw(r, "which")} }
		w.Yard.Send(o.ID, w.Clock.Now().Add(20*24*time.Hour))
		if rapid.IntRange(0, 4).Draw(r, "unsent") == 4 {
			o = w.Till.Sell(w.Yard, w.Clock.Now(), 2, 2)
			buyer = as(t, o.Buyer, "")
		}
		for step := range rapid.IntRange(4, 24).Draw(r, "steps") {
			action := rapid.SampledFrom(actions).Draw(r, "action")
			if len(all) == 0 && (step == 0 || action > 2) {
				action = 1
			}
			switch action {
			case 0:
				w.Yard.Send(o.ID, w.Clock.Now().Add(20*24*time.Hour))
			case 1, 2:
				a, err := w.Open(buyer, aftersale.Open{
					Order: o.ID, Kind: rapid.SampledFrom(everyKind).Draw(r, "kind"), Reason: aftersale.Missing, RequestID: id.Secret(),
					Units: []aftersale.Units{{Line: rapid.IntRange(0, 1).Draw(r, "line"), N: rapid.Int64Range(1, 3).Draw(r, "units")}},
				})
				if err == nil {
					all = append(all, a.ID)
				}
			case 3:
				_, _ = w.Withdraw(buyer, some())
			case 4, 5:
				in := aftersale.Answer{ID: some().ID, Agree: rapid.Bool().Draw(r, "agree")}
				if rapid.Bool().Draw(r, "less") {
					in.Amount = money.CNY(300)
				}
				_, _ = w.Answer(shop, in)
			case 6:
				_, _ = w.SendBack(buyer, aftersale.SendBack{ID: some().ID, Carrier: "other", Tracking: "R"})
			case 7:
				_, _ = w.Inspect(shop, aftersale.Inspect{ID: some().ID, Fine: rapid.Bool().Draw(r, "fine"), Restock: true})
			case 8:
				_, _ = w.Dispute(buyer, aftersale.Dispute{ID: some().ID, Text: "no"})
			case 9:
				_, _ = w.Decide(operator, aftersale.Decide{ID: some().ID, Agree: rapid.Bool().Draw(r, "decide"), Text: "so"})
			case 10:
				_, _ = w.Accept(buyer, some())
			case 11:
				w.Till.Busy(1)
				w.Till.Slow(rapid.Bool().Draw(r, "slow"))
			case 12:
				w.Clock.Advance(time.Duration(rapid.IntRange(1, 8).Draw(r, "days")) * 24 * time.Hour)
				if err := w.core.wakeDue(t.Context()); err != nil {
					r.Fatal(err)
				}
			}
		}
		w.Till.Busy(0)
		w.Till.Slow(false)
		w.Clock.Advance(2 * time.Hour)
		if err := w.core.wakeDue(t.Context()); err != nil {
			r.Fatal(err)
		}
		if err := w.lawfulOrder(t.Context(), o, all, ends); err != nil {
			r.Fatal(err)
		}
	})
	for _, s := range []aftersale.State{aftersale.Done, aftersale.Withdrawn, aftersale.Closed, aftersale.Disputed} {
		if ends[s] == 0 {
			t.Errorf("no request ended %s: the generator tests little; ends %v", s, ends)
		}
	}
}

// actions are in an order that makes those likely which lead far: rapid draws
// what comes first more often.
var actions = []int{4, 8, 6, 7, 9, 12, 10, 1, 2, 5, 3, 0, 11}

// lawfulOrder fails unless the requests of an order share its units and money.
func (w *world) lawfulOrder(ctx context.Context, o checkout.Order, all []id.AfterSale, ends map[aftersale.State]int) error {
	paid := 0
	units := map[int]int64{}
	for _, a := range all {
		r, err := w.core.requests.Get(ctx, string(a))
		if err == nil {
			err = lawful(r)
		}
		if err != nil {
			return err
		}
		ends[r.State]++
		if r.State == aftersale.Done && r.Instead == "" {
			paid++
		}
		if whole := r.Kind != aftersale.Money || !r.partly(); !r.State.Over() || r.State == aftersale.Done && r.Instead == "" && whole {
			for _, u := range r.Units {
				units[u.Line] += u.N
			}
		}
	}
	back, refunds := w.Till.Back(o.ID)
	if refunds != paid || back > o.Total.Amount {
		return fmt.Errorf("%d refunds of %d in all, %d requests paid", refunds, back, paid)
	}
	for line, n := range units {
		if n > o.Lines[line].N {
			return fmt.Errorf("%d of %d units of line %d are asked for", n, o.Lines[line].N, line)
		}
	}
	return nil
}

// mortal is a driver whose process dies after some writes: those after are not
// made.
type mortal struct {
	docdb.Driver
	left atomic.Int64 // writes to come; negative means no end
}

var errKilled = errors.New("killed")

func (m *mortal) dies() bool {
	n := m.left.Load()
	return n == 0 || n > 0 && m.left.Add(-1) < 0
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Replace(ctx, coll, rev, doc)
}

func (m *mortal) Delete(ctx context.Context, coll, doc string, rev int64) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Delete(ctx, coll, doc, rev)
}

func TestARequestIsFinishedWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	var m *mortal
	w := open(t, func(d docdb.Driver) docdb.Driver { m = &mortal{Driver: d}; m.left.Store(-1); return m })
	w.Shelf.Available = 100
	for _, kind := range everyKind {
		for k := range int64(10) {
			o := w.Till.Sell(w.Yard, w.Clock.Now(), 2)
			if kind != aftersale.Cancel {
				w.Yard.Send(o.ID, w.Clock.Now().Add(30*24*time.Hour))
			}
			m.left.Store(k)
			_, _ = w.through(t, o, kind)
			m.left.Store(-1)
			w.finish(t, o, kind)
			back, refunds := w.Till.Back(o.ID)
			wantRefunds, wantAgain := 1, 0
			if kind == aftersale.Exchange {
				wantRefunds, wantAgain = 0, 1
			}
			if refunds != wantRefunds || w.Yard.Again(o.ID) != wantAgain || back > o.Total.Amount {
				t.Errorf("%s, killed after %d writes: %d refunds, %d sent instead", kind, k, refunds, w.Yard.Again(o.ID))
			}
			open, err := w.core.requests.Find(t.Context(), docdb.Query{Index: "wake", Limit: 1})
			if err != nil || len(open.Items) > 0 {
				t.Errorf("%s, killed after %d writes: %v waits, %v", kind, k, open.Items, err)
			}
		}
	}
}

// through takes one request to its end, or as far as it gets. The request's id
// follows from the order's.
func (w *world) through(t *testing.T, o checkout.Order, kind aftersale.Kind) (aftersale.AfterSale, error) {
	shop, buyer := as(t, "usr_mer_a", "mer_a", actor.Merchant), as(t, o.Buyer, "")
	a, err := w.Open(buyer, aftersale.Open{
		Order: o.ID, Kind: kind, Units: []aftersale.Units{{Line: 0, N: 1}}, Reason: aftersale.Missing, RequestID: "request-" + string(o.ID),
	})
	if err != nil || kind == aftersale.Cancel {
		return a, err
	}
	if a, err = w.Answer(shop, aftersale.Answer{ID: a.ID, Agree: true}); err != nil || kind == aftersale.Money {
		return a, err
	}
	if a, err = w.SendBack(buyer, aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R"}); err != nil {
		return a, err
	}
	return w.Inspect(shop, aftersale.Inspect{ID: a.ID, Fine: true, Restock: true})
}

// finish has the job do what it can, and then those who wait say their word
// again.
func (w *world) finish(t *testing.T, o checkout.Order, kind aftersale.Kind) {
	t.Helper()
	for range 2 {
		w.Clock.Advance(time.Minute)
		if err := w.core.wakeDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.through(t, o, kind); err != nil {
		t.Errorf("%s, said again: %v", kind, err)
	}
	w.Clock.Advance(time.Minute)
	if err := w.core.wakeDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}
