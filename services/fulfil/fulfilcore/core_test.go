package fulfilcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/fulfil/fulfiltest"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/platform/vault"
)

// safe is a vault that remembers why it was opened.
type safe struct {
	mu     sync.Mutex // guards opened
	opened map[string]int
}

func (s *safe) Open(_ context.Context, _, _ string, _ vault.Sealed, reason string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened[reason]++
	return `{"name":"Li","phone":"13800138000","region":"Shanghai","city":"Shanghai","line":"1 Road"}`, nil
}

func (*safe) Blind(field, normalised string) string { return field + "\x00" + normalised }

type world struct {
	*fulfiltest.World
	core *Core
}

func open(t *testing.T, wrap func(docdb.Driver) docdb.Driver) *world {
	t.Helper()
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(t.Context(), "fulfil", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	driver := docdb.Driver(db)
	if wrap != nil {
		driver = wrap(db)
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: driver, Now: k.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	s, till, van := &safe{opened: map[string]int{}}, fulfiltest.NewTill(), fulfiltest.NewVan()
	c, err := New(t.Context(), Deps{
		DB: driver, Jobs: runner, Now: k.Now, Log: log, Orders: till, Catalog: fulfiltest.Staff{}, Vault: s,
		Carriers: []carrier.Carrier{van}, Window: 15 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{core: c, World: &fulfiltest.World{
		Service: c, Clock: k, Till: till, Van: van, Paid: c.ensure, Refunded: c.refunded, Filled: c.filled,
		Work: func(ctx context.Context) error { return work(ctx, c) },
		Openings: func() map[string]int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return maps.Clone(s.opened)
		},
	}}
}

// work runs every job, and records what the announcements of received parcels
// would.
func work(ctx context.Context, c *Core) error {
	ctx = system(ctx)
	err := errors.Join(c.actOnDue(ctx), c.announceDue(ctx), c.pollDue(ctx), c.receiveDue(ctx))
	return errors.Join(err, c.parcels.Each(ctx, func(_ string, p parcel) error {
		if slices.ContainsFunc(p.Outbox, func(e eventOf) bool { return e.Topic == fulfil.ParcelReceived.Name }) {
			return c.recordBought(ctx, p.data(c.Now(), ""))
		}
		return nil
	}))
}

func TestFulfilmentKeepsItsPromises(t *testing.T) {
	t.Parallel()
	fulfiltest.Run(t, func(t *testing.T) *fulfiltest.World { return open(t, nil).World })
}

// lawful fails unless p is as every parcel is.
func lawful(p parcel, before fulfil.State) error {
	var sent, toSend int64
	boxed := map[int]int64{}
	for _, l := range p.Lines {
		if l.Sent < 0 || l.Dropped < 0 || left(l) < 0 {
			return fmt.Errorf("line %+v", l)
		}
		sent, toSend = sent+l.Sent, toSend+left(l)
	}
	for _, s := range p.Shipments {
		for _, u := range s.Units {
			boxed[u.Line] += u.N
		}
	}
	for _, l := range p.Lines {
		if boxed[l.Index] != l.Sent {
			return fmt.Errorf("%d units in boxes, %d sent", boxed[l.Index], l.Sent)
		}
	}
	switch {
	case p.State != before && !reaches(before, p.State):
		return fmt.Errorf("from %s to %s", before, p.State)
	case (p.State == fulfil.Cancelled) != (sent == 0 && toSend == 0):
		return fmt.Errorf("%s with %d sent, %d to send", p.State, sent, toSend)
	case (p.State == fulfil.Shipped || p.State == fulfil.Delivered) && (toSend > 0 || sent == 0):
		return fmt.Errorf("%s with %d sent, %d to send", p.State, sent, toSend)
	case (p.State == fulfil.Received) != !p.ReturnBy.IsZero():
		return fmt.Errorf("%s, returns until %v", p.State, p.ReturnBy)
	}
	topics := map[string]int{}
	for _, e := range p.Outbox {
		topics[e.Topic]++
	}
	if topics[fulfil.ParcelReceived.Name] > 1 || topics[fulfil.ParcelDelivered.Name] > 1 {
		return fmt.Errorf("announced %v", topics)
	}
	return nil
}

func reaches(from, to fulfil.State) bool {
	return from == to || slices.ContainsFunc(next[from], func(s fulfil.State) bool { return reaches(s, to) })
}

func TestAnySequenceOfActionsKeepsAParcelLegal(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		held := rapid.Bool().Draw(r, "held")
		l := fulfiltest.Line{Merchant: "mer_a", N: rapid.Int64Range(1, 4).Draw(r, "n")}
		if held {
			l.Team = "offer"
		}
		o := w.Till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), l, fulfiltest.Line{Merchant: "mer_a", N: 2})
		if err := w.core.ensure(t.Context(), o.ID); err != nil {
			r.Fatal(err)
		}
		pid := fulfil.ParcelID(o.ID, "mer_a")
		shop, buyer, part := fulfiltest.AsShop(t, "mer_a"), fulfiltest.As(t, o.Buyer), fulfiltest.AsPart(t)
		refunds := 0
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			p, err := w.core.parcels.Get(part, string(pid))
			if err != nil {
				r.Fatal(err)
			}
			units := []fulfil.Units{{Line: rapid.IntRange(0, 1).Draw(r, "line"), N: rapid.Int64Range(1, 3).Draw(r, "units")}}
			switch rapid.IntRange(0, 8).Draw(r, "action") {
			case 0:
				_, _ = w.Ship(shop, fulfil.Ship{ID: pid, Carrier: "van", Units: units, RequestID: id.Secret()})
			case 1:
				_, _ = w.Ship(shop, fulfil.Ship{ID: pid, Carrier: "van", RequestID: id.Secret()})
			case 2:
				_, _ = w.Drop(part, fulfil.Drop{Order: o.ID, Units: units, RequestID: id.Secret()})
			case 3:
				refunds++
				err = w.core.refunded(part, checkout.Refund{ID: fmt.Sprint(refunds), Order: o.ID, Lines: []checkout.RefundLine{{Line: units[0].Line, N: units[0].N}}})
			case 4:
				err = w.core.filled(part, teamOf(o.ID))
			case 5:
				for _, s := range p.Shipments {
					st := rapid.SampledFrom([]carrier.State{carrier.InTransit, carrier.Failed, carrier.Arrived, carrier.Arrived}).Draw(r, "box")
					err = errors.Join(err, w.core.heard(part, "van", carrier.Fact{Event: id.Secret(), Tracking: s.Tracking, State: st, At: w.Clock.Now()}))
				}
			case 6:
				_, _ = w.Receive(buyer, fulfil.ByParcel{ID: pid})
			case 7:
				_, _ = w.Ship(shop, fulfil.Ship{ID: pid, Carrier: fulfil.PickUpHere, RequestID: id.Secret()})
				_, _ = w.PickUp(shop, fulfil.PickUp{ID: pid, Code: w.core.pickupCode(pid)})
			case 8:
				w.Clock.Advance(8 * 24 * time.Hour)
				err = errors.Join(w.core.giveUpWaiting(part, pid), w.core.receiveByItself(part, pid))
			}
			if err != nil {
				r.Fatal(err)
			}
			after, err := w.core.parcels.Get(part, string(pid))
			if err == nil {
				err = lawful(after, p.State)
			}
			if err != nil {
				r.Fatal(err)
			}
		}
	})
}

func TestAStateThatIsAlreadyThereIsNoMove(t *testing.T) {
	t.Parallel()
	states := []fulfil.State{fulfil.Held, fulfil.Waiting, fulfil.Partly, fulfil.Shipped, fulfil.Delivered, fulfil.Received, fulfil.Cancelled}
	for _, from := range states {
		for _, to := range states {
			p := parcel{}
			p.State = from
			err := p.to(to)
			if legal := from == to || slices.Contains(next[from], to); legal != (err == nil) || legal && p.State != to || !legal && p.State != from {
				t.Errorf("%s to %s: %v, is %s", from, to, err, p.State)
			}
		}
	}
}
