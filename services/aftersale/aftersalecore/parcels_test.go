package aftersalecore

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/fulfil/fulfilcore"
	"meadow/services/fulfil/fulfiltest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/vault"
)

// glass is a vault that hides nothing.
type glass struct{}

func (glass) Open(context.Context, string, string, vault.Sealed, string) (string, error) {
	return `{"name":"Li"}`, nil
}
func (glass) Blind(field, normalised string) string { return field + normalised }

// TestCancellingAgainstSending lets a buyer cancel while the shop sends, over the
// real parcels: one of them has the unit, and the money says which.
func TestCancellingAgainstSending(t *testing.T) {
	t.Parallel()
	var db docdb.Driver
	w := open(t, func(d docdb.Driver) docdb.Driver { db = d; return d })
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: w.Clock.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	till := fulfiltest.NewTill()
	parcels, err := fulfilcore.New(t.Context(), fulfilcore.Deps{
		DB: db, Jobs: runner, Now: w.Clock.Now, Log: log, Orders: till, Catalog: fulfiltest.Staff{}, Vault: glass{},
		Carriers: []carrier.Carrier{fulfiltest.NewVan()}, Window: aftersale.Window,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.core.Fulfil = parcels
	cancelled, sent := 0, 0
	for range 12 {
		o := till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), fulfiltest.Line{Merchant: "mer_a", N: 1})
		w.Till.Put(o)
		if err := parcels.Paid(actor.AsSystem(t.Context(), "test"), o.ID); err != nil {
			t.Fatal(err)
		}
		buyer, shop := as(t, o.Buyer, ""), as(t, "usr_mer_a", "mer_a", actor.Merchant)
		in := aftersale.Open{Order: o.ID, Kind: aftersale.Cancel, Units: []aftersale.Units{{Line: 0, N: 1}}, Reason: aftersale.Changed, RequestID: id.Secret()}
		var wg sync.WaitGroup
		var cancelling, sending error
		wg.Go(func() { _, cancelling = w.Open(buyer, in) })
		wg.Go(func() {
			_, sending = parcels.Ship(shop, fulfil.Ship{ID: fulfil.ParcelID(o.ID, "mer_a"), Carrier: "van", RequestID: id.Secret()})
		})
		wg.Wait()
		_, refunds := w.Till.Back(o.ID)
		switch {
		case cancelling == nil && errors.Is(sending, fulfil.ErrNotToSend) && refunds == 1:
			cancelled++
		case sending == nil && errors.Is(cancelling, aftersale.ErrNotNow) && refunds == 0:
			sent++
		default:
			t.Errorf("cancelling: %v, sending: %v, %d refunds", cancelling, sending, refunds)
		}
	}
	t.Logf("%d cancelled, %d sent", cancelled, sent)
}

// TestAReturnAgainstReceivingByItself asks for money back while the parcel is
// received by its timer: both happen, and the money goes back once.
func TestAReturnAgainstReceivingByItself(t *testing.T) {
	t.Parallel()
	var db docdb.Driver
	w := open(t, func(d docdb.Driver) docdb.Driver { db = d; return d })
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: w.Clock.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	till, van := fulfiltest.NewTill(), fulfiltest.NewVan()
	parcels, err := fulfilcore.New(t.Context(), fulfilcore.Deps{
		DB: db, Jobs: runner, Now: w.Clock.Now, Log: log, Orders: till, Catalog: fulfiltest.Staff{}, Vault: glass{},
		Carriers: []carrier.Carrier{van}, Window: aftersale.Window,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.core.Fulfil = parcels
	o := till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), fulfiltest.Line{Merchant: "mer_a", N: 2})
	w.Till.Put(o)
	if err := parcels.Paid(actor.AsSystem(t.Context(), "test"), o.ID); err != nil {
		t.Fatal(err)
	}
	shop, buyer := as(t, "usr_mer_a", "mer_a", actor.Merchant), as(t, o.Buyer, "")
	p, err := parcels.Ship(shop, fulfil.Ship{ID: fulfil.ParcelID(o.ID, "mer_a"), Carrier: "van", RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	van.Know(carrier.Fact{Event: "e", Tracking: p.Shipments[0].Tracking, State: carrier.Arrived, At: w.Clock.Now()})
	w.Clock.Advance(13 * time.Hour)
	runner.Tick(t.Context())
	w.Clock.Advance(fulfil.AutoReceive + time.Minute)
	var wg sync.WaitGroup
	wg.Go(func() { runner.Tick(t.Context()) })
	for range 4 {
		wg.Go(func() {
			a, err := w.Open(buyer, aftersale.Open{
				Order: o.ID, Kind: aftersale.Money, Units: []aftersale.Units{{Line: 0, N: 2}}, Reason: aftersale.Missing, RequestID: id.Secret(),
			})
			if err == nil {
				_, err = w.Answer(shop, aftersale.Answer{ID: a.ID, Agree: true})
			}
			if err != nil && !errors.Is(err, aftersale.ErrUnits) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := parcels.Parcel(buyer, fulfil.ByParcel{ID: p.ID})
	amount, refunds := w.Till.Back(o.ID)
	if err != nil || got.State != fulfil.Received || refunds != 1 || amount != o.Total.Amount {
		t.Errorf("parcel %s, %v; %d back by %d refunds", got.State, err, amount, refunds)
	}
}
