package cashbackcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo/cashback"
	"meadow/services/promo/cashback/cashbacktest"
	"meadow/services/promo/window/windowtest"
)

const day = 24 * time.Hour

type world struct {
	*Core
	*windowtest.Ground
}

func on(t windowtest.Fataler, ctx context.Context, g *windowtest.Ground) *world {
	t.Helper()
	c, err := New(ctx, Deps{DB: g.DB, Jobs: g.Jobs, Now: g.Clock.Now, Log: g.Log, Ledger: g.Ledger, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	return &world{c, g}
}

func newWorld(t *testing.T) *world { return on(t, t.Context(), windowtest.For(t)) }

func operator(ctx context.Context) context.Context {
	return windowtest.As(ctx, "usr_op", actor.Operator)
}

// begun starts a campaign.
func (w *world) begun(t windowtest.Fataler, ctx context.Context, in cashback.Plan) string {
	t.Helper()
	x, err := w.Draft(operator(ctx), in)
	if err == nil {
		_, err = w.Start(operator(ctx), cashback.ByID{ID: x.ID})
	}
	must(t, err)
	return x.ID
}

func must(t windowtest.Fataler, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// balances fails unless the ledger says so.
func (w *world) balances(t *testing.T, who id.User, held, wallet int64) {
	t.Helper()
	gotHeld, gotWallet := -w.Ledger.Balance("cashback_held:"+string(who)), -w.Ledger.Balance("wallet:"+string(who))
	if gotHeld != held || gotWallet != wallet {
		t.Errorf("%d held and %d in the wallet, want %d and %d", gotHeld, gotWallet, held, wallet)
	}
}

func TestCashback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cashbacktest.Run(t, cashbacktest.Shop{
		Cashback: w.Core, Now: w.Clock.Now,
		Person:   func(t *testing.T) context.Context { return windowtest.As(t.Context(), id.User("usr_"+id.Secret())) },
		Operator: func(t *testing.T) context.Context { return operator(t.Context()) },
	})
}

func TestCashbackIsPaidWhenTheReturnWindowCloses(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 10_000))
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000)
	must(t, w.Paid(ctx, e), w.Paid(ctx, e))
	w.balances(t, "usr_amy", 500, 0)
	must(t, w.Received(ctx, windowtest.Received(e, 0, now, now.Add(7*day))))
	g, err := w.Mine(windowtest.As(ctx, "usr_amy"), page.Ask{})
	if err != nil || len(g.Items) != 1 || g.Items[0].Stage != cashback.Pending || !g.Items[0].DueAt.Equal(now.Add(7*day)) {
		t.Errorf("Mine = %+v, %v", g, err)
	}
	w.Clock.Advance(7 * day)
	must(t, w.Settle(ctx), w.Settle(ctx))
	w.balances(t, "usr_amy", 0, 500)
	if got := w.Ledger.Balance("promo_cost:platform"); got != 500 {
		t.Errorf("it cost %d, want 500", got)
	}
}

func TestARefundTakesItsShareBackBeforeAndAfter(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 10_000))
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000, 10_000)
	must(t, w.Paid(ctx, e))
	w.balances(t, "usr_amy", 1000, 0)
	half := windowtest.Refund(e, "ref_1", 0, 1, false)
	must(t, w.Refunded(ctx, half), w.Refunded(ctx, half))
	w.balances(t, "usr_amy", 750, 0)
	for i := range 2 {
		must(t, w.Received(ctx, windowtest.Received(e, i, now, now)))
	}
	w.balances(t, "usr_amy", 0, 750)
	must(t, w.Refunded(ctx, windowtest.Refund(e, "ref_2", 0, 1, false)))
	w.balances(t, "usr_amy", 0, 500)
	must(t, w.Refunded(ctx, windowtest.Refund(e, "ref_3", 1, 2, true)))
	w.balances(t, "usr_amy", 0, 0)
	if got := w.Ledger.Balance("promo_cost:platform"); got != 0 {
		t.Errorf("it cost %d and all went back", got)
	}
}

