package ledgercore

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// Statement implements ledger.Service.
func (c *Core) Statement(ctx context.Context, in ledger.Period) (page.Page[ledger.Item], error) {
	found, err := c.statement(ctx, in, in.Size(20, 100))
	return page.Map(found, func(i item) ledger.Item { return i.Item }), err
}

func (c *Core) statement(ctx context.Context, in ledger.Period, limit int) (page.Page[item], error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return page.Page[item]{}, err
	}
	from, before, err := c.period(in)
	if err != nil {
		return page.Page[item]{}, err
	}
	return c.items.Find(ctx, docdb.Query{
		Index: "payee", Equal: []any{string(p.own)}, From: from, Before: before, Descending: true, Limit: limit, After: in.After,
	})
}

func (c *Core) period(in ledger.Period) (from, before time.Time, err error) {
	before = c.Now().Truncate(24*time.Hour).AddDate(0, 0, 1)
	if in.Before != "" {
		if before, err = time.Parse(time.DateOnly, in.Before); err != nil {
			return from, before, ledger.ErrPeriod.With("before", "a date, as 2026-03-01")
		}
	}
	from = before.AddDate(0, 0, -31)
	if in.From != "" {
		if from, err = time.Parse(time.DateOnly, in.From); err != nil {
			return from, before, ledger.ErrPeriod.With("from", "a date, as 2026-03-01")
		}
	}
	if days := before.Sub(from); days <= 0 || days > 366*24*time.Hour {
		return from, before, ledger.ErrPeriod
	}
	return from, before, nil
}

// sheetRows is how many lines a sheet has at most.
const sheetRows = 1000

var shopHead = []string{
	"order", "line", "product", "title", "units", "currency", "amount", "saved", "borne", "shipping", "fee", "fee_rate_bp",
	"commission", "commission_rate_bp", "units_returned", "refunded", "lost", "net", "state", "paid_at", "earns_at", "earned_at",
}

// StatementSheet implements ledger.Service. Amounts are in minor units, as the
// currency's column says which.
func (c *Core) StatementSheet(ctx context.Context, in ledger.Period) (ledger.Sheet, error) {
	found, err := c.statement(ctx, in, in.Size(sheetRows, sheetRows))
	if err != nil {
		return ledger.Sheet{}, err
	}
	from, before, err := c.period(in)
	if err != nil {
		return ledger.Sheet{}, err
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if in.After == "" {
		_ = w.Write(shopHead) // errors are kept for Error
	}
	for _, x := range found.Items {
		_ = w.Write(row(x.Item))
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return ledger.Sheet{}, fmt.Errorf("statement: %w", err)
	}
	return ledger.Sheet{
		Name: fmt.Sprintf("statement-%s-%s.csv", from.Format(time.DateOnly), before.Format(time.DateOnly)),
		Text: b.String(), Next: found.Next,
	}, nil
}

func row(i ledger.Item) []string {
	n := func(m money.Money) string { return strconv.FormatInt(m.Amount, 10) }
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	return []string{
		string(i.Order), strconv.Itoa(i.Line + 1), string(i.Product), plain(i.Title), strconv.FormatInt(i.N, 10), i.Amount.Currency,
		n(i.Amount), n(i.Saved), n(i.Borne), n(i.Shipping), n(i.Fee), strconv.FormatInt(int64(i.FeeRate), 10),
		n(i.Commission), strconv.FormatInt(int64(i.Rate), 10), strconv.FormatInt(i.Returned, 10), n(i.Refunded), n(i.Lost), n(i.Net),
		string(i.State), at(i.PaidAt), at(i.EarnsAt), at(i.EarnedAt),
	}
}

// plain keeps a title from being taken for a formula by a spreadsheet.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
