package aftersaletest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Run runs the suite, each test over a world of its own.
func Run(t *testing.T, open func(*testing.T) *World) {
	for name, test := range map[string]func(*testing.T, *World){
		"WhatIsNotSentIsCancelledAtOnce":         testCancel,
		"WhatIsSentIsNotCancelled":               testCancelSent,
		"UnitsAreInOneRequest":                   testUnits,
		"TwoRefundsOfOneUnitPayOnce":             testTogether,
		"ARequestSentTwiceIsOne":                 testTwice,
		"AShopThatDoesNotAnswerHasAgreed":        testSilentShop,
		"ARefusalIsDisputedOrClosed":             testRefused,
		"AnOfferIsTakenOrDisputed":               testOffer,
		"GoodsComeBackBeforeTheMoneyDoes":        testReturn,
		"WhoSendsNothingBackHasWithdrawn":        testNotSent,
		"WhatCameBackWrongIsDisputed":            testInspect,
		"AnExchangeIsSentFromStock":              testExchange,
		"WithoutStockAnExchangeIsMoneyBack":      testSoldOut,
		"PartOfThePriceLeavesTheGoods":           testPart,
		"ASlowProviderIsAskedAgain":              testSlow,
		"NothingIsAskedAfterTheWindow":           testWindow,
		"APictureHasToShowIt":                    testEvidence,
		"APreviewIsWhatGoesBack":                 testPreview,
		"OthersRequestsDoNotExist":               testPrivacy,
		"WhatWaitsForTheShopComesFirst":          testLists,
		"WithdrawnUnitsCanBeAskedAgain":          testWithdraw,
		"AWordSaidTwiceIsSaidOnce":               testSaidTwice,
		"MoreThanWasPaidIsNeverAgreed":           testAmounts,
		"AReasonOfTheBuyersNeedsTheGoodsBack":    testReason,
		"WhatWentBackElsewhereClosesTheRequest":  testElsewhere,
		"AShopGivesBackUnasked":                  testGive,
		"OnlyItsStaffAnswerAndOperatorsDecide":   testRoles,
		"RefundAgainstReceivingLeavesOneOutcome": testReceiving,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, open(t)) })
	}
}

type sale = aftersale.AfterSale

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func state(t *testing.T, a sale, want aftersale.State) {
	t.Helper()
	if a.State != want {
		t.Errorf("request is %s, want %s; log %+v", a.State, want, a.Log)
	}
}

func one(line int, n int64) []aftersale.Units { return []aftersale.Units{{Line: line, N: n}} }

// sent is an order whose parcel was received; its window is open for a month.
func (w *World) sent(ns ...int64) checkout.Order {
	o := w.Till.Sell(w.Yard, w.Clock.Now(), ns...)
	w.Yard.Send(o.ID, w.Clock.Now().Add(30*24*time.Hour))
	return o
}

func faulty(o checkout.Order, k aftersale.Kind, n int64) aftersale.Open {
	return aftersale.Open{Order: o.ID, Kind: k, Units: one(0, n), Reason: aftersale.Faulty, Evidence: []id.Media{"med_1"}, RequestID: id.Secret()}
}

func (w *World) ask(t *testing.T, o checkout.Order, in aftersale.Open) sale {
	t.Helper()
	return ok[sale](t)(w.Open(as(t, o.Buyer), in))
}

func (w *World) now(t *testing.T, o checkout.Order, a sale) sale {
	t.Helper()
	return ok[sale](t)(w.AfterSale(as(t, o.Buyer), aftersale.ByID{ID: a.ID}))
}

func (w *World) agree(t *testing.T, a sale) sale {
	t.Helper()
	return ok[sale](t)(w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Agree: true}))
}

func (w *World) back(t *testing.T, o checkout.Order, amount int64, refunds int) {
	t.Helper()
	if a, n := w.Till.Back(o.ID); a != amount || n != refunds {
		t.Errorf("%d went back by %d refunds, want %d by %d", a, n, amount, refunds)
	}
}

func testCancel(t *testing.T, w *World) {
	o := w.Till.Sell(w.Yard, w.Clock.Now(), 3)
	a := w.ask(t, o, aftersale.Open{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 2), Reason: aftersale.Changed, RequestID: id.Secret()})
	state(t, a, aftersale.Done)
	in, asked := w.Till.Ask(a.ID)
	if !asked || !in.Restock || w.Yard.Dropped(o.ID) != 2 {
		t.Errorf("asked %+v, %d dropped", in, w.Yard.Dropped(o.ID))
	}
	w.pass(t, time.Hour)
	w.back(t, o, (3*1_001+800)/3*2, 1)
	_, err := w.Open(as(t, o.Buyer), aftersale.Open{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 2), Reason: aftersale.Changed, RequestID: id.Secret()})
	is(t, err, aftersale.ErrUnits)
}

