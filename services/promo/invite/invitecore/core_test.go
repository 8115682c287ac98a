package invitecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo/invite"
	"meadow/services/promo/invite/invitetest"
	"meadow/services/promo/window/windowtest"
)

const day = 24 * time.Hour

type world struct {
	*Core
	*windowtest.Ground
	mu    sync.Mutex // guards shows
	shows map[id.User][]invite.Clue
}

func newWorld(t *testing.T, change ...func(*invite.Settings)) *world {
	t.Helper()
	w := &world{Ground: windowtest.For(t), shows: map[id.User][]invite.Clue{}}
	set := invite.Settings{Rewards: [invite.MaxLevels]money.Money{money.CNY(500), money.CNY(100)}, Least: money.CNY(2_000), Daily: 3, Burst: 20}
	for _, f := range change {
		f(&set)
	}
	var err error
	w.Core, err = New(t.Context(), Deps{
		DB: w.DB, Jobs: w.Jobs, Now: w.Clock.Now, Log: w.Log, Ledger: w.Ledger, Settings: set, LinkKey: slices.Repeat([]byte("k"), 32),
		Clues: func(_ context.Context, u id.User) ([]invite.Clue, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.shows[u], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) show(u id.User, kind, hash string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shows[u] = append(w.shows[u], invite.Clue{Kind: kind, Hash: hash})
}

func must(t windowtest.Fataler, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func operator(t *testing.T) context.Context {
	return windowtest.As(t.Context(), "usr_op", actor.Operator)
}

// bring lets one person invite others.
func (w *world) bring(t *testing.T, inviter id.User, whom ...id.User) {
	t.Helper()
	l, err := w.Link(windowtest.As(t.Context(), inviter), invite.Mine{})
	must(t, err)
	for _, u := range whom {
		_, err := w.Accept(windowtest.As(t.Context(), u), invite.Accept{Token: l.Token})
		must(t, err)
	}
}

// buy lets somebody pay an order and receive it, to be returned within a week.
func (w *world) buy(t *testing.T, u id.User, goods int64) checkout.OrderData {
	t.Helper()
	e := windowtest.Paid(id.Order("ord_"+id.Secret()), u, w.Clock.Now(), goods)
	must(t, w.Paid(t.Context(), e), w.Received(t.Context(), windowtest.Received(e, 0, w.Clock.Now(), w.Clock.Now().Add(7*day))))
	return e
}

func (w *world) wallet(t *testing.T, u id.User, want int64) {
	t.Helper()
	if got := -w.Ledger.Balance("wallet:" + string(u)); got != want {
		t.Errorf("%s has %d, want %d", u, got, want)
	}
}

func (w *world) week(t *testing.T) {
	t.Helper()
	w.Clock.Advance(7 * day)
	must(t, w.Settle(t.Context()), w.Settle(t.Context()))
}

func (w *world) bondIs(t *testing.T, invitee id.User, want invite.State) {
	t.Helper()
	b, err := w.bonds.Get(t.Context(), string(invitee))
	if err != nil || b.State != want {
		t.Errorf("the bond of %s is %s (%v), want %s", invitee, b.State, err, want)
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invitetest.Run(t, invitetest.Shop{
		Invite: w.Core, Operator: operator,
		Person: func(t *testing.T) (id.User, context.Context) {
			u := id.User("usr_" + id.Secret())
			return u, windowtest.As(t.Context(), u)
		},
	})
}

func TestTwoLevelsAreRewardedOnceTheFirstOrderHasCleared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bring(t, "usr_zoe", "usr_amy")
	w.bring(t, "usr_amy", "usr_bob")
	w.bring(t, "usr_bob", "usr_cat")
	w.buy(t, "usr_cat", 1_000) // too little to count
	w.bondIs(t, "usr_cat", invite.Joined)
	w.buy(t, "usr_cat", 2_000)
	w.bondIs(t, "usr_cat", invite.Ordered)
	w.wallet(t, "usr_bob", 0)
	w.week(t)
	w.bondIs(t, "usr_cat", invite.Cleared)
	w.wallet(t, "usr_bob", 500)
	w.wallet(t, "usr_amy", 100)
	w.wallet(t, "usr_zoe", 0) // the third level
	w.buy(t, "usr_cat", 9_000)
	w.week(t)
	w.wallet(t, "usr_bob", 500)
	got, err := w.Invitees(windowtest.As(t.Context(), "usr_bob"), page.Ask{})
	if err != nil || len(got.Items) != 1 || got.Items[0].Rewarded != invite.Paid || got.Items[0].Reward != money.CNY(500) {
		t.Errorf("Invitees = %+v, %v", got, err)
	}
	g, err := w.Growth(operator(t), invite.AskGrowth{Days: 30})
	if err != nil || g.Sharers != 3 || g.Count.Joined != 3 || g.K != money.Whole || g.Count.Cleared != 1 || g.KBuyers != 3333 {
		t.Errorf("Growth = %+v, %v", g, err)
	}
	tree, err := w.Tree(operator(t), invite.OfUser{User: "usr_amy"})
	if err != nil || tree.Levels[0].Joined != 1 || tree.Levels[1].Cleared != 1 {
		t.Errorf("Tree = %+v, %v", tree, err)
	}
}

func TestAnOrderThatGoesBackInTimeEarnsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bring(t, "usr_amy", "usr_bob")
	one := w.buy(t, "usr_bob", 3_000)
	w.Clock.Advance(day)
	two := w.buy(t, "usr_bob", 5_000)
	must(t, w.Refunded(t.Context(), windowtest.Refund(one, "ref_1", 0, 1, false))) // too little is left
	b, err := w.bonds.Get(t.Context(), "usr_bob")
	if err != nil || b.Order != two.Order || b.State != invite.Ordered {
		t.Fatalf("the bond is %+v, %v, want the second order to count", b, err)
	}
	w.Clock.Advance(6 * day)
	must(t, w.Settle(t.Context()))
	w.wallet(t, "usr_amy", 0)
	w.Clock.Advance(day)
	must(t, w.Settle(t.Context()))
	w.wallet(t, "usr_amy", 500)
	must(t, w.Refunded(t.Context(), windowtest.Refund(two, "ref_2", 0, 2, true)), w.Refunded(t.Context(), windowtest.Refund(two, "ref_2", 0, 2, true)))
	w.wallet(t, "usr_amy", 0) // back after all
	w.bondIs(t, "usr_bob", invite.Returned)
}

func TestWhoSharesAClueIsNotRewardedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show("usr_amy", "identity", "phone")
	w.show("usr_bob", "identity", "phone")
	w.show("usr_amy", "address", "home")
	w.bring(t, "usr_amy", "usr_bob", "usr_cat")
	w.bondIs(t, "usr_bob", invite.Blocked)
	w.show("usr_cat", "address", "home") // added when they bought
	w.buy(t, "usr_bob", 5_000)
	w.buy(t, "usr_cat", 5_000)
	w.week(t)
	w.wallet(t, "usr_amy", 0)
	r, err := w.rewards.Get(t.Context(), rewardID("usr_cat", 1))
	if err != nil || r.Stage != invite.Refused || !slices.Equal(r.Reasons, []string{"same_address"}) {
		t.Errorf("the reward is %+v, %v, want it refused for the address", r, err)
	}
}

func TestKnownBuyersAreNotInvited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	early := windowtest.Paid("ord_early", "usr_cat", w.Clock.Now(), 5_000)
	w.buy(t, "usr_bob", 10)
	l, err := w.Link(windowtest.As(t.Context(), "usr_amy"), invite.Mine{})
	must(t, err)
	if _, err := w.Accept(windowtest.As(t.Context(), "usr_bob"), invite.Accept{Token: l.Token}); !errors.Is(err, invite.ErrKnown) {
		t.Errorf("Accept of a buyer: %v, want ErrKnown", err)
	}
	w.Clock.Advance(time.Minute)
	w.bring(t, "usr_amy", "usr_cat")
	must(t, w.Paid(t.Context(), early)) // told of late
	w.bondIs(t, "usr_cat", invite.Blocked)
	w.Clock.Advance(invite.LinkLasts + 2*day)
	if _, err := w.Look(t.Context(), invite.Look{Token: l.Token}); !errors.Is(err, invite.ErrLink) {
		t.Errorf("an old link: %v, want ErrLink", err)
	}
}

func TestWhatIsDoubtfulWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := []id.User{"usr_1", "usr_2", "usr_3", "usr_4", "usr_5"}
	w.show("usr_1", "device", "one phone")
	w.show("usr_5", "device", "one phone")
	w.bring(t, "usr_amy", people...)
	for _, u := range people {
		w.buy(t, u, 3_000)
		w.Clock.Advance(time.Second)
	}
	w.week(t)
	w.wallet(t, "usr_amy", 3*500)
	held, err := w.Held(operator(t), page.Ask{})
	if err != nil || len(held.Items) != 2 {
		t.Fatalf("Held = %+v, %v, want two", held, err)
	}
	why := map[string]invite.Reward{}
	for _, r := range held.Items {
		why[r.Reasons[0]] = r
	}
	capped, cluster := why[invite.DailyCap], why[invite.Cluster]
	if capped.ID == "" || cluster.ID == "" {
		t.Fatalf("held for %v, want the daily cap and the shared phone", why)
	}
	if _, err := w.Decide(windowtest.As(t.Context(), "usr_amy", actor.Operator), invite.Decide{ID: capped.ID, Pay: true, Note: "Mine"}); !errors.Is(err, catalog.ErrOwnMoney) {
		t.Errorf("an operator decides about their own reward: %v, want ErrOwnMoney", err)
	}
	for range 2 {
		if r, err := w.Decide(operator(t), invite.Decide{ID: capped.ID, Pay: true, Note: "A teacher and her class"}); err != nil || r.Stage != invite.Paid || r.By != "usr_op" {
			t.Errorf("Decide = %+v, %v", r, err)
		}
		if r, err := w.Decide(operator(t), invite.Decide{ID: cluster.ID, Note: "The same phone"}); err != nil || r.Stage != invite.Refused {
			t.Errorf("Decide = %+v, %v", r, err)
		}
	}
	if _, err := w.Decide(operator(t), invite.Decide{ID: cluster.ID, Pay: true, Note: "x"}); !errors.Is(err, invite.ErrDecided) {
		t.Errorf("another decision: %v, want ErrDecided", err)
	}
	w.wallet(t, "usr_amy", 4*500)
	mine, err := w.Rewards(windowtest.As(t.Context(), "usr_amy"), page.Ask{})
	if err != nil || len(mine.Items) != 5 {
		t.Errorf("Rewards = %+v, %v", mine, err)
	}
	for _, r := range mine.Items {
		if len(r.Reasons) > 0 || r.Note != "" {
			t.Errorf("an inviter is told what an operator sees: %+v", r)
		}
	}
}

func TestACrowdInOneDayIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *invite.Settings) { s.Burst = 2 })
	w.bring(t, "usr_amy", "usr_1", "usr_2", "usr_3")
	w.buy(t, "usr_1", 3_000)
	w.week(t)
	held, err := w.Held(operator(t), page.Ask{})
	if err != nil || len(held.Items) != 1 || !slices.Equal(held.Items[0].Reasons, []string{invite.Burst}) {
		t.Errorf("Held = %+v, %v, want one for the crowd", held, err)
	}
}

func TestTheDailyCapHoldsForManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var people []id.User
	for i := range 12 {
		people = append(people, id.User(fmt.Sprintf("usr_%d", i)))
	}
	w.bring(t, "usr_amy", people...)
	for _, u := range people {
		w.buy(t, u, 3_000)
	}
	w.Clock.Advance(7 * day)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if err := w.Settle(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.wallet(t, "usr_amy", 3*500)
}

// A bond's life, killed at each write in turn.
func TestKilledAnywhereARewardIsPaidOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 18; at++ {
			t.Run(fmt.Sprintf("write %d stored %v", at, stored), func(t *testing.T) {
				zoe, amy, bob := id.User("usr_"+id.Secret()), id.User("usr_"+id.Secret()), id.User("usr_"+id.Secret())
				w.bring(t, zoe, amy)
				l, err := w.Link(windowtest.As(ctx, amy), invite.Mine{})
				must(t, err)
				e := windowtest.Paid(id.Order("ord_"+id.Secret()), bob, w.Clock.Now(), 5_000)
				accept := func() error {
					_, err := w.Accept(windowtest.As(ctx, bob), invite.Accept{Token: l.Token})
					return err
				}
				steps := []func() error{
					accept,
					func() error { return w.Paid(ctx, e) },
					func() error {
						return w.Received(ctx, windowtest.Received(e, 0, w.Clock.Now(), w.Clock.Now().Add(time.Second)))
					},
					func() error { w.Clock.Advance(time.Minute); return w.Settle(ctx) },
				}
				w.DB.DieAt(at, stored)
				for _, step := range steps {
					if err := step(); err != nil {
						w.DB.DieAt(0, false)
						must(t, step())
					}
				}
				w.DB.DieAt(0, false)
				w.Clock.Advance(time.Minute)
				must(t, w.Settle(ctx), w.Settle(ctx))
				w.wallet(t, amy, 500)
				w.wallet(t, zoe, 100)
			})
		}
	}
}

func TestOrdersAreFollowedByTheirEvents(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	told := &windowtest.Bus{}
	w.Bus = told
	must(t, w.Run(ctx))
	w.bring(t, "usr_zoe", "usr_amy")
	now := w.Clock.Now()
	e := windowtest.Paid("ord_1", "usr_amy", now, 10_000)
	received := windowtest.Received(e, 0, now, now.Add(day))
	refund := windowtest.Refund(e, "ref_1", 0, 1, false)
	for range 2 { // everything may be told twice
		must(t, told.Tell(ctx, checkout.OrderPaid.Event(now, "ord_1", e)),
			told.Tell(ctx, fulfil.ParcelReceived.Event(now, string(received.Parcel), received)),
			told.Tell(ctx, checkout.OrderRefunded.Event(now, refund.ID, refund)))
	}
	w.bondIs(t, "usr_amy", invite.Ordered)
	w.Clock.Advance(day)
	must(t, w.Settle(ctx))
	w.bondIs(t, "usr_amy", invite.Cleared)
}
