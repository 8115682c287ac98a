// Package aftersaletest says what after-sale promises: whose units are whose,
// who decides and by when, and that money goes back once.
package aftersaletest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/media"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
)

// World is one shop's after-sale and what stands around it.
type World struct {
	aftersale.Service
	Clock *clock.Fake
	Till  *Till
	Yard  *Yard
	Shelf *Shelf
	// Work goes on with whatever is due.
	Work func(ctx context.Context) error
}

// Till knows orders and pays back, each request once and never more than was
// paid.
type Till struct {
	checkout.Service
	mu      sync.Mutex // guards what follows
	orders  map[id.Order]*checkout.Order
	refunds map[string]checkout.Refund
	asks    map[string]checkout.AskRefund
	slow    bool
	busy    int
}

// NewTill returns a till without orders.
func NewTill() *Till {
	return &Till{orders: map[id.Order]*checkout.Order{}, refunds: map[string]checkout.Refund{}, asks: map[string]checkout.AskRefund{}}
}

func (x *Till) Order(ctx context.Context, in checkout.ByOrder) (checkout.Order, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.orders[in.ID]
	if o == nil || o.Buyer != actor.From(ctx).User {
		return checkout.Order{}, checkout.ErrNoSuchOrder
	}
	out := *o
	out.Lines = slices.Clone(o.Lines)
	return out, nil
}

// Delivery tells the shop's own parts of an order.
func (x *Till) Delivery(ctx context.Context, in fulfil.ByOrder) (fulfil.Delivery, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.orders[in.ID]
	if o == nil || actor.From(ctx).System == "" {
		return fulfil.Delivery{}, checkout.ErrNoSuchOrder
	}
	out := *o
	out.Lines = slices.Clone(o.Lines)
	return fulfil.Delivery{Order: out}, nil
}

// ErrBank is a fault that passes.
var ErrBank = errs.New(errs.Unavailable, "test_bank_busy", "The bank is busy.")

func (x *Till) Refund(_ context.Context, in checkout.AskRefund) (checkout.Refund, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.busy > 0 {
		x.busy--
		return checkout.Refund{}, ErrBank
	}
	if r, ok := x.refunds[in.RequestID]; ok {
		r.Done = !x.slow
		return r, nil
	}
	o := x.orders[in.Order]
	var amount int64
	for _, u := range in.Units {
		l := &o.Lines[u.Line]
		if l.Returned+u.N > l.N {
			return checkout.Refund{}, checkout.ErrTooMuch
		}
		if u.N > 0 {
			amount += l.Due.Amount/l.N*u.N + last(*l, u.N)
		}
	}
	if in.Amount.Amount > 0 {
		amount = in.Amount.Amount
	}
	if o.Back.Amount+amount > o.Total.Amount {
		return checkout.Refund{}, checkout.ErrTooMuch
	}
	for _, u := range in.Units {
		o.Lines[u.Line].Returned += u.N
	}
	o.Back = money.CNY(o.Back.Amount + amount)
	r := checkout.Refund{ID: "rfd_" + in.RequestID, Order: in.Order, Amount: money.CNY(amount), Restock: in.Restock}
	x.refunds[in.RequestID], x.asks[in.RequestID] = r, in
	r.Done = !x.slow
	return r, nil
}

// last is what rounding left for the last unit of a line.
func last(l checkout.Line, n int64) int64 {
	if l.Returned+n == l.N {
		return l.Due.Amount % l.N
	}
	return 0
}

// Slow makes refunds wait for the provider; Busy makes the next n asks fail.
func (x *Till) Slow(on bool) { x.mu.Lock(); defer x.mu.Unlock(); x.slow = on }
func (x *Till) Busy(n int)   { x.mu.Lock(); defer x.mu.Unlock(); x.busy = n }

// Back is what an order paid back, and by how many refunds.
func (x *Till) Back(o id.Order) (amount int64, refunds int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.refunds {
		if r.Order == o {
			refunds++
		}
	}
	return x.orders[o].Back.Amount, refunds
}

