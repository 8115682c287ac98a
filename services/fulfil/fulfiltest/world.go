// Package fulfiltest says what fulfilment promises: laws that hold for parcels
// however orders, carriers and teams are heard of.
package fulfiltest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// World is one shop's fulfilment and what stands around it.
type World struct {
	fulfil.Service
	Clock    *clock.Fake
	Till     *Till
	Van      *Van
	Paid     func(ctx context.Context, o id.Order) error
	Refunded func(ctx context.Context, r checkout.Refund) error
	Filled   func(ctx context.Context, t groupbuy.TeamData) error
	// Work runs all jobs that are due.
	Work func(ctx context.Context) error
	// Openings is how often an address was opened, by reason.
	Openings func() map[string]int
}

// Till knows orders.
type Till struct {
	mu     sync.Mutex // guards orders
	orders map[id.Order]fulfil.Delivery
}

// NewTill returns a till without orders.
func NewTill() *Till { return &Till{orders: map[id.Order]fulfil.Delivery{}} }

// Delivery is what fulfilment asks.
func (x *Till) Delivery(_ context.Context, in fulfil.ByOrder) (fulfil.Delivery, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d, ok := x.orders[in.ID]
	if !ok {
		return d, checkout.ErrNoSuchOrder
	}
	return d, nil
}

// Line is a line to be sold.
type Line struct {
	Merchant id.Merchant
	N        int64
	Team     string // the group-buy offer it is bought in
}

// Sell makes a paid order.
func (x *Till) Sell(at time.Time, buyer id.User, lines ...Line) checkout.Order {
	o := checkout.Order{
		ID: id.Order("ord_" + id.Secret()), Buyer: buyer, State: checkout.Paid, PaidAt: at, ShipTo: "L** · 138****8000 · Shanghai",
	}
	o.Total = money.CNY(0)
	for i, l := range lines {
		line := checkout.Line{
			SKU: id.SKU("sku_" + string(l.Merchant)), Product: "prd_cup", Merchant: l.Merchant, Title: "Cup", N: l.N,
			Price: money.CNY(1_000), Amount: money.CNY(1_000 * l.N), Saved: money.CNY(0), Due: money.CNY(1_000 * l.N),
		}
		if l.Team != "" {
			line.Deal = promo.Deal{Kind: promo.Group, ID: l.Team}
		}
		o.Lines, o.Total.Amount = append(o.Lines, line), o.Total.Amount+line.Due.Amount
		at := slices.IndexFunc(o.Parts, func(p checkout.Part) bool { return p.Merchant == l.Merchant })
		if at < 0 {
			at, o.Parts = len(o.Parts), append(o.Parts, checkout.Part{Merchant: l.Merchant, Earliest: 2, Latest: 4, Note: "ring twice"})
		}
		o.Parts[at].Lines = append(o.Parts[at].Lines, i)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.orders[o.ID] = fulfil.Delivery{Order: o, Address: account.Snapshot{Subject: string(buyer), Field: "address.home", Sealed: "sealed"}}
	return o
}

// Van is a carrier that says what it is told to.
type Van struct {
	mu    sync.Mutex // guards what follows
	busy  int        // announcements to refuse before one is taken
	given map[id.Shipment]string
	known map[string][]carrier.Fact
}

// NewVan returns a carrier without boxes.
func NewVan() *Van { return &Van{given: map[id.Shipment]string{}, known: map[string][]carrier.Fact{}} }

var _ carrier.Carrier = (*Van)(nil)

func (*Van) Name() string { return "van" }

var errBusy = errors.New("the van is full")

// Refuse makes the next n announcements fail.
func (v *Van) Refuse(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.busy = n
}

func (v *Van) Announce(_ context.Context, b carrier.Box) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.busy > 0 {
		v.busy--
		return "", errBusy
	}
	if v.given[b.ID] == "" {
		v.given[b.ID] = "van-" + string(b.ID)
	}
	return v.given[b.ID], nil
}

func (v *Van) Read(body []byte, signature string) (f carrier.Fact, err error) {
	if signature != "signed" {
		return f, carrier.ErrSignature
	}
	return f, json.Unmarshal(body, &f)
}

func (v *Van) Query(_ context.Context, tracking string) ([]carrier.Fact, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known[tracking]) == 0 {
		return nil, carrier.ErrUnknown
	}
	return slices.Clone(v.known[tracking]), nil
}

// Know makes facts what the van answers when it is asked.
func (v *Van) Know(facts ...carrier.Fact) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range facts {
		v.known[f.Tracking] = append(v.known[f.Tracking], f)
	}
}

// Staff is a catalogue that knows who works where: whoever is named after a
// merchant, as usr_<merchant>.
type Staff struct{ catalog.Service }

func (Staff) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	return catalog.Allowed{Yes: string(in.User) == "usr_"+string(in.Merchant)}, nil
}

// As is ctx with somebody asking, AsShop with a merchant's staff, AsPart with a
// part of the shop.
func As(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u})
}

func AsShop(t *testing.T, m id.Merchant) context.Context {
	return actor.With(t.Context(), actor.Actor{User: id.User("usr_" + string(m)), Merchant: m, Roles: []actor.Role{actor.Merchant}})
}

func AsPart(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

// tell has the van say facts, and waits until they were acted on.
func (w *World) tell(t *testing.T, facts ...carrier.Fact) {
	t.Helper()
	for _, f := range facts {
		body, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Tracking(AsPart(t), fulfil.CarrierMessage{Carrier: "van", Signature: "signed", Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	w.work(t)
}

func (w *World) work(t *testing.T) {
	t.Helper()
	w.Clock.Advance(time.Millisecond)
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sell makes an order with its parcels.
func (w *World) sell(t *testing.T, lines ...Line) (checkout.Order, []fulfil.Parcel) {
	t.Helper()
	o := w.Till.Sell(w.Clock.Now(), id.User("usr_"+id.Secret()), lines...)
	if err := w.Paid(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	return o, w.parcels(t, o)
}

func (w *World) parcels(t *testing.T, o checkout.Order) []fulfil.Parcel {
	t.Helper()
	all, err := w.OfOrder(As(t, o.Buyer), fulfil.ByOrder{ID: o.ID})
	if err != nil {
		t.Fatal(err)
	}
	return all.Items
}

func (w *World) ship(t *testing.T, p fulfil.Parcel, units ...fulfil.Units) fulfil.Parcel {
	t.Helper()
	out, err := w.Ship(AsShop(t, p.Merchant), fulfil.Ship{ID: p.ID, Carrier: "van", Units: units, RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func arrival(p fulfil.Parcel, at time.Time) []carrier.Fact {
	var out []carrier.Fact
	for _, s := range p.Shipments {
		out = append(out, carrier.Fact{Event: string(s.ID) + ".arrived", Tracking: s.Tracking, State: carrier.Arrived, At: at})
	}
	return out
}
