// Package sandbox is a bank that moves no money, so that a shop can be tried,
// and tested, until its payees are paid. A transfer is paid a little after it
// was sent; one to a number that ends in 0000 fails.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger/payout"
	"meadow/services/platform/docdb"
)

// Name is the bank's, in the names of accounts.
const Name = "sandbox"

// Takes is how long a transfer takes.
const Takes = 5 * time.Second

// Bank is the sandbox.
type Bank struct {
	transfers *docdb.Collection[transfer]
	now       clock.Now
}

var _ payout.Provider = (*Bank)(nil)

// transfer is one, without the number it goes to.
type transfer struct {
	ID     string      `bson:"_id"`
	Amount money.Money `bson:"amount"`
	Fails  bool        `bson:"fails"`
	At     time.Time   `bson:"at"`
}

// New opens the bank.
func New(ctx context.Context, db docdb.Driver, now clock.Now) (*Bank, error) {
	transfers, err := docdb.Open[transfer](ctx, db, now, docdb.Schema{Name: "sandbox_transfers"})
	if err != nil {
		return nil, fmt.Errorf("sandbox bank: %w", err)
	}
	return &Bank{transfers: transfers, now: now}, nil
}

// Name implements payout.Provider.
func (b *Bank) Name() string { return Name }

// Send implements payout.Provider.
func (b *Bank) Send(ctx context.Context, t payout.Transfer) error {
	err := b.transfers.Insert(ctx, string(t.Payout), transfer{
		Amount: t.Amount, Fails: strings.HasSuffix(t.Number, "0000"), At: b.now(),
	})
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	return err
}

// Status implements payout.Provider.
func (b *Bank) Status(ctx context.Context, p id.Payout) (payout.Outcome, string, error) {
	t, err := b.transfers.Get(ctx, string(p))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return payout.Unknown, "", nil
	case err != nil:
		return "", "", err
	case b.now().Before(t.At.Add(Takes)):
		return payout.Waiting, "", nil
	case t.Fails:
		return payout.Failed, "the account does not exist", nil
	}
	return payout.Paid, "", nil
}
