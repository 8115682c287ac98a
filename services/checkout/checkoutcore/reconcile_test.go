package checkoutcore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

func TestADayThatDiffersIsTicketedOnceAndResolvedOnce(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	today := x.clock.Now().Truncate(day)
	var moves []pay.Movement
	said := func(ref string, p id.Payment, amount int64) {
		moves = append(moves, pay.Movement{Ref: ref, Payment: p, Amount: money.CNY(amount), At: x.Now()})
	}
	var payments []id.Payment
	for range 4 {
		o, err := x.orders.Get(t.Context(), string(x.bought(t, 1).ID))
		must(t, err)
		payments = append(payments, o.Payment)
	}
	back := x.bought(t, 2)
	r, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: back.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: "r"})
	must(t, err)

	said(string(payments[0]), payments[0], 1_800) // as we have it
	said(string(payments[1]), payments[1], 1_801) // another amount
	said("pay_nobody", "pay_nobody", 5)           // nothing of ours
	said(string(r.Payment), r.Payment, 2_800)
	said(r.ID, r.Payment, -1_000)
	said("rfd_unknown", r.Payment, -7)
	x.bank.statement = map[time.Time][]pay.Movement{
		today:           moves,
		today.Add(day):  {{Ref: string(payments[3]), Payment: payments[3], Amount: money.CNY(1_800)}}, // booked after midnight
		today.Add(-day): nil,
	}
	must(t, x.reconcile(t.Context())) // the day is not over
	x.clock.Advance(day + compareAfter)
	for range 2 {
		must(t, x.reconcile(t.Context()))
	}
	operator := actor.With(t.Context(), actor.Actor{User: "usr_op", Roles: []actor.Role{actor.Operator}})
	list := func(resolved bool) map[string]checkout.Difference {
		out := map[string]checkout.Difference{}
		for in := (checkout.Differences{Ask: page.Ask{Limit: 1}, Resolved: resolved}); ; {
			got, err := x.Differences(operator, in)
			must(t, err)
			for _, d := range got.Items {
				out[fmt.Sprint(d.Kind, " ", d.Ref)] = d
			}
			if in.After = got.Next; in.After == "" {
				return out
			}
		}
	}
	open := list(false)
	want := map[string][2]int64{
		"amount " + string(payments[1]):    {1_800, 1_801},
		"unbooked pay_nobody":              {0, 5},
		"unbooked rfd_unknown":             {0, -7},
		"unsettled " + string(payments[2]): {1_800, 0},
	}
	for k, sums := range want {
		if d, found := open[k]; !found || d.Ours.Amount != sums[0] || d.Theirs.Amount != sums[1] {
			t.Errorf("%s: %v, %+v", k, found, d)
		}
	}
	if len(open) != len(want) {
		t.Errorf("%d differences, want %d: %v", len(open), len(want), open)
	}
	in := checkout.Resolve{ID: open["unbooked pay_nobody"].ID, Note: "another shop's", RequestID: "1"}
	for range 2 {
		d, err := x.Resolve(operator, in)
		must(t, err)
		if !d.Resolved || d.By != "usr_op" {
			t.Errorf("%+v", d)
		}
	}
	in.Note = "something else"
	if _, err := x.Resolve(operator, in); !errors.Is(err, checkout.ErrResolved) {
		t.Errorf("resolved again: %v", err)
	}
	if len(list(false)) != len(want)-1 || len(list(true)) != 1 {
		t.Errorf("%d open, %d resolved", len(list(false)), len(list(true)))
	}
	if _, err := x.Differences(as(t, "usr_amy"), checkout.Differences{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a buyer: %v", err)
	}
}
