package redpacketcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
	"meadow/services/promo/redpacket"
	"meadow/services/promo/redpacket/redpackettest"
	"meadow/services/promo/window/windowtest"
)

type world struct {
	*Core
	*windowtest.Ground
	follows sync.Map
}

// doorman knows everybody by one password.
type doorman struct{}

func (doorman) CheckPassword(_ context.Context, in account.CheckPassword) (rpc.Empty, error) {
	if in.Password != redpackettest.Password {
		return rpc.Empty{}, account.ErrCredentials
	}
	return rpc.Empty{}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Ground: windowtest.For(t)}
	var err error
	w.Core, err = New(t.Context(), Deps{
		DB: w.DB, Jobs: w.Jobs, Now: w.Clock.Now, Log: w.Log, Ledger: w.Ledger, Account: doorman{}, Currency: "CNY",
		Follows: func(_ context.Context, who, whom id.User) (bool, error) {
			_, ok := w.follows.Load(who + whom)
			return ok, nil
		},
		May: func(context.Context, catalog.May) (catalog.Allowed, error) { return catalog.Allowed{Yes: true}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func person(t *testing.T) (id.User, context.Context) {
	u := id.User("usr_" + id.Secret())
	return u, windowtest.As(t.Context(), u)
}

func TestRedPackets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	redpackettest.Run(t, redpackettest.Shop{
		Packets: w.Core, Person: person,
		Follow: func(_ *testing.T, who, whom id.User) { w.follows.Store(who+whom, true) },
	})
}

func TestSharesSumToThePacketAndNoneIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, redpacket.MaxShares).Draw(t, "n")
		total := rapid.Int64Range(int64(n), int64(n)*redpacket.MaxShare).Draw(t, "total")
		how := rapid.SampledFrom([]redpacket.Split{redpacket.Lucky, redpacket.Equal}).Draw(t, "how")
		seed := rapid.String().Draw(t, "seed")
		var sum, least, most int64 = 0, total, 0
		again := split(how, total, n, seed)
		for i, s := range split(how, total, n, seed) {
			sum, least, most = sum+s, min(least, s), max(most, s)
			if again[i] != s {
				t.Fatalf("the same seed gives %d and %d", again[i], s)
			}
		}
		if sum != total || least < 1 {
			t.Fatalf("%d shares of %d sum to %d, the least is %d", n, total, sum, least)
		}
		if how == redpacket.Equal && most-least > 1 {
			t.Fatalf("equal shares are from %d to %d", least, most)
		}
	})
}

func TestEveryLuckyShareHasTheSameExpectation(t *testing.T) {
	t.Parallel()
	const n, each, rounds = 8, 100, 4000
	var sums [n]int64
	for i := range rounds {
		for j, s := range split(redpacket.Lucky, n*each, n, fmt.Sprint(i)) {
			sums[j] += s
		}
	}
	for j, sum := range sums {
		if mean := sum / rounds; mean < 94 || mean > 106 {
			t.Errorf("share %d is %d on average, want about %d", j, mean, each)
		}
	}
}

