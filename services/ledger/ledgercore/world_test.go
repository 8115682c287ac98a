package ledgercore

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/ledger/ledgertest"
	"meadow/services/ledger/payout/sandbox"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a ledger, and what it stands on.
type world struct {
	*Core
	clock *clock.Fake
	db    *mortal
	bank  *sandbox.Bank
	psp   *psp
}

func newWorld(t *testing.T) *world {
	t.Helper()
	k := clock.NewFake(noon)
	db, err := pebbledoc.Open(t.Context(), "ledger", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w := &world{clock: k, db: &mortal{Driver: db}, psp: &psp{days: map[string][]pay.Movement{}}}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: w.db, Now: k.Now, Log: log, Sole: true})
	must(t, err)
	keys, err := vault.FileKeys(filepath.Join(t.TempDir(), "keys"))
	must(t, err)
	v, err := vault.New(t.Context(), w.db, keys, k.Now)
	must(t, err)
	w.bank, err = sandbox.New(t.Context(), w.db, k.Now)
	must(t, err)
	w.Core, err = New(t.Context(), Deps{
		DB: w.db, Jobs: runner, Vault: v, Account: door{}, Catalog: staff{}, Bank: w.bank, Providers: []pay.Provider{w.psp},
		Now: k.Now, Log: log,
	})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheLedgerKeepsItsContract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, newWorld(t).Core)
}

// mortal is a driver that dies after so many writes more: the last one is made,
// or not, and what follows fails until it is revived.
type mortal struct {
	docdb.Driver
	mu   sync.Mutex
	left int // writes until it dies; 0 is never
	dead bool
	lost bool // the last write is not made
}

var errDead = errors.New("killed")

func (m *mortal) kill(after int, lost bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.lost, m.dead = after, lost, false
}

// write reports whether to make a write, and whether to answer it.
func (m *mortal) write() (do, answer bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false, false
	}
	if m.left == 0 {
		return true, true
	}
	if m.left--; m.left == 0 {
		m.dead = true
		return !m.lost, false
	}
	return true, true
}

func (m *mortal) guard(f func() error) error {
	do, answer := m.write()
	if !do {
		return errDead
	}
	err := f()
	if !answer {
		return errDead
	}
	return err
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.guard(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.guard(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func (m *mortal) UpdateIf(ctx context.Context, coll, key string, conds []docdb.Cond, changes []docdb.Change) (d docdb.Doc, err error) {
	err = m.guard(func() error { d, err = m.Driver.UpdateIf(ctx, coll, key, conds, changes); return err })
	return d, err
}

// door knows one password.
type door struct{}

func (door) CheckPassword(_ context.Context, in account.CheckPassword) (rpc.Empty, error) {
	if in.Password != "right" {
		return rpc.Empty{}, account.ErrCredentials
	}
	return rpc.Empty{}, nil
}

// staff lets everybody but the clerk see to a shop's money; it is the insider who
// works there besides being an operator.
type staff struct{}

func (staff) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	if in.Duty == "" {
		return catalog.Allowed{Yes: in.User == "usr_insider"}, nil
	}
	return catalog.Allowed{Yes: in.User != "usr_clerk" && in.Duty == catalog.DoMoney}, nil
}

// psp has a statement for each day.
type psp struct {
	pay.Provider
	days map[string][]pay.Movement
	fail map[string]error
}

func (p *psp) Name() string { return "psp" }

func (p *psp) Statement(_ context.Context, day time.Time) ([]pay.Movement, error) {
	name := day.Format(time.DateOnly)
	return p.days[name], p.fail[name]
}

func as(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u})
}

func shop(t *testing.T, m id.Merchant) context.Context {
	return actor.With(t.Context(), actor.Actor{User: "usr_keeper", Merchant: m})
}

func desk(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u, Roles: []actor.Role{actor.Operator}})
}

// deal is an order of one shop and one creator, each of its own.
type deal struct {
	order    checkout.OrderData
	merchant id.Merchant
	creator  id.User
}

