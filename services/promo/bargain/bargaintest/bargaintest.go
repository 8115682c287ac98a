// Package bargaintest says what bargains promise, as a suite.
package bargaintest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

// World is bargains between neighbours that do as the test says, on a clock that
// it moves.
type World struct {
	*Neighbours
	Service bargain.Service
	Source  promo.Source
	Now     func() time.Time
	Advance func(time.Duration)
	Tick    func(context.Context) // runs the jobs that are due
}

// Run runs every case in a world of its own.
func Run(t *testing.T, build func(*testing.T) *World) {
	for name, test := range map[string]func(*testing.T, *World){
		"CutsSumExactlyToTheFloor":                  testSum,
		"NewUsersTakeTheLargerCuts":                 testNew,
		"ANewUserIsNewOnce":                         testNewOnce,
		"NobodyHelpsTwiceOrThemselves":              testOnce,
		"AnAccountWithoutALoginHelpsOnceToo":        testNoLogin,
		"AHelpersDayHasAnEnd":                       testDay,
		"ADeviceAndAPlaceHaveADailyCap":             testDevice,
		"WhatTheDayCountedIsGivenBackIfNothingCame": testDayBack,
		"TheOwnerBuysAtThePriceOfNow":               testBuy,
		"APriceThatChangedIsNotCharged":             testChanged,
		"WhereTheOfferSaysSoOnlyTheFloorIsSold":     testAtFloor,
		"ABargainIsBoughtOnceAndByItsOwner":         testBoughtOnce,
		"AnUnpaidOrderIsLetGo":                      testRelease,
		"MoneyThatComesLateBuysWhatStillRuns":       testLate,
		"ABargainThatRunsOutGivesItsPlaceToAnother": testExpires,
		"ABargainBeingPaidForWaitsForItsMoney":      testWaits,
		"ARefundedBargainGivesItsPlaceBack":         testReturn,
		"AKilledOfferEndsItsBargains":               testKill,
		"ThereAreNoMoreBargainsThanPlaces":          testPlaces,
		"OnePersonHasOneBargainOfAnOffer":           testOneEach,
		"TermsAreChecked":                           testTerms,
		"AnOfferIsItsShopsBusiness":                 testShop,
		"ThePageIsHonestAndNamesNobody":             testPage,
		"OperatorsSeeHelpersOfOnePlace":             testLook,
		"ManyHelpersForFewCutsTakeEachOnce":         testRush,
		"HelpersAndTheOwnerAtOnceAgreeOnThePrice":   testRace,
		"TheSameRequestAgainIsAnsweredAsItWas":      testAgain,
		"WhoeverIsSuspendedDoesNotHelp":             testSuspended,
		"AStoppedOfferLetsBargainsRunOn":            testStop,
		"AnOfferIsHadWithinItsWindow":               testWindow,
		"NobodyIsRefusedWhileACutIsLeft":            testNobodyLockedOut,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, build(t)) })
	}
}

// Terms are those of an offer that starts now: 60 yuan in 8 cuts.
func (w *World) Terms() bargain.Terms {
	return bargain.Terms{
		SKU: "sku_cup", Name: "Cut it down", Start: money.CNY(9_900), Floor: money.CNY(3_900), Cuts: 8, NewCuts: 2,
		Hours: 24, Stock: 3, StartAt: w.Now(), EndAt: w.Now().Add(7 * 24 * time.Hour),
	}
}

// Start makes an offer that can be had.
func (w *World) Start(t *testing.T, change func(*bargain.Terms)) bargain.Offer {
	t.Helper()
	terms := w.Terms()
	if change != nil {
		change(&terms)
	}
	ctx := w.as(t, Keeper)
	o := must(w.Service.Drafted(ctx, bargain.NewOffer{Terms: terms, RequestID: id.Secret()}))(t)
	return must(w.Service.Start(ctx, bargain.ByID{ID: o.ID}))(t)
}

func (w *World) as(t testing.TB, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func (w *World) user(t testing.TB, u id.User) context.Context {
	return w.as(t, actor.Actor{User: u, Roles: []actor.Role{actor.Viewer}})
}

// begin starts a bargain of somebody.
func (w *World) begin(t *testing.T, o bargain.Offer, u id.User) bargain.Bargain {
	t.Helper()
	return must(w.Service.Begin(w.user(t, u), bargain.Begin{Offer: o.ID, RequestID: id.Secret()}))(t)
}

// old is somebody whose account is old, fresh somebody whose is new.
func (w *World) old() id.User { return id.User("usr_" + id.Secret()) }

func (w *World) fresh() id.User {
	u := w.old()
	w.SetMade(u, w.Now().Add(-time.Hour))
	return u
}

// help cuts a bargain as somebody, from a place of their own.
func (w *World) help(t testing.TB, bid string, u id.User) (bargain.Cutting, error) {
	return w.Service.Cut(w.user(t, u), bargain.Cut{ID: bid, From: account.From{Client: "of " + string(u)}, Device: "of " + string(u), RequestID: id.Secret()})
}

// finish cuts a bargain down to its floor.
func (w *World) finish(t *testing.T, bid string) {
	t.Helper()
	for w.page(t, bid).CutsLeft > 0 {
		must(w.help(t, bid, w.old()))(t)
	}
}

func (w *World) page(t *testing.T, bid string) bargain.Bargain {
	t.Helper()
	return must(w.Service.Bargain(t.Context(), bargain.ByID{ID: bid}))(t)
}

func newOrder() id.Order { return id.Order("ord_" + id.Secret()) }

const holdFor = 20 * time.Minute

// quote prices a bargain, as the till does.
func (w *World) quote(ctx context.Context, b bargain.Bargain, u id.User, n int64) (promo.Rule, error) {
	rules, err := w.Source.Rules(ctx, promo.PriceAsk{Buyer: u, At: w.Now(), Lines: []promo.Line{{
		SKU: b.SKU, Product: b.Product, Merchant: Keeper.Merchant, N: n, Price: money.CNY(9_900), Deal: promo.Deal{Kind: promo.Chop, ID: b.ID},
	}}})
	if err != nil {
		return promo.Rule{}, err
	}
	if len(rules) != 1 || rules[0].Ref != strconv.FormatInt(rules[0].Price.Amount, 10) {
		return promo.Rule{}, fmt.Errorf("rules are %+v", rules)
	}
	return rules[0], nil
}

// lock locks what was quoted.
func (w *World) lock(ctx context.Context, r promo.Rule, u id.User, order id.Order) error {
	use := promo.Use{Kind: promo.Chop, Rule: r.ID, Ref: r.Ref, N: 1}
	return w.Source.Lock(ctx, promo.Lock{Order: order, Buyer: u, Until: w.Now().Add(holdFor), Uses: []promo.Use{use}}, []promo.Use{use})
}

// place quotes and locks.
func (w *World) place(ctx context.Context, b bargain.Bargain, u id.User, order id.Order) error {
	r, err := w.quote(ctx, b, u, 1)
	if err != nil {
		return err
	}
	return w.lock(ctx, r, u, order)
}

// buy places and pays.
func (w *World) buy(t *testing.T, b bargain.Bargain, u id.User) id.Order {
	t.Helper()
	order := newOrder()
	if err := errors.Join(w.place(t.Context(), b, u, order), w.Source.Redeem(t.Context(), order)); err != nil {
		t.Fatal(err)
	}
	return order
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func second[T any](_ T, err error) error { return err }

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ask() page.Ask { return page.Ask{} }