func (w *world) made(t *testing.T, in redpacket.Make) redpacket.Packet {
	t.Helper()
	_, ctx := person(t)
	p, err := w.Make(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThreeThousandGrabAThousandShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shares, people := 1000, 3000
	if racing {
		shares, people = 300, 900
	}
	p := w.made(t, redpackettest.Ask(100_000, shares))
	var got, gone, sum atomic.Int64
	var wg sync.WaitGroup
	for i := range 60 { // at a time
		wg.Go(func() {
			for j := i; j < people; j += 60 {
				ctx := windowtest.As(t.Context(), id.User(fmt.Sprintf("usr_%d", j)))
				s, err := w.Grab(ctx, redpacket.Grab{ID: p.ID})
				switch {
				case err == nil:
					got.Add(1)
					sum.Add(s.Amount.Amount)
				case errors.Is(err, redpacket.ErrGone):
					gone.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got.Load() != int64(shares) || gone.Load() != int64(people-shares) || sum.Load() != 100_000 {
		t.Errorf("%d got %d, %d got nothing; want %d, 100000 and %d", got.Load(), sum.Load(), gone.Load(), shares, people-shares)
	}
	if escrow, wallets := w.Ledger.Balance("packet_escrow:"+p.ID), w.Ledger.Balance("wallet:"); escrow != 0 || wallets != 0 {
		t.Errorf("%d in escrow, wallets sum to %d; want 0 and what the maker gave", escrow, wallets)
	}
}

func TestOnePersonWhoGrabsManyTimesAtOnceHasOneShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.made(t, redpackettest.Ask(30_000, 300))
	_, ctx := person(t)
	var wg sync.WaitGroup
	var sum sync.Map
	for range 32 {
		wg.Go(func() {
			s, err := w.Grab(ctx, redpacket.Grab{ID: p.ID})
			if err != nil {
				t.Error(err)
			}
			sum.Store(s.Amount, true)
		})
	}
	wg.Wait()
	distinct := 0
	sum.Range(func(any, any) bool { distinct++; return true })
	v, err := w.Packet(ctx, redpacket.ByID{ID: p.ID})
	if err != nil || v.Left != 299 || distinct != 1 {
		t.Errorf("%d left, %d different answers, %v; want 299 and 1", v.Left, distinct, err)
	}
}

func TestNothingCanBeGrabbedBeforeTheMoneyIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maker, ctx := person(t)
	w.Ledger.Refuse("red_packet", ledger.ErrNotEnough)
	poor := redpackettest.Ask(100, 2)
	for range 2 {
		if _, err := w.Make(ctx, poor); !errors.Is(err, redpacket.ErrNoMoney) {
			t.Fatalf("Make without money: %v, want ErrNoMoney", err)
		}
	}
	_, first := person(t)
	if _, err := w.Grab(first, redpacket.Grab{ID: id.Derive("rpk", string(maker), poor.RequestID)}); !errors.Is(err, redpacket.ErrOver) {
		t.Fatalf("Grab of a packet without money: %v, want ErrOver", err)
	}
	w.Ledger.Refuse("", nil)
	w.Ledger.Fail(1)
	in := redpackettest.Ask(100, 2)
	if _, err := w.Make(ctx, in); err == nil {
		t.Fatal("a packet was made and the ledger did not take it")
	}
	name := id.Derive("rpk", string(maker), in.RequestID)
	_, other := person(t)
	if _, err := w.Grab(other, redpacket.Grab{ID: name}); !errors.Is(err, redpacket.ErrNotOpen) {
		t.Fatalf("Grab of what is not funded: %v, want ErrNotOpen", err)
	}
	w.Clock.Advance(time.Minute)
	if err := w.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Grab(other, redpacket.Grab{ID: name}); err != nil {
		t.Errorf("Grab once the job has funded it: %v", err)
	}
}

func TestWhatIsLeftGoesBackOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maker, ctx := person(t)
	p, err := w.Make(ctx, redpackettest.Ask(1000, 10))
	if err != nil {
		t.Fatal(err)
	}
	var taken int64
	for range 3 {
		_, who := person(t)
		s, err := w.Grab(who, redpacket.Grab{ID: p.ID})
		if err != nil {
			t.Fatal(err)
		}
		taken += s.Amount.Amount
	}
	w.Clock.Advance(redpacket.OpenFor)
	_, late := person(t)
	if _, err := w.Grab(late, redpacket.Grab{ID: p.ID}); !errors.Is(err, redpacket.ErrOver) {
		t.Errorf("Grab after the end: %v, want ErrOver", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := w.Settle(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := w.Ledger.Balance("packet_escrow:" + p.ID); got != 0 {
		t.Errorf("%d left in escrow", got)
	}
	if got := w.Ledger.Balance("wallet:" + string(maker)); got != taken {
		t.Errorf("the maker's wallet gave %d, want %d", got, taken)
	}
	v, err := w.Packet(ctx, redpacket.ByID{ID: p.ID})
	if err != nil || v.State != redpacket.Ended || v.Returned != money.CNY(1000-taken) {
		t.Errorf("ended as %+v, %v", v, err)
	}
}

// Killed at any write, before it or just after, a packet is finished by the job
// or by the next try, and money is neither made nor lost.
func TestKilledAnywhereAPacketPaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 11; at++ {
			t.Run(fmt.Sprintf("write %d stored %v", at, stored), func(t *testing.T) {
				maker, mctx := person(t)
				grabber, gctx := person(t)
				in := redpackettest.Ask(150, 150) // two cells
				name := id.Derive("rpk", string(maker), in.RequestID)
				w.DB.DieAt(at, stored)
				_, err := w.Make(mctx, in)
				if err == nil {
					_, err = w.Grab(gctx, redpacket.Grab{ID: name})
				}
				w.DB.DieAt(0, false)
				if err != nil && !errors.Is(err, windowtest.ErrKilled) {
					t.Fatal(err)
				}
				if _, err := w.Make(mctx, in); err != nil {
					t.Fatal(err)
				}
				w.Clock.Advance(time.Minute)
				if err := w.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Grab(gctx, redpacket.Grab{ID: name}); err != nil {
					t.Fatal(err)
				}
				if got := w.Ledger.Balance("wallet:" + string(grabber)); got != -1 {
					t.Errorf("the share's wallet holds %d, want 1", -got)
				}
				w.Clock.Advance(redpacket.OpenFor)
				if err := w.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := w.Ledger.Balance("wallet:" + string(maker)); got != 1 {
					t.Errorf("the maker's wallet gave %d, want 1", got)
				}
				if got := w.Ledger.Balance("packet_escrow:" + name); got != 0 {
					t.Errorf("%d left in escrow", got)
				}
			})
		}
	}
}

func TestAShareIsPaidEvenIfItsOwnerNeverComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for at := int64(1); at <= 4; at++ {
		for _, stored := range []bool{false, true} {
			p := w.made(t, redpackettest.Ask(5, 5))
			who, ctx := person(t)
			w.DB.DieAt(at, stored)
			_, _ = w.Grab(ctx, redpacket.Grab{ID: p.ID})
			w.DB.DieAt(0, false)
			v, err := w.Packet(ctx, redpacket.ByID{ID: p.ID})
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
			if err := errors.Join(w.Settle(t.Context()), w.Settle(t.Context())); err != nil {
				t.Fatal(err)
			}
			if got := -w.Ledger.Balance("wallet:" + string(who)); got != v.Mine.Amount {
				t.Errorf("killed at write %d: a share of %d, and %d in the wallet", at, v.Mine.Amount, got)
			}
			if e, err := w.Escrowed(t.Context(), p.ID); err != nil || e.Amount != -w.Ledger.Balance("packet_escrow:"+p.ID) {
				t.Errorf("killed at write %d: %v must be in escrow, %d is (%v)", at, e, -w.Ledger.Balance("packet_escrow:"+p.ID), err)
			}
		}
	}
}

func TestAShopsPacketIsItsShopsMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}})
	in := redpackettest.Ask(100, 2)
	in.Source = redpacket.FromShop
	if _, err := w.Make(ctx, in); err != nil {
		t.Fatal(err)
	}
	if got := w.Ledger.Balance("merchant_payable:mer_1"); got != 100 {
		t.Errorf("the shop gave %d, want 100", got)
	}
}

// Two walks of one person that read the same cell before either has written.
func TestAWalkThatReadTooEarlyFindsWhatTheOtherTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.made(t, redpackettest.Ask(30_000, 90))
	p, err := w.packets.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	early, err := w.cells.Get(t.Context(), cellID(p.ID, 0))
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := w.takeOf(t.Context(), p, early, "usr_amy")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		s, ok, err := w.takeOf(t.Context(), p, early, "usr_amy")
		if err != nil || !ok || s != first {
			t.Fatalf("the other walk took %+v, %v, want %+v", s, err, first)
		}
	}
	if x, err := w.cells.Get(t.Context(), early.ID); err != nil || len(x.Slots) != 1 {
		t.Errorf("%d slots are taken, want 1 (%v)", len(x.Slots), err)
	}
}
