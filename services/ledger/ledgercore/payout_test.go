package ledgercore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
)

// rich is a creator with 50.00 of their own who may be paid.
func (w *world) rich(t *testing.T, number string) (id.User, context.Context) {
	t.Helper()
	u := id.User("usr_" + id.Secret())
	w.give(t, ledger.Of(ledger.CreatorPayable, string(u)), 5_000)
	ctx := as(t, u)
	in := ledger.SetPayoutAccount{As: "creator", Bank: "Bank of Tea", Holder: "Li Mei", Number: number, Password: "right", RequestID: "account-1"}
	if _, err := w.SetPayoutAccount(ctx, in); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(ledger.CoolingOff)
	return u, ctx
}

func (w *world) give(t *testing.T, a ledger.Account, n int64) {
	t.Helper()
	_, err := w.Post(t.Context(), ledger.Entry{ID: id.Entry("ent_" + id.Secret()), Kind: ledger.Grant, Postings: []ledger.Posting{
		{Account: "psp_receivable:psp", Amount: money.CNY(n)}, {Account: a, Amount: money.CNY(-n)},
	}})
	must(t, err)
}

func ask(n int64, key string) ledger.AskPayout {
	return ledger.AskPayout{As: "creator", Amount: money.CNY(n), Password: "right", RequestID: key}
}

// tick lets the payouts' job run for a minute.
func (w *world) tick(t *testing.T) {
	t.Helper()
	for range 4 {
		must(t, w.payoutsDue(t.Context()))
		w.clock.Advance(31 * time.Second)
	}
}

func TestWhereAPayeeIsPaidIsSealedAndCoolsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := id.User("usr_" + id.Secret())
	ctx := as(t, u)
	w.give(t, ledger.Of(ledger.CreatorPayable, string(u)), 5_000)
	if _, err := w.AskPayout(ctx, ask(2_000, "payout-01")); !errors.Is(err, ledger.ErrNoPayoutAccount) {
		t.Errorf("with nowhere to pay to: %v", err)
	}
	in := ledger.SetPayoutAccount{As: "creator", Bank: "Bank of Tea", Holder: "Li Mei", Number: "6222 0212 3456 6789", Password: "wrong", RequestID: "account-1"}
	if _, err := w.SetPayoutAccount(ctx, in); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("with a wrong password: %v", err)
	}
	in.Password = "right"
	a, err := w.SetPayoutAccount(ctx, in)
	must(t, err)
	if a.Number != "****6789" || a.Holder != "L**" || !a.ReadyAt.Equal(noon.Add(72*time.Hour)) {
		t.Errorf("account %+v", a)
	}
	stored, err := w.accounts.Get(t.Context(), "creator_payable:"+string(u))
	must(t, err)
	if text, _ := json.Marshal(stored); strings.Contains(string(text), "34566789") || strings.Contains(string(text), "Mei") {
		t.Errorf("stored in the clear: %s", text)
	}
	w.clock.Advance(72*time.Hour - time.Millisecond)
	if len(stored.Outbox) != 1 || stored.Outbox[0].Topic != ledger.PayoutAccountChanged.Name {
		t.Errorf("announced %+v", stored.Outbox)
	}
	if again, err := w.SetPayoutAccount(ctx, in); err != nil || !again.ReadyAt.Equal(a.ReadyAt) {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	if _, err := w.AskPayout(ctx, ask(2_000, "payout-02")); !errors.Is(err, ledger.ErrCooling) {
		t.Errorf("before it has cooled off: %v", err)
	}
	w.clock.Advance(time.Millisecond)
	for want, try := range map[error]ledger.AskPayout{
		ledger.ErrTooLittle:    ask(999, "payout-03"),
		ledger.ErrNotEnough:    ask(5_001, "payout-04"),
		account.ErrCredentials: {As: "creator", Amount: money.CNY(2_000), Password: "no", RequestID: "payout-05"},
		rpc.ErrNoKey:           ask(2_000, ""),
	} {
		for range 2 {
			if _, err := w.AskPayout(ctx, try); !errors.Is(err, want) {
				t.Errorf("%+v: %v, want %v", try, err, want)
			}
		}
	}
	if b := w.balance(t, ctx, "creator"); b.Earned.Amount != 5_000 || b.Asked.Amount != 0 {
		t.Errorf("after refusals: %+v", b)
	}
}

func TestAPayoutIsApprovedSentAndPaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, ctx := w.rich(t, "62220001")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := w.AskPayout(ctx, ask(3_000, "payout-01")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := w.AskPayout(ctx, ask(3_001, "payout-01")); !errors.Is(err, rpc.ErrReused) {
		t.Errorf("the same request for another amount: %v", err)
	}
	p, err := w.AskPayout(ctx, ask(3_000, "payout-01"))
	must(t, err)
	if b := w.balance(t, ctx, "creator"); p.State != ledger.PayoutRequested || b.Earned.Amount != 2_000 || b.Asked.Amount != 3_000 {
		t.Fatalf("asked: %+v, %+v", p, b)
	}
	w.tick(t)
	if _, err := w.ApprovePayout(desk(t, u), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); !errors.Is(err, ledger.ErrOwnPayout) {
		t.Errorf("one's own: %v", err)
	}
	p, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"})
	if err != nil || p.State != ledger.PayoutApproved {
		t.Fatalf("approved: %+v, %v", p, err)
	}
	w.tick(t)
	w.tick(t)
	b := w.balance(t, ctx, "creator")
	if b.Earned.Amount != 2_000 || b.Asked.Amount != 0 || b.Paid.Amount != 3_000 {
		t.Errorf("paid: %+v", b)
	}
	if got := w.account(t, "payout_clearing:sandbox"); got != 0 {
		t.Errorf("%d is still on its way", got)
	}
	if got := w.account(t, "psp_receivable:sandbox"); got != -3_000 {
		t.Errorf("the bank paid %d", -got)
	}
	if r, err := w.payouts.Get(t.Context(), string(p.ID)); err != nil || len(r.Outbox) != 1 || r.Outbox[0].Topic != ledger.PayoutEnded.Name {
		t.Errorf("announced %+v, %v", r.Outbox, err)
	}
	if _, err := w.RefusePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "refuse-01"}); !errors.Is(err, ledger.ErrPayoutState) {
		t.Errorf("refusing what is paid: %v", err)
	}
	w.zero(t)
}

func TestWhatTheBankOrAnOperatorRefusesComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.rich(t, "62220000") // the bank refuses it
	p, err := w.AskPayout(ctx, ask(3_000, "payout-01"))
	must(t, err)
	q, err := w.AskPayout(ctx, ask(1_000, "payout-02"))
	must(t, err)
	for range 2 {
		if _, err := w.RefusePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: q.ID, Reason: "odd", RequestID: "refuse-01"}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"})
	must(t, err)
	w.tick(t)
	w.tick(t)
	b := w.balance(t, ctx, "creator")
	if b.Earned.Amount != 5_000 || b.Asked.Amount != 0 || b.Paid.Amount != 0 {
		t.Errorf("after both failed: %+v", b)
	}
	found, err := w.OpenPayouts(desk(t, "usr_op"), ledger.PayoutsBy{State: ledger.PayoutBack})
	if err != nil || len(found.Items) != 2 {
		t.Errorf("failed ones: %+v, %v", found, err)
	}
	w.zero(t)
}

func TestALargePayoutNeedsTwoOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, ctx := w.rich(t, "62220001")
	w.give(t, ledger.Of(ledger.CreatorPayable, string(u)), 2_000_000)
	p, err := w.AskPayout(ctx, ask(1_000_001, "payout-01"))
	must(t, err)
	for range 2 {
		if p, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); err != nil || p.State != ledger.PayoutRequested {
			t.Fatalf("one operator: %+v, %v", p, err)
		}
	}
	if _, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-2"}); !errors.Is(err, ledger.ErrSameOperator) {
		t.Errorf("the same operator again: %v", err)
	}
	if p, err = w.ApprovePayout(desk(t, "usr_op2"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); err != nil || p.State != ledger.PayoutApproved {
		t.Errorf("two operators: %+v, %v", p, err)
	}
}

func TestNobodyIsPaidMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.rich(t, "62220001")
	var paid, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			_, err := w.AskPayout(ctx, ask(1_500, "payout-0"+string(rune('a'+i))))
			switch {
			case err == nil:
				paid.Add(1)
			case errors.Is(err, ledger.ErrNotEnough):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if paid.Load() != 3 || refused.Load() != 7 {
		t.Errorf("%d payouts of 15.00 out of 50.00, %d refused", paid.Load(), refused.Load())
	}
	w.tick(t)
	if b := w.balance(t, ctx, "creator"); b.Earned.Amount != 500 || b.Asked.Amount != 4_500 {
		t.Errorf("left: %+v", b)
	}
	w.zero(t)
}

func TestAPayoutThatIsKilledAnywhereEndsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, number := range []string{"62220001", "62220000"} {
		for after := 1; after <= 24; after++ {
			u, ctx := w.rich(t, number)
			must(t, func() error { // what is asked for again by whoever got no answer
				w.db.kill(after, after%2 == 0)
				defer w.db.kill(0, false)
				p, err := w.AskPayout(ctx, ask(3_000, "payout-01"))
				if err != nil {
					w.db.kill(0, false)
					if p, err = w.AskPayout(ctx, ask(3_000, "payout-01")); err != nil {
						return err
					}
				}
				_, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"})
				if err != nil {
					w.db.kill(0, false)
					if _, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); err != nil {
						return err
					}
				}
				_ = w.payoutsDue(t.Context())
				w.clock.Advance(31 * time.Second)
				_ = w.payoutsDue(t.Context())
				return nil
			}())
			w.tick(t)
			w.tick(t)
			must(t, w.finishAll(t.Context()))
			want := int64(2_000)
			if number == "62220000" {
				want = 5_000
			}
			b := w.balance(t, ctx, "creator")
			if b.Earned.Amount != want || b.Asked.Amount != 0 || b.Paid.Amount != 5_000-want {
				t.Errorf("%s killed after %d writes: %s has %+v", number, after, u, b)
			}
		}
	}
	if got := w.account(t, "payout_clearing:sandbox"); got != 0 {
		t.Errorf("%d is still on its way", got)
	}
	w.zero(t)
}

