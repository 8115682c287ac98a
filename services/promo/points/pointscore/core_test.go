package pointscore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo"
	"meadow/services/promo/points"
	"meadow/services/promo/points/pointstest"
	"meadow/services/promo/window/windowtest"
)

const day = 24 * time.Hour

type world struct {
	*Core
	*windowtest.Ground
}

func (w *world) settle(t windowtest.Fataler, ctx context.Context) {
	t.Helper()
	if err := w.Core.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

func on(t windowtest.Fataler, ctx context.Context, g *windowtest.Ground) *world {
	t.Helper()
	c, err := New(ctx, Deps{DB: g.DB, Jobs: g.Jobs, Now: g.Clock.Now, Log: g.Log, Ledger: g.Ledger,
		Settings: points.Settings{Worth: money.CNY(100), Earn: money.Whole, Most: 5000}})
	if err != nil {
		t.Fatal(err)
	}
	return &world{Core: c, Ground: g}
}

func newWorld(t *testing.T) *world { return on(t, t.Context(), windowtest.For(t)) }

func (w *world) give(t windowtest.Fataler, ctx context.Context, who id.User, n int64) {
	t.Helper()
	op := windowtest.As(ctx, "usr_op", actor.Operator)
	if _, err := w.Grant(op, points.Grant{User: who, N: n, Note: "A gift", RequestID: id.Secret()}); err != nil {
		t.Fatal(err)
	}
}

// has fails unless somebody has so many points of each sort, and the ledger owes
// as much.
func (w *world) has(t *testing.T, who id.User, available, reserved, pending, owed int64) {
	t.Helper()
	b, err := w.balance(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if b.Available != available || b.Reserved != reserved || b.Pending != pending || b.Owed != owed {
		t.Errorf("%d available, %d reserved, %d pending, %d owed; want %d, %d, %d, %d",
			b.Available, b.Reserved, b.Pending, b.Owed, available, reserved, pending, owed)
	}
}

func TestPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pointstest.Run(t, pointstest.Shop{
		Points: w.Core,
		Person: func(t *testing.T) (id.User, context.Context) {
			u := id.User("usr_" + id.Secret())
			return u, windowtest.As(t.Context(), u)
		},
		Operator: func(t *testing.T) context.Context { return windowtest.As(t.Context(), "usr_op", actor.Operator) },
	})
}

func lock(o id.Order, who id.User, n int64, until time.Time) (promo.Lock, []promo.Use) {
	uses := []promo.Use{{Kind: promo.Points, Rule: Rule, N: n, Amount: money.CNY(n)}}
	return promo.Lock{Order: o, Buyer: who, Uses: uses, Until: until}, uses
}

func must(t windowtest.Fataler, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestPointsMatureWhenTheReturnWindowCloses(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000, 5_000)
	must(t, w.Paid(ctx, e), w.Paid(ctx, e))
	w.has(t, "usr_amy", 0, 0, 150, 0)
	must(t, w.Received(ctx, windowtest.Received(e, 0, now, now.Add(7*day))), w.Received(ctx, windowtest.Received(e, 1, now, now.Add(9*day))))
	w.Clock.Advance(8 * day)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 0, 0, 150, 0)
	w.Clock.Advance(day)
	w.settle(t, ctx)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 150, 0, 0, 0)
	if got := w.Ledger.Balance("points_liability:platform"); got != -150 {
		t.Errorf("the ledger owes %d for them, want 150", -got)
	}
	w.Clock.Advance(367 * day)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 0, 0, 0, 0)
	if got := w.Ledger.Balance("points_liability:platform"); got != 0 {
		t.Errorf("the ledger owes %d for points that expired", -got)
	}
	h, err := w.History(windowtest.As(ctx, "usr_amy"), page.Ask{})
	if err != nil || len(h.Items) != 3 || h.Items[0].Cause != points.Expired || h.Items[2].Cause != points.Pending {
		t.Errorf("History = %+v, %v", h.Items, err)
	}
}

