package fulfilcore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/fulfil"
	"meadow/services/fulfil/fulfiltest"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo/groupbuy"
)

type eventOf = bus.Event

func teamOf(o id.Order) groupbuy.TeamData {
	return groupbuy.TeamData{Team: "team", Offer: "offer", Orders: []id.Order{o}}
}

// mortal is a driver whose process dies after some writes: those after are not
// made.
type mortal struct {
	docdb.Driver
	left atomic.Int64 // writes to come; negative means no end
}

var errKilled = errors.New("killed")

func (m *mortal) dies() bool {
	n := m.left.Load()
	if n < 0 {
		return false
	}
	return n == 0 || m.left.Add(-1) < 0
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Replace(ctx, coll, rev, doc)
}

func (m *mortal) Delete(ctx context.Context, coll, doc string, rev int64) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Delete(ctx, coll, doc, rev)
}

func TestABoxIsSentOnceWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	var m *mortal
	w := open(t, func(d docdb.Driver) docdb.Driver { m = &mortal{Driver: d}; m.left.Store(-1); return m })
	for k := range int64(6) {
		o := w.Till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), fulfiltest.Line{Merchant: "mer_a", N: 2}, fulfiltest.Line{Merchant: "mer_b", N: 1, Team: "offer"})
		in := fulfil.Ship{ID: fulfil.ParcelID(o.ID, "mer_a"), Carrier: "van", RequestID: id.Secret()}
		all := func() error {
			err := w.core.ensure(t.Context(), o.ID)
			if err == nil {
				err = w.core.filled(t.Context(), teamOf(o.ID))
			}
			if err == nil {
				_, err = w.Ship(fulfiltest.AsShop(t, "mer_a"), in)
			}
			return err
		}
		m.left.Store(k)
		died := all()
		m.left.Store(-1)
		if k < 4 && !errors.Is(died, errKilled) {
			t.Errorf("after %d writes: %v", k, died)
		}
		if err := all(); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(2 * time.Minute)
		if err := work(t.Context(), w.core); err != nil {
			t.Fatal(err)
		}
		a, err := w.core.parcels.Get(t.Context(), string(in.ID))
		if err != nil || len(a.Shipments) != 1 || a.Shipments[0].Tracking == "" || a.State != fulfil.Shipped || len(a.Outbox) != 1 {
			t.Errorf("after %d writes: %v, parcel %+v", k, err, a)
		}
		b, err := w.core.parcels.Get(t.Context(), string(fulfil.ParcelID(o.ID, "mer_b")))
		if err != nil || b.State != fulfil.Waiting {
			t.Errorf("after %d writes: %v, parcel %+v", k, err, b)
		}
	}
}
