package shopper

import (
	"context"
	"net/http"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
)

// SignUp makes an account.
func (p *Person) SignUp(ctx context.Context, name string) error {
	err := Insist(ctx, func() error {
		return p.Do(ctx, http.MethodPost, "/account/sign-up", "", account.SignUp{
			Login: name + "." + id.Secret()[:12] + "@example.com", Password: "correct horse battery", Name: name,
		}, nil)
	})
	if err != nil {
		return err
	}
	return Insist(ctx, func() error { return p.hello(ctx) })
}

// Enter signs in as the operator by a one-time link's token.
func (p *Person) Enter(ctx context.Context, token string) error {
	if err := p.Do(ctx, http.MethodPost, "/account/enter", "", account.Enter{Token: token}, nil); err != nil {
		return err
	}
	return p.hello(ctx)
}

// Address gives the person an address and returns its id.
func (p *Person) Address(ctx context.Context) (id.Address, error) {
	var out account.Address
	err := Insist(ctx, func() error {
		return p.Do(ctx, http.MethodPost, "/account/addresses", "", account.AddAddress{Place: account.Place{
			Name: "Han Meimei", Phone: "+8613800138000", Region: "Zhejiang", City: "Hangzhou", Line: "8 Lakeside Road",
		}}, &out)
	})
	return out.ID, err
}

// OpenShop makes the person a merchant.
func (p *Person) OpenShop(ctx context.Context) error {
	if err := p.Do(ctx, http.MethodPost, "/merchants", "", catalog.OpenShop{Name: "Load & Sons"}, nil); err != nil {
		return err
	}
	return p.hello(ctx)
}

// BecomeCreator lets the person publish.
func (p *Person) BecomeCreator(ctx context.Context) error {
	return p.Do(ctx, http.MethodPost, "/account/creator", "", account.BecomeCreator{AcceptTerms: true}, nil)
}

// Product puts something on sale at 199.00 with so many units.
func (p *Person) Product(ctx context.Context, stock int64) (catalog.Product, error) {
	var out catalog.Product
	cover, err := p.Upload(ctx, "product")
	if err != nil {
		return out, err
	}
	err = p.Do(ctx, http.MethodPost, "/products", id.Secret(), catalog.Sheet{
		Title: "Celadon cup", Category: "home", Commission: 1500,
		Facts:    []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: cover, Alt: "A cup"}},
		SKUs:     []catalog.NewSKU{{Price: money.CNY(19_900)}},
	}, &out)
	if err == nil {
		err = p.Do(ctx, http.MethodPost, "/products/"+string(out.ID)+"/list", "", nil, &out)
	}
	if err == nil && stock > 0 {
		err = p.Do(ctx, http.MethodPost, "/skus/"+string(out.SKUs[0].ID)+"/stock", id.Secret(), map[string]any{"by": stock, "reason": "delivery"}, nil)
	}
	return out, err
}

// Post publishes a post that tags a product, and returns its purchase link. Its
// title is its own: moderation holds back what is said again and again, and what
// one person posts after ten within an hour.
func (p *Person) Post(ctx context.Context, product id.Product) (creator.Post, error) {
	var out creator.Post
	cover, err := p.Upload(ctx, "post")
	if err != nil {
		return out, err
	}
	err = p.Do(ctx, http.MethodPost, "/posts", id.Secret(), creator.DraftContent{
		Title: "A cup I keep coming back to: " + id.Secret()[:12], Lang: "en", Ad: true,
		Pictures: []picture.Wanted{{ID: cover, Alt: "A cup"}}, Tags: []creator.NewTag{{Product: product, X: 5000, Y: 5000}},
	}, &out)
	return out, err
}

// Buying is one attempt to buy, step by step. Every step may be repeated: the
// keys stay.
type Buying struct {
	Person  *Person
	SKU     id.SKU
	Link    string
	Address id.Address
	Ask     *checkout.Ask // what is bought; nil is one of SKU by Link

	placeKey, payKey string
	quote            checkout.Quote
	Order            checkout.Order
	Payment          checkout.Payment
}

// Buy returns an attempt of the person's to buy one.
func (p *Person) Buy(sku id.SKU, link string, to id.Address) *Buying {
	return &Buying{Person: p, SKU: sku, Link: link, Address: to, placeKey: id.Secret(), payKey: id.Secret()}
}

// Place quotes and places.
func (b *Buying) Place(ctx context.Context) error {
	if b.quote.ID == "" {
		ask := b.Ask
		if ask == nil {
			ask = &checkout.Ask{Lines: []checkout.Choice{{SKU: b.SKU, N: 1, Link: b.Link}}}
		}
		err := b.Person.Do(ctx, http.MethodPost, "/quotes", "", ask, &b.quote)
		if err != nil {
			return err
		}
	}
	return b.Person.Do(ctx, http.MethodPost, "/orders", b.placeKey, checkout.Place{Quote: b.quote.ID, Address: b.Address}, &b.Order)
}

// Pay starts a payment and pays on the sandbox provider's page.
func (b *Buying) Pay(ctx context.Context) error {
	err := b.Person.Do(ctx, http.MethodPost, "/orders/"+string(b.Order.ID)+"/payments", b.payKey, checkout.Pay{Provider: "sandbox"}, &b.Payment)
	if err != nil {
		return err
	}
	return b.Person.Do(ctx, http.MethodPost, "/sandbox/bills/"+string(b.Payment.ID)+"/settle", "", map[string]any{"pay": true}, nil)
}

// Look reads the order.
func (b *Buying) Look(ctx context.Context) (checkout.State, error) {
	err := b.Person.Do(ctx, http.MethodGet, "/orders/"+string(b.Order.ID), "", nil, &b.Order)
	return b.Order.State, err
}
