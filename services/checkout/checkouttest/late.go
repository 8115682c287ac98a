package checkouttest

import (
	"errors"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

var noAsk page.Ask

func testExpire(t *testing.T, s *stage) {
	p := s.product(t, 2)
	o := s.place(t, s.amy, p, 2, "")
	s.Advance(checkout.PayWithin + time.Second)
	s.until(t, s.amy, o, checkout.Expired)
	s.units(t, p, catalog.Stock{Received: 2, Available: 2})
}

func testLate(t *testing.T, s *stage) {
	p := s.product(t, 1)
	o := s.place(t, s.amy, p, 1, "")
	payment := s.begin(t, s.amy, o)
	s.Advance(checkout.PayWithin + checkout.HoldGrace + time.Second)
	s.until(t, s.amy, o, checkout.Expired)
	s.settle(t, payment)
	s.until(t, s.amy, o, checkout.Paid)
	s.units(t, p, catalog.Stock{Received: 1, Sold: 1})
}

func testTooLate(t *testing.T, s *stage) {
	p := s.product(t, 1)
	o := s.place(t, s.amy, p, 1, "")
	payment := s.begin(t, s.amy, o)
	s.Advance(checkout.PayWithin + time.Second)
	s.until(t, s.amy, o, checkout.Expired)
	s.units(t, p, catalog.Stock{Received: 1, Available: 1})
	faster := s.place(t, s.bob, p, 1, "")
	s.settle(t, s.begin(t, s.bob, faster))
	s.until(t, s.bob, faster, checkout.Paid)
	s.settle(t, payment)
	s.until(t, s.amy, o, checkout.Refunded)
	s.units(t, p, catalog.Stock{Received: 1, Sold: 1})
	s.balanced(t)
}

func testCancelledThenPaid(t *testing.T, s *stage) {
	p := s.product(t, 1)
	o := s.place(t, s.amy, p, 1, "")
	payment := s.begin(t, s.amy, o)
	must(t, second(s.Checkout.Cancel(s.amy.ctx, checkout.ByOrder{ID: o.ID})))
	s.settle(t, payment)
	s.until(t, s.amy, o, checkout.Refunded)
	s.units(t, p, catalog.Stock{Received: 1, Available: 1})
}

func testOldQuote(t *testing.T, s *stage) {
	p := s.product(t, 1)
	q, err := s.Checkout.Quote(s.amy.ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1}}})
	must(t, err)
	s.Advance(checkout.QuoteTTL + time.Second)
	_, err = s.Checkout.Place(s.amy.ctx, checkout.Place{Quote: q.ID, Address: s.amy.address, RequestID: id.Secret()})
	if !errors.Is(err, checkout.ErrNoSuchQuote) {
		t.Errorf("err = %v, want ErrNoSuchQuote", err)
	}
}

// testSilent has a webhook about a payment that nobody knows come first: it is
// taken and parked, and holds up nobody else's.
func testSilent(t *testing.T, s *stage) {
	o := s.place(t, s.amy, s.product(t, 1), 1, "")
	payment := s.begin(t, s.amy, o)
	must(t, s.tell(t, pay.Fact{Event: id.Secret(), Payment: "pay_unknown", Outcome: pay.Succeeded, Amount: o.Total, At: s.Now()}))
	s.settle(t, payment)
	s.until(t, s.amy, o, checkout.Paid)
}
