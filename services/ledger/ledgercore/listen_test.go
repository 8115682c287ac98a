package ledgercore

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/money"
	"meadow/services/platform/bus"
)

func TestTheLedgerHearsOfOrdersOnTheBusAndSaysThatItDid(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	b, err := bus.Embedded(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = b.Close() })
	w.Bus = b
	ctx, cancel := context.WithCancel(t.Context())
	must(t, w.listen(ctx))
	defer cancel()
	heard := make(chan string, 16)
	stop, err := b.Listen(bus.ConfirmSubject("here"), func(_ string, data []byte) {
		var c bus.Confirmation
		if json.Unmarshal(data, &c) == nil && c.Consumer == Consumer {
			heard <- c.Event
		}
	})
	must(t, err)
	defer stop()
	back := d.half()
	lost := checkout.Payment{ID: "pay_lost", Order: "ord_lost", Provider: "psp", Amount: money.CNY(500)}
	for _, e := range []bus.Event{
		checkout.OrderPaid.Event(noon, string(d.order.Order), d.order),
		fulfil.ParcelReceived.Event(noon, "pcl_1", d.receipt()),
		checkout.OrderRefunded.Event(noon, back.ID, back),
		checkout.PaymentReturned.Event(noon, string(lost.ID), lost),
		aftersale.Moved.Event(noon, "afs_1.4", d.matterOf("afs_1", aftersale.Asked, aftersale.Refused, aftersale.Disputed, aftersale.Closed)),
	} {
		e.Source = bus.Source{Collection: "here", ID: "doc"}
		for _, again := range []bool{false, true} {
			must(t, b.Publish(t.Context(), e, again))
			select {
			case got := <-heard:
				if got != e.ID {
					t.Errorf("confirmed %s, want %s", got, e.Topic)
				}
			case <-time.After(20 * time.Second):
				t.Fatal(errors.New(e.Topic + " was not confirmed"))
			}
		}
	}
	w.clock.Advance(16 * 24 * time.Hour)
	must(t, w.settleDue(t.Context()))
	if got := w.balance(t, shop(t, d.merchant), "merchant"); got.Earned.Amount != 4_400 || got.Held.Amount != 0 {
		t.Errorf("the shop has %+v", got)
	}
	if got := w.account(t, "refund_clearing:buyer"); got != 0 {
		t.Errorf("%d did not go back", got)
	}
	w.zero(t)
}
