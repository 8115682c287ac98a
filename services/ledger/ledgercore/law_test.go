package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// drawOrder is an order whose lines are frozen as the till freezes them.
func drawOrder(t *rapid.T, lines int, units int64) checkout.OrderData {
	o := checkout.OrderData{Order: id.Order("ord_" + id.Secret()), Buyer: "usr_b", Provider: "psp", PaidAt: noon, Sum: checkout.Sum{Total: money.CNY(0)}}
	upTo := func(name string, n int64) int64 { return rapid.Int64Range(0, n).Draw(t, name) }
	for i := range rapid.IntRange(1, lines).Draw(t, "lines") {
		n := rapid.Int64Range(1, units).Draw(t, "units")
		amount := n * upTo("price", 100_000)
		saved := upTo("saved", amount)
		platform := upTo("platform", saved)
		points := upTo("points", platform)
		shipping, tax := upTo("shipping", 2_000), upTo("tax", 9_000)
		fee := upTo("fee", (amount-saved+platform)/4)
		commission, who := upTo("commission", (amount-saved)/3), id.User(fmt.Sprintf("usr_%d%s", i%2, o.Order))
		if rapid.Bool().Draw(t, "sold by nobody") {
			commission, who = 0, ""
		}
		due := amount - saved + shipping + tax
		o.Lines = append(o.Lines, checkout.LineData{
			N: n, Merchant: id.Merchant(fmt.Sprintf("mer_%d%s", i%2, o.Order)), Creator: who,
			Amount: money.CNY(amount), Saved: money.CNY(saved), Platform: money.CNY(platform), ByPoints: money.CNY(points),
			Shipping: money.CNY(shipping), Tax: money.CNY(tax), Due: money.CNY(due), Fee: money.CNY(fee), Commission: money.CNY(commission),
		})
		o.Total.Amount += due
	}
	return o
}

// unit is what one unit of a line gives back: its share, the last the rest.
func unit(l checkout.LineData, i int64) parts {
	share := func(m money.Money) int64 {
		if each := m.Amount / l.N; i < l.N-1 {
			return each
		} else {
			return m.Amount - each*(l.N-1)
		}
	}
	p := parts{
		Amount: share(l.Amount), Saved: share(l.Saved), Platform: share(l.Platform), ByPoints: share(l.ByPoints), Shipping: share(l.Shipping),
		Tax: share(l.Tax), Fee: share(l.Fee), Commission: share(l.Commission),
	}
	p.Due = p.Amount - p.Saved + p.Shipping + p.Tax
	return p
}

// drawRefunds is some units of an order going back, or all of them, each at most
// once, in refunds of one or more units.
func drawRefunds(t *rapid.T, o checkout.OrderData, all bool) []checkout.Refund {
	var out []checkout.Refund
	for i, l := range o.Lines {
		for n := range l.N {
			if !all && !rapid.Bool().Draw(t, "goes back") {
				continue
			}
			p := unit(l, n)
			x := checkout.RefundLine{
				Line: i, N: 1, Amount: money.CNY(p.Amount), Saved: money.CNY(p.Saved), Platform: money.CNY(p.Platform), ByPoints: money.CNY(p.ByPoints),
				Shipping: money.CNY(p.Shipping), Tax: money.CNY(p.Tax), Due: money.CNY(p.Due), Fee: money.CNY(p.Fee), Commission: money.CNY(p.Commission),
			}
			if len(out) == 0 || rapid.Bool().Draw(t, "on its own") {
				out = append(out, checkout.Refund{ID: "rfd_" + id.Secret(), Order: o.Order, Provider: "psp", Amount: money.CNY(0), At: noon})
			}
			r := &out[len(out)-1]
			r.Lines, r.Amount.Amount = append(r.Lines, x), r.Amount.Amount+p.Due
		}
	}
	return out
}

