// Package windowtest is what tests of rewards share: documents in memory, a
// driver that dies at a write, a ledger that counts, and an order's life.
package windowtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

// ErrKilled is what a driver answers once its process has died.
var ErrKilled = errors.New("killed")

// Mortal is a driver whose process dies at its n-th write: before it, or after
// it was stored but before anybody heard.
type Mortal struct {
	docdb.Driver
	writes, last atomic.Int64
	stored       atomic.Bool
}

// DieAt lets the process die at the n-th write from now on; 0 lets it live.
func (m *Mortal) DieAt(n int64, stored bool) {
	m.stored.Store(stored)
	m.writes.Store(0)
	m.last.Store(n)
}

func (m *Mortal) die(write func() error) error {
	n, last := m.writes.Add(1), m.last.Load()
	switch {
	case last == 0 || n < last:
		return write()
	case n == last && m.stored.Load():
		if err := write(); err != nil {
			return err
		}
	}
	return ErrKilled
}

func (m *Mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.die(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *Mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.die(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func (m *Mortal) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (doc docdb.Doc, err error) {
	err = m.die(func() (e error) {
		doc, e = m.Driver.UpdateIf(ctx, coll, id, conds, changes)
		return e
	})
	return doc, err
}

func (m *Mortal) Delete(ctx context.Context, coll, id string, rev int64) error {
	return m.die(func() error { return m.Driver.Delete(ctx, coll, id, rev) })
}

// Ground is what a core under test stands on.
type Ground struct {
	DB     *Mortal
	Clock  *clock.Fake
	Jobs   *jobs.Runner
	Ledger *Ledger
	Log    *slog.Logger
}

// Fataler is a test, or a check of a law.
type Fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// New lays a ground; the closer ends it.
func New(t Fataler, ctx context.Context) (*Ground, io.Closer) {
	t.Helper()
	g := &Ground{Clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), Ledger: &Ledger{}, Log: slog.New(slog.DiscardHandler)}
	db, err := pebbledoc.Open(ctx, "docs", pebbledoc.Options{Now: g.Clock.Now, Log: g.Log, FS: vfs.NewMem(), SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	g.DB = &Mortal{Driver: db}
	if g.Jobs, err = jobs.New(ctx, jobs.Deps{DB: db, Now: g.Clock.Now, Log: g.Log, Sole: true}); err != nil {
		t.Fatal(err)
	}
	return g, db
}

// For lays a ground that ends with the test.
func For(t *testing.T) *Ground {
	t.Helper()
	g, end := New(t, t.Context())
	t.Cleanup(func() {
		if err := end.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// As returns a context in which u is asking.
func As(ctx context.Context, u id.User, roles ...actor.Role) context.Context {
	return actor.With(ctx, actor.Actor{User: u, Roles: roles})
}

// Ledger keeps entries in memory as the real one would.
type Ledger struct {
	mu      sync.Mutex
	entries map[id.Entry]ledger.Entry
	down    atomic.Int64
	refused ledger.Kind
	why     error
}

// Refuse lets entries of a kind be refused for a reason, from now on.
func (l *Ledger) Refuse(k ledger.Kind, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused, l.why = k, why
}

// Fail lets the next n posts fail.
func (l *Ledger) Fail(n int64) { l.down.Store(n) }

// Post records an entry once.
func (l *Ledger) Post(_ context.Context, in ledger.Entry) (ledger.Entry, error) {
	if l.down.Load() > 0 && l.down.Add(-1) >= 0 {
		return in, ErrKilled
	}
	sums := map[string]int64{}
	for _, p := range in.Postings {
		sums[p.Amount.Currency] += p.Amount.Amount
	}
	for _, sum := range sums {
		if sum != 0 || len(in.Postings) < 2 {
			return in, ledger.ErrUnbalanced
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why != nil && in.Kind == l.refused {
		return in, l.why
	}
	if l.entries == nil {
		l.entries = map[id.Entry]ledger.Entry{}
	}
	if was, ok := l.entries[in.ID]; ok {
		if was.Kind != in.Kind || was.Order != in.Order || !slices.Equal(was.Postings, in.Postings) {
			return in, ledger.ErrReposted.Because(fmt.Errorf("%+v, then %+v", was, in))
		}
		return was, nil
	}
	l.entries[in.ID] = in
	return in, nil
}

// Balance returns what is on an account, or, of a name that ends in ":", on all
// accounts of that kind.
func (l *Ledger) Balance(account string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum int64
	for _, e := range l.entries {
		for _, p := range e.Postings {
			if string(p.Account) == account || strings.HasSuffix(account, ":") && strings.HasPrefix(string(p.Account), account) {
				sum += p.Amount.Amount
			}
		}
	}
	return sum
}

// Entries returns how many entries there are.
func (l *Ledger) Entries() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Paid returns a paid order whose lines cost so much each; each line is two
// units, and a parcel of its own.
func Paid(order id.Order, buyer id.User, at time.Time, goods ...int64) checkout.OrderData {
	e := checkout.OrderData{Order: order, Buyer: buyer, Provider: "sandbox", PaidAt: at}
	for i, g := range goods {
		shop := id.Merchant(fmt.Sprintf("mer_%d", i))
		e.Lines = append(e.Lines, checkout.LineData{
			SKU: id.SKU(fmt.Sprintf("sku_%d", i)), N: 2, Merchant: shop,
			Amount: money.CNY(g + 100), Saved: money.CNY(100), Shipping: money.CNY(800), Due: money.CNY(g + 800),
		})
		e.Total = money.CNY(e.Total.Amount + g + 800)
	}
	return e
}

// Received returns the event of a line's parcel.
func Received(e checkout.OrderData, line int, at, returnBy time.Time) fulfil.ParcelData {
	return fulfil.ParcelData{
		Parcel: id.Parcel(fmt.Sprintf("pcl_%s_%d", e.Order, line)), Order: e.Order, Buyer: e.Buyer,
		Merchant: e.Lines[line].Merchant, Lines: []int{line}, At: at, ReturnBy: returnBy,
	}
}

// Refund returns the refund of n units of a line.
func Refund(e checkout.OrderData, name string, line int, n int64, whole bool) checkout.Refund {
	l := e.Lines[line]
	part := func(m money.Money) money.Money { return money.CNY(m.Amount * n / l.N) }
	return checkout.Refund{
		ID: name, Order: e.Order, Buyer: e.Buyer, Whole: whole, Amount: part(l.Due), Done: true,
		Lines: []checkout.RefundLine{{Line: line, SKU: l.SKU, Merchant: l.Merchant, N: n, Amount: part(l.Amount), Saved: part(l.Saved), Due: part(l.Due)}},
	}
}
