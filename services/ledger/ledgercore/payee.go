package ledgercore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// payee is who asks: their own account, and the one where what is held for them
// is.
type payee struct {
	own, held ledger.Account
	subject   string // in the vault
}

// asker is the payee that the caller asks as. For a shop they must be allowed to
// see to its money.
func (c *Core) asker(ctx context.Context, as string) (payee, error) {
	a, err := actor.Require(ctx, actor.Viewer)
	if err != nil {
		return payee{}, err
	}
	switch as {
	case "merchant":
		if a.Merchant == "" {
			return payee{}, actor.ErrForbidden
		}
		m := string(a.Merchant)
		if a.System == "" {
			may, err := c.Catalog.May(actor.AsSystem(ctx, Consumer), catalog.May{User: a.User, Merchant: a.Merchant, Duty: catalog.DoMoney})
			if err != nil {
				return payee{}, fmt.Errorf("ledger: %w", err)
			}
			if !may.Yes {
				return payee{}, actor.ErrForbidden
			}
		}
		return payee{ledger.Of(ledger.MerchantPayable, m), ledger.Of(ledger.Escrow, m), m}, nil
	case "wallet":
		u := string(a.User)
		return payee{ledger.Of(ledger.Wallet, u), ledger.Of(ledger.CashbackHeld, u), u}, nil
	}
	u := string(a.User)
	return payee{ledger.Of(ledger.CreatorPayable, u), ledger.Of(ledger.CommissionHeld, u), u}, nil
}

// pot is which of the payee's accounts is asked about.
func (p payee) pot(name string) ledger.Account {
	switch {
	case name == "reserve":
		return reserveOf(p.own)
	case name == "earned", name == "" && strings.HasPrefix(string(p.own), ledger.Wallet+":"):
		return p.own
	}
	return p.held
}

// sums adds up an account's lines by currency. What the shop owes has a negative
// balance; its owner sees it as a positive amount.
func (c *Core) sums(ctx context.Context, a ledger.Account) (map[string]money.Money, error) {
	out := map[string]money.Money{}
	q := docdb.Query{Index: "account", Equal: []any{string(a)}, Limit: 1000}
	for {
		found, err := c.lines.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, l := range found.Items {
			sum, err := out[l.Amount.Currency].Sub(l.Amount)
			if err != nil {
				return nil, fmt.Errorf("balance of %s: %w", a, err)
			}
			out[l.Amount.Currency] = sum
		}
		if found.Next == "" {
			return out, nil
		}
		q.After = found.Next
	}
}

// Held is the first of Balances, for whoever has one currency.
func (c *Core) Held(ctx context.Context, in ledger.Owner) (ledger.Balance, error) {
	all, err := c.Balances(ctx, in)
	if err != nil || len(all.Items) == 0 {
		return ledger.Balance{}, err
	}
	return all.Items[0], nil
}

// Balances reads what is the payee's own from their purses, and adds up what is
// held for them.
func (c *Core) Balances(ctx context.Context, in ledger.Owner) (ledger.BalanceList, error) {
	out := ledger.BalanceList{Items: []ledger.Balance{}, Least: c.Least}
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return out, err
	}
	held, err := c.sums(ctx, p.held)
	if err != nil {
		return out, err
	}
	found, err := c.purses.Find(ctx, docdb.Query{Index: "account", Equal: []any{string(p.own)}, Limit: 100})
	if err != nil {
		return out, err
	}
	byCurrency := map[string]ledger.Balance{}
	for _, x := range found.Items {
		byCurrency[x.Currency] = x.balance()
	}
	for currency, sum := range held {
		b, ok := byCurrency[currency]
		if !ok {
			b = (&purse{Currency: currency}).balance()
		}
		b.Held = sum
		byCurrency[currency] = b
	}
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		out.Items = append(out.Items, byCurrency[currency])
	}
	return out, nil
}

func (p *purse) balance() ledger.Balance {
	of := func(n int64) money.Money { return money.Money{Amount: n, Currency: p.Currency} }
	return ledger.Balance{
		Held: of(0), Earned: of(max(0, p.Own)), Reserve: of(p.Reserve), Owed: of(max(0, -p.Own)), Asked: of(p.Asked), Paid: of(p.Paid),
	}
}

// Lines implements ledger.Service.
func (c *Core) Lines(ctx context.Context, in ledger.Owner) (page.Page[ledger.Line], error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return page.Page[ledger.Line]{}, err
	}
	found, err := c.lines.Find(ctx, docdb.Query{
		Index: "account", Equal: []any{string(p.pot(in.Pot))}, Descending: true, Limit: in.Size(20, 100), After: in.After,
	})
	return page.Map(found, func(l line) ledger.Line {
		return ledger.Line{Entry: l.Entry, Kind: l.Kind, Order: l.Order, Amount: l.Amount.Neg(), At: l.At}
	}), err
}
