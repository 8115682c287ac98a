package aftersalecore

import (
	"testing"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/kernel/money"
)

// TestAnOfferIsWhatTheTillGivesBack has three cups of 10.01 with 8.00 of
// shipping, of which something went back before.
func TestAnOfferIsWhatTheTillGivesBack(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name           string
		returned       int64
		back, shipping int64 // went back before, and what of it was shipping
		n              int64
		faulty         bool
		goods, carried int64
	}{
		{"one of three", 0, 0, 0, 1, false, 1001, 0},
		{"all three", 0, 0, 0, 3, false, 3003, 800},
		{"a faulty one", 0, 0, 0, 1, true, 1001, 800},
		{"the rest, once a faulty one brought the shipping", 1, 1801, 800, 2, false, 2002, 0},
		{"a faulty one, after one that was not", 1, 1001, 0, 1, true, 1001, 800},
		{"the last, after two that were not", 2, 2002, 0, 1, false, 1001, 800},
		{"all, after money for goods that stayed", 0, 500, 0, 3, false, 2503, 800},
	} {
		of := money.CNY
		o := checkout.Order{State: checkout.Paid, Sum: checkout.Sum{Total: of(3803)}, Back: of(row.back), Lines: []checkout.Line{{
			Merchant: "mer_a", N: 3, Amount: of(3003), Saved: of(0), Shipping: of(800), Tax: of(0), Due: of(3803),
			Returned: row.returned, Back: of(row.back), ShippingBack: of(row.shipping),
		}}}
		got := offerOf(o, "mer_a", []aftersale.Units{{Line: 0, N: row.n}}, row.faulty)
		if got.Shipping != of(row.carried) || got.Amount != of(row.goods+row.carried) {
			t.Errorf("%s: %v with %v of shipping, want %d and %d", row.name, got.Amount, got.Shipping, row.goods+row.carried, row.carried)
		}
	}
}
