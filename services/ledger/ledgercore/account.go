package ledgercore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

// payoutAccount is where a payee is paid, under their own account's name.
type payoutAccount struct {
	ID                   string       `bson:"_id"`
	Sealed               vault.Sealed `bson:"sealed"`
	Request              string       `bson:"request"` // that changed it last
	By                   id.User      `bson:"by"`
	outbox.Box           `bson:",inline"`
	ledger.PayoutAccount `bson:",inline"`
}

// destination is what is sealed.
type destination struct {
	Holder string `json:"holder"`
	Number string `json:"number"`
}

const accountField = vault.Financial + "payout_account"

// PayoutAccount implements ledger.Service.
func (c *Core) PayoutAccount(ctx context.Context, in ledger.ByRole) (ledger.PayoutAccount, error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return ledger.PayoutAccount{}, err
	}
	a, err := c.accountOf(ctx, p)
	return a.PayoutAccount, err
}

func (c *Core) accountOf(ctx context.Context, p payee) (payoutAccount, error) {
	a, err := c.accounts.Get(ctx, string(p.own))
	if errors.Is(err, docdb.ErrNotFound) {
		return a, ledger.ErrNoPayoutAccount
	}
	return a, err
}

// SetPayoutAccount implements ledger.Service. The first one cools off too:
// whoever took over an account may be who sets it.
func (c *Core) SetPayoutAccount(ctx context.Context, in ledger.SetPayoutAccount) (ledger.PayoutAccount, error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return ledger.PayoutAccount{}, err
	}
	by, err := c.proved(ctx, in.Password, in.RequestID)
	if err != nil {
		return ledger.PayoutAccount{}, err
	}
	number := strings.Join(strings.Fields(in.Number), "")
	text, err := json.Marshal(destination{in.Holder, number})
	if err != nil {
		return ledger.PayoutAccount{}, fmt.Errorf("payout account: %w", err)
	}
	sealed, err := c.Vault.Seal(ctx, p.subject, accountField, string(text))
	if err != nil {
		return ledger.PayoutAccount{}, fmt.Errorf("payout account: %w", err)
	}
	request := id.Derive("req", string(by), in.RequestID)
	a, err := c.accounts.Upsert(ctx, string(p.own), func(a *payoutAccount) error {
		if a.Request == request {
			return errSame
		}
		now := c.Now()
		*a = payoutAccount{ID: string(p.own), Sealed: sealed, Request: request, By: by, Box: a.Box, PayoutAccount: ledger.PayoutAccount{
			Bank: in.Bank, Holder: vault.MaskName(in.Holder), Number: maskNumber(number),
			ChangedAt: now, ReadyAt: now.Add(ledger.CoolingOff),
		}}
		a.Add(now, ledger.PayoutAccountChanged.Event(now, request, ledger.PayoutAccountData{
			Payee: p.own, By: by, Number: a.Number, ReadyAt: a.ReadyAt,
		}))
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return ledger.PayoutAccount{}, err
	}
	if errors.Is(err, errSame) {
		// What is sealed is its own fingerprint: a digest of a number could be guessed.
		before, err := c.Vault.Open(ctx, p.subject, accountField, a.Sealed, "the same request again")
		if err != nil {
			return ledger.PayoutAccount{}, fmt.Errorf("payout account: %w", err)
		}
		if before != string(text) || a.Bank != in.Bank {
			return ledger.PayoutAccount{}, rpc.ErrReused
		}
	}
	if err == nil {
		c.accountRelay.Kick(string(p.own))
		c.Log.InfoContext(ctx, "a payout account was changed", "payee", p.own, "by", by)
	}
	return a.PayoutAccount, nil
}

// proved returns who asks, once they have shown that they know their password: a
// device left signed in is not enough.
func (c *Core) proved(ctx context.Context, password, request string) (id.User, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return "", err
	}
	if request == "" {
		return "", rpc.ErrNoKey
	}
	_, err = c.Account.CheckPassword(actor.AsSystem(ctx, Consumer), account.CheckPassword{User: u, Password: password})
	return u, err
}

// maskNumber shows the end of a number: "****6789".
func maskNumber(s string) string {
	r := []rune(s)
	return "****" + string(r[max(len(r)-4, len(r)/2):])
}

// openDestination reads where a payout goes.
func (c *Core) openDestination(ctx context.Context, r payoutRecord) (destination, error) {
	text, err := c.Vault.Open(ctx, r.Subject, accountField, r.Sealed, "pay out "+string(r.ID))
	if err != nil {
		return destination{}, fmt.Errorf("destination of %s: %w", r.ID, err)
	}
	var d destination
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, fmt.Errorf("destination of %s: %w", r.ID, err)
	}
	return d, nil
}

// retryAfter is how long a bank has before it is asked again.
const retryAfter = 30 * time.Second
