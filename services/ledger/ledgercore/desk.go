package ledgercore

import (
	"context"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// operator is who asks, or an error if they are none.
func operator(ctx context.Context) (actor.Actor, error) {
	return actor.Require(ctx, actor.Operator)
}

// notOwn returns catalog.ErrOwnMoney if an account, of a payee or their reserve,
// is that of who asks, or of a shop they work for.
func (c *Core) notOwn(ctx context.Context, a ledger.Account) error {
	_, owner, _ := strings.Cut(string(a), ":")
	if strings.HasPrefix(string(a), ledger.MerchantPayable+":") || strings.HasPrefix(owner, "mer_") {
		return catalog.NotOwn(ctx, c.Catalog, "", id.Merchant(owner))
	}
	return catalog.NotOwn(ctx, c.Catalog, id.User(owner), "")
}

// Terms implements ledger.Service.
func (c *Core) Terms(ctx context.Context, in ledger.ByMerchant) (ledger.Terms, error) {
	if _, err := operator(ctx); err != nil {
		return ledger.Terms{}, err
	}
	return c.termsOf(ctx, in.ID)
}

// SetTerms implements ledger.Service.
func (c *Core) SetTerms(ctx context.Context, in ledger.SetTerms) (ledger.Terms, error) {
	a, err := operator(ctx)
	if err != nil {
		return ledger.Terms{}, err
	}
	if !slices.Contains([]int{3, 7, ledger.UsualDays}, in.Days) {
		return ledger.Terms{}, errs.ErrInvalid.With("days", "3, 7 or 15")
	}
	if err := catalog.NotOwn(ctx, c.Catalog, "", in.ID); err != nil {
		return ledger.Terms{}, err
	}
	t, err := c.terms.Upsert(ctx, string(in.ID), func(t *ledger.Terms) error {
		*t = ledger.Terms{Merchant: in.ID, Days: in.Days, By: a.User, At: c.Now()}
		return nil
	})
	if err == nil {
		c.Log.InfoContext(ctx, "settlement terms changed", "merchant", in.ID, "days", in.Days, "by", a.User)
	}
	return t, err
}

// SetAsideFor implements ledger.Service.
func (c *Core) SetAsideFor(ctx context.Context, in ledger.Correction) (ledger.Entry, error) {
	_, reserve, ok := payeeOf(in.Payee)
	own, _, _ := payeeOf(reserveOf(in.Payee))
	if !ok || reserve || own != in.Payee {
		return ledger.Entry{}, errs.ErrInvalid.With("payee", "a shop's or a creator's own account")
	}
	return c.correct(ctx, in, ledger.SetAside, reserveOf(in.Payee))
}

// GiveUp implements ledger.Service.
func (c *Core) GiveUp(ctx context.Context, in ledger.Correction) (ledger.Entry, error) {
	if _, reserve, ok := payeeOf(in.Payee); !ok || reserve {
		return ledger.Entry{}, errs.ErrInvalid.With("payee", "a payee's own account")
	}
	in.Amount = in.Amount.Neg() // it comes to the payee
	return c.correct(ctx, in, ledger.WriteOff, ledger.Of(ledger.Writeoff, ledger.Platform))
}

// correct moves an amount from a payee's own to another account, at an
// operator's word.
func (c *Core) correct(ctx context.Context, in ledger.Correction, kind ledger.Kind, to ledger.Account) (ledger.Entry, error) {
	a, err := operator(ctx)
	if err != nil {
		return ledger.Entry{}, err
	}
	if in.RequestID == "" {
		return ledger.Entry{}, rpc.ErrNoKey
	}
	if err := c.notOwn(ctx, in.Payee); err != nil {
		return ledger.Entry{}, err
	}
	if in.Amount.IsZero() || in.Amount.Currency == "" || max(in.Amount.Amount, -in.Amount.Amount) > largest {
		return ledger.Entry{}, errs.ErrInvalid.With("amount", "an amount of a currency")
	}
	e, err := c.Post(ctx, ledger.Entry{
		ID: entryID(kind, string(a.User), a.System, in.RequestID), Kind: kind, Ref: in.Reason,
		Postings: []ledger.Posting{{Account: in.Payee, Amount: in.Amount}, {Account: to, Amount: in.Amount.Neg()}},
	})
	if err == nil {
		c.Log.InfoContext(ctx, "a payee's balance was corrected", "kind", kind, "payee", in.Payee, "amount", in.Amount.String(), "by", a.User, "reason", in.Reason)
	}
	return e, err
}

// Debts implements ledger.Service.
func (c *Core) Debts(ctx context.Context, in ledger.ByCurrency) (page.Page[ledger.Balance], error) {
	if _, err := operator(ctx); err != nil {
		return page.Page[ledger.Balance]{}, err
	}
	currency := in.Currency
	if currency == "" {
		currency = money.CNY(0).Currency
	}
	found, err := c.purses.Find(ctx, docdb.Query{
		Index: "owes", Equal: []any{currency}, From: int64(1), Descending: true, Limit: in.Size(20, 100), After: in.After,
	})
	return page.Map(found, func(p purse) ledger.Balance {
		b := p.balance()
		b.Payee = p.Account
		return b
	}), err
}