func TestARefundVoidsWhatIsPendingAndTakesBackWhatMatured(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000, 5_000)
	half := windowtest.Refund(e, "ref_1", 0, 1, false)
	must(t, w.Paid(ctx, e), w.Refunded(ctx, half), w.Refunded(ctx, half))
	w.has(t, "usr_amy", 0, 0, 100, 0)
	for i := range 2 {
		must(t, w.Received(ctx, windowtest.Received(e, i, now, now.Add(day))))
	}
	w.Clock.Advance(day)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 100, 0, 0, 0)
	in, uses := lock("ord_2", "usr_amy", 80, now.Add(2*day))
	must(t, w.Lock(ctx, in, uses), w.Redeem(ctx, "ord_2"))
	must(t, w.Refunded(ctx, windowtest.Refund(e, "ref_2", 1, 2, false)))
	w.has(t, "usr_amy", 0, 0, 0, 30) // 50 are taken, 20 were left
	w.give(t, ctx, "usr_amy", 100)
	w.has(t, "usr_amy", 70, 0, 0, 0)
}

func TestARefundThatComesBeforeItsOrderCounts(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	e := windowtest.Paid("ord_1", "usr_amy", w.Clock.Now(), 10_000)
	must(t, w.Refunded(ctx, windowtest.Refund(e, "ref_1", 0, 2, true)), w.Paid(ctx, e))
	w.has(t, "usr_amy", 0, 0, 0, 0)
}

func TestBurnedPointsComeBackWithTheirExpiry(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.give(t, ctx, "usr_amy", 100)
	first := expiry(w.Clock.Now())
	w.Clock.Advance(60 * day)
	w.give(t, ctx, "usr_amy", 100)
	second := expiry(w.Clock.Now())
	in, uses := lock("ord_1", "usr_amy", 150, w.Clock.Now().Add(time.Hour))
	must(t, w.Lock(ctx, in, uses), w.Lock(ctx, in, uses))
	w.has(t, "usr_amy", 50, 150, 0, 0)
	must(t, w.Redeem(ctx, "ord_1"), w.Redeem(ctx, "ord_1"), w.Release(ctx, "ord_1"))
	w.has(t, "usr_amy", 50, 0, 0, 0)
	back := promo.Return{Order: "ord_1", Points: 70, RequestID: "one"}
	must(t, w.Return(ctx, back), w.Return(ctx, back))
	a, err := w.accounts.Get(ctx, "usr_amy")
	must(t, err)
	if len(a.Lots) != 2 || !a.Lots[0].Expiry.Equal(first) || a.Lots[0].N != 20 || !a.Lots[1].Expiry.Equal(second) || a.Lots[1].N != 100 {
		t.Errorf("lots are %+v, want 20 until %v and 100 until %v", a.Lots, first, second)
	}
	w.Clock.Advance(320 * day) // the first have expired
	must(t, w.Return(ctx, promo.Return{Order: "ord_1", Whole: true, RequestID: "two"}))
	a, err = w.accounts.Get(ctx, "usr_amy")
	must(t, err)
	if last := a.Lots[0]; last.N != 80 || last.Expiry.Before(w.Clock.Now().Add(points.Grace-day)) {
		t.Errorf("the rest came back as %+v, want 80 with some grace", a.Lots)
	}
	must(t, w.Return(ctx, promo.Return{Order: "ord_1", Points: 150, RequestID: "three"}))
	if b, err := w.balance(ctx, "usr_amy"); err != nil || b.Available > 200 {
		t.Errorf("more came back than was burned: %+v, %v", b, err)
	}
}

func TestWhatIsNotPaidInTimeIsGivenBack(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.give(t, ctx, "usr_amy", 100)
	in, uses := lock("ord_1", "usr_amy", 60, w.Clock.Now().Add(time.Hour))
	must(t, w.Lock(ctx, in, uses))
	w.Clock.Advance(time.Hour)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 100, 0, 0, 0)
	must(t, w.Redeem(ctx, "ord_1")) // paid late
	w.has(t, "usr_amy", 40, 0, 0, 0)
	in, uses = lock("ord_2", "usr_amy", 40, w.Clock.Now().Add(time.Hour))
	must(t, w.Lock(ctx, in, uses), w.Release(ctx, "ord_2"), w.Release(ctx, "ord_2"))
	w.has(t, "usr_amy", 40, 0, 0, 0)
	in, uses = lock("ord_3", "usr_amy", 40, w.Clock.Now().Add(time.Hour))
	must(t, w.Lock(ctx, in, uses), w.Redeem(ctx, "ord_3"))
	if err := w.Redeem(ctx, "ord_2"); !errors.Is(err, promo.ErrUsedUp) {
		t.Errorf("Redeem of what another order burned: %v, want ErrUsedUp", err)
	}
}

