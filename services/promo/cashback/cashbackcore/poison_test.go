package cashbackcore

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/promo/cashback"
	"meadow/services/promo/window"
)

// As many orders as the job looks at in one run ask a campaign that is gone, and
// come first.
func TestOrdersThatCannotBeSettledStarveNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, now := t.Context(), w.Clock.Now()
	put := func(name string, change func(*order)) {
		o := order{Order: window.Order{Order: id.Order(name), Buyer: "usr_amy"}, GrantedAt: now, Due: now}
		change(&o)
		must(t, w.orders.Insert(ctx, name, o))
	}
	for i := range atOnce {
		put(fmt.Sprintf("ord_%d", i), func(o *order) { o.Stage, o.Campaign, o.Amount = cashback.Asking, "none", money.CNY(1) })
	}
	put("ord_good", func(o *order) {
		o.Stage, o.Due = cashback.Pending, now.Add(time.Second)
		o.Entries = []ledger.Entry{{ID: "ent_1", Postings: []ledger.Posting{{Account: "a:1", Amount: money.CNY(1)}, {Account: "b:1", Amount: money.CNY(-1)}}}}
	})
	w.Clock.Advance(2 * time.Second)
	if w.Settle(ctx) == nil {
		t.Error("the job does not say what it could not do")
	}
	w.Clock.Advance(10 * time.Second)
	must(t, w.Settle(ctx))
	if got := w.Ledger.Entries(); got != 1 {
		t.Errorf("%d entries of the order behind them are posted, want 1", got)
	}
}