func testCancelSent(t *testing.T, w *World) {
	o := w.Till.Sell(w.Yard, w.Clock.Now(), 1)
	w.Yard.Send(o.ID, time.Time{})
	in := aftersale.Open{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 1), Reason: aftersale.Changed, RequestID: id.Secret()}
	_, err := w.Open(as(t, o.Buyer), in)
	is(t, err, aftersale.ErrNotNow)
	// What could not be cancelled can be given back.
	a := w.ask(t, o, aftersale.Open{Order: o.ID, Kind: aftersale.Return, Units: one(0, 1), Reason: aftersale.Changed, RequestID: id.Secret()})
	state(t, a, aftersale.Asked)
}

func testUnits(t *testing.T, w *World) {
	o := w.sent(3, 2)
	w.ask(t, o, faulty(o, aftersale.Return, 2))
	_, err := w.Open(as(t, o.Buyer), faulty(o, aftersale.Money, 2))
	is(t, err, aftersale.ErrUnits)
	w.ask(t, o, faulty(o, aftersale.Money, 1))
	// Of what is sent in parts, what was sent can be given back.
	some := w.Till.Sell(w.Yard, w.Clock.Now(), 3)
	w.Yard.SendSome(some.ID, 1)
	w.ask(t, some, faulty(some, aftersale.Return, 1))
	_, err = w.Open(as(t, some.Buyer), faulty(some, aftersale.Return, 1))
	is(t, err, aftersale.ErrUnits)
	w.ask(t, some, aftersale.Open{Order: some.ID, Kind: aftersale.Cancel, Units: one(0, 2), Reason: aftersale.Changed, RequestID: id.Secret()})
	twice := faulty(o, aftersale.Return, 1)
	twice.Units = append(one(1, 1), one(1, 1)...)
	if _, err := w.Open(as(t, o.Buyer), twice); err == nil {
		t.Error("a line was named twice")
	}
}

