package ledgercore

import (
	"errors"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

func TestAnOperatorReadsEntriesOfAllOfAnOrderAndOfAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := newDeal(), newDeal()
	must(t, w.paid(t.Context(), one.order))
	must(t, w.paid(t.Context(), two.order))
	must(t, w.refunded(t.Context(), one.half()))
	read := func(in ledger.EntriesOf) []ledger.Entry {
		t.Helper()
		var out []ledger.Entry
		for in.Ask = (page.Ask{Limit: 1}); ; {
			got, err := w.Entries(desk(t, "usr_op"), in)
			must(t, err)
			out = append(out, got.Items...)
			if in.After = got.Next; in.After == "" {
				return out
			}
		}
	}
	seen := map[id.Entry]bool{}
	for _, e := range read(ledger.EntriesOf{}) {
		seen[e.ID] = true
	}
	of := read(ledger.EntriesOf{Order: one.order.Order})
	if len(of) != 2 || len(seen) != 3 {
		t.Errorf("%d entries of the order, %d in all; want 2 and 3", len(of), len(seen))
	}
	account := of[0].Postings[0].Account
	held := read(ledger.EntriesOf{Account: account})
	if len(held) == 0 {
		t.Fatalf("none of %s", account)
	}
	for _, e := range append(held, of...) {
		if !seen[e.ID] {
			t.Errorf("%+v is not among all", e)
		}
	}
	if _, err := w.Entries(shop(t, "mer_x"), ledger.EntriesOf{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a shop: %v", err)
	}
}
