// Package ledgercore implements ledger.Service.
//
// Three kinds of documents decide. An order's document decides what of each of
// its lines is held, earned or gone back, whatever order events come in; it
// carries the entries it decided until they are posted. A payee's purse decides
// whether there is enough, and what a reserve covers; every entry that touches
// it is in it until it is posted. A payout's document decides who approved it
// and how it ended. Entries are inserted once, by ids that follow from what they
// record; whatever was begun is finished by a job.
package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/ledger/payout"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

// Proof checks that whoever asks knows their password (account.Desk).
type Proof interface {
	CheckPassword(ctx context.Context, in account.CheckPassword) (rpc.Empty, error)
}

// Duties says who may act for a shop (catalog.Service).
type Duties interface {
	May(ctx context.Context, in catalog.May) (catalog.Allowed, error)
}

// Deps is what the ledger needs; every field up to Log is required.
type Deps struct {
	DB        docdb.Driver
	Bus       bus.Bus
	Jobs      *jobs.Runner
	Vault     *vault.Vault
	Account   Proof
	Catalog   Duties
	Bank      payout.Provider // nil where payouts are not offered
	Providers []pay.Provider  // whose statements are compared
	Now       clock.Now
	Log       *slog.Logger

	// Least is the smallest payout, in minor units: 1000 if it is 0. Above TwoAbove a
	// payout needs two operators: 1,000,000 if it is 0.
	Least    int64
	TwoAbove int64
}

// Core is the ledger.
type Core struct {
	Deps
	entries  *docdb.Collection[ledger.Entry]
	lines    *docdb.Collection[line]
	purses   *docdb.Collection[purse]
	orders   *docdb.Collection[order]
	items    *docdb.Collection[item]
	terms    *docdb.Collection[ledger.Terms]
	accounts *docdb.Collection[payoutAccount]
	payouts  *docdb.Collection[payoutRecord]
	days     *docdb.Collection[ledger.Day]
	odds     *docdb.Collection[odd]

	accountRelay *outbox.Relay[payoutAccount]
	payoutRelay  *outbox.Relay[payoutRecord]
}

var _ ledger.Service = (*Core)(nil)

// The collections whose records announce things.
const (
	accountsName = "ledger_payout_accounts"
	payoutsName  = "ledger_payouts"
)

// line is one posting under its account. The entry is the truth; its lines are
// derived, by ids that follow from it.
type line struct {
	ID      string         `bson:"_id"`
	Account ledger.Account `bson:"account"`
	Entry   id.Entry       `bson:"entry"`
	Kind    ledger.Kind    `bson:"kind"`
	Order   id.Order       `bson:"order"`
	Ref     string         `bson:"ref,omitempty"`
	Amount  money.Money    `bson:"amount"`
	At      time.Time      `bson:"at"`
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("ledger: nothing to change")

// New opens the ledger's collections and declares its jobs.
func New(ctx context.Context, d Deps) (*Core, error) {
	if d.Least == 0 {
		d.Least = 1_000
	}
	if d.TwoAbove == 0 {
		d.TwoAbove = 1_000_000
	}
	c := &Core{Deps: d}
	var err error
	open(ctx, d, &c.entries, &err, docdb.Schema{Name: "ledger_entries", Indexes: []docdb.Index{
		{Name: "at", Keys: []string{"at"}}, {Name: "order", Keys: []string{"order", "at"}},
	}})
	open(ctx, d, &c.lines, &err, docdb.Schema{Name: "ledger_lines", Indexes: []docdb.Index{{Name: "account", Keys: []string{"account", "at"}}}})
	open(ctx, d, &c.purses, &err, docdb.Schema{Name: "ledger_purses", Indexes: []docdb.Index{
		{Name: "pending", Keys: []string{"pending_at"}}, {Name: "owes", Keys: []string{"currency", "owes"}},
		{Name: "account", Keys: []string{"account", "currency"}},
	}})
	open(ctx, d, &c.orders, &err, docdb.Schema{Name: "ledger_orders", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}}, {Name: "todo", Keys: []string{"todo_at"}},
	}})
	open(ctx, d, &c.items, &err, docdb.Schema{Name: "ledger_items", Indexes: []docdb.Index{{Name: "payee", Keys: []string{"payee", "paid_at"}}}})
	open(ctx, d, &c.terms, &err, docdb.Schema{Name: "ledger_terms"})
	open(ctx, d, &c.accounts, &err, docdb.Schema{Name: accountsName, Indexes: []docdb.Index{outbox.Index}})
	open(ctx, d, &c.payouts, &err, docdb.Schema{Name: payoutsName, Indexes: []docdb.Index{
		outbox.Index,
		{Name: "payee", Keys: []string{"payee", "at"}}, {Name: "state", Keys: []string{"state", "at"}}, {Name: "due", Keys: []string{"due"}},
	}})
	open(ctx, d, &c.days, &err, docdb.Schema{Name: "ledger_days", Indexes: []docdb.Index{{Name: "provider", Keys: []string{"provider", "day"}}}})
	open(ctx, d, &c.odds, &err, docdb.Schema{Name: "ledger_differences", Indexes: []docdb.Index{{Name: "open", Keys: []string{"open_at"}}}})
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	box := outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log}
	c.accountRelay = outbox.NewRelay(c.accounts, accountsName, func(a *payoutAccount) *outbox.Box { return &a.Box }, box)
	c.payoutRelay = outbox.NewRelay(c.payouts, payoutsName, func(r *payoutRecord) *outbox.Box { return &r.Box }, box)
	d.Jobs.Every("ledger_finish", 5*time.Second, c.finishAll)
	d.Jobs.Every("ledger_settle", 30*time.Second, c.settleDue)
	d.Jobs.Every("ledger_payouts", 5*time.Second, c.payoutsDue)
	d.Jobs.Every("ledger_reconcile", time.Hour, c.reconcileDue)
	return c, nil
}

// open opens a collection, unless one before it failed.
func open[T any](ctx context.Context, d Deps, c **docdb.Collection[T], err *error, s docdb.Schema) {
	if *err == nil {
		*c, *err = docdb.Open[T](ctx, d.DB, d.Now, s)
	}
}
