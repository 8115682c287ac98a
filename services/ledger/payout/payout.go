// Package payout is what the ledger asks of a bank: to bring money to a payee.
package payout

import (
	"context"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Transfer is money on its way out. Number is where to, and is kept by nobody
// but the bank.
type Transfer struct {
	Payout id.Payout
	Amount money.Money
	Bank   string
	Holder string
	Number string
}

// Outcome is how a transfer stands.
type Outcome string

const (
	Unknown Outcome = "unknown" // the bank never heard of it
	Waiting Outcome = "waiting"
	Paid    Outcome = "paid"
	Failed  Outcome = "failed" // and will not be paid
)

// Provider brings money to payees.
type Provider interface {
	Name() string
	// Send begins a transfer, once for each payout's id: sending it again does
	// nothing new. An error says nothing about whether it has begun.
	Send(ctx context.Context, t Transfer) error
	// Status says how it stands, and if it failed why.
	Status(ctx context.Context, p id.Payout) (Outcome, string, error)
}