// balances adds up postings by account, as "kind CNY" where an owner is one of
// the order's own.
func balances(es []ledger.Entry) map[ledger.Account]int64 {
	out := map[ledger.Account]int64{}
	for _, e := range es {
		for _, p := range e.Postings {
			if out[p.Account] += p.Amount.Amount; out[p.Account] == 0 {
				delete(out, p.Account)
			}
		}
	}
	return out
}

// fold is an order's document of which facts were heard, without a store.
func fold(t *rapid.T, o checkout.OrderData) *order {
	e, err := widened(o)
	if err != nil {
		t.Fatal(err)
	}
	x := &order{ID: e.Order, Paid: true, Provider: e.Provider, Currency: "CNY"}
	for _, l := range e.Lines {
		x.Lines = append(x.Lines, orderLine{N: l.N, Merchant: l.Merchant, Creator: l.Creator, Whole: partsOfLine(l)})
	}
	x.sell()
	return x
}

func refundOf(r checkout.Refund) refund {
	out := refund{ID: r.ID}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, refundLine{Line: l.Line, N: l.N, Back: partsOfRefund(l)})
	}
	return out
}

func TestTheEntryOfAnyOrderSumsToZeroAndOwesWhatItsLinesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t, 3, 4)
		x := fold(t, o)
		got := balances(x.Todo)
		var psp, promo, held int64
		for _, e := range x.Todo {
			if err := balanced(e.Postings); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range o.Lines {
			psp += l.Due.Amount
			promo += l.Platform.Amount
			held += l.Amount.Amount - (l.Saved.Amount - l.Platform.Amount) + l.Shipping.Amount + l.Tax.Amount
		}
		var sum int64
		for a, n := range got {
			if n < 0 {
				sum -= n
			} else if !strings.HasPrefix(string(a), "psp_") && !strings.HasPrefix(string(a), "promo_") && !strings.HasPrefix(string(a), "points_") {
				t.Fatalf("%s is owed to us: %d", a, n)
			}
		}
		if got["psp_receivable:psp"] != psp || got["promo_cost:platform"]+got["points_liability:platform"] != promo || sum != held {
			t.Fatalf("balances %v; want %d from the provider, %d borne, %d held", got, psp, promo, held)
		}
	})
}

func TestRefundingEverythingLeavesNothingWherever(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t, 3, 4)
		x := fold(t, o)
		at := rapid.IntRange(0, 8).Draw(t, "settled before refund")
		for i, r := range drawRefunds(t, o, true) {
			if i == at {
				for line := range x.Lines {
					x.Receipts = append(x.Receipts, receipt{Line: line, EarnsAt: noon})
				}
			}
			x.Refunds = append(x.Refunds, refundOf(r))
			if err := x.decide(noon); err != nil {
				t.Fatal(err)
			}
		}
		if got := balances(x.Todo); len(got) > 0 {
			t.Fatalf("left %v", got)
		}
	})
}

