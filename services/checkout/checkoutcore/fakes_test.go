package checkoutcore

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/platform/rpc"
)

// till is a Core between a shelf and a provider that do as the test says.
type till struct {
	*Core
	clock  *clock.Fake
	shelf  *shelf
	bank   *bank
	offers *offers
}

// newBuyer is somebody with no open orders.
func newBuyer() id.User { return id.User("usr_" + id.Secret()) }

func newTill(t *testing.T, wrap func(docdb.Driver) docdb.Driver) *till {
	t.Helper()
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(t.Context(), "till", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
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
	x := &till{clock: k, shelf: &shelf{now: k.Now, orders: map[id.Order]*grip{}}, bank: &bank{now: k.Now, bills: map[id.Payment]*bill{}}, offers: newOffers()}
	x.Core, err = New(t.Context(), Deps{
		DB: driver, Jobs: runner, Now: k.Now, Log: log,
		Account: desk{}, Catalog: x.shelf, Creator: links{}, Promo: x.offers, Providers: []pay.Provider{x.bank},
		Fee: 500, Plans: UsualPlans, Return: "https://shop.example/orders/",
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// place puts one unit on the shelf and orders it.
func (x *till) place(t *testing.T) checkout.Order {
	t.Helper()
	ctx := as(t, newBuyer())
	x.shelf.add(1)
	q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	o, err := x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (x *till) begin(t *testing.T, o checkout.Order) checkout.Payment {
	t.Helper()
	p, err := x.Pay(as(t, o.Buyer), checkout.Pay{ID: o.ID, Provider: "bank", RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func as(t *testing.T, u id.User) context.Context {
	return actor.With(t.Context(), actor.Actor{User: u})
}

// desk knows one address.
type desk struct{ account.Desk }

func (desk) AddressFor(context.Context, account.AddressFor) (account.Snapshot, error) {
	return account.Snapshot{Address: "adr_home", Masked: account.Place{Name: "H", Region: "Zhejiang"}}, nil
}

// Identities are one mailbox's for every user whose name ends in a label.
func (desk) Identities(_ context.Context, in account.IdentitiesOf) (account.Identities, error) {
	name, _, _ := strings.Cut(string(in.User), "+")
	return account.Identities{Items: []string{name}}, nil
}

type links struct{ creator.Service }

// shelf is a catalogue of one SKU, which counts what is sold to whom.
type shelf struct {
	catalog.Service
	now clock.Now

	mu        sync.Mutex // guards what follows
	available int64
	orders    map[id.Order]*grip
	onSoldOut func() // runs after the next commit was refused
	goods     map[id.SKU]catalog.PricedSKU
	restocked map[string][]catalog.Units // by request
	busy      int                        // restockings to refuse
}

// grip is what an order has of the shelf.
type grip struct {
	state   string // "", held, sold, returned
	until   time.Time
	commits int // from not sold to sold
}

func (s *shelf) add(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.available += n
}

func (s *shelf) grip(o id.Order) grip {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.orders[o]; g != nil {
		return *g
	}
	return grip{}
}

func (s *shelf) forget(o id.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, o)
	s.available = 0
}

// steal buys what is left, for somebody else.
func (s *shelf) steal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.available = 0
}

func (s *shelf) Price(_ context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out catalog.Priced
	for _, sku := range in.SKUs {
		x, known := s.goods[sku]
		if !known {
			x = catalog.PricedSKU{Product: "prd_cup", Merchant: "mer_kiln", Title: "Cup", Price: money.CNY(19_900), Available: s.available}
		}
		if x.Title == "" {
			return out, catalog.ErrNotListed
		}
		x.SKU = sku
		out.Items = append(out.Items, x)
	}
	return out, nil
}

// Carriage costs 8.00 for each shop below 99.00.
func (s *shelf) Carriage(_ context.Context, in catalog.AskCarriage) (catalog.Carriages, error) {
	goods := map[id.Merchant]int64{}
	var shops []id.Merchant
	for _, l := range in.Lines {
		m := id.Merchant("mer_kiln")
		s.mu.Lock()
		if x, known := s.goods[l.SKU]; known {
			m = x.Merchant
		}
		s.mu.Unlock()
		if !slices.Contains(shops, m) {
			shops = append(shops, m)
		}
		goods[m] += l.Amount.Amount
	}
	var out catalog.Carriages
	for _, m := range shops {
		fee := money.CNY(0)
		if goods[m] < 9_900 {
			fee = money.CNY(800)
		}
		out.Items = append(out.Items, catalog.Carriage{Merchant: m, Shop: "Shop " + string(m), Fee: fee, Earliest: 1, Latest: 3})
	}
	return out, nil
}

func (s *shelf) Merchant(_ context.Context, in catalog.ByMerchant) (catalog.Merchant, error) {
	return catalog.Merchant{ID: in.ID, Name: "Shop " + string(in.ID)}, nil
}

func (s *shelf) RestockUnits(_ context.Context, in catalog.RestockUnits) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy > 0 {
		s.busy--
		return rpc.Empty{}, errBusy
	}
	if s.restocked == nil {
		s.restocked = map[string][]catalog.Units{}
	}
	s.restocked[in.RequestID] = in.Units
	return rpc.Empty{}, nil
}

func (s *shelf) Reserve(_ context.Context, in catalog.Reserve) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return rpc.Empty{}, s.hold(in)
}

func (s *shelf) hold(in catalog.Reserve) error {
	g := s.orders[in.Order]
	if g == nil {
		g = &grip{}
		s.orders[in.Order] = g
	}
	if g.state == "held" || g.state == "sold" {
		return nil
	}
	if g.state == "returned" || s.available < 1 {
		return catalog.ErrSoldOut
	}
	s.available--
	g.state, g.until = "held", in.Until
	return nil
}

func (s *shelf) Commit(_ context.Context, in catalog.Reserve) (rpc.Empty, error) {
	s.mu.Lock()
	err, f := s.hold(in), func() {}
	if err != nil && s.onSoldOut != nil {
		f, s.onSoldOut = s.onSoldOut, nil
	}
	if g := s.orders[in.Order]; err == nil && g.state == "held" {
		g.state = "sold"
		g.commits++
	}
	s.mu.Unlock()
	f()
	return rpc.Empty{}, err
}

func (s *shelf) Release(_ context.Context, in catalog.ByOrder) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.orders[in.Order]; g != nil && g.state == "held" {
		g.state = ""
		s.available++
	}
	return rpc.Empty{}, nil
}

func (s *shelf) Restock(_ context.Context, in catalog.ByOrder) (rpc.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch g := s.orders[in.Order]; {
	case g == nil:
	case g.state == "held":
		g.state = ""
		s.available++
	case g.state == "sold":
		g.state = "returned"
		s.available++
	}
	return rpc.Empty{}, nil
}

// bank is a provider that keeps books of its own.
type bank struct {
	now clock.Now

	mu    sync.Mutex // guards what follows
	bills map[id.Payment]*bill
	slow  bool // a refund is taken, and done later
	busy  int  // refunds to refuse before one is taken

	statement map[time.Time][]pay.Movement
}

type bill struct {
	amount  money.Money
	outcome pay.Outcome
	asked   bool // to refund
	refunds int
	parts   map[string]int64 // by refund
}

var _ pay.Provider = (*bank)(nil)

func (b *bank) Name() string { return "bank" }

func (b *bank) Begin(_ context.Context, in pay.Intent) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bills[in.Payment] == nil {
		b.bills[in.Payment] = &bill{amount: in.Amount, outcome: pay.Waiting}
	}
	return "https://bank.example/" + string(in.Payment), nil
}

func (b *bank) Read(body []byte, signature string) (f pay.Fact, err error) {
	if signature != "signed" {
		return f, pay.ErrSignature
	}
	return f, json.Unmarshal(body, &f)
}

func (b *bank) Query(_ context.Context, p id.Payment) (pay.Fact, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.bills[p]
	if x == nil {
		return pay.Fact{}, pay.ErrUnknown
	}
	return pay.Fact{Payment: p, Outcome: x.outcome, Amount: x.amount, At: b.now()}, nil
}

var errBusy = errs.New(errs.Unavailable, "bank_busy", "The bank is busy.")

func (b *bank) RefundPart(_ context.Context, in pay.PartBack) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy > 0 {
		b.busy--
		return errBusy
	}
	x := b.bills[in.Payment]
	if in.Amount != x.amount {
		return x.part(in)
	}
	if x.asked = true; !b.slow {
		x.pay()
	}
	return nil
}

// part sends some of it back, once for each refund.
func (x *bill) part(in pay.PartBack) error {
	if x.parts == nil {
		x.parts = map[string]int64{}
	}
	if _, done := x.parts[in.Refund]; done {
		return nil
	}
	sum := in.Amount.Amount
	for _, n := range x.parts {
		sum += n
	}
	if sum > x.amount.Amount {
		return pay.ErrTooMuch
	}
	x.parts[in.Refund] = in.Amount.Amount
	if sum == x.amount.Amount {
		x.outcome = pay.Refunded
	}
	return nil
}

func (b *bank) Statement(_ context.Context, day time.Time) ([]pay.Movement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statement[day], nil
}

// pay sends the money back, once.
func (x *bill) pay() {
	if x.outcome == pay.Succeeded {
		x.outcome = pay.Refunded
		x.refunds++
	}
}

// settle does the refunds that were taken and not done.
func (b *bank) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.bills {
		if x.asked {
			x.pay()
		}
	}
}

func (b *bank) set(p id.Payment, to pay.Outcome, amount money.Money) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bills[p].outcome, b.bills[p].amount = to, amount
}

func (b *bank) bill(p id.Payment) bill {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.bills[p]
}

func (b *bank) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bills, b.busy, b.slow = map[id.Payment]*bill{}, 0, false
}

// telling returns a fact as the bank sends it.
func telling(t *testing.T, f pay.Fact) checkout.Webhook {
	t.Helper()
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return checkout.Webhook{Provider: "bank", Signature: "signed", Body: body}
}
