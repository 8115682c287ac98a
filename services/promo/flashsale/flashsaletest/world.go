// Package flashsaletest says exactly what flash sales must do, wherever they
// run.
package flashsaletest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

// Shop is flash sales and what a test may do to the rest of the shop.
type Shop struct {
	Sales flashsale.Source
	Clock *clock.Fake
	// Sweep does what is done every so often.
	Sweep func(context.Context) error
}

// Start is where the clock stands.
var Start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Neighbours are a catalogue, a front desk and groups. usr_owner sells for mer_1
// and usr_rival for mer_2; SKUs cost 100, and those of the rival begin with
// sku_r. Group grp_1 has usr_amy.
type Neighbours struct {
	mu   sync.Mutex
	also map[id.User][]string
}

// Same makes two users share a mailbox.
func (n *Neighbours) Same(a, b id.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.also == nil {
		n.also = map[id.User][]string{}
	}
	shared := "box_" + string(a)
	n.also[a], n.also[b] = append(n.also[a], shared), append(n.also[b], shared)
}

// Identities answers as account.Desk does.
func (n *Neighbours) Identities(_ context.Context, in account.IdentitiesOf) (account.Identities, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return account.Identities{Items: append([]string{"tel_" + string(in.User)}, n.also[in.User]...)}, nil
}

// May answers as catalog.Service does.
func (n *Neighbours) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	return catalog.Allowed{Yes: in.User == "usr_owner" && in.Merchant == "mer_1" || in.User == "usr_rival" && in.Merchant == "mer_2"}, nil
}

// Price answers as catalog.Service does.
func (n *Neighbours) Price(_ context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	var out catalog.Priced
	for _, s := range in.SKUs {
		shop := id.Merchant("mer_1")
		if strings.HasPrefix(string(s), "sku_r") {
			shop = "mer_2"
		}
		out.Items = append(out.Items, catalog.PricedSKU{SKU: s, Product: id.Product("prd_" + s[len(s)-1:]), Merchant: shop, Price: money.CNY(100_00)})
	}
	return out, nil
}

// Member answers who is in a group.
func (n *Neighbours) Member(_ context.Context, group string, user id.User) (bool, error) {
	return group == "grp_1" && user == "usr_amy", nil
}

func as(t *testing.T, user id.User) context.Context {
	a := actor.Actor{User: user}
	switch user {
	case "usr_owner", "usr_packer":
		a.Merchant, a.Roles = "mer_1", []actor.Role{actor.Merchant}
	case "usr_rival":
		a.Merchant, a.Roles = "mer_2", []actor.Role{actor.Merchant}
	case "usr_op":
		a.Roles = []actor.Role{actor.Operator}
	}
	return actor.With(t.Context(), a)
}

func system(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "promo") }

// plan is an hour from now on, sku_1 at 60 for n, limit for one person.
func plan(n, limit int64) flashsale.Plan {
	return flashsale.Plan{Name: "Noon", Start: Start, End: Start.Add(time.Hour), Items: []flashsale.Allotment{
		{SKU: "sku_1", Price: money.CNY(60_00), N: n, Limit: limit},
	}}
}

// started is a sale of mer_1 in its window.
func started(t *testing.T, s Shop, p flashsale.Plan) flashsale.Sale {
	t.Helper()
	x, err := s.Sales.Draft(as(t, "usr_owner"), flashsale.DraftSale{Plan: p, RequestID: id.Secret()})
	must(t, err)
	x, err = s.Sales.Start(as(t, "usr_owner"), flashsale.BySale{ID: x.ID})
	must(t, err)
	return x
}

// take locks n places of sku_1 for a quarter of an hour.
func take(t *testing.T, s Shop, order id.Order, buyer id.User, x flashsale.Sale, n int64) error {
	uses := []promo.Use{{Kind: promo.Flash, Rule: x.ID, SKU: "sku_1", N: n, Amount: money.CNY(40_00 * n)}}
	return s.Sales.Lock(system(t), promo.Lock{Order: order, Buyer: buyer, Uses: uses, Until: s.Clock.Now().Add(15 * time.Minute)}, uses)
}

// counts checks the sum of every allotment and returns the first's.
func counts(t *testing.T, s Shop, x flashsale.Sale) flashsale.Count {
	t.Helper()
	got, err := s.Sales.Sale(as(t, "usr_owner"), flashsale.BySale{ID: x.ID})
	must(t, err)
	for i, n := range got.Counts {
		if n.Left < 0 || n.Held < 0 || n.Sold < 0 || n.Left+n.Held+n.Sold != got.Items[i].N {
			t.Errorf("%+v of %d", n, got.Items[i].N)
		}
	}
	return got.Counts[0]
}

func is(t *testing.T, what string, got flashsale.Count, left, held, sold int64) {
	t.Helper()
	if got.Left != left || got.Held != held || got.Sold != sold {
		t.Errorf("%s: %d left, %d held, %d sold; want %d, %d, %d", what, got.Left, got.Held, got.Sold, left, held, sold)
	}
}