// TestAnyOrderOfEventsGivesTheSameBalances plays the events of an order in any
// order, each once or twice, with the process killed at any write, and finishes.
func TestAnyOrderOfEventsGivesTheSameBalances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		o := drawOrder(rt, 2, 2)
		o.Provider = "of_" + string(o.Order)
		refunds := drawRefunds(rt, o, false)
		now := w.clock.Now()
		events := []func() error{
			func() error { return w.paid(ctx, o) },
			func() error { w.clock.Advance(8 * 24 * time.Hour); return w.settleDue(ctx) },
			func() error { w.clock.Advance(8 * 24 * time.Hour); return w.settleDue(ctx) },
		}
		for i, l := range o.Lines {
			e := fulfil.ParcelData{Order: o.Order, Merchant: l.Merchant, Lines: []int{i}, At: now, ReturnBy: now.AddDate(0, 0, 15)}
			events = append(events, func() error { return w.received(ctx, e) })
		}
		for _, r := range refunds {
			events = append(events, func() error { return w.refunded(ctx, r) })
		}
		order := rapid.Permutation(slices.Concat(events, events[rapid.IntRange(0, len(events)).Draw(rt, "twice from"):])).Draw(rt, "order")
		for _, event := range order {
			if after := rapid.IntRange(0, 12).Draw(rt, "killed after"); after > 0 {
				w.db.kill(after, rapid.Bool().Draw(rt, "lost"))
			}
			for err := event(); err != nil; err = event() { // it is delivered again
				if !errors.Is(err, errDead) {
					rt.Fatal(err)
				}
				w.db.kill(0, false)
			}
			w.db.kill(0, false)
		}
		w.clock.Advance(16 * 24 * time.Hour)
		for _, f := range []func(context.Context) error{w.finishAll, w.settleDue, w.finishAll} {
			if err := f(ctx); err != nil {
				rt.Fatal(err)
			}
			w.clock.Advance(time.Minute)
		}
		want, psp := map[ledger.Account]int64{}, int64(0)
		for i, l := range o.Lines {
			left := partsOfLine(l)
			for _, r := range refunds {
				for _, x := range r.Lines {
					if x.Line == i {
						left = left.plus(-1, partsOfRefund(x))
					}
				}
			}
			want[ledger.Of(ledger.Escrow, string(l.Merchant))] = 0
			want[ledger.Of(ledger.MerchantPayable, string(l.Merchant))] -= left.proceeds()
			if l.Creator != "" {
				want[ledger.Of(ledger.CommissionHeld, string(l.Creator))] = 0
				want[ledger.Of(ledger.CreatorPayable, string(l.Creator))] -= left.Commission
			}
			psp += left.Due
		}
		for _, a := range slices.Sorted(maps.Keys(want)) {
			if got := w.account(t, a); got != want[a] {
				rt.Fatalf("%s is %d, want %d", a, got, want[a])
			}
			if shown, err := w.shown(ctx, a); err != nil || shown != -want[a] {
				rt.Fatalf("the statement of %s says %d, want %d; %v", a, shown, -want[a], err)
			}
			if p, err := w.purses.Get(ctx, purseID(a, "CNY")); err == nil && (p.Own != -want[a] || len(p.Pending) > 0) {
				rt.Fatalf("the purse of %s says %d, want %d; %d pending", a, p.Own, -want[a], len(p.Pending))
			}
		}
		got := w.account(t, ledger.Of(ledger.PSPReceivable, o.Provider))
		if got != psp {
			rt.Fatalf("the provider owes %d for it, want %d", got, psp)
		}
	})
	w.zero(t)
}

// shown adds up what a payee's statement says is theirs.
func (w *world) shown(ctx context.Context, payee ledger.Account) (int64, error) {
	found, err := w.items.Find(ctx, docdb.Query{Index: "payee", Equal: []any{string(payee)}, Limit: 100})
	sum := int64(0)
	for _, i := range found.Items {
		sum += i.Net.Amount
	}
	return sum, err
}

func TestARefundThatRacesItsSettlementIsTakenFromWhereTheMoneyIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 12 {
		d := newDeal()
		must(t, w.paid(t.Context(), d.order))
		must(t, w.received(t.Context(), d.receipt()))
		w.clock.Advance(16 * 24 * time.Hour)
		done := make(chan error, 3)
		r := d.half()
		go func() { done <- w.refunded(t.Context(), r) }()
		go func() { done <- w.settleDue(t.Context()) }()
		go func() { done <- w.refunded(t.Context(), r) }()
		for range 3 {
			must(t, <-done)
		}
		if b := w.balance(t, shop(t, d.merchant), "merchant"); b.Held.Amount != 0 || b.Earned.Amount != 4_400 {
			t.Errorf("the shop has %+v", b)
		}
		if b := w.balance(t, as(t, d.creator), "creator"); b.Held.Amount != 0 || b.Earned.Amount != 450 {
			t.Errorf("the creator has %+v", b)
		}
	}
	w.zero(t)
}
