package checkoutcore

import (
	"errors"
	"testing"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
)

func TestAnOperatorFindsAPaymentByItsStateItsOrderAndItsId(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.refundable(t)
	o, p := x.bought(t, 2), x.begin(t, x.place(t))
	r, err := x.Refund(asTill(t.Context()), checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "r", RequestID: "r"})
	must(t, err)
	operator := actor.With(t.Context(), actor.Actor{User: "usr_op", Roles: []actor.Role{actor.Operator}})
	one := func(in checkout.DeskPayments) checkout.DeskPayment {
		t.Helper()
		in.Ask = page.Ask{Limit: 5}
		got, err := x.DeskPayments(operator, in)
		must(t, err)
		if len(got.Items) != 1 {
			t.Fatalf("%+v found %+v, want one payment", in, got.Items)
		}
		return got.Items[0]
	}
	if got := one(checkout.DeskPayments{State: checkout.Pending}); got.ID != p.ID || len(got.Events) != 0 || got.OrderState != checkout.Unpaid {
		t.Errorf("pending %+v", got)
	}
	got := one(checkout.DeskPayments{Find: string(o.ID)})
	if got.Order != o.ID || got.State != checkout.Succeeded || len(got.Events) != 1 || got.Events[0].State != "succeeded" || got.Total != o.Total {
		t.Errorf("of its order %+v", got)
	}
	if len(got.Refunds) != 1 || got.Refunds[0].ID != r.ID || got.Back != r.Amount {
		t.Errorf("refunds %+v, back %v; want %+v", got.Refunds, got.Back, r)
	}
	if again := one(checkout.DeskPayments{Find: " " + string(got.ID) + " "}); again.ID != got.ID {
		t.Errorf("by its id %+v", again)
	}
	none, err := x.DeskPayments(operator, checkout.DeskPayments{})
	if err != nil || len(none.Items) != 0 {
		t.Errorf("frozen: %v, %v", none, err)
	}
	if _, err := x.DeskPayments(as(t, "usr_amy"), checkout.DeskPayments{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a buyer: %v", err)
	}
}
