package checkouttest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
)

// Run runs the suite over one shop. Tests that move the clock run last, alone.
func Run(t *testing.T, s Shop) {
	st := newStage(t, s)
	t.Run("at any time", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *stage){
			"AnOrderIsPaidAndTheMoneyIsInTheLedger": testThread,
			"AWordSaidTwiceIsOneOrder":              testTwins,
			"AKeyNamesOneRequest":                   testReuse,
			"NobodyBuysWhatIsSoldOut":               testSoldOut,
			"OthersOrdersDoNotExist":                testPrivacy,
			"CancellingGivesTheUnitsBack":           testCancel,
			"ADeclinedPaymentCanBeTriedAgain":       testDecline,
			"MoneyThatComesTwiceGoesBack":           testPaidTwice,
			"AnotherAmountFreezesThePayment":        testMismatch,
			"AForgedOrStaleWebhookIsRefused":        testForged,
			"WhoBuysFromThemselvesEarnsNothing":     testSelf,
			"RefusalsKeepTheirNames":                testRefusals,
			"SalesAreForWhoHasADutyThere":           testSalesDuty,
			"MoneyOfALineGoesBackOnce":              testRefund,
			"ACartSurvivesSigningIn":                testCart,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); test(t, st) })
		}
	})
	for name, test := range map[string]func(*testing.T, *stage){
		"AnUnpaidOrderExpires":               testExpire,
		"MoneyThatComesLateBuysWhatIsLeft":   testLate,
		"MoneyThatComesTooLateGoesBack":      testTooLate,
		"AnOldQuoteIsNotAPrice":              testOldQuote,
		"AWordAboutAnUnknownPaymentIsParked": testSilent,
		"MoneyForACancelledOrderGoesBack":    testCancelledThenPaid,
	} {
		t.Run(name, func(t *testing.T) { test(t, st) })
	}
	st.balanced(t)
}

func testThread(t *testing.T, s *stage) {
	fresh := *s // a creator of its own, so that what they hold is this sale's
	fresh.creator = s.person(t, "thread")
	must(t, second(s.Account.BecomeCreator(fresh.creator.ctx, account.BecomeCreator{AcceptTerms: true})))
	fresh.creator.ctx = s.again(t, fresh.creator)
	p := fresh.product(t, 5)
	link := fresh.link(t, p)

	o := fresh.place(t, s.amy, p, 2, link)
	if o.State != checkout.Unpaid || o.Goods != money.CNY(39_800) || o.Lines[0].Source.Creator != fresh.creator.user {
		t.Fatalf("placed %+v", o)
	}
	fresh.units(t, p, catalog.Stock{Received: 5, Available: 3, Held: 2})
	fresh.settle(t, fresh.begin(t, s.amy, o))
	paid := fresh.until(t, s.amy, o, checkout.Paid)
	if paid.PaidAt.IsZero() || paid.Total != o.Total {
		t.Errorf("paid %+v", paid)
	}
	fresh.units(t, p, catalog.Stock{Received: 5, Available: 3, Sold: 2})
	fresh.held(t, money.CNY(5_970)) // 15 % of 398.00
	eventually(t, func() bool {
		sales, err := s.Checkout.Sales(s.merchant.ctx, noAsk)
		must(t, err)
		for _, x := range sales.Items {
			if x.Order == o.ID {
				return x.Commission == money.CNY(5_970) && x.Line.N == 2
			}
		}
		return false
	}, func() string { return "the merchant does not see the sale" })
	fresh.balanced(t)
}

func testSalesDuty(t *testing.T, s *stage) {
	shop := actor.From(s.merchant.ctx).Merchant
	for _, row := range []struct {
		duty catalog.Duty
		sees bool
	}{{catalog.DoOrders, true}, {catalog.DoMoney, true}, {catalog.DoProducts, false}} {
		clerk := s.person(t, "clerk")
		invited, err := s.Catalog.InviteStaff(s.merchant.ctx, catalog.InviteStaff{User: clerk.user, Duties: []catalog.Duty{row.duty}, RequestID: id.Secret()})
		must(t, err)
		must(t, second(s.Catalog.AcceptInvite(clerk.ctx, catalog.AcceptInvite{ID: invited.ID})))
		a, err := catalog.ActFor(clerk.ctx, s.Catalog, actor.From(clerk.ctx), shop)
		must(t, err)
		_, err = s.Checkout.Sales(actor.With(t.Context(), a), noAsk)
		if row.sees && err != nil || !row.sees && !errors.Is(err, catalog.ErrNoDuty) {
			t.Errorf("with the duty of %s: %v", row.duty, err)
		}
	}
}

