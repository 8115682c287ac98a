package checkouttest

import (
	"errors"
	"sync"
	"testing"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// testRefund sends one unit of two back, by several tries at once, and then all
// that is left.
func testRefund(t *testing.T, s *stage) {
	p := s.product(t, 5)
	o := s.place(t, s.amy, p, 2, "")
	payment := s.begin(t, s.amy, o)
	s.settle(t, payment)
	s.until(t, s.amy, o, checkout.Paid)
	ctx := actor.AsSystem(t.Context(), "aftersale")
	in := checkout.AskRefund{Order: o.ID, Units: []checkout.RefundUnits{{N: 1}}, Reason: "faulty", Restock: true, RequestID: id.Secret()}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if r, err := s.Checkout.Refund(ctx, in); err != nil || r.Amount != money.CNY(19_900) {
				t.Errorf("%v, %v", r.Amount, err)
			}
		})
	}
	wg.Wait()
	s.units(t, p, catalog.Stock{Received: 5, Available: 4, Sold: 1})
	got := s.until(t, s.amy, o, checkout.Paid)
	if got.Back != money.CNY(19_900) || got.Lines[0].Returned != 1 {
		t.Errorf("back: %v, %+v", got.Back, got.Lines[0])
	}
	in.RequestID = id.Secret()
	must(t, second(s.Checkout.Refund(ctx, in)))
	if got = s.until(t, s.amy, o, checkout.Refunded); got.Back != got.Total {
		t.Errorf("%v back of %v", got.Back, got.Total)
	}
	in.RequestID = id.Secret()
	if _, err := s.Checkout.Refund(ctx, in); !errors.Is(err, checkout.ErrNotPaid) {
		t.Errorf("once more: %v, want ErrNotPaid", err)
	}
	bill, err := s.Sandbox.Bill(t.Context(), sandbox.ByBill{ID: payment.ID})
	must(t, err)
	if bill.Refunded != got.Total {
		t.Errorf("the provider sent %v back", bill.Refunded)
	}
	s.balanced(t)
}

func testCart(t *testing.T, s *stage) {
	p := s.product(t, 5)
	who := s.person(t, "carts")
	key := id.Secret()
	_, err := s.Checkout.PutInCart(t.Context(), checkout.PutInCart{Key: key, Choice: checkout.Choice{SKU: p.SKUs[0].ID, N: 2}})
	must(t, err)
	for range 2 {
		c, err := s.Checkout.JoinCart(who.ctx, checkout.ByCart{Key: key})
		must(t, err)
		if c.Count != 2 || len(c.Shops) != 1 || c.Shops[0].Shop == "" || c.Shops[0].Lines[0].Left != 5 {
			t.Errorf("%+v", c)
		}
	}
	c, err := s.Checkout.Cart(t.Context(), checkout.ByCart{Key: key})
	must(t, err)
	if c.Count != 0 {
		t.Errorf("the visitor keeps %+v", c)
	}
}
