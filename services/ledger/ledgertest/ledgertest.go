// Package ledgertest says what the ledger promises, as a suite that runs over
// every way the shop can be cut into processes.
package ledgertest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// Run runs every case over one ledger: each has accounts of its own.
func Run(t *testing.T, s ledger.Service) {
	for name, test := range map[string]func(*testing.T, ledger.Service){
		"AnEntryIsPostedOnce":            testOnce,
		"AnEntryThatDoesNotSumIsRefused": testUnbalanced,
		"WhatIsHeldIsTheSumOfItsLines":   testHeld,
		"LinesArePagedLatestFirst":       testLines,
		"OwnersSeeTheirOwn":              testOwners,
		"TheWholeSumsToZero":             testWhole,
		"TheWholeIsSummedInPartsToo":     testParts,
		"AWalletIsNeverOverdrawn":        testWallet,
		"NobodyIsPaidNowhere":            testNowhere,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func sale(creator id.User, amount int64) ledger.Entry {
	return ledger.Entry{
		ID: id.Entry("ent_" + id.Secret()), Kind: ledger.Sale, Order: id.Order("ord_" + id.Secret()),
		Postings: []ledger.Posting{
			{Account: ledger.Of(ledger.PSPReceivable, "sandbox"), Amount: money.CNY(amount * 10)},
			{Account: ledger.Of(ledger.Escrow, "mer_x"), Amount: money.CNY(-amount * 9)},
			{Account: ledger.Of(ledger.CommissionHeld, string(creator)), Amount: money.CNY(-amount)},
		},
	}
}

func testOnce(t *testing.T, s ledger.Service) {
	who := newOwner(t)
	in := sale(who.user, 100)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Post(system(t), in); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := held(t, s, who); got != money.CNY(100) {
		t.Errorf("8 tries of one entry hold %v, want 100 CNY", got)
	}
	in.Postings = sale(who.user, 200).Postings
	if _, err := s.Post(system(t), in); !errors.Is(err, ledger.ErrReposted) {
		t.Errorf("the same entry with other postings: %v, want ErrReposted", err)
	}
}

func testUnbalanced(t *testing.T, s ledger.Service) {
	for name, postings := range map[string][]ledger.Posting{
		"none":             nil,
		"one":              {{Account: "a", Amount: money.CNY(0)}},
		"too much":         {{Account: "a", Amount: money.CNY(2)}, {Account: "b", Amount: money.CNY(-1)}},
		"two currencies":   {{Account: "a", Amount: money.CNY(1)}, {Account: "b", Amount: money.Money{Amount: -1, Currency: "USD"}}},
		"more than 64 bit": {{Account: "a", Amount: money.CNY(1 << 62)}, {Account: "b", Amount: money.CNY(1 << 62)}, {Account: "c", Amount: money.CNY(1 << 62)}},
	} {
		_, err := s.Post(system(t), ledger.Entry{ID: id.Entry("ent_" + id.Secret()), Kind: ledger.Sale, Postings: postings})
		if !errors.Is(err, ledger.ErrUnbalanced) {
			t.Errorf("%s: %v, want ErrUnbalanced", name, err)
		}
	}
}

func testHeld(t *testing.T, s ledger.Service) {
	rapid.Check(t, func(rt *rapid.T) {
		who := newOwner(t)
		var want int64
		for _, n := range rapid.SliceOfN(rapid.Int64Range(-10_000, 10_000), 1, 6).Draw(rt, "amounts") {
			if n == 0 {
				continue
			}
			if _, err := s.Post(system(t), sale(who.user, n)); err != nil {
				rt.Fatal(err)
			}
			want += n
		}
		if got := held(t, s, who); got.Amount != want {
			rt.Fatalf("holds %v, want %d", got, want)
		}
	})
}

func testLines(t *testing.T, s ledger.Service) {
	who := newOwner(t)
	want := map[id.Entry]bool{}
	for range 5 {
		e := sale(who.user, 7)
		if _, err := s.Post(system(t), e); err != nil {
			t.Fatal(err)
		}
		want[e.ID] = true
	}
	in := ledger.Owner{Ask: page.Ask{Limit: 2}}
	last, n := "", 0
	for {
		p, err := s.Lines(who.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range p.Items {
			at := l.At.Format("2006-01-02T15:04:05.000")
			if last != "" && at > last {
				t.Errorf("%s comes after %s", at, last)
			}
			if !want[l.Entry] || l.Amount != money.CNY(7) {
				t.Errorf("line %+v", l)
			}
			last = at
			n++
		}
		if in.After = p.Next; p.Next == "" {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d lines, want 5", n)
	}
}

func testOwners(t *testing.T, s ledger.Service) {
	who, other := newOwner(t), newOwner(t)
	if _, err := s.Post(system(t), sale(who.user, 5)); err != nil {
		t.Fatal(err)
	}
	if got := held(t, s, other); !got.IsZero() {
		t.Errorf("somebody else holds %v, want nothing", got)
	}
	if _, err := s.Held(t.Context(), ledger.Owner{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("a visitor: %v, want ErrNobody", err)
	}
	if _, err := s.Held(who.ctx, ledger.Owner{As: "merchant"}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("who has no shop: %v, want ErrForbidden", err)
	}
}

func testWhole(t *testing.T, s ledger.Service) {
	if _, err := s.Post(system(t), sale(newOwner(t).user, 3)); err != nil {
		t.Fatal(err)
	}
	trial, err := s.TrialBalance(system(t), ledger.Whole{})
	if err != nil || trial.Entries == 0 || trial.Sums["CNY"] != 0 {
		t.Errorf("trial %+v, %v; want a sum of zero", trial, err)
	}
}

func testParts(t *testing.T, s ledger.Service) {
	for range 3 {
		if _, err := s.Post(system(t), sale(newOwner(t).user, 3)); err != nil {
			t.Fatal(err)
		}
	}
	in, entries, sum := ledger.Whole{Ask: page.Ask{Limit: 50}}, int64(0), int64(0)
	for {
		part, err := s.TrialBalance(system(t), in)
		if err != nil {
			t.Fatal(err)
		}
		entries += part.Entries
		sum += part.Sums["CNY"]
		if in.After = part.Next; part.Next == "" {
			break
		}
	}
	if entries < 3 || sum != 0 {
		t.Errorf("%d entries in parts sum to %d", entries, sum)
	}
}

func testWallet(t *testing.T, s ledger.Service) {
	who := newOwner(t)
	wallet, packet := ledger.Of(ledger.Wallet, string(who.user)), ledger.Of(ledger.PacketEscrow, id.Secret())
	move := func(kind ledger.Kind, from, to ledger.Account, n int64) error {
		_, err := s.Post(system(t), ledger.Entry{ID: id.Entry("ent_" + id.Secret()), Kind: kind, Postings: []ledger.Posting{
			{Account: from, Amount: money.CNY(n)}, {Account: to, Amount: money.CNY(-n)},
		}})
		return err
	}
	if err := move(ledger.Grant, packet, wallet, 500); err != nil {
		t.Fatal(err)
	}
	if err := move(ledger.Spend, wallet, packet, 501); !errors.Is(err, ledger.ErrNotEnough) {
		t.Errorf("spending more than there is: %v, want ErrNotEnough", err)
	}
	if err := move(ledger.Spend, wallet, packet, 200); err != nil {
		t.Error(err)
	}
	all, err := s.Balances(who.ctx, ledger.Owner{As: "wallet"})
	if err != nil || len(all.Items) != 1 || all.Items[0].Earned != money.CNY(300) {
		t.Errorf("balances %+v, %v; want 300 CNY", all, err)
	}
	p, err := s.Lines(who.ctx, ledger.Owner{As: "wallet"})
	if err != nil || len(p.Items) != 2 {
		t.Errorf("lines %+v, %v; want two", p, err)
	}
}

func testNowhere(t *testing.T, s ledger.Service) {
	who := newOwner(t)
	if _, err := s.PayoutAccount(who.ctx, ledger.ByRole{As: "creator"}); !errors.Is(err, ledger.ErrNoPayoutAccount) {
		t.Errorf("who never said where: %v, want ErrNoPayoutAccount", err)
	}
	if _, err := s.Payouts(t.Context(), ledger.Owner{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("a visitor's payouts: %v, want ErrNobody", err)
	}
	if _, err := s.OpenPayouts(who.ctx, ledger.PayoutsBy{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("the desk for who is no operator: %v, want ErrForbidden", err)
	}
	if _, err := s.Statement(who.ctx, ledger.Period{As: "creator", From: "2026-05-01", Before: "2026-04-01"}); !errors.Is(err, ledger.ErrPeriod) {
		t.Errorf("a period that ends first: %v, want ErrPeriod", err)
	}
}

type owner struct {
	user id.User
	ctx  context.Context
}

func newOwner(t *testing.T) owner {
	u := id.User("usr_" + id.Secret())
	return owner{u, actor.With(t.Context(), actor.Actor{User: u})}
}

func held(t *testing.T, s ledger.Service, who owner) money.Money {
	t.Helper()
	b, err := s.Held(who.ctx, ledger.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	return b.Held
}

func system(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }
