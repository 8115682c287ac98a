package sim

import (
	"testing"
	"testing/cryptotest"
	"time"

	"meadow/services/checkout"
	"meadow/services/ledger"
	"meadow/services/platform/vault"
)

func TestTheSameSeedPlaysTheSameStepsAgain(t *testing.T) {
	var before *world
	for range 2 {
		t.Run("seed 7", func(t *testing.T) {
			w := run(t, 7, 25)
			if before != nil && (w.trace != before.trace || w.db.trace != before.db.trace || w.steps != before.steps || w.db.writes != before.db.writes) {
				t.Errorf("%d steps and %d writes (%x, %x), before %d and %d (%x, %x)", w.steps, w.db.writes, w.trace, w.db.trace,
					before.steps, before.db.writes, before.trace, before.db.trace)
			}
			before = w
		})
	}
}

// books is what is on every account.
func (w *world) books() map[ledger.Account]int64 {
	out := map[ledger.Account]int64{}
	for _, e := range rows[ledger.Entry](w, "ledger_entries") {
		for _, p := range e.Postings {
			out[p.Account] += p.Amount.Amount
		}
	}
	return out
}

func TestRefundingEverythingReturnsEveryAccountButFees(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 3)
	secrets, err := vault.FileKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 3, secrets)
	w.stage()
	before := w.books()
	for range 40 {
		w.buy()
		w.pay()
		w.someMail()
	}
	w.resting, w.db.left = true, -1
	w.rest(2 * time.Minute)
	paid := 0
	for _, o := range w.orders {
		got, err := w.till.Order(as(o.buyer), checkout.ByOrder{ID: o.id})
		if err != nil || got.State != checkout.Paid {
			continue
		}
		paid++
		in := checkout.AskRefund{Order: o.id, Restock: true, Reason: "all of it", RequestID: "all"}
		for i, l := range got.Lines {
			in.Units = append(in.Units, checkout.RefundUnits{Line: i, N: l.N})
		}
		if _, err := w.till.Refund(inside(), in); err != nil {
			t.Errorf("refund %s: %v", o.id, err)
		}
	}
	w.finish()
	w.check()
	w.report()
	after := w.books()
	if paid < 5 {
		t.Fatalf("%d orders were paid", paid)
	}
	after[ledger.Of(ledger.PSPReceivable, "sandbox")] += after[ledger.Of(ledger.PSPCost, "sandbox")]
	delete(after, ledger.Of(ledger.PSPCost, "sandbox"))
	for a, n := range after {
		if kept := n - before[a]; kept != 0 {
			t.Errorf("%d is left on %s", kept, a)
		}
	}
}