func TestAPayoutThatNobodyAsksForAgainIsFoundByTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for after := 1; after <= 8; after++ {
		u, ctx := w.rich(t, "62220001")
		w.db.kill(after, after%2 == 1)
		_, _ = w.AskPayout(ctx, ask(3_000, "payout-01"))
		w.db.kill(0, false)
		w.tick(t)
		must(t, w.finishAll(t.Context()))
		found, err := w.Payouts(ctx, ledger.Owner{As: "creator"})
		must(t, err)
		b := w.balance(t, ctx, "creator")
		switch {
		case len(found.Items) == 0 && b.Earned.Amount == 5_000 && b.Asked.Amount == 0: // it never began
		case len(found.Items) == 1 && found.Items[0].State == ledger.PayoutRequested && b.Earned.Amount == 2_000 && b.Asked.Amount == 3_000:
		default:
			t.Errorf("killed after %d writes: %s has %+v and %+v", after, u, b, found.Items)
		}
	}
	w.zero(t)
}

func TestAWalletIsSpentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := id.User("usr_" + id.Secret())
	a := ledger.Of(ledger.Wallet, string(u))
	w.give(t, a, 1_000)
	spend := func(kind ledger.Kind, n int64) error {
		_, err := w.Post(t.Context(), ledger.Entry{ID: id.Entry("ent_" + id.Secret()), Kind: kind, Postings: []ledger.Posting{
			{Account: a, Amount: money.CNY(n)}, {Account: ledger.Of(ledger.PacketEscrow, "pkt_1"), Amount: money.CNY(-n)},
		}})
		return err
	}
	var wg sync.WaitGroup
	var spent atomic.Int64
	for range 8 {
		wg.Go(func() {
			switch err := spend(ledger.Spend, 300); {
			case err == nil:
				spent.Add(1)
			case !errors.Is(err, ledger.ErrNotEnough):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b := w.balance(t, as(t, u), "wallet"); spent.Load() != 3 || b.Earned.Amount != 100 {
		t.Errorf("spent %d times, left %+v", spent.Load(), b)
	}
	for n, want := range map[int64]bool{100: true, 101: false} {
		if ok, err := w.Affords(t.Context(), a, money.CNY(n)); err != nil || ok != want {
			t.Errorf("affords %d: %v, %v", n, ok, err)
		}
	}
	must(t, spend(ledger.Reversal, 300))
	if b := w.balance(t, as(t, u), "wallet"); b.Owed.Amount != 200 {
		t.Errorf("after a reversal: %+v", b)
	}
	found, err := w.Lines(as(t, u), ledger.Owner{As: "wallet"})
	if err != nil || len(found.Items) != 5 {
		t.Errorf("lines %+v, %v", found, err)
	}
	w.zero(t)
}

func TestWithoutABankNobodyIsPaidAndNothingLeavesTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, ctx := w.rich(t, "6222 0212 3456 6789")
	bank := w.Core.Bank
	asked, err := w.AskPayout(ctx, ask(2_000, "before"))
	must(t, err)
	w.Core.Bank = nil
	if _, err := w.AskPayout(ctx, ask(2_000, "while")); !errors.Is(err, ledger.ErrNoPayouts) {
		t.Errorf("a payout without a bank: %v", err)
	}
	boss := actor.With(t.Context(), actor.Actor{User: "usr_boss", Roles: []actor.Role{actor.Operator}})
	_, err = w.ApprovePayout(boss, ledger.DecidePayout{ID: asked.ID, RequestID: "yes"})
	must(t, err)
	w.tick(t)
	if got := w.state(t, asked.ID); got != ledger.PayoutApproved {
		t.Errorf("what was asked for before is %s, want it to wait", got)
	}
	w.Core.Bank = bank
	w.tick(t)
	if got := w.state(t, asked.ID); got != ledger.PayoutDone {
		t.Errorf("once there is a bank it is %s", got)
	}
	b, err := w.Held(as(t, u), ledger.Owner{As: "creator"})
	if err != nil || b.Earned.Amount != 3_000 || b.Paid.Amount != 2_000 {
		t.Errorf("%+v %v, want 30.00 left and 20.00 paid", b, err)
	}
}

func (w *world) state(t *testing.T, p id.Payout) ledger.PayoutState {
	t.Helper()
	r, err := w.payouts.Get(t.Context(), string(p))
	must(t, err)
	return r.State
}
