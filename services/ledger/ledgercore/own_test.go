package ledgercore

import (
	"errors"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
)

func TestNoOperatorDecidesAboutMoneyOfAShopTheyWorkFor(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), id.Merchant("mer_own")
	own := ledger.Of(ledger.MerchantPayable, string(m))
	w.give(t, own, 50_000)
	keeper := shop(t, m)
	_, err := w.SetPayoutAccount(keeper, ledger.SetPayoutAccount{As: "merchant", Bank: "Bank", Holder: "Li Lei", Number: "12345678", Password: "right", RequestID: "account-1"})
	must(t, err)
	w.clock.Advance(ledger.CoolingOff)
	in := ask(20_000, "payout-01")
	in.As = "merchant"
	p, err := w.AskPayout(keeper, in)
	must(t, err)
	for name, who := range map[string]actor.Actor{
		"for no shop":      {User: "usr_insider", Roles: []actor.Role{actor.Operator}},
		"for their shop":   {User: "usr_insider", Roles: []actor.Role{actor.Operator}, Merchant: m},
		"for another shop": {User: "usr_insider", Roles: []actor.Role{actor.Operator}, Merchant: "mer_other"},
		"who asked for it": {User: "usr_keeper", Roles: []actor.Role{actor.Operator}, Merchant: "mer_other"},
	} {
		ctx := actor.With(t.Context(), who)
		if _, err := w.ApprovePayout(ctx, ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); !errors.Is(err, ledger.ErrOwnPayout) {
			t.Errorf("%s: %v, want ErrOwnPayout", name, err)
		}
	}
	insider := desk(t, "usr_insider")
	correction := ledger.Correction{Payee: own, Amount: money.CNY(-100), Reason: "mine", RequestID: "correct-1"}
	_, aside := w.SetAsideFor(insider, correction)
	_, up := w.GiveUp(insider, ledger.Correction{Payee: own, Amount: money.CNY(100), Reason: "mine", RequestID: "correct-2"})
	_, terms := w.SetTerms(insider, ledger.SetTerms{ID: m, Days: 3})
	_, person := w.GiveUp(insider, ledger.Correction{Payee: ledger.Of(ledger.CreatorPayable, "usr_insider"), Amount: money.CNY(100), Reason: "mine", RequestID: "correct-3"})
	for name, err := range map[string]error{"SetAsideFor": aside, "GiveUp": up, "SetTerms": terms, "GiveUp to oneself": person} {
		if !errors.Is(err, catalog.ErrOwnMoney) {
			t.Errorf("%s: %v, want ErrOwnMoney", name, err)
		}
	}
	if p, err = w.ApprovePayout(desk(t, "usr_op"), ledger.DecidePayout{ID: p.ID, RequestID: "approve-1"}); err != nil || p.State != ledger.PayoutApproved {
		t.Errorf("somebody else: %+v, %v", p, err)
	}
}

func TestWhatAPayeeAsksForInADayCountsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, ctx := w.rich(t, "12345678")
	w.give(t, ledger.Of(ledger.CreatorPayable, string(u)), 2*w.TwoAbove)
	first, err := w.AskPayout(ctx, ask(w.TwoAbove/2, "payout-01"))
	must(t, err)
	second, err := w.AskPayout(ctx, ask(w.TwoAbove/2+1, "payout-02"))
	must(t, err)
	if first.Needs != 1 || second.Needs != 2 {
		t.Errorf("they need %d and %d operators, want 1 and 2", first.Needs, second.Needs)
	}
}

func TestAKeyThatChangedOneAccountDoesNotAnswerForAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := as(t, "usr_lin")
	in := ledger.SetPayoutAccount{As: "creator", Bank: "Bank", Holder: "Li Lei", Number: "1234 5678", Password: "right", RequestID: "account-1"}
	for range 2 {
		_, err := w.SetPayoutAccount(ctx, in)
		must(t, err)
	}
	number, holder, bank := in, in, in
	number.Number, holder.Holder, bank.Bank = "9999 5678", "Li Mei", "Other"
	for _, other := range []ledger.SetPayoutAccount{number, holder, bank} {
		if _, err := w.SetPayoutAccount(ctx, other); !errors.Is(err, rpc.ErrReused) {
			t.Errorf("%+v: %v, want ErrReused", other, err)
		}
	}
}