func TestTheBestCampaignOfTheGoodsCounts(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	all := cashbacktest.Plan(w.Clock.Now(), 10_000)
	one := cashbacktest.Plan(w.Clock.Now(), 10_000)
	one.Rate, one.Merchants = 2000, []id.Merchant{"mer_1"}
	dear := cashbacktest.Plan(w.Clock.Now(), 10_000)
	dear.Rate, dear.Least = 5000, money.CNY(50_000)
	w.begun(t, ctx, all)
	best := w.begun(t, ctx, one)
	w.begun(t, ctx, dear)
	must(t, w.Paid(ctx, windowtest.Paid("ord_1", "usr_amy", w.Clock.Now(), 3_000, 5_000)))
	g, err := w.Grants(operator(ctx), cashback.ByCampaign{ID: best})
	if err != nil || len(g.Items) != 1 || g.Items[0].Amount != money.CNY(1000) {
		t.Errorf("Grants = %+v, %v, want 1000 for the second shop's goods", g, err)
	}
}

func TestAPersonHasSoManyOrders(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 100_000))
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if err := w.Paid(ctx, windowtest.Paid(id.Order(fmt.Sprintf("ord_%d", i)), "usr_amy", w.Clock.Now(), 10_000)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.balances(t, "usr_amy", 3*500, 0)
}

func TestManyOrdersAtOnceNeverPassTheBudget(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	name := w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 10_250)) // 20 orders and a half
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			e := windowtest.Paid(id.Order(fmt.Sprintf("ord_%d", i)), id.User(fmt.Sprintf("usr_%d", i)), w.Clock.Now(), 10_000)
			for range 2 { // told twice
				if err := w.Paid(ctx, e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w.Clock.Advance(time.Minute)
	must(t, w.Settle(ctx))
	x, err := w.campaigns.Get(ctx, name)
	if err != nil || x.Left != 250 || len(x.Tries) != 0 {
		t.Errorf("%d left, %d tries, %v; want 250 and none", x.Left, len(x.Tries), err)
	}
	if got := -w.Ledger.Balance("cashback_held:"); got != 10_000 {
		t.Errorf("%d is held, want 10000", got)
	}
}

// An order's life, killed at each write in turn: the budget and the ledger end
// as in a life without a death.
func TestKilledAnywhereCashbackIsPaidOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	name := w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 1_000_000))
	promised := int64(0)
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 12; at++ {
			for _, job := range []bool{false, true} {
				t.Run(fmt.Sprintf("write %d stored %v job %v", at, stored, job), func(t *testing.T) {
					amy, order := id.User("usr_"+id.Secret()), id.Order("ord_"+id.Secret())
					promised += 500
					e := windowtest.Paid(order, amy, w.Clock.Now(), 10_000)
					w.DB.DieAt(at, stored)
					steps := []func() error{
						func() error { return w.Paid(ctx, e) },
						func() error { return w.Refunded(ctx, windowtest.Refund(e, "ref_"+string(order), 0, 1, false)) },
						func() error { return w.Received(ctx, windowtest.Received(e, 0, w.Clock.Now(), w.Clock.Now())) },
					}
					for _, step := range steps {
						if err := step(); err != nil {
							w.DB.DieAt(0, false)
							if job { // before the event comes again
								w.Clock.Advance(time.Minute)
								must(t, w.Settle(ctx))
							}
							must(t, step())
						}
					}
					w.DB.DieAt(0, false)
					w.Clock.Advance(time.Minute)
					must(t, w.Settle(ctx), w.Settle(ctx))
					w.balances(t, amy, 0, 250)
					lost, known, err := w.Promised(ctx)
					if diff := cmp.Diff(lost, known); err != nil || diff != "" || lost[name] != money.CNY(promised) {
						t.Errorf("the budget lost %v, orders know %v (%v)", lost, known, err)
					}
				})
			}
		}
	}
}