// Ask is what was asked for an after-sale.
func (x *Till) Ask(a id.AfterSale) (checkout.AskRefund, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	in, ok := x.asks[string(a)]
	return in, ok
}

// Sell makes a paid order of one shop, a line for each number of units; a unit
// costs 10.01 and the last line bears 8.00 of shipping.
func (x *Till) Sell(y *Yard, now time.Time, ns ...int64) checkout.Order {
	o := checkout.Order{ID: id.Order("ord_" + id.Secret()), Buyer: id.User("usr_" + id.Secret()), State: checkout.Paid, PaidAt: now}
	p := fulfil.Parcel{ID: fulfil.ParcelID(o.ID, "mer_a"), Order: o.ID, Merchant: "mer_a", Buyer: o.Buyer, State: fulfil.Waiting, PaidAt: now}
	for i, n := range ns {
		l := checkout.Line{SKU: "sku_cup", Product: "prd_cup", Merchant: "mer_a", N: n, Amount: money.CNY(1_001 * n), Due: money.CNY(1_001 * n)}
		if i == len(ns)-1 {
			l.Shipping = money.CNY(800)
			l.Due.Amount += 800
		}
		o.Lines = append(o.Lines, l)
		p.Lines = append(p.Lines, fulfil.Line{Index: i, SKU: l.SKU, N: n})
		o.Total = money.CNY(o.Total.Amount + l.Due.Amount)
	}
	x.mu.Lock()
	kept := o
	kept.Lines = slices.Clone(o.Lines)
	x.orders[o.ID] = &kept
	x.mu.Unlock()
	y.mu.Lock()
	y.parcels[o.ID] = []*fulfil.Parcel{&p}
	y.mu.Unlock()
	return o
}

// Yard is fulfilment that does as it is told.
type Yard struct {
	fulfil.Service
	mu      sync.Mutex // guards what follows
	parcels map[id.Order][]*fulfil.Parcel
	drops   map[string]bool
}

// NewYard returns a yard without parcels.
func NewYard() *Yard {
	return &Yard{parcels: map[id.Order][]*fulfil.Parcel{}, drops: map[string]bool{}}
}

func (y *Yard) OfOrder(_ context.Context, in fulfil.ByOrder) (fulfil.ParcelList, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	var out fulfil.ParcelList
	for _, p := range y.parcels[in.ID] {
		c := *p
		c.Lines = slices.Clone(p.Lines)
		out.Items = append(out.Items, c)
	}
	return out, nil
}

func (y *Yard) Drop(_ context.Context, in fulfil.Drop) (fulfil.Parcel, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	p := y.parcels[in.Order][0]
	if y.drops[in.RequestID] {
		return *p, nil
	}
	for _, u := range in.Units {
		if l := p.Lines[u.Line]; l.N-l.Sent-l.Dropped < u.N {
			return fulfil.Parcel{}, fulfil.ErrNotToSend
		}
	}
	for _, u := range in.Units {
		p.Lines[u.Line].Dropped += u.N
	}
	y.drops[in.RequestID] = true
	return *p, nil
}

func (y *Yard) Instead(_ context.Context, in fulfil.Instead) (fulfil.Parcel, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for o, all := range y.parcels {
		if all[0].ID != in.Parcel {
			continue
		}
		for _, p := range all {
			if p.For == in.AfterSale {
				return *p, nil
			}
		}
		p := &fulfil.Parcel{ID: id.Parcel("pcl_" + id.Secret()), For: in.AfterSale, Order: o, Merchant: all[0].Merchant, State: fulfil.Waiting}
		y.parcels[o] = append(all, p)
		return *p, nil
	}
	return fulfil.Parcel{}, fulfil.ErrNoSuchParcel
}

// Send sends all that is left of an order, and has it received if returnBy is
// given.
func (y *Yard) Send(o id.Order, returnBy time.Time) {
	y.mu.Lock()
	defer y.mu.Unlock()
	p := y.parcels[o][0]
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Sent = l.N - l.Dropped
	}
	p.State = fulfil.Shipped
	if !returnBy.IsZero() {
		p.State, p.ReturnBy = fulfil.Received, returnBy
	}
}

