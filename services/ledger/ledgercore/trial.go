package ledgercore

import (
	"context"
	"fmt"
	"strings"

	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// TrialBalance adds owners' accounts up by kind: the trial is about the whole,
// and names nobody.
func (c *Core) TrialBalance(ctx context.Context, in ledger.Whole) (ledger.Trial, error) {
	out := ledger.Trial{Sums: map[string]int64{}, Accounts: map[ledger.Account]money.Money{}, Balances: map[string]int64{}}
	if in.Limit <= 0 && in.After == "" {
		err := c.entries.Each(ctx, func(_ string, e ledger.Entry) error { return tally(&out, e) })
		single(&out)
		return out, err
	}
	found, err := c.entries.Find(ctx, docdb.Query{Index: "at", Limit: in.Size(1000, 5000), After: in.After})
	if err != nil {
		return out, err
	}
	for _, e := range found.Items {
		if err := tally(&out, e); err != nil {
			return out, err
		}
	}
	single(&out)
	out.Next = found.Next
	return out, nil
}

func tally(out *ledger.Trial, e ledger.Entry) error {
	out.Entries++
	for _, p := range e.Postings {
		kind, _, _ := strings.Cut(string(p.Account), ":")
		key := kind + " " + p.Amount.Currency
		sum, err := money.Money{Amount: out.Balances[key]}.Add(money.Money{Amount: p.Amount.Amount})
		if err != nil {
			return fmt.Errorf("entry %s: %w", e.ID, err)
		}
		out.Balances[key] = sum.Amount
		out.Sums[p.Amount.Currency] += p.Amount.Amount
	}
	return nil
}

// single fills Accounts for kinds that hold one currency.
func single(out *ledger.Trial) {
	seen := map[string]int{}
	for key := range out.Balances {
		kind, _, _ := strings.Cut(key, " ")
		seen[kind]++
	}
	for key, n := range out.Balances {
		if kind, currency, _ := strings.Cut(key, " "); seen[kind] == 1 {
			out.Accounts[ledger.Account(kind)] = money.Money{Amount: n, Currency: currency}
		}
	}
}