func TestRulesSayWhatPointsPay(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.give(t, ctx, "usr_amy", 100)
	lines := []promo.Line{{Price: money.CNY(500)}, {Price: money.Money{Amount: 5, Currency: "USD"}}}
	for _, n := range []int64{1, 100, 1_000_000} {
		r, err := w.Rules(ctx, promo.PriceAsk{Buyer: "usr_amy", Points: n, Lines: lines})
		if err != nil || len(r) != 1 || r[0].Refuse != "" || len(r[0].Lines) != 1 || r[0].Most != money.CNY(100) {
			t.Errorf("Rules of %d points = %+v, %v, want at most what 100 are worth", n, r, err)
		}
	}
	if r, err := w.Rules(ctx, promo.PriceAsk{Buyer: "usr_bob", Points: 5, Lines: lines}); err != nil || r[0].Refuse != "not_enough_points" {
		t.Errorf("Rules of who has none = %+v, %v", r, err)
	}
	if r, err := w.Rules(ctx, promo.PriceAsk{Lines: make([]promo.Line, 1)}); err != nil || r[0].Earn != money.Whole {
		t.Errorf("a visitor's rule = %+v, %v", r, err)
	}
}

func TestNobodySpendsAPointTwice(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.give(t, ctx, "usr_amy", 100)
	var locked atomic.Int64
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			in, uses := lock(id.Order(fmt.Sprintf("ord_%d", i)), "usr_amy", 30, w.Clock.Now().Add(time.Hour))
			err := w.Lock(ctx, in, uses)
			if err == nil {
				locked.Add(1)
				err = w.Redeem(ctx, in.Order)
			}
			if err != nil && !errors.Is(err, promo.ErrUsedUp) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if locked.Load() != 3 {
		t.Errorf("%d orders took 30 of 100 points each", locked.Load())
	}
	w.has(t, "usr_amy", 10, 0, 0, 0)
}

// One order's whole life, killed at each write in turn, before it or after: the
// sums are those of a life without a death.
func TestKilledAnywhereEveryPointMovesOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 26; at++ {
			t.Run(fmt.Sprintf("write %d stored %v", at, stored), func(t *testing.T) {
				amy, order := id.User("usr_"+id.Secret()), id.Order("ord_"+id.Secret())
				owed := w.Ledger.Balance("points_liability:platform")
				w.give(t, ctx, amy, 100)
				now := w.Clock.Now()
				e := windowtest.Paid(order, amy, now, 10_000)
				in, uses := lock(order, amy, 60, now.Add(time.Hour))
				steps := []func() error{
					func() error { return w.Lock(ctx, in, uses) },
					func() error { return w.Redeem(ctx, order) },
					func() error { return w.Paid(ctx, e) },
					func() error { return w.Received(ctx, windowtest.Received(e, 0, now, now)) },
					func() error { return w.Refunded(ctx, windowtest.Refund(e, "ref_"+string(order), 0, 1, false)) },
					func() error { return w.Return(ctx, promo.Return{Order: order, Points: 30, RequestID: "ref_1"}) },
				}
				w.DB.DieAt(at, stored)
				for _, step := range steps {
					if err := step(); err != nil {
						w.DB.DieAt(0, false) // another process goes on
						if !errors.Is(err, windowtest.ErrKilled) {
							t.Fatal(err)
						}
						must(t, step())
					}
				}
				w.DB.DieAt(0, false)
				w.Clock.Advance(time.Minute)
				w.settle(t, ctx)
				w.settle(t, ctx)
				w.has(t, amy, 100-60+30+50, 0, 0, 0)
				// The grant and what matured, less what went back: burning is in the order's entry.
				if got := owed - w.Ledger.Balance("points_liability:platform"); got != 150 {
					t.Errorf("the ledger owes %d, want 150", got)
				}
				h, err := w.History(windowtest.As(ctx, amy), page.Ask{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				sum := int64(0)
				for _, m := range h.Items {
					if m.Cause != points.Pending && m.Cause != points.Voided {
						sum += m.N
					}
				}
				if sum != 120 {
					t.Errorf("the history sums to %d, want 120: %+v", sum, h.Items)
				}
			})
		}
	}
}

