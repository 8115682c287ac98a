package aftersaletest

import (
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
)

// A shop cancels what it cannot send, and pays back what it sent, by units: done
// at once, once for each request, and never more than there is.
func testGive(t *testing.T, w *World) {
	o := w.Till.Sell(w.Yard, w.Clock.Now(), 2, 1)
	ctx := shop(t, "mer_a")
	cancel := aftersale.Give{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 1), Text: "It broke on the shelf", RequestID: "k1"}
	a := ok[sale](t)(w.Give(ctx, cancel))
	state(t, a, aftersale.Done)
	again := ok[sale](t)(w.Give(ctx, cancel))
	other := cancel
	other.Units = one(1, 1)
	_, err := w.Give(ctx, other)
	is(t, err, rpc.ErrReused)
	ask, _ := w.Till.Ask(a.ID)
	amount, refunds := w.Till.Back(o.ID)
	if again.ID != a.ID || amount != 1_001 || refunds != 1 || ask.Restock || w.Yard.Dropped(o.ID) != 1 || !a.Unasked {
		t.Errorf("cancelled %d by %d refunds, asked %+v: %+v", amount, refunds, ask, a)
	}

	w.Yard.Send(o.ID, w.Clock.Now().Add(aftersale.Window))
	_, err = w.Give(ctx, aftersale.Give{Order: o.ID, Kind: aftersale.Cancel, Units: one(0, 1), Text: "Too late", RequestID: "k2"})
	is(t, err, aftersale.ErrNotNow)
	back := aftersale.Give{Order: o.ID, Kind: aftersale.Money, Units: one(0, 1), Text: "With our apologies", Restock: true, RequestID: "k3"}
	b := ok[sale](t)(w.Give(ctx, back))
	state(t, b, aftersale.Done)
	if ask, _ := w.Till.Ask(b.ID); !ask.Restock || b.Agreed != money.CNY(1_001) {
		t.Errorf("gave %v back, asked %+v", b.Agreed, ask)
	}
	back.RequestID = "k4"
	_, err = w.Give(ctx, back)
	is(t, err, aftersale.ErrUnits)

	// The buyer sees both; nobody else's shop does, nor staff without the duty.
	mine := ok[aftersale.AfterSales](t)(w.OfOrder(as(t, o.Buyer), aftersale.ByOrder{ID: o.ID}))
	list := aftersale.List{Order: o.ID}
	ours, err := w.OfShop(ctx, list)
	if err != nil || len(mine.Items) != 2 || len(ours.Items) != 2 {
		t.Errorf("buyer has %d, shop %d: %v", len(mine.Items), len(ours.Items), err)
	}
	theirs, err := w.OfShop(shop(t, "mer_b"), list)
	if err != nil || len(theirs.Items) != 0 {
		t.Errorf("another shop has %d: %v", len(theirs.Items), err)
	}
	_, err = w.Give(shop(t, "mer_b"), aftersale.Give{Order: o.ID, Kind: aftersale.Money, Units: one(1, 1), Text: "x", RequestID: "k5"})
	is(t, err, checkout.ErrNoSuchOrder)
	hand := actor.With(t.Context(), actor.Actor{User: id.User("usr_hand"), Merchant: "mer_a", Roles: []actor.Role{actor.Merchant}})
	_, err = w.Give(hand, aftersale.Give{Order: o.ID, Kind: aftersale.Money, Units: one(1, 1), Text: "x", RequestID: "k6"})
	is(t, err, actor.ErrForbidden)
	w.Clock.Advance(aftersale.Window + time.Hour)
	_, err = w.Give(ctx, aftersale.Give{Order: o.ID, Kind: aftersale.Money, Units: one(1, 1), Text: "x", RequestID: "k7"})
	is(t, err, aftersale.ErrWindow)
}
