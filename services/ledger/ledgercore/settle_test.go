package ledgercore

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
)

func TestAPaidOrderIsHeldForEverybodyByTheirPart(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	for range 2 {
		must(t, w.paid(t.Context(), d.order))
	}
	for a, want := range map[ledger.Account]int64{
		"psp_receivable:psp":                                  10_100,
		"promo_cost:platform":                                 300,
		"points_liability:platform":                           100,
		"tax_payable:platform":                                -300,
		"fee_held:platform":                                   -500,
		ledger.Of(ledger.CommissionHeld, string(d.creator)):   -900,
		ledger.Of(ledger.Escrow, string(d.merchant)):          -(10_000 - 600 - 500 - 900 + 800),
		ledger.Of(ledger.MerchantPayable, string(d.merchant)): 0,
	} {
		if got := w.account(t, a); got != want {
			t.Errorf("%s is %d, want %d", a, got, want)
		}
	}
	w.zero(t)
}

func TestALineIsEarnedOnceWhenItsWindowCloses(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	must(t, w.paid(t.Context(), d.order))
	must(t, w.received(t.Context(), d.receipt()))
	w.clock.Advance(15*24*time.Hour - time.Millisecond)
	must(t, w.settleDue(t.Context()))
	if b := w.balance(t, shop(t, d.merchant), "merchant"); b.Held.Amount != 8_800 || b.Earned.Amount != 0 {
		t.Fatalf("before the window closes: %+v", b)
	}
	w.clock.Advance(time.Millisecond)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if err := w.settleDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b := w.balance(t, shop(t, d.merchant), "merchant"); b.Held.Amount != 0 || b.Earned.Amount != 8_800 {
		t.Errorf("the shop has %+v", b)
	}
	if b := w.balance(t, as(t, d.creator), "creator"); b.Held.Amount != 0 || b.Earned.Amount != 900 {
		t.Errorf("the creator has %+v", b)
	}
	if got := w.account(t, "platform_fee:platform"); got != -500 {
		t.Errorf("the platform's own is %d", got)
	}
	w.zero(t)
}

func TestATrustedShopWaitsLess(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	if _, err := w.SetTerms(as(t, "usr_x"), ledger.SetTerms{ID: d.merchant, Days: 3}); !errors.Is(err, actor.ErrForbidden) {
		t.Fatalf("who is no operator: %v", err)
	}
	if _, err := w.SetTerms(desk(t, "usr_op"), ledger.SetTerms{ID: d.merchant, Days: 3}); err != nil {
		t.Fatal(err)
	}
	must(t, w.paid(t.Context(), d.order))
	must(t, w.received(t.Context(), d.receipt()))
	w.clock.Advance(3 * 24 * time.Hour)
	must(t, w.settleDue(t.Context()))
	if b := w.balance(t, shop(t, d.merchant), "merchant"); b.Earned.Amount != 8_800 {
		t.Errorf("after three days: %+v", b)
	}
}

func TestWhatGoesBackBeforehandIsTheInverseOfItsParts(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	must(t, w.paid(t.Context(), d.order))
	for range 2 {
		first, second := d.half(), d.half()
		first.ID, second.ID = "rfd_1"+string(d.order.Order), "rfd_2"+string(d.order.Order)
		must(t, w.refunded(t.Context(), first))
		must(t, w.refunded(t.Context(), second))
	}
	for _, a := range []ledger.Account{
		"psp_receivable:psp", "promo_cost:platform", "points_liability:platform", "tax_payable:platform", "fee_held:platform",
		ledger.Of(ledger.CommissionHeld, string(d.creator)), ledger.Of(ledger.Escrow, string(d.merchant)),
	} {
		if got := w.account(t, a); got != 0 {
			t.Errorf("%s is %d after all went back", a, got)
		}
	}
	must(t, w.received(t.Context(), d.receipt()))
	w.clock.Advance(16 * 24 * time.Hour)
	must(t, w.settleDue(t.Context()))
	if b := w.balance(t, as(t, d.creator), "creator"); b.Earned.Amount != 0 {
		t.Errorf("the creator has %+v", b)
	}
	w.zero(t)
}