// SendSome sends n units of an order's first line.
func (y *Yard) SendSome(o id.Order, n int64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	p := y.parcels[o][0]
	p.Lines[0].Sent += n
	p.State = fulfil.Partly
}

// Dropped is how many units of an order are not sent, Again how many parcels were
// sent instead.
func (y *Yard) Dropped(o id.Order) (n int64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, l := range y.parcels[o][0].Lines {
		n += l.Dropped
	}
	return n
}

func (y *Yard) Again(o id.Order) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.parcels[o]) - 1
}

// Shelf is a catalogue of one SKU, and of who works where: whoever is named
// after a merchant, as usr_<merchant>.
type Shelf struct {
	catalog.Service
	mu        sync.Mutex // guards what follows
	Available int64
	taken     map[id.Order]bool
	restocked map[string]bool
	bought    map[id.Order]int64 // units that may come back; of an order that is not there, any number
}

// NewShelf returns a shelf with nothing on it.
func NewShelf() *Shelf {
	return &Shelf{taken: map[id.Order]bool{}, restocked: map[string]bool{}, bought: map[id.Order]int64{}}
}

// Sell says how many units an order took.
func (s *Shelf) Sell(o id.Order, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bought[o] = n
}

func (*Shelf) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	return catalog.Allowed{Yes: string(in.User) == "usr_"+string(in.Merchant) && (in.Duty == "" || in.Duty == catalog.DoRefunds)}, nil
}

func (s *Shelf) Reserve(_ context.Context, in catalog.Reserve) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[in.Order] {
		return rpc.Empty{}, nil
	}
	if s.Available < in.Units[0].N {
		return rpc.Empty{}, catalog.ErrSoldOut
	}
	s.Available -= in.Units[0].N
	s.taken[in.Order], s.bought[in.Order] = true, in.Units[0].N
	return rpc.Empty{}, nil
}

func (s *Shelf) Commit(context.Context, catalog.Reserve) (rpc.Empty, error) { return rpc.Empty{}, nil }

func (s *Shelf) RestockUnits(_ context.Context, in catalog.RestockUnits) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := string(in.Order) + in.RequestID; !s.restocked[key] {
		if left, known := s.bought[in.Order]; known {
			if left < in.Units[0].N {
				return rpc.Empty{}, catalog.ErrNotBought
			}
			s.bought[in.Order] -= in.Units[0].N
		}
		s.restocked[key] = true
		s.Available += in.Units[0].N
	}
	return rpc.Empty{}, nil
}

// Left is how many units there are.
func (s *Shelf) Left() int64 { s.mu.Lock(); defer s.mu.Unlock(); return s.Available }

// Album has every picture that begins with med_.
type Album struct{ media.Service }

func (Album) Claim(_ context.Context, in media.ClaimIn) (media.Pictures, error) {
	var out media.Pictures
	for _, m := range in.IDs {
		if len(m) < 4 || m[:4] != "med_" {
			return out, media.ErrNoSuchPicture
		}
		out.Items = append(out.Items, media.Picture{ID: m, Owner: in.Owner})
	}
	return out, nil
}

func as(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u})
}

func shop(t *testing.T, m id.Merchant) context.Context {
	return actor.With(t.Context(), actor.Actor{User: id.User("usr_" + string(m)), Merchant: m, Roles: []actor.Role{actor.Merchant}})
}

func operator(t *testing.T) context.Context {
	return actor.With(t.Context(), actor.Actor{User: "usr_op", Roles: []actor.Role{actor.Operator}})
}

// pass moves the clock, and does what is due then.
func (w *World) pass(t *testing.T, d time.Duration) {
	t.Helper()
	w.Clock.Advance(d)
	if err := w.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Put makes an order known that was sold elsewhere.
func (x *Till) Put(o checkout.Order) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o.Lines = slices.Clone(o.Lines)
	x.orders[o.ID] = &o
}
