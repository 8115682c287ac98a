// Package checkouttest says what checkout promises, as a suite that runs over
// every way the shop can be cut into processes.
package checkouttest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/ledger"
)

// Shop is a running shop as the gateway sees it.
type Shop struct {
	Account  account.Service
	Catalog  catalog.Service
	Creator  creator.Service
	Checkout checkout.Service
	Ledger   ledger.Service
	Sandbox  sandbox.Service
	// Advance moves the clock of every process.
	Advance func(time.Duration)
	// Picture makes a finished picture that belongs to owner.
	Picture func(t *testing.T, owner id.User) id.Media
	// SandboxKey signs the provider's webhooks.
	SandboxKey []byte
	Now        func() time.Time
}

// person is somebody signed in.
type person struct {
	ctx     context.Context
	user    id.User
	address id.Address
}

// stage is a shop with people and one product in it. A test adds to it what is
// its own, so that tests can run at once.
type stage struct {
	Shop
	merchant, creator, amy, bob person
}

var names sync.Map // of a test, so that logins are unique within a process

func newStage(t *testing.T, s Shop) *stage {
	t.Helper()
	st := &stage{Shop: s}
	st.merchant, st.creator = st.person(t, "merchant"), st.person(t, "creator")
	st.amy, st.bob = st.person(t, "amy"), st.person(t, "bob")
	must(t, second(s.Catalog.OpenShop(st.merchant.ctx, catalog.OpenShop{Name: "Clay & Co"})))
	must(t, second(s.Account.BecomeCreator(st.creator.ctx, account.BecomeCreator{AcceptTerms: true})))
	st.merchant.ctx, st.creator.ctx = st.again(t, st.merchant), st.again(t, st.creator)
	return st
}

// person signs somebody up and gives them an address.
func (s *stage) person(t *testing.T, name string) person {
	t.Helper()
	n, _ := names.LoadOrStore(name, new(counter))
	login := fmt.Sprintf("%s.%d@example.com", name, n.(*counter).next())
	signed, err := s.Account.SignUp(t.Context(), account.SignUp{Login: login, Password: "correct horse battery", Name: name})
	must(t, err)
	p := person{user: signed.User.ID}
	a, err := s.Account.Resolve(actor.AsSystem(t.Context(), "test"), account.Resolve{Token: signed.Token})
	must(t, err)
	p.ctx = actor.With(t.Context(), a)
	address, err := s.Account.AddAddress(p.ctx, account.AddAddress{Place: account.Place{
		Name: "Li Lei", Phone: "+8613800138000", Region: "Shanghai", City: "Shanghai", District: "Xuhui", Line: "1 Anfu Road", Postcode: "200031",
	}})
	must(t, err)
	p.address = address.ID
	return p
}

// again is a person's context after their roles have changed.
func (s *stage) again(t *testing.T, p person) context.Context {
	t.Helper()
	me, err := s.Account.Me(p.ctx, struct{}{})
	must(t, err)
	return actor.With(t.Context(), actor.Actor{User: me.ID, Roles: me.Roles, Merchant: me.Merchant})
}

// product puts something on sale at 199.00, commission 15 %.
func (s *stage) product(t *testing.T, stock int64) catalog.Product {
	t.Helper()
	media := s.Picture(t, s.merchant.user)
	p, err := s.Catalog.Draft(s.merchant.ctx, catalog.DraftProduct{RequestID: id.Secret(), Sheet: catalog.Sheet{
		Title: "Celadon cup", Category: "home", Commission: 1500,
		Facts:    []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: media, Alt: "A green cup"}},
		SKUs:     []catalog.NewSKU{{Price: money.CNY(19_900)}},
	}})
	must(t, err)
	p, err = s.Catalog.List(s.merchant.ctx, catalog.ByProduct{ID: p.ID})
	must(t, err)
	if stock > 0 {
		_, err = s.Catalog.Adjust(s.merchant.ctx, catalog.Adjust{ID: p.SKUs[0].ID, By: stock, Reason: "delivery", RequestID: id.Secret()})
		must(t, err)
	}
	return p
}

