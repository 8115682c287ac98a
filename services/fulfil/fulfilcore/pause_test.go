package fulfilcore

import (
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/fulfil/fulfiltest"
	"meadow/services/kernel/id"
)

// sent is a parcel that is on its way.
func (w *world) sent(t *testing.T) fulfil.Parcel {
	t.Helper()
	ctx := system(t.Context())
	o := w.Till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), fulfiltest.Line{Merchant: "mer_a", N: 2})
	if err := w.core.ensure(ctx, o.ID); err != nil {
		t.Fatal(err)
	}
	p, err := w.core.Ship(fulfiltest.AsShop(t, "mer_a"), fulfil.Ship{ID: fulfil.ParcelID(o.ID, "mer_a"), Carrier: "van", RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// arrive delivers it.
func (w *world) arrive(t *testing.T, p fulfil.Parcel) {
	t.Helper()
	w.Van.Know(carrier.Fact{Event: "e" + string(p.ID), Tracking: p.Shipments[0].Tracking, State: carrier.Arrived, At: w.Clock.Now()})
	w.Clock.Advance(13 * time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Delivered {
		t.Fatalf("the parcel is %s", got.State)
	}
}

func (w *world) tick(t *testing.T) {
	t.Helper()
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) now(t *testing.T, p id.Parcel) parcel {
	t.Helper()
	out, err := w.core.parcels.Get(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hear tells of an after-sale as it stood after so many steps.
func (w *world) hear(t *testing.T, p fulfil.Parcel, name id.AfterSale, steps int, s aftersale.State) {
	t.Helper()
	a := aftersale.AfterSale{ID: name, Parcel: p.ID, Order: p.Order, State: s, Log: make([]aftersale.Step, steps)}
	if err := w.core.moved(system(t.Context()), aftersale.MovedData{AfterSale: a}); err != nil {
		t.Fatal(err)
	}
}

func TestAParcelIsNotReceivedByItselfWhileItsBuyerAsksAboutIt(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	p := w.sent(t)
	w.arrive(t, p)
	w.Clock.Advance(5 * 24 * time.Hour)
	w.hear(t, p, "afs_1", 1, aftersale.Asked)
	w.hear(t, p, "afs_1", 1, aftersale.Asked) // told again
	w.Clock.Advance(30 * 24 * time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Delivered {
		t.Fatalf("while it is asked about the parcel is %s", got.State)
	}
	w.hear(t, p, "afs_2", 1, aftersale.Asked)
	w.hear(t, p, "afs_1", 3, aftersale.Done)
	w.hear(t, p, "afs_1", 2, aftersale.Agreed) // told late
	w.Clock.Advance(3 * 24 * time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Delivered {
		t.Fatalf("with another request open it is %s", got.State)
	}
	w.hear(t, p, "afs_2", 2, aftersale.Withdrawn)
	w.Clock.Advance(46 * time.Hour) // two days were left when the first was opened
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Delivered {
		t.Fatalf("with time left it is %s", got.State)
	}
	w.Clock.Advance(3 * time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Received {
		t.Errorf("once its time is over it is %s", got.State)
	}
}

func TestWhatIsAskedAboutBeforeItArrivesWaitsToo(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	p := w.sent(t)
	w.hear(t, fulfil.Parcel{}, "afs_0", 1, aftersale.Asked) // of no parcel
	w.hear(t, p, "afs_1", 1, aftersale.Asked)
	w.arrive(t, p)
	w.Clock.Advance(fulfil.AutoReceive + time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Delivered {
		t.Errorf("while it is asked about it is %s", got.State)
	}
	w.hear(t, p, "afs_1", 2, aftersale.Withdrawn)
	w.Clock.Advance(fulfil.AutoReceive + time.Hour)
	w.tick(t)
	if got := w.now(t, p.ID); got.State != fulfil.Received || !got.AutoAt.IsZero() {
		t.Errorf("a week after it was withdrawn it is %s, due again at %v", got.State, got.AutoAt)
	}
}

func TestWhatSomebodySpentIsWhatTheyKeep(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	ctx := system(t.Context())
	p := w.sent(t)
	w.arrive(t, p)
	buyer := w.now(t, p.ID).Buyer
	spent := func() int64 {
		t.Helper()
		got, err := w.core.Spent(ctx, buyer, w.Clock.Now().Add(-365*24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return got["CNY"]
	}
	if _, err := w.core.Receive(fulfiltest.As(t, buyer), fulfil.ByParcel{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	if n := spent(); n != 0 {
		t.Errorf("while it may go back %d counts", n)
	}
	w.Clock.Advance(15 * 24 * time.Hour)
	d, err := w.Till.Delivery(ctx, fulfil.ByOrder{ID: p.Order})
	if err != nil {
		t.Fatal(err)
	}
	l := d.Order.Lines[0]
	if n, want := spent(), l.Amount.Amount-l.Saved.Amount; n != want || n == 0 {
		t.Errorf("once it cannot %d counts, want %d", n, want)
	}
	other, err := w.core.Spent(ctx, "usr_other", time.Time{})
	if err != nil || len(other) != 0 {
		t.Errorf("somebody else spent %v, %v", other, err)
	}
	w.Clock.Advance(365 * 24 * time.Hour)
	if n := spent(); n != 0 {
		t.Errorf("a year later %d counts", n)
	}
}