func testTwins(t *testing.T, s *stage) {
	p := s.product(t, 10)
	q, err := s.Checkout.Quote(s.amy.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1}}})
	must(t, err)
	request := id.Secret()
	var wg sync.WaitGroup
	var ids sync.Map
	for range 8 {
		wg.Go(func() {
			o, err := s.Checkout.Place(s.amy.ctx, checkout.Place{Quote: q.ID, Address: s.amy.address, RequestID: request})
			if err != nil {
				t.Error(err)
			}
			ids.Store(o.ID, true)
		})
	}
	wg.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("8 tries made %d orders, want 1", n)
	}
	s.units(t, p, catalog.Stock{Received: 10, Available: 9, Held: 1})
}

func testReuse(t *testing.T, s *stage) {
	p := s.product(t, 10)
	request := id.Secret()
	must(t, second(s.tryPlace(t, s.amy, p, 1, "", request)))
	if _, err := s.tryPlace(t, s.amy, p, 2, "", request); !errors.Is(err, rpc.ErrReused) {
		t.Errorf("err = %v, want ErrReused", err)
	}
	if _, err := s.tryPlace(t, s.bob, p, 1, "", request); err != nil {
		t.Errorf("another person's key of the same name: %v", err)
	}
}

func testSoldOut(t *testing.T, s *stage) {
	p := s.product(t, 10)
	var bought atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		who := []person{s.amy, s.bob}[i%2]
		wg.Go(func() {
			o, err := s.tryPlace(t, who, p, 1, "", id.Secret())
			if errors.Is(err, catalog.ErrSoldOut) {
				return
			}
			if err != nil {
				t.Errorf("err = %v, want ErrSoldOut", err)
				return
			}
			s.settle(t, s.begin(t, who, o))
			s.until(t, who, o, checkout.Paid)
			bought.Add(1)
		})
	}
	wg.Wait()
	if bought.Load() != 10 {
		t.Errorf("%d of 10 were bought", bought.Load())
	}
	s.units(t, p, catalog.Stock{Received: 10, Sold: 10})
}

func testPrivacy(t *testing.T, s *stage) {
	o := s.place(t, s.amy, s.product(t, 1), 1, "")
	payment := s.begin(t, s.amy, o)
	if _, err := s.Checkout.Order(s.bob.ctx, checkout.ByOrder{ID: o.ID}); !errors.Is(err, checkout.ErrNoSuchOrder) {
		t.Errorf("Order: %v, want ErrNoSuchOrder", err)
	}
	if _, err := s.Checkout.Cancel(s.bob.ctx, checkout.ByOrder{ID: o.ID}); !errors.Is(err, checkout.ErrNoSuchOrder) {
		t.Errorf("Cancel: %v, want ErrNoSuchOrder", err)
	}
	if _, err := s.Checkout.Pay(s.bob.ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: id.Secret()}); !errors.Is(err, checkout.ErrNoSuchOrder) {
		t.Errorf("Pay: %v, want ErrNoSuchOrder", err)
	}
	if _, err := s.Checkout.Confirm(s.bob.ctx, checkout.ByPayment{ID: payment.ID}); !errors.Is(err, checkout.ErrNoSuchPayment) {
		t.Errorf("Confirm: %v, want ErrNoSuchPayment", err)
	}
}

func testCancel(t *testing.T, s *stage) {
	p := s.product(t, 3)
	o := s.place(t, s.amy, p, 2, "")
	for range 2 {
		got, err := s.Checkout.Cancel(s.amy.ctx, checkout.ByOrder{ID: o.ID})
		if err != nil || got.State != checkout.Cancelled {
			t.Fatalf("Cancel = %s, %v", got.State, err)
		}
	}
	s.units(t, p, catalog.Stock{Received: 3, Available: 3})
	if _, err := s.Checkout.Pay(s.amy.ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: id.Secret()}); !errors.Is(err, checkout.ErrNotUnpaid) {
		t.Errorf("Pay: %v, want ErrNotUnpaid", err)
	}
}

func testDecline(t *testing.T, s *stage) {
	o := s.place(t, s.amy, s.product(t, 1), 1, "")
	payment := s.begin(t, s.amy, o)
	must(t, second(s.Sandbox.Settle(t.Context(), sandbox.Settle{ID: payment.ID})))
	eventually(t, func() bool {
		p, err := s.Checkout.Confirm(s.amy.ctx, checkout.ByPayment{ID: payment.ID})
		must(t, err)
		return p.State == checkout.Failed
	}, func() string { return "the payment is not failed" })
	s.settle(t, s.begin(t, s.amy, o))
	s.until(t, s.amy, o, checkout.Paid)
	if _, err := s.Checkout.Cancel(s.amy.ctx, checkout.ByOrder{ID: o.ID}); !errors.Is(err, checkout.ErrNotUnpaid) {
		t.Errorf("Cancel: %v, want ErrNotUnpaid", err)
	}
}