// newDeal is two units at 50.00, 10.00 saved of which the platform bears 4.00,
// 8.00 shipping and 3.00 tax; 5.00 is the fee and 9.00 the commission.
func newDeal() deal {
	m, u := id.Merchant("mer_"+id.Secret()), id.User("usr_"+id.Secret())
	o := checkout.OrderData{
		Order: id.Order("ord_" + id.Secret()), Buyer: "usr_buyer", Provider: "psp", Payment: id.Payment("pay_" + id.Secret()), PaidAt: noon,
		Lines: []checkout.LineData{{
			Product: "prd_cup", Title: "Cup", N: 2, Merchant: m, Creator: u,
			Amount: money.CNY(10_000), Saved: money.CNY(1_000), Platform: money.CNY(400), ByPoints: money.CNY(100),
			Shipping: money.CNY(800), Tax: money.CNY(300), Due: money.CNY(10_100), Fee: money.CNY(500), Commission: money.CNY(900),
		}},
	}
	o.Total = money.CNY(10_100)
	return deal{o, m, u}
}

// half is one of its two units going back, with its shipping.
func (d deal) half() checkout.Refund {
	return checkout.Refund{
		ID: "rfd_" + id.Secret(), Order: d.order.Order, Provider: "psp", Payment: d.order.Payment, Amount: money.CNY(5_050), At: noon,
		Lines: []checkout.RefundLine{{
			Line: 0, N: 1, Amount: money.CNY(5_000), Saved: money.CNY(500), Platform: money.CNY(200), ByPoints: money.CNY(50),
			Shipping: money.CNY(400), Tax: money.CNY(150), Due: money.CNY(5_050), Fee: money.CNY(250), Commission: money.CNY(450),
		}},
	}
}

func (d deal) receipt() fulfil.ParcelData {
	return fulfil.ParcelData{Order: d.order.Order, Merchant: d.merchant, Lines: []int{0}, At: noon, ReturnBy: noon.AddDate(0, 0, 15)}
}

// earn takes the deal until its money is its owners' own.
func (w *world) earn(t *testing.T, d deal) {
	t.Helper()
	must(t, w.paid(t.Context(), d.order))
	must(t, w.received(t.Context(), d.receipt()))
	w.clock.Advance(16 * 24 * time.Hour)
	must(t, w.settleDue(t.Context()))
}

func (w *world) balance(t *testing.T, ctx context.Context, role string) ledger.Balance {
	t.Helper()
	b, err := w.Held(ctx, ledger.Owner{As: role})
	must(t, err)
	return b
}

// account sums an account's postings.
func (w *world) account(t *testing.T, a ledger.Account) int64 {
	t.Helper()
	sums, err := w.sums(t.Context(), a)
	must(t, err)
	return -sums["CNY"].Amount
}

// zero checks that all sums to zero and that nothing is left half done.
func (w *world) zero(t *testing.T) {
	t.Helper()
	breaches, err := w.Audit(t.Context())
	must(t, err)
	for _, b := range breaches {
		if b.Rule != "no more goes back than came" { // a chargeback may
			t.Errorf("%s: %s: %s", b.Rule, b.Where, b.Fact)
		}
	}
	trial, err := w.TrialBalance(desk(t, "usr_op"), ledger.Whole{})
	must(t, err)
	for currency, sum := range trial.Sums {
		if sum != 0 {
			t.Errorf("the sum of %s is %d", currency, sum)
		}
	}
	must(t, w.purses.Each(t.Context(), func(_ string, p purse) error {
		if len(p.Pending) > 0 {
			t.Errorf("%s still holds %d entries", p.ID, len(p.Pending))
		}
		if got := -w.account(t, p.Account); got != p.Own {
			t.Errorf("%s says %d, its lines %d", p.ID, p.Own, got)
		}
		if p.Own < 0 && p.Reserve > 0 {
			t.Errorf("%s owes %d and has a reserve of %d", p.ID, -p.Own, p.Reserve)
		}
		return nil
	}))
	must(t, w.orders.Each(t.Context(), func(_ string, o order) error {
		if len(o.Todo) > 0 || !o.TodoAt.IsZero() {
			t.Errorf("%s has %d entries to post", o.ID, len(o.Todo))
		}
		return nil
	}))
}
