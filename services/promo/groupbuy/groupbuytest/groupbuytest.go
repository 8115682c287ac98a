// Package groupbuytest says what group buys promise, as a suite.
package groupbuytest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// World is group buys between neighbours that do as the test says, on a clock
// that it moves.
type World struct {
	*Neighbours
	Service groupbuy.Service
	Source  promo.Source
	Now     func() time.Time
	Advance func(time.Duration)
	Tick    func(context.Context) // runs the jobs that are due
	// Announced returns what became of teams.
	Announced func(*testing.T) (filled, lapsed []groupbuy.TeamData)
	// Bought makes somebody one who has bought here.
	Bought func(*testing.T, id.User)
}

// Run runs every case in a world of its own.
func Run(t *testing.T, build func(*testing.T) *World) {
	for name, test := range map[string]func(*testing.T, *World){
		"ATeamFillsOnceItsLastSeatIsPaid":         testFills,
		"ATeamThatRunsOutLapsesOnce":              testLapses,
		"NobodySitsInATeamTwice":                  testTwice,
		"AHeldSeatIsNobodyElses":                  testHeld,
		"ASeatThatWasNotPaidIsGivenBack":          testGivenBack,
		"MoneyThatComesLateTakesWhatIsLeft":       testLate,
		"AnOpenerWhoNeverPaysLeavesNothing":       testVoid,
		"APersonHasNoMoreThanTheLimit":            testLimit,
		"AnAccountWithoutALoginHasTheLimitToo":    testNoLogin,
		"ASeatForNewBuyersIsForNewBuyers":         testFresh,
		"ARefundBeforeFillingGivesTheSeatBack":    testRefundOpen,
		"ARefundAfterFillingUnfillsNothing":       testRefundFilled,
		"WhoFillsAndCancelsIsShownToOperators":    testRisk,
		"AKilledOfferSendsAllOpenTeamsBack":       testKill,
		"AStoppedOfferLetsOpenTeamsRunOn":         testStop,
		"AnOfferIsHadWithinItsWindow":             testWindow,
		"AGroupBuyIsOrderedByItself":              testAlone,
		"TermsAreCheckedAgainstThePriceOfAll":     testTerms,
		"AnOfferIsDraftedOnceAndItsShopsBusiness": testShop,
		"ATeamsPageShowsNoNames":                  testPage,
		"TeamsToJoinAreListedByTheirEnd":          testList,
		"TheLastSeatAgainstTheEndHasOneOutcome":   testLastSeat,
		"ManyOpenAndJoinAtOnceAndNoTeamOverfills": testRush,
		"EverythingMayBeDoneTwice":                testAgain,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, build(t)) })
	}
}

// Terms are those of an offer that starts now.
func (w *World) Terms() groupbuy.Terms {
	return groupbuy.Terms{
		SKU: "sku_cup", Name: "Two cups are merrier", Price: money.CNY(6_900), Seats: 3, Hours: 24, Limit: 5, Units: 2,
		StartAt: w.Now(), EndAt: w.Now().Add(7 * 24 * time.Hour),
	}
}

// Start makes an offer that can be had.
func (w *World) Start(t *testing.T, change func(*groupbuy.Terms)) groupbuy.Offer {
	t.Helper()
	terms := w.Terms()
	if change != nil {
		change(&terms)
	}
	ctx := w.as(t, Keeper)
	o := must(w.Service.Drafted(ctx, groupbuy.NewOffer{Terms: terms, RequestID: id.Secret()}))(t)
	return must(w.Service.Start(ctx, groupbuy.ByID{ID: o.ID}))(t)
}

func (w *World) as(t testing.TB, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func buyer(u id.User) actor.Actor { return actor.Actor{User: u, Roles: []actor.Role{actor.Viewer}} }

// newBuyer is somebody new.
func newBuyer() id.User { return id.User("usr_" + id.Secret()) }

func newOrder() id.Order { return id.Order("ord_" + id.Secret()) }

const holdFor = 20 * time.Minute

// Lock does what the till does when an order is placed: it prices and locks.
func (w *World) Lock(ctx context.Context, o groupbuy.Offer, team string, u id.User, order id.Order) error {
	rules, err := w.Source.Rules(ctx, promo.PriceAsk{Buyer: u, At: w.Now(), Lines: []promo.Line{{
		SKU: o.SKU, Product: o.Product, Merchant: o.Merchant, N: 1, Price: money.CNY(9_900),
		Deal: promo.Deal{Kind: promo.Group, ID: o.ID, Team: team},
	}}})
	if err != nil {
		return err
	}
	if len(rules) != 1 || rules[0].Price != o.Price || rules[0].Ref != team {
		return fmt.Errorf("rules are %+v", rules)
	}
	return w.hold(ctx, o, team, u, order)
}

func (w *World) hold(ctx context.Context, o groupbuy.Offer, team string, u id.User, order id.Order) error {
	use := promo.Use{Kind: promo.Group, Rule: o.ID, Ref: team, SKU: o.SKU, N: 1, Amount: money.CNY(3_000)}
	return w.Source.Lock(ctx, promo.Lock{Order: order, Buyer: u, Until: w.Now().Add(holdFor), Uses: []promo.Use{use}}, []promo.Use{use})
}

// sit locks and pays.
func (w *World) sit(t *testing.T, o groupbuy.Offer, team string, u id.User) id.Order {
	t.Helper()
	order := newOrder()
	if err := errors.Join(w.Lock(t.Context(), o, team, u, order), w.Source.Redeem(t.Context(), order)); err != nil {
		t.Fatal(err)
	}
	return order
}

// open opens a team by paying.
func (w *World) open(t *testing.T, o groupbuy.Offer) groupbuy.Team {
	t.Helper()
	u := newBuyer()
	w.sit(t, o, "", u)
	p := must(w.Service.MyTeams(w.as(t, buyer(u)), ask()))(t)
	if len(p.Items) != 1 {
		t.Fatalf("the opener has %d teams", len(p.Items))
	}
	return p.Items[0]
}

func (w *World) team(t *testing.T, teamID string) groupbuy.Team {
	t.Helper()
	return must(w.Service.Team(t.Context(), groupbuy.ByID{ID: teamID}))(t)
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