func testPaidTwice(t *testing.T, s *stage) {
	p := s.product(t, 2)
	o := s.place(t, s.amy, p, 1, "")
	one, two := s.begin(t, s.amy, o), s.begin(t, s.amy, o)
	s.settle(t, one)
	s.until(t, s.amy, o, checkout.Paid)
	s.settle(t, two)
	eventually(t, func() bool {
		got, err := s.Checkout.Confirm(s.amy.ctx, checkout.ByPayment{ID: two.ID})
		must(t, err)
		return got.State == checkout.Returned
	}, func() string { return "the second payment did not go back" })
	s.until(t, s.amy, o, checkout.Paid)
	s.units(t, p, catalog.Stock{Received: 2, Available: 1, Sold: 1})
}

func testMismatch(t *testing.T, s *stage) {
	o := s.place(t, s.amy, s.product(t, 1), 1, "")
	payment := s.begin(t, s.amy, o)
	must(t, s.tell(t, pay.Fact{Event: id.Secret(), Payment: payment.ID, Outcome: pay.Succeeded, Amount: money.CNY(1), At: s.Now()}))
	eventually(t, func() bool {
		got, err := s.Checkout.Confirm(s.amy.ctx, checkout.ByPayment{ID: payment.ID})
		must(t, err)
		return got.State == checkout.Frozen
	}, func() string { return "the payment is not frozen" })
	s.until(t, s.amy, o, checkout.Unpaid)
}

func testForged(t *testing.T, s *stage) {
	o := s.place(t, s.amy, s.product(t, 1), 1, "")
	payment := s.begin(t, s.amy, o)
	body := encode(t, pay.Fact{Event: id.Secret(), Payment: payment.ID, Outcome: pay.Succeeded, Amount: o.Total, At: s.Now()})
	for name, signature := range map[string]string{
		"none":          "",
		"another key":   sandbox.Sign([]byte("0123456789abcdef0123456789abcdef"), s.Now(), body),
		"other bytes":   sandbox.Sign(s.SandboxKey, s.Now(), append([]byte(" "), body...)),
		"too old":       sandbox.Sign(s.SandboxKey, s.Now().Add(-301*time.Second), body),
		"of the future": sandbox.Sign(s.SandboxKey, s.Now().Add(302*time.Second), body),
	} {
		_, err := s.Checkout.Webhook(actor.AsSystem(t.Context(), "test"), checkout.Webhook{Provider: sandbox.Name, Body: body, Signature: signature})
		if !errors.Is(err, pay.ErrSignature) {
			t.Errorf("signature %s: %v, want ErrSignature", name, err)
		}
	}
	s.until(t, s.amy, o, checkout.Unpaid)
}

func testSelf(t *testing.T, s *stage) {
	p := s.product(t, 2)
	link := s.link(t, p)
	o := s.place(t, s.creator, p, 1, link)
	if o.Lines[0].Source.Creator != "" {
		t.Errorf("the buyer's own post is credited: %+v", o.Lines[0].Source)
	}
	o = s.place(t, s.amy, p, 1, link+"x")
	if o.Lines[0].Source.Creator != "" {
		t.Errorf("a forged link is credited: %+v", o.Lines[0].Source)
	}
}

func testRefusals(t *testing.T, s *stage) {
	p := s.product(t, 1)
	q, err := s.Checkout.Quote(s.amy.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1}}})
	must(t, err)
	place := func(who person, in checkout.Place) error { return second(s.Checkout.Place(who.ctx, in)) }
	for name, tt := range map[string]struct{ got, want error }{
		"nobody":          {second(s.Checkout.Quote(t.Context(), checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1}}})), actor.ErrNobody},
		"no SKU":          {second(s.Checkout.Quote(s.amy.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_none", N: 1}}})), catalog.ErrNoSuchSKU},
		"a SKU twice":     {second(s.Checkout.Quote(s.amy.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1}, {SKU: p.SKUs[0].ID, N: 1}}})), checkout.ErrDoubleSKU},
		"another's quote": {place(s.bob, checkout.Place{Quote: q.ID, Address: s.bob.address, RequestID: id.Secret()}), checkout.ErrNoSuchQuote},
		"no address":      {place(s.amy, checkout.Place{Quote: q.ID, Address: s.bob.address, RequestID: id.Secret()}), account.ErrNoAddress},
		"no provider":     {second(s.Checkout.Pay(s.amy.ctx, checkout.Pay{ID: s.place(t, s.amy, s.product(t, 1), 1, "").ID, Provider: "beads", RequestID: id.Secret()})), checkout.ErrNoProvider},
		"no shop":         {second(s.Checkout.Sales(s.amy.ctx, noAsk)), actor.ErrForbidden},
		"not an entry":    {second(s.Ledger.Post(actor.AsSystem(t.Context(), "test"), ledger.Entry{ID: "ent_x", Postings: []ledger.Posting{{Account: "a", Amount: money.CNY(1)}, {Account: "b", Amount: money.CNY(1)}}})), ledger.ErrUnbalanced},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}