// link publishes a post that tags p and returns its purchase link.
func (s *stage) link(t *testing.T, p catalog.Product) string {
	t.Helper()
	post, err := s.Creator.Publish(s.creator.ctx, creator.Publish{RequestID: id.Secret(), DraftContent: creator.DraftContent{
		Title: "My new cup", Pictures: []picture.Wanted{{ID: s.Picture(t, s.creator.user)}},
		Tags: []creator.NewTag{{Product: p.ID, X: 5000, Y: 5000}}, Ad: true, Lang: "en",
	}})
	must(t, err)
	return post.Tags[0].Link
}

// place quotes and places n of p.
func (s *stage) place(t *testing.T, who person, p catalog.Product, n int64, link string) checkout.Order {
	t.Helper()
	o, err := s.tryPlace(t, who, p, n, link, id.Secret())
	must(t, err)
	return o
}

func (s *stage) tryPlace(t *testing.T, who person, p catalog.Product, n int64, link, request string) (checkout.Order, error) {
	q, err := s.Checkout.Quote(who.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: n, Link: link}}})
	if err != nil {
		return checkout.Order{}, err
	}
	return s.Checkout.Place(who.ctx, checkout.Place{Quote: q.ID, Address: who.address, RequestID: request})
}

// begin starts a payment with the sandbox.
func (s *stage) begin(t *testing.T, who person, o checkout.Order) checkout.Payment {
	t.Helper()
	p, err := s.Checkout.Pay(who.ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: id.Secret()})
	must(t, err)
	return p
}

// settle pays a bill on the provider's page.
func (s *stage) settle(t *testing.T, p checkout.Payment) {
	t.Helper()
	must(t, second(s.Sandbox.Settle(t.Context(), sandbox.Settle{ID: p.ID, Pay: true})))
}

// tell sends a signed webhook.
func (s *stage) tell(t *testing.T, f pay.Fact) error {
	body := encode(t, f)
	_, err := s.Checkout.Webhook(actor.AsSystem(t.Context(), "test"), checkout.Webhook{
		Provider: sandbox.Name, Body: body, Signature: sandbox.Sign(s.SandboxKey, s.Now(), body),
	})
	return err
}

// until waits for an order to come to a state.
func (s *stage) until(t *testing.T, who person, o checkout.Order, want checkout.State) checkout.Order {
	t.Helper()
	var got checkout.Order
	eventually(t, func() bool {
		var err error
		got, err = s.Checkout.Order(who.ctx, checkout.ByOrder{ID: o.ID})
		must(t, err)
		return got.State == want
	}, func() string { return fmt.Sprintf("order is %s, want %s", got.State, want) })
	return got
}

// units waits for a SKU's numbers.
func (s *stage) units(t *testing.T, p catalog.Product, want catalog.Stock) {
	t.Helper()
	want.SKU = p.SKUs[0].ID
	var got catalog.Stock
	eventually(t, func() bool {
		var err error
		got, err = s.Catalog.Stock(s.merchant.ctx, catalog.BySKU{ID: want.SKU})
		must(t, err)
		return got == want
	}, func() string { return fmt.Sprintf("stock is %+v, want %+v", got, want) })
}

// held waits for what the creator has earned.
func (s *stage) held(t *testing.T, want money.Money) {
	t.Helper()
	var got ledger.Balance
	eventually(t, func() bool {
		var err error
		got, err = s.Ledger.Held(s.creator.ctx, ledger.Owner{})
		must(t, err)
		return got.Held == want
	}, func() string { return fmt.Sprintf("creator holds %v, want %v", got.Held, want) })
}

// balanced checks that no money was made or lost, in the whole shop.
func (s *stage) balanced(t *testing.T) {
	t.Helper()
	trial, err := s.Ledger.TrialBalance(actor.AsSystem(t.Context(), "test"), ledger.Whole{})
	must(t, err)
	for currency, sum := range trial.Sums {
		if sum != 0 {
			t.Errorf("the ledger sums to %d %s, want 0", sum, currency)
		}
	}
}
