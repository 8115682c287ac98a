package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meadow/services/kernel/money"
	"meadow/services/ledger"
)

// StatementTotals implements ledger.Service.
func (c *Core) StatementTotals(ctx context.Context, in ledger.Period) (ledger.TotalsList, error) {
	out, byCurrency := ledger.TotalsList{Items: []ledger.Totals{}}, map[string]*ledger.Totals{}
	in.After = ""
	for {
		found, err := c.statement(ctx, in, sheetRows)
		if err != nil {
			return out, err
		}
		for _, i := range found.Items {
			t := byCurrency[i.Amount.Currency]
			if t == nil {
				t = &ledger.Totals{}
				byCurrency[i.Amount.Currency] = t
			}
			if err := addTo(t, i.Item); err != nil {
				return out, fmt.Errorf("totals: %w", err)
			}
		}
		if in.After = found.Next; found.Next == "" {
			break
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		out.Items = append(out.Items, *byCurrency[currency])
	}
	return out, nil
}

func addTo(t *ledger.Totals, i ledger.Item) error {
	var failed error
	add := func(sum *money.Money, m money.Money) {
		s, err := sum.Add(m)
		failed = errors.Join(failed, err)
		*sum = s
	}
	t.Lines++
	add(&t.Amount, i.Amount)
	add(&t.Borne, i.Borne)
	add(&t.Shipping, i.Shipping)
	add(&t.Fee, i.Fee)
	add(&t.Commission, i.Commission)
	add(&t.Refunded, i.Refunded)
	add(&t.Lost, i.Lost)
	add(&t.Net, i.Net)
	held := money.Money{Currency: i.Net.Currency}
	if i.State == ledger.Holding {
		held = i.Net
	}
	add(&t.Held, held)
	return failed
}
