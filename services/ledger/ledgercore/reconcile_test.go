package ledgercore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

func (w *world) states(p pay.Movement) { // what the provider says
	day := p.At.Format(time.DateOnly)
	w.psp.days[day] = append(w.psp.days[day], p)
}

func (w *world) differences(t *testing.T) []ledger.Difference {
	t.Helper()
	found, err := w.Differences(desk(t, "usr_op"), page.Ask{})
	must(t, err)
	return found.Items
}

func TestAProvidersStatementIsComparedDayByDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agreed, dear, unknown, late := newDeal(), newDeal(), newDeal(), newDeal()
	for _, d := range []deal{agreed, dear} {
		must(t, w.paid(t.Context(), d.order))
	}
	back := agreed.half()
	must(t, w.refunded(t.Context(), back))
	lost := checkout.Payment{ID: "pay_lost", Order: "ord_lost", Provider: "psp", Amount: money.CNY(500)}
	for _, e := range returned(lost, noon) {
		_, err := w.Post(t.Context(), e)
		must(t, err)
	}
	in := func(d deal, n int64) pay.Movement {
		return pay.Movement{Ref: string(d.order.Payment), Payment: d.order.Payment, Amount: money.CNY(n), Fee: money.CNY(60), At: noon}
	}
	w.states(in(agreed, 10_100))
	w.states(in(dear, 10_000))
	w.states(in(unknown, 10_100))
	w.states(in(late, 10_100))
	w.states(pay.Movement{Ref: back.ID, Payment: agreed.order.Payment, Amount: money.CNY(-5_050), At: noon})
	w.states(pay.Movement{Ref: "pay_lost", Payment: "pay_lost", Amount: money.CNY(500), At: noon})
	w.states(pay.Movement{Ref: "pay_lost", Payment: "pay_lost", Amount: money.CNY(-500), At: noon})
	must(t, w.reconcileDue(t.Context())) // the day is not over
	if got := w.differences(t); len(got) != 0 {
		t.Fatalf("before the day is over: %+v", got)
	}
	w.clock.Advance(24 * time.Hour)
	for range 2 {
		must(t, w.reconcileDue(t.Context()))
	}
	if got := w.differences(t); len(got) != 3 {
		t.Errorf("differences %+v, want the dear, the unknown and the late one", got)
	}
	if got := w.account(t, "psp_cost:platform"); got != 240 {
		t.Errorf("the provider kept %d, want 240", got)
	}
	must(t, w.paid(t.Context(), late.order)) // told late, of that day
	must(t, w.reconcileDue(t.Context()))
	got := w.differences(t)
	if len(got) != 2 {
		t.Fatalf("differences %+v, want the dear and the unknown one", got)
	}
	if _, err := w.CloseDifference(desk(t, "usr_op"), ledger.CloseDifference{ID: got[0].ID, Note: "their mistake"}); err != nil {
		t.Error(err)
	}
	if _, err := w.CloseDifference(desk(t, "usr_op"), ledger.CloseDifference{ID: "dif_x", Note: "?"}); !errors.Is(err, ledger.ErrNoDifference) {
		t.Errorf("one that is not there: %v", err)
	}
	must(t, w.reconcileDue(t.Context()))
	if got := w.differences(t); len(got) != 1 {
		t.Errorf("differences %+v, want one", got)
	}
	days, err := w.Reconciled(desk(t, "usr_op"), ledger.ByProvider{Provider: "psp"})
	if err != nil || len(days.Items) != 2 || days.Items[0].Movements != 7 || days.Items[0].Day != "2026-03-01" {
		t.Errorf("days %+v, %v", days, err)
	}
	w.zero(t)
}

// TestADayThatCannotBeHadHoldsUpNoOther has one statement fail, and another that
// is not drawn up yet.
func TestADayThatCannotBeHadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	compared := func() string {
		days, err := w.Reconciled(desk(t, "usr_op"), ledger.ByProvider{Provider: "psp"})
		must(t, err)
		var out []string
		for _, d := range days.Items {
			out = append(out, d.Day[5:])
		}
		return strings.Join(out, " ")
	}
	must(t, w.reconcileDue(t.Context()))
	w.clock.Advance(3 * 24 * time.Hour)
	broken := errors.New("the provider is down")
	w.psp.fail = map[string]error{"2026-03-01": broken, "2026-03-03": pay.ErrNotYet}
	if err := w.reconcileDue(t.Context()); !errors.Is(err, broken) {
		t.Errorf("err = %v, want that of the first", err)
	}
	if got := compared(); got != "03-02 02-28" {
		t.Errorf("compared %s", got)
	}
	w.psp.fail = map[string]error{"2026-03-03": pay.ErrNotYet}
	must(t, w.reconcileDue(t.Context())) // what is not there yet is no failure
	w.psp.fail = nil
	must(t, w.reconcileDue(t.Context()))
	if got := compared(); got != "03-03 03-02 03-01 02-28" {
		t.Errorf("compared %s", got)
	}
}

func TestAFeeThatComesBackIsNoSecondCost(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	must(t, w.paid(t.Context(), d.order))
	w.states(pay.Movement{Ref: string(d.order.Payment), Payment: d.order.Payment, Amount: money.CNY(10_100), Fee: money.CNY(60), At: noon})
	w.states(pay.Movement{Ref: "rfd_1", Payment: d.order.Payment, Amount: money.CNY(-5_050), Fee: money.CNY(-30), At: noon})
	w.clock.Advance(24 * time.Hour)
	must(t, w.reconcileDue(t.Context()))
	if got := w.account(t, "psp_cost:platform"); got != 30 {
		t.Errorf("the provider kept %d, want 30", got)
	}
}

func TestWhatComesOnTheNextDayClosesByItself(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	must(t, w.paid(t.Context(), d.order))
	w.states(pay.Movement{Ref: string(d.order.Payment), Payment: d.order.Payment, Amount: money.CNY(10_100), At: noon.Add(24 * time.Hour)})
	w.clock.Advance(24 * time.Hour)
	must(t, w.reconcileDue(t.Context()))
	if got := w.differences(t); len(got) != 1 || got[0].Order != d.order.Order {
		t.Errorf("on the first day: %+v", got)
	}
	w.clock.Advance(24 * time.Hour)
	for range 2 {
		must(t, w.reconcileDue(t.Context()))
		if got := w.differences(t); len(got) != 0 {
			t.Errorf("on the next day: %+v", got)
		}
	}
}

func TestTheTrialIsSummedInPartsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		must(t, w.paid(t.Context(), newDeal().order))
	}
	whole, err := w.TrialBalance(desk(t, "usr_op"), ledger.Whole{})
	must(t, err)
	in, entries, sums := ledger.Whole{Ask: page.Ask{Limit: 2}}, int64(0), map[string]int64{}
	for {
		part, err := w.TrialBalance(desk(t, "usr_op"), in)
		must(t, err)
		entries += part.Entries
		for k, n := range part.Balances {
			sums[k] += n
		}
		if in.After = part.Next; part.Next == "" {
			break
		}
	}
	if entries != 5 || whole.Entries != 5 || sums["escrow CNY"] != whole.Balances["escrow CNY"] || sums["escrow CNY"] != -44_000 {
		t.Errorf("parts: %d entries, %v; whole: %+v", entries, sums, whole)
	}
}