// Orders come, go and are refunded at random; each account's own sums are checked
// at every write, and here what is left of it all.
func TestNoPointIsMadeOrLost(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g, end := windowtest.New(t, ctx)
	defer end.Close()
	w := on(t, ctx, g)
	rapid.Check(t, func(rt *rapid.T) {
		amy := id.User("usr_" + id.Secret())
		w.give(rt, ctx, amy, 500)
		var paid []checkout.OrderData
		for i := range rapid.IntRange(1, 8).Draw(rt, "steps") {
			name := id.Order(fmt.Sprintf("ord_%s_%d", amy, i))
			switch rapid.SampledFrom([]string{"buy", "buy", "leave", "refund", "wait"}).Draw(rt, "what") {
			case "buy":
				in, uses := lock(name, amy, rapid.Int64Range(1, 300).Draw(rt, "n"), g.Clock.Now().Add(time.Hour))
				if err := w.Lock(ctx, in, uses); err == nil {
					must(rt, w.Redeem(ctx, name))
				} else if !errors.Is(err, promo.ErrUsedUp) {
					rt.Fatal(err)
				}
				e := windowtest.Paid(name, amy, g.Clock.Now(), rapid.Int64Range(2, 9_999).Draw(rt, "goods")*2)
				must(rt, w.Paid(ctx, e), w.Received(ctx, windowtest.Received(e, 0, g.Clock.Now(), g.Clock.Now().Add(3*day))))
				paid = append(paid, e)
			case "leave":
				in, uses := lock(name, amy, 10, g.Clock.Now().Add(time.Hour))
				if err := w.Lock(ctx, in, uses); err == nil {
					must(rt, w.Release(ctx, name))
				}
			case "refund":
				for _, e := range paid {
					must(rt, w.Refunded(ctx, windowtest.Refund(e, string(e.Order), 0, 2, true)),
						w.Return(ctx, promo.Return{Order: e.Order, Whole: true, RequestID: string(e.Order)}))
				}
				paid = nil
			case "wait":
				g.Clock.Advance(4 * day)
				w.settle(rt, ctx)
			}
		}
		for _, e := range paid {
			must(rt, w.Refunded(ctx, windowtest.Refund(e, string(e.Order), 0, 2, true)),
				w.Return(ctx, promo.Return{Order: e.Order, Whole: true, RequestID: string(e.Order)}))
		}
		g.Clock.Advance(2 * time.Hour)
		w.settle(rt, ctx)
		b, err := w.balance(ctx, amy)
		if err != nil || b.Available-b.Owed != 500 || b.Pending != 0 || b.Reserved != 0 {
			rt.Fatalf("once all is refunded: %+v, %v; want 500", b, err)
		}
	})
}

func TestOrdersAreFollowedByTheirEvents(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	told := &windowtest.Bus{}
	w.Bus = told
	must(t, w.Run(ctx))
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000)
	received := windowtest.Received(e, 0, now, now.Add(day))
	refund := windowtest.Refund(e, "ref_1", 0, 1, false)
	for range 2 { // everything may be told twice
		must(t, told.Tell(ctx, checkout.OrderPaid.Event(now, "ord_1", e)),
			told.Tell(ctx, fulfil.ParcelReceived.Event(now, string(received.Parcel), received)),
			told.Tell(ctx, checkout.OrderRefunded.Event(now, refund.ID, refund)))
	}
	w.has(t, "usr_amy", 0, 0, 50, 0)
	w.Clock.Advance(day)
	w.settle(t, ctx)
	w.has(t, "usr_amy", 50, 0, 0, 0)
}