func testTogether(t *testing.T, w *World) {
	for range 4 {
		o := w.sent(2)
		var wg sync.WaitGroup
		var mu sync.Mutex
		opened := []sale{}
		for range 8 {
			wg.Go(func() {
				a, err := w.Open(as(t, o.Buyer), faulty(o, aftersale.Money, 2))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					opened = append(opened, a)
				} else if !errors.Is(err, aftersale.ErrUnits) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(opened) != 1 {
			t.Fatalf("%d requests have the same units", len(opened))
		}
		for range 6 {
			wg.Go(func() {
				if _, err := w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: opened[0].ID, Agree: true}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.back(t, o, 2*1_001+800, 1)
	}
}

func testTwice(t *testing.T, w *World) {
	o := w.sent(2)
	in := faulty(o, aftersale.Return, 1)
	first := w.ask(t, o, in)
	again := w.ask(t, o, in)
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("asked twice: %s", d)
	}
	in.Reason = aftersale.Damaged
	_, err := w.Open(as(t, o.Buyer), in)
	is(t, err, rpc.ErrReused)
}

func testSilentShop(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.ask(t, o, faulty(o, aftersale.Money, 1))
	w.pass(t, aftersale.AnswerWithin-time.Minute)
	state(t, w.now(t, o, a), aftersale.Asked)
	w.pass(t, 2*time.Minute)
	a = w.now(t, o, a)
	state(t, a, aftersale.Done)
	w.back(t, o, 1_801, 1)
	if a.Log[1].By != "timer" {
		t.Errorf("log %+v", a.Log)
	}
}

func testRefused(t *testing.T, w *World) {
	o := w.sent(2)
	refuse := func() sale {
		a := w.ask(t, o, faulty(o, aftersale.Money, 1))
		return ok[sale](t)(w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Text: "it was fine"}))
	}
	a := refuse()
	state(t, a, aftersale.Refused)
	w.pass(t, aftersale.DisputeWithin+time.Minute)
	state(t, w.now(t, o, a), aftersale.Closed)
	a = refuse()
	a = ok[sale](t)(w.Dispute(as(t, o.Buyer), aftersale.Dispute{ID: a.ID, Text: "it was not", Evidence: []id.Media{"med_2"}}))
	state(t, a, aftersale.Disputed)
	w.pass(t, 90*24*time.Hour)
	state(t, w.now(t, o, a), aftersale.Disputed)
	open := ok[page.Page[sale]](t)(w.Disputes(operator(t), page.Ask{}))
	if len(open.Items) != 1 || len(open.Items[0].Evidence) != 2 {
		t.Errorf("disputes %+v", open)
	}
	a = ok[sale](t)(w.Decide(operator(t), aftersale.Decide{ID: a.ID, Agree: true, Amount: money.CNY(500), Text: "half"}))
	state(t, a, aftersale.Done)
	w.back(t, o, 500, 1)
	if open := ok[page.Page[sale]](t)(w.Disputes(operator(t), page.Ask{})); len(open.Items) != 0 {
		t.Errorf("disputes %+v", open)
	}
}

func testOffer(t *testing.T, w *World) {
	o := w.sent(3)
	offer := func(n int64) sale {
		a := w.ask(t, o, faulty(o, aftersale.Money, 1))
		a = ok[sale](t)(w.Answer(shop(t, "mer_a"), aftersale.Answer{ID: a.ID, Agree: true, Amount: money.CNY(n)}))
		state(t, a, aftersale.Agreed)
		return a
	}
	a := offer(300)
	w.pass(t, aftersale.DisputeWithin+time.Minute)
	state(t, w.now(t, o, a), aftersale.Done)
	a = ok[sale](t)(w.Accept(as(t, o.Buyer), aftersale.ByID{ID: offer(200).ID}))
	state(t, a, aftersale.Done)
	w.back(t, o, 500, 2)
	a = ok[sale](t)(w.Dispute(as(t, o.Buyer), aftersale.Dispute{ID: offer(100).ID, Text: "more"}))
	state(t, a, aftersale.Disputed)
}

func testReturn(t *testing.T, w *World) {
	o := w.sent(2)
	a := w.ask(t, o, faulty(o, aftersale.Return, 1))
	a = w.agree(t, a)
	state(t, a, aftersale.Sending)
	w.back(t, o, 0, 0)
	_, err := w.Inspect(shop(t, "mer_a"), aftersale.Inspect{ID: a.ID, Fine: true})
	is(t, err, aftersale.ErrNotNow)
	a = ok[sale](t)(w.SendBack(as(t, o.Buyer), aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R1"}))
	state(t, a, aftersale.Inspecting)
	a = ok[sale](t)(w.Inspect(shop(t, "mer_a"), aftersale.Inspect{ID: a.ID, Fine: true, Restock: true}))
	state(t, a, aftersale.Done)
	if in, _ := w.Till.Ask(a.ID); !in.Restock || !in.Faulty {
		t.Errorf("asked %+v", in)
	}
	// Who inspects nothing pays.
	a = w.agree(t, w.ask(t, o, faulty(o, aftersale.Return, 1)))
	ok[sale](t)(w.SendBack(as(t, o.Buyer), aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R2"}))
	w.pass(t, aftersale.InspectWithin+time.Minute)
	state(t, w.now(t, o, a), aftersale.Done)
	w.back(t, o, o.Total.Amount, 2)
}

func testNotSent(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Return, 1)))
	w.pass(t, aftersale.SendWithin+time.Minute)
	state(t, w.now(t, o, a), aftersale.Withdrawn)
	w.back(t, o, 0, 0)
	w.ask(t, o, faulty(o, aftersale.Return, 1))
}

func testInspect(t *testing.T, w *World) {
	o := w.sent(1)
	a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Return, 1)))
	ok[sale](t)(w.SendBack(as(t, o.Buyer), aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R1"}))
	a = ok[sale](t)(w.Inspect(shop(t, "mer_a"), aftersale.Inspect{ID: a.ID, Text: "a brick"}))
	state(t, a, aftersale.Disputed)
	a = ok[sale](t)(w.Decide(operator(t), aftersale.Decide{ID: a.ID, Agree: true, Text: "it is a cup"}))
	state(t, a, aftersale.Done) // it is there already: nobody sends it again
	w.back(t, o, 1_801, 1)
}

func (w *World) exchange(t *testing.T, o checkout.Order) sale {
	a := w.agree(t, w.ask(t, o, faulty(o, aftersale.Exchange, 1)))
	ok[sale](t)(w.SendBack(as(t, o.Buyer), aftersale.SendBack{ID: a.ID, Carrier: "other", Tracking: "R1"}))
	return ok[sale](t)(w.Inspect(shop(t, "mer_a"), aftersale.Inspect{ID: a.ID, Fine: true, Restock: true}))
}
