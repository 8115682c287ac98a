// Package ledgercore implements ledger.Service.
package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Deps is what the ledger needs; every field is required.
type Deps struct {
	DB  docdb.Driver
	Bus bus.Bus
	Now clock.Now
	Log *slog.Logger
}

// Core is the ledger.
type Core struct {
	Deps
	entries *docdb.Collection[ledger.Entry]
	lines   *docdb.Collection[line]
}

var _ ledger.Service = (*Core)(nil)

// line is one posting under its account. The entry is the truth; its lines are
// derived, by ids that follow from it.
type line struct {
	ID      string         `bson:"_id"`
	Account ledger.Account `bson:"account"`
	Entry   id.Entry       `bson:"entry"`
	Kind    ledger.Kind    `bson:"kind"`
	Order   id.Order       `bson:"order"`
	Amount  money.Money    `bson:"amount"`
	At      time.Time      `bson:"at"`
}

// New opens the ledger's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	c.entries, e = docdb.Open[ledger.Entry](ctx, d.DB, d.Now, docdb.Schema{Name: "ledger_entries"})
	err = errors.Join(err, e)
	c.lines, e = docdb.Open[line](ctx, d.DB, d.Now, docdb.Schema{Name: "ledger_lines", Indexes: []docdb.Index{
		{Name: "account", Keys: []string{"account", "at"}},
	}})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return c, nil
}

// Post stores the entry and then its lines. Killed in between, the next try of
// the same entry writes the lines that are missing.
func (c *Core) Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error) {
	if err := balanced(in.Postings); err != nil {
		return in, err
	}
	if in.At.IsZero() {
		in.At = c.Now()
	}
	err := c.entries.Insert(ctx, string(in.ID), in)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.entries.Get(ctx, string(in.ID))
		if err != nil {
			return in, err
		}
		if before.Kind != in.Kind || before.Order != in.Order || !slices.Equal(before.Postings, in.Postings) {
			return in, ledger.ErrReposted
		}
		in = before
	} else if err != nil {
		return in, err
	}
	return in, c.derive(ctx, in)
}

// balanced reports whether postings sum to zero in each currency.
func balanced(ps []ledger.Posting) error {
	sums := map[string]money.Money{}
	for _, p := range ps {
		sum, err := sums[p.Amount.Currency].Add(p.Amount)
		if err != nil {
			return ledger.ErrUnbalanced.Because(err)
		}
		sums[p.Amount.Currency] = sum
	}
	if len(ps) < 2 {
		return ledger.ErrUnbalanced
	}
	for _, sum := range sums {
		if !sum.IsZero() {
			return ledger.ErrUnbalanced
		}
	}
	return nil
}

func (c *Core) derive(ctx context.Context, e ledger.Entry) error {
	ids, lines := make([]string, len(e.Postings)), make([]line, len(e.Postings))
	for i, p := range e.Postings {
		ids[i] = fmt.Sprintf("%s.%d", e.ID, i)
		lines[i] = line{ID: ids[i], Account: p.Account, Entry: e.ID, Kind: e.Kind, Order: e.Order, Amount: p.Amount, At: e.At}
	}
	err := c.lines.InsertMany(ctx, ids, lines)
	if !errors.Is(err, docdb.ErrExists) {
		return err
	}
	for i := range lines {
		if err := c.lines.Insert(ctx, ids[i], lines[i]); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// accountOf is the account that the caller asks about.
func accountOf(ctx context.Context, in ledger.Owner) (ledger.Account, error) {
	a, err := actor.Require(ctx, actor.Viewer)
	if err != nil {
		return "", err
	}
	if in.As == "merchant" {
		if a.Merchant == "" {
			return "", actor.ErrForbidden
		}
		return ledger.Of(ledger.Escrow, string(a.Merchant)), nil
	}
	return ledger.Of(ledger.CommissionHeld, string(a.User)), nil
}

// Held adds up the account's lines. What the shop owes has a negative balance;
// its owner sees it as a positive amount.
func (c *Core) Held(ctx context.Context, in ledger.Owner) (ledger.Balance, error) {
	account, err := accountOf(ctx, in)
	if err != nil {
		return ledger.Balance{}, err
	}
	var sum money.Money
	q := docdb.Query{Index: "account", Equal: []any{string(account)}, Limit: 1000}
	for {
		found, err := c.lines.Find(ctx, q)
		if err != nil {
			return ledger.Balance{}, err
		}
		for _, l := range found.Items {
			if sum, err = sum.Sub(l.Amount); err != nil {
				return ledger.Balance{}, fmt.Errorf("balance of %s: %w", account, err)
			}
		}
		if found.Next == "" {
			return ledger.Balance{Held: sum}, nil
		}
		q.After = found.Next
	}
}

func (c *Core) Lines(ctx context.Context, in ledger.Owner) (page.Page[ledger.Line], error) {
	account, err := accountOf(ctx, in)
	if err != nil {
		return page.Page[ledger.Line]{}, err
	}
	found, err := c.lines.Find(ctx, docdb.Query{
		Index: "account", Equal: []any{string(account)}, Descending: true, Limit: in.Size(20, 100), After: in.After,
	})
	return page.Map(found, func(l line) ledger.Line {
		return ledger.Line{Entry: l.Entry, Kind: l.Kind, Order: l.Order, Amount: l.Amount.Neg(), At: l.At}
	}), err
}

// TrialBalance reads every entry. Owners' accounts are added up by kind: the
// trial is about the whole, and names nobody.
func (c *Core) TrialBalance(ctx context.Context, _ ledger.Whole) (ledger.Trial, error) {
	out := ledger.Trial{Sums: map[string]int64{}, Accounts: map[ledger.Account]money.Money{}}
	err := c.entries.Each(ctx, func(_ string, e ledger.Entry) error {
		out.Entries++
		for _, p := range e.Postings {
			kind, _, _ := strings.Cut(string(p.Account), ":")
			sum, err := out.Accounts[ledger.Account(kind)].Add(p.Amount)
			if err != nil {
				return fmt.Errorf("entry %s: %w", e.ID, err)
			}
			out.Accounts[ledger.Account(kind)] = sum
			out.Sums[p.Amount.Currency] += p.Amount.Amount
		}
		return nil
	})
	return out, err
}
