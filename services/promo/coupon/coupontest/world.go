// Package coupontest says exactly what coupons must do, wherever they run.
package coupontest

import (
	"context"
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
	"meadow/services/promo/coupon"
)

// Shop is coupons and what a test may do to the rest of the shop.
type Shop struct {
	Coupons coupon.Source
	Clock   *clock.Fake
	// Sweep does what is done every so often.
	Sweep func(context.Context) error
	// Bought announces that somebody has paid for something.
	Bought func(context.Context, id.User, id.Merchant) error
}

// Start is where the clock stands.
var Start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Neighbours are a catalogue and a front desk. The owner of mer_1 is usr_owner,
// who may do everything; usr_packer may do nothing.
type Neighbours struct {
	mu   sync.Mutex
	also map[id.User][]string // identities beside their own
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

// ProductsByID answers as catalog.Service does.
func (n *Neighbours) ProductsByID(_ context.Context, in catalog.ProductsByID) (catalog.ProductList, error) {
	var out catalog.ProductList
	for _, p := range in.IDs {
		if p != "prd_none" {
			out.Items = append(out.Items, catalog.Product{ID: p, Merchant: "mer_1", Category: "beauty"})
		}
	}
	return out, nil
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

// terms are 10 off from 50 on, for all that the shop has.
func terms() coupon.Terms {
	return coupon.Terms{
		Name: "Ten off", Tiers: []promo.Tier{{Over: money.CNY(50_00), Off: money.CNY(10_00)}},
		Total: 100, PerPerson: 1, ClaimFrom: Start, ClaimUntil: Start.Add(10 * 24 * time.Hour), ValidDays: 7,
	}
}

// started is a batch of mer_1 that can be claimed.
func started(t *testing.T, s Shop, change func(*coupon.Terms)) coupon.Batch {
	t.Helper()
	x := terms()
	if change != nil {
		change(&x)
	}
	b, err := s.Coupons.Draft(as(t, "usr_owner"), coupon.DraftBatch{Scope: promo.OfMerchant, Terms: x, RequestID: id.Secret()})
	must(t, err)
	b, err = s.Coupons.Start(as(t, "usr_owner"), coupon.ByBatch{ID: b.ID})
	must(t, err)
	return b
}

// claimed is a coupon of somebody.
func claimed(t *testing.T, s Shop, b coupon.Batch, user id.User) coupon.Coupon {
	t.Helper()
	c, err := s.Coupons.Claim(as(t, user), coupon.Claim{Batch: b.ID, RequestID: id.Secret()})
	must(t, err)
	return c
}

func lock(s Shop, order id.Order, buyer id.User, coupons ...coupon.Coupon) (promo.Lock, []promo.Use) {
	in := promo.Lock{Order: order, Buyer: buyer, Until: s.Clock.Now().Add(15 * time.Minute)}
	for _, c := range coupons {
		in.Uses = append(in.Uses, promo.Use{Kind: promo.Coupon, Rule: c.Batch, Ref: c.ID, N: 1, Amount: money.CNY(10_00)})
	}
	return in, in.Uses
}

func take(t *testing.T, s Shop, order id.Order, buyer id.User, coupons ...coupon.Coupon) error {
	in, uses := lock(s, order, buyer, coupons...)
	return s.Coupons.Lock(system(t), in, uses)
}

// counts checks a batch's own sum and returns its counts.
func counts(t *testing.T, s Shop, b coupon.Batch) coupon.Counts {
	t.Helper()
	got, err := s.Coupons.Batch(as(t, "usr_owner"), coupon.ByBatch{ID: b.ID})
	must(t, err)
	if got.Counts.Left+got.Counts.Claimed != got.Total {
		t.Errorf("%d left and %d claimed of %d", got.Counts.Left, got.Counts.Claimed, got.Total)
	}
	return got.Counts
}

func shelf(t *testing.T, s Shop, user id.User, state coupon.Shelf) []coupon.Coupon {
	t.Helper()
	var all []coupon.Coupon
	in := coupon.Mine{State: state}
	in.Limit = 2
	for {
		p, err := s.Coupons.Mine(as(t, user), in)
		must(t, err)
		all = append(all, p.Items...)
		if p.Next == "" {
			return all
		}
		in.After = p.Next
	}
}
