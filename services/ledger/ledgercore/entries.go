package ledgercore

import (
	"context"
	"errors"

	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// Entries implements ledger.Service.
func (c *Core) Entries(ctx context.Context, in ledger.EntriesOf) (page.Page[ledger.Entry], error) {
	if _, err := operator(ctx); err != nil {
		return page.Page[ledger.Entry]{}, err
	}
	q := docdb.Query{Index: "at", Descending: true, Limit: in.Size(20, 100), After: in.After}
	switch {
	case in.Account != "":
		return c.entriesOf(ctx, in)
	case in.Order != "":
		q.Index, q.Equal = "order", []any{string(in.Order)}
	}
	return c.entries.Find(ctx, q)
}

// entriesOf goes by an account's lines, each of which names its entry. One that
// touches the account twice has two of them, which stand side by side.
func (c *Core) entriesOf(ctx context.Context, in ledger.EntriesOf) (page.Page[ledger.Entry], error) {
	found, err := c.lines.Find(ctx, docdb.Query{Index: "account", Equal: []any{string(in.Account)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	if err != nil {
		return page.Page[ledger.Entry]{}, err
	}
	out := page.Page[ledger.Entry]{Items: []ledger.Entry{}, Next: found.Next}
	for _, l := range found.Items {
		if n := len(out.Items); n > 0 && out.Items[n-1].ID == l.Entry {
			continue
		}
		e, err := c.entries.Get(ctx, string(l.Entry))
		if errors.Is(err, docdb.ErrNotFound) {
			continue // its lines were written first, and it is not there yet
		}
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, e)
	}
	return out, nil
}
