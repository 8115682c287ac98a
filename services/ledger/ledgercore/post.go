package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// Post first pends the entry in each purse that it touches, which is where it
// can be refused, then stores it and its lines, then takes it out of the purses.
// An entry is stored only after every purse counts it, so that a purse which
// does not hold it and finds it stored has counted it. Killed in between, the
// next try of the same entry, or the job, goes on.
func (c *Core) Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error) {
	if err := balanced(in.Postings); err != nil {
		return in, err
	}
	if in.At.IsZero() {
		in.At = c.Now()
	}
	touched, err := pursesOf(in)
	if err != nil {
		return in, err
	}
	var covers []ledger.Entry
	for _, p := range touched {
		more, err := c.pend(ctx, p, in)
		if err != nil {
			return in, err
		}
		covers = append(covers, more...)
	}
	if in, err = c.store(ctx, in); err != nil {
		return in, err
	}
	for _, p := range touched {
		if err := c.unpend(ctx, p, in.ID); err != nil {
			return in, err
		}
	}
	for _, e := range covers {
		if _, err := c.Post(ctx, e); err != nil {
			return in, fmt.Errorf("cover: %w", err)
		}
	}
	return in, nil
}

// store stores the entry and then its lines.
func (c *Core) store(ctx context.Context, in ledger.Entry) (ledger.Entry, error) {
	err := c.entries.Insert(ctx, string(in.ID), in)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.entries.Get(ctx, string(in.ID))
		if err != nil {
			return in, err
		}
		if !same(before, in) {
			return in, ledger.ErrReposted
		}
		in = before
	} else if err != nil {
		return in, err
	}
	return in, c.derive(ctx, in)
}

// same reports whether a and b record the same, whenever that was.
func same(a, b ledger.Entry) bool {
	return a.Kind == b.Kind && a.Order == b.Order && a.Ref == b.Ref && a.Payee == b.Payee && slices.Equal(a.Postings, b.Postings)
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
		lines[i] = line{ID: ids[i], Account: p.Account, Entry: e.ID, Kind: e.Kind, Order: e.Order, Ref: e.Ref, Amount: p.Amount, At: e.At}
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