func TestAClawBackTakesWhatIsAvailableThenTheReserveThenNextEarnings(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	w.earn(t, d)
	own := ledger.Of(ledger.MerchantPayable, string(d.merchant))
	aside := func(n int64, key string) error {
		_, err := w.SetAsideFor(desk(t, "usr_op"), ledger.Correction{Payee: own, Amount: money.CNY(n), Reason: "risk", RequestID: key})
		return err
	}
	must(t, aside(3_000, "aside-01"))
	must(t, aside(3_000, "aside-01"))
	if err := aside(6_000, "aside-02"); !errors.Is(err, ledger.ErrNotEnough) {
		t.Errorf("more than there is: %v", err)
	}
	see := func(when string, earned, reserve, owed int64) {
		t.Helper()
		b := w.balance(t, shop(t, d.merchant), "merchant")
		if b.Earned.Amount != earned || b.Reserve.Amount != reserve || b.Owed.Amount != owed {
			t.Errorf("%s: %+v, want %d, %d, %d", when, b, earned, reserve, owed)
		}
		w.zero(t)
	}
	see("set aside", 5_800, 3_000, 0)
	must(t, w.refunded(t.Context(), d.half()))
	see("one unit back", 1_400, 3_000, 0)
	must(t, w.refunded(t.Context(), d.half()))
	see("two units back", 0, 0, 0)
	if b := w.balance(t, as(t, d.creator), "creator"); b.Earned.Amount != 0 || b.Owed.Amount != 0 {
		t.Errorf("the creator has %+v", b)
	}

	late := d.half() // of another order of the same shop, for which nothing is left
	other := newDeal()
	other.order.Lines[0].Merchant, other.merchant = d.merchant, d.merchant
	w.earn(t, other)
	late.Order = other.order.Order
	back := ledger.Correction{Payee: own, Amount: money.CNY(8_000), Reason: "risk", RequestID: "aside-03"}
	if _, err := w.SetAsideFor(desk(t, "usr_op"), back); err != nil {
		t.Fatal(err)
	}
	back.Amount, back.RequestID = money.CNY(-7_000), "aside-04"
	if _, err := w.SetAsideFor(desk(t, "usr_op"), back); err != nil {
		t.Fatal(err)
	}
	must(t, w.refunded(t.Context(), late))
	second := other.half()
	must(t, w.refunded(t.Context(), second))
	see("all of both back", 0, 0, 0)
	third := other.half()
	must(t, w.refunded(t.Context(), third)) // more than it brought: a chargeback
	see("more than was there", 0, 0, 4_400)
	debts, err := w.Debts(desk(t, "usr_op"), ledger.ByCurrency{})
	must(t, err)
	if len(debts.Items) == 0 || debts.Items[0].Payee != own {
		t.Errorf("debts %+v", debts.Items)
	}
	give := ledger.Correction{Payee: own, Amount: money.CNY(5_000), Reason: "gone", RequestID: "give-0001"}
	if _, err := w.GiveUp(desk(t, "usr_op"), give); !errors.Is(err, ledger.ErrNotOwed) {
		t.Errorf("giving up more than is owed: %v", err)
	}
	give.Amount, give.RequestID = money.CNY(400), "give-0002"
	for range 2 {
		if _, err := w.GiveUp(desk(t, "usr_op"), give); err != nil {
			t.Fatal(err)
		}
	}
	see("some given up", 0, 0, 4_000)
	next := newDeal()
	next.order.Lines[0].Merchant, next.merchant = d.merchant, d.merchant
	w.earn(t, next)
	see("netted against what is earned next", 4_800, 0, 0)
}

func TestAStatementExplainsEachLine(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	d.order.Lines[0].Title = "=cmd()"
	must(t, w.paid(t.Context(), d.order))
	must(t, w.refunded(t.Context(), d.half()))
	found, err := w.Statement(shop(t, d.merchant), ledger.Period{As: "merchant"})
	must(t, err)
	if len(found.Items) != 1 {
		t.Fatalf("%d lines", len(found.Items))
	}
	i := found.Items[0]
	if i.Borne.Amount != 600 || i.Fee.Amount != 500 || i.FeeRate != 532 || i.Commission.Amount != 900 || i.Rate != 1_000 || i.Refunded.Amount != 5_050 || i.Net.Amount != 4_400 || i.State != ledger.Holding {
		t.Errorf("the shop sees %+v", i)
	}
	if found, err = w.Statement(as(t, d.creator), ledger.Period{As: "creator"}); err != nil || len(found.Items) != 1 {
		t.Fatalf("the creator sees %+v, %v", found, err)
	}
	if i := found.Items[0]; i.Net.Amount != 450 || i.Lost.Amount != 450 || i.Fee.Amount != 0 {
		t.Errorf("the creator sees %+v", i)
	}
	totals, err := w.StatementTotals(shop(t, d.merchant), ledger.Period{As: "merchant"})
	if err != nil || len(totals.Items) != 1 || totals.Items[0].Net.Amount != 4_400 || totals.Items[0].Held.Amount != 4_400 || totals.Items[0].Lines != 1 {
		t.Errorf("totals %+v, %v", totals, err)
	}
	sheet, err := w.StatementSheet(shop(t, d.merchant), ledger.Period{As: "merchant", From: "2026-03-01", Before: "2026-04-01"})
	must(t, err)
	if !strings.Contains(sheet.Text, "'=cmd()") || strings.Count(sheet.Text, "\r\n") != 2 {
		t.Errorf("sheet %q", sheet.Text)
	}
	if found, err = w.Statement(shop(t, d.merchant), ledger.Period{As: "merchant", From: "2026-01-01", Before: "2026-02-01"}); err != nil || len(found.Items) != 0 {
		t.Errorf("another period has %+v, %v", found, err)
	}
	if _, err := w.Statement(shop(t, d.merchant), ledger.Period{As: "merchant", From: "2026-04-01", Before: "2026-03-01"}); !errors.Is(err, ledger.ErrPeriod) {
		t.Errorf("a period that ends first: %v", err)
	}
	clerk := actor.With(t.Context(), actor.Actor{User: "usr_clerk", Merchant: d.merchant})
	if _, err := w.Statement(clerk, ledger.Period{As: "merchant"}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("who may not see to its money: %v", err)
	}
}