func TestWhateverGoesBackIsPaidForExactlyWhatStays(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g, end := windowtest.New(t, ctx)
	defer end.Close()
	w := on(t, ctx, g)
	w.begun(t, ctx, cashbacktest.Plan(g.Clock.Now(), 1<<40))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		who := id.User(fmt.Sprintf("usr_%d", n))
		goods := rapid.Int64Range(1, 15_000).Draw(rt, "goods") * 2
		e := windowtest.Paid(id.Order(fmt.Sprintf("ord_%d", n)), who, g.Clock.Now(), goods, 2*goods)
		paid := func() error { return w.Paid(ctx, e) }
		events := []func() error{paid,
			func() error { return w.Received(ctx, windowtest.Received(e, 0, g.Clock.Now(), g.Clock.Now())) },
			func() error { return w.Received(ctx, windowtest.Received(e, 1, g.Clock.Now(), g.Clock.Now())) },
		}
		back := rapid.Int64Range(0, 2).Draw(rt, "back")
		if back > 0 {
			events = append(events, func() error { return w.Refunded(ctx, windowtest.Refund(e, string(who), 0, back, false)) })
		}
		for _, i := range rapid.Permutation([]int{0, 1, 2, len(events) - 1}).Draw(rt, "order") {
			must(rt, events[i]())
		}
		full := min(3*goods*500/10_000, 2_000)
		want := full * (3*goods - goods*back/2) / (3 * goods)
		if got := -g.Ledger.Balance("wallet:" + string(who)); got != want {
			rt.Fatalf("%d in the wallet, want %d of %d", got, want, full)
		}
		if held := g.Ledger.Balance("cashback_held:" + string(who)); held != 0 {
			rt.Fatalf("%d is still held", held)
		}
	})
}

// Two who were told of one order, and read it before either has written.
func TestAPromiseMadeTwiceTakesFromTheBudgetOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	name := w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 10_000))
	w.DB.DieAt(2, false)
	if err := w.Paid(ctx, windowtest.Paid("ord_1", "usr_amy", w.Clock.Now(), 10_000)); !errors.Is(err, windowtest.ErrKilled) {
		t.Fatalf("Paid = %v, want a death", err)
	}
	w.DB.DieAt(0, false)
	early, err := w.orders.Get(ctx, "ord_1")
	if err != nil || early.Stage != cashback.Asking {
		t.Fatalf("the order is %+v, %v", early, err)
	}
	for range 4 {
		if _, err := w.promise(ctx, early); err != nil {
			t.Fatal(err)
		}
	}
	x, err := w.campaigns.Get(ctx, name)
	if err != nil || x.Left != 9_500 || len(x.Tries) != 0 {
		t.Errorf("%d left, %d tries, %v; want 9500 and none", x.Left, len(x.Tries), err)
	}
}

func TestOrdersAreFollowedByTheirEvents(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	told := &windowtest.Bus{}
	w.Bus = told
	must(t, w.Run(ctx))
	w.begun(t, ctx, cashbacktest.Plan(w.Clock.Now(), 10_000))
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000)
	received := windowtest.Received(e, 0, now, now.Add(day))
	refund := windowtest.Refund(e, "ref_1", 0, 1, false)
	for range 2 { // everything may be told twice
		must(t, told.Tell(ctx, checkout.OrderPaid.Event(now, "ord_1", e)),
			told.Tell(ctx, fulfil.ParcelReceived.Event(now, string(received.Parcel), received)),
			told.Tell(ctx, checkout.OrderRefunded.Event(now, refund.ID, refund)))
	}
	w.balances(t, "usr_amy", 250, 0)
	w.Clock.Advance(day)
	must(t, w.Settle(ctx))
	w.balances(t, "usr_amy", 0, 250)
}
