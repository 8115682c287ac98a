// Package promotest says what the pricing promises, as a suite that runs over
// every way the shop can be cut into processes.
package promotest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

// Shop is a running pricing.
type Shop struct {
	Pricing promo.Pricing
	// Limited makes an offer that exactly n orders can have, and returns a choice to
	// which it applies. A whole return gives an order's share back.
	Limited func(t *testing.T, n int) promo.PriceAsk
	Now     func() time.Time
}

// Run runs every case over one shop: each makes its own offer.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"APriceAddsUpAndTakesNothing":      testPrice,
		"WhatIsTakenIsTakenOnce":           testTwice,
		"NobodyTakesMoreThanThereIs":       testRush,
		"AReleasedShareIsForSomebodyElse":  testRelease,
		"AReturnedShareIsForSomebodyElse":  testReturn,
		"WhatIsRedeemedIsNotReleased":      testRedeemed,
		"AnUnknownOrderHasNothingToReturn": testUnknown,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func system(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

func newOrder() id.Order { return id.Order("ord_" + id.Secret()) }

// lock prices the choice and takes what it uses.
func (s Shop) lock(t *testing.T, ask promo.PriceAsk, o id.Order) error {
	t.Helper()
	p, err := s.Pricing.Price(system(t), ask)
	if err != nil {
		return err
	}
	if len(p.Uses) == 0 {
		return promo.ErrUsedUp
	}
	return s.take(t, p.Uses, o)
}

func (s Shop) take(t *testing.T, uses []promo.Use, o id.Order) error {
	_, err := s.Pricing.Lock(system(t), promo.Lock{Order: o, Buyer: "usr_buyer", Uses: uses, Until: s.Now().Add(20 * time.Minute)})
	return err
}

// uses is what the choice takes while nobody has taken anything.
func (s Shop) uses(t *testing.T, ask promo.PriceAsk) []promo.Use {
	t.Helper()
	p, err := s.Pricing.Price(system(t), ask)
	if err != nil || len(p.Uses) == 0 {
		t.Fatalf("%+v, %v: the offer does not apply", p, err)
	}
	return p.Uses
}

func testPrice(t *testing.T, s Shop) {
	ask := s.Limited(t, 1)
	first, err := s.Pricing.Price(system(t), ask)
	if err != nil {
		t.Fatal(err)
	}
	var due int64
	for _, l := range first.Lines {
		due += l.Due.Amount
	}
	if due != first.Total.Amount || len(first.Lines) != len(ask.Lines) {
		t.Fatalf("lines come to %d of %v", due, first.Total)
	}
	for range 3 {
		again, err := s.Pricing.Price(system(t), ask)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first, again); d != "" {
			t.Fatalf("looking changed the price: %s", d)
		}
	}
}

func testTwice(t *testing.T, s Shop) {
	ask, o := s.Limited(t, 2), newOrder()
	uses := s.uses(t, ask)
	for range 3 {
		if err := s.take(t, uses, o); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if _, err := s.Pricing.Redeem(system(t), promo.ByOrder{Order: o}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.take(t, uses, newOrder()); err != nil {
		t.Fatalf("one is left: %v", err)
	}
	if err := s.take(t, uses, newOrder()); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("none is left: %v", err)
	}
	if err := s.take(t, append(uses, uses...), o); !errors.Is(err, rpc.ErrReused) {
		t.Fatalf("something else under the same order: %v", err)
	}
}

func testRush(t *testing.T, s Shop) {
	const places, buyers = 5, 20
	ask := s.Limited(t, places)
	uses := s.uses(t, ask)
	orders := make([]id.Order, buyers)
	for i := range orders {
		orders[i] = newOrder()
	}
	won := map[id.Order]bool{}
	var mu sync.Mutex // guards won
	round := func() {
		var wg sync.WaitGroup
		for _, o := range orders {
			for range 2 { // everybody is impatient
				wg.Go(func() {
					err := s.take(t, uses, o)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won[o] = true
					} else if !errors.Is(err, promo.ErrUsedUp) && errs.CodeOf(err) != errs.Conflict {
						t.Errorf("%s: %v", o, err)
					}
				})
			}
		}
		wg.Wait()
	}
	round()
	if len(won) > places {
		t.Fatalf("%d orders have %d places", len(won), places)
	}
	for _, o := range orders { // who was told to come back does
		if err := s.take(t, uses, o); err == nil {
			won[o] = true
		}
	}
	if len(won) != places {
		t.Fatalf("%d orders have %d places", len(won), places)
	}
}

func testRelease(t *testing.T, s Shop) {
	ask, o := s.Limited(t, 1), newOrder()
	uses := s.uses(t, ask)
	if err := s.take(t, uses, o); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Pricing.Release(system(t), promo.ByOrder{Order: o}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []error{nil, promo.ErrUsedUp} {
		if err := s.take(t, uses, newOrder()); !errors.Is(err, want) {
			t.Fatalf("take %d: %v, want %v", i, err, want)
		}
	}
	// Paid late, when somebody else has it.
	for range 2 {
		if _, err := s.Pricing.Redeem(system(t), promo.ByOrder{Order: o}); !errors.Is(err, promo.ErrUsedUp) {
			t.Fatalf("redeemed what somebody else has: %v", err)
		}
	}
}

func testReturn(t *testing.T, s Shop) {
	ask, o := s.Limited(t, 1), newOrder()
	uses := s.uses(t, ask)
	if err := s.lock(t, ask, o); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pricing.Redeem(system(t), promo.ByOrder{Order: o}); err != nil {
		t.Fatal(err)
	}
	back := promo.Return{Order: o, RequestID: "part of " + string(o)}
	if _, err := s.Pricing.Return(system(t), back); err != nil {
		t.Fatal(err)
	}
	if err := s.take(t, uses, newOrder()); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("a part of an order gave its place back: %v", err)
	}
	back = promo.Return{Order: o, Whole: true, RequestID: "rest of " + string(o)}
	for range 2 {
		if _, err := s.Pricing.Return(system(t), back); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []error{nil, promo.ErrUsedUp} {
		if err := s.take(t, uses, newOrder()); !errors.Is(err, want) {
			t.Fatalf("take %d after the return: %v, want %v", i, err, want)
		}
	}
}

func testRedeemed(t *testing.T, s Shop) {
	ask, o := s.Limited(t, 1), newOrder()
	uses := s.uses(t, ask)
	if err := s.take(t, uses, o); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pricing.Redeem(system(t), promo.ByOrder{Order: o}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pricing.Release(system(t), promo.ByOrder{Order: o}); err != nil {
		t.Fatal(err)
	}
	if err := s.take(t, uses, newOrder()); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("a late release gave away what was paid for: %v", err)
	}
}

func testUnknown(t *testing.T, s Shop) {
	o := promo.ByOrder{Order: newOrder()}
	for name, call := range map[string]func() error{
		"redeem":  func() error { _, err := s.Pricing.Redeem(system(t), o); return err },
		"release": func() error { _, err := s.Pricing.Release(system(t), o); return err },
		"return": func() error {
			_, err := s.Pricing.Return(system(t), promo.Return{Order: o.Order, Whole: true, RequestID: fmt.Sprint("r ", o.Order)})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
