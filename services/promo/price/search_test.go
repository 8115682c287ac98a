package price_test

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/price"
)

// crowd is five shops of ten lines each with a campaign, and somebody who owns
// too many coupons.
func crowd() (promo.PriceAsk, []promo.Rule) {
	in := promo.PriceAsk{Best: true}
	var rules []promo.Rule
	all := []int{}
	for i := range 50 {
		in.Lines = append(in.Lines, promo.Line{SKU: id.SKU(fmt.Sprint("sku", i)), Merchant: shop(i % 5), N: 1, Price: money.CNY(int64(1_000 + 777*i))})
		all = append(all, i)
	}
	for s := range 5 {
		rules = append(rules, promo.Rule{ID: fmt.Sprint("campaign", s), Kind: promo.Reduction, Scope: promo.OfMerchant, Merchant: shop(s), Lines: all, Tiers: []promo.Tier{{Over: money.CNY(5_000), Off: money.CNY(500)}}})
		for c := range 10 {
			rules = append(rules, promo.Rule{
				ID: fmt.Sprint("coupon", s, c), Kind: promo.Coupon, Scope: promo.OfMerchant, Merchant: shop(s), Lines: all[:50-c], Limited: true,
				Tiers: []promo.Tier{{Over: money.CNY(int64(1_000 * c)), Off: money.CNY(int64(300 + 100*((c*7)%10)))}}, Alone: c == 3,
			})
		}
	}
	for c := range 10 {
		rules = append(rules, promo.Rule{ID: fmt.Sprint("platform", c), Kind: promo.Coupon, Scope: promo.OfPlatform, Lines: all, Limited: true, Tiers: []promo.Tier{{Rate: money.Rate(100 + 10*c)}}})
	}
	return in, rules
}

func TestACrowdOfCouponsIsPricedInTime(t *testing.T) {
	t.Parallel()
	in, rules := crowd()
	began := time.Now()
	p, err := price.Quote(in, rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rules over %d lines in %v, %d savings, %v saved", len(rules), len(in.Lines), time.Since(began), len(p.Savings), p.Saved)
	if len(p.Savings) < 11 || p.Goods.Amount-p.Saved.Amount != p.Total.Amount {
		t.Fatalf("%d savings, %v of %v", len(p.Savings), p.Saved, p.Goods)
	}
}

func BenchmarkQuote(b *testing.B) {
	in := promo.PriceAsk{Best: true, Lines: []promo.Line{
		{SKU: "a", Merchant: "A", N: 2, Price: money.CNY(9_900)}, {SKU: "b", Merchant: "B", N: 1, Price: money.CNY(15_000)},
	}, Carries: []promo.Carry{{Merchant: "A", Fee: money.CNY(800)}, {Merchant: "B", Fee: money.CNY(800)}}}
	rules := []promo.Rule{
		{ID: "1", Kind: promo.Reduction, Scope: promo.OfMerchant, Merchant: "A", Lines: []int{0}, Tiers: []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(1_000)}}},
		{ID: "2", Kind: promo.Coupon, Scope: promo.OfMerchant, Merchant: "B", Lines: []int{1}, Tiers: []promo.Tier{{Off: money.CNY(500)}}, Limited: true},
		{ID: "3", Kind: promo.Coupon, Scope: promo.OfPlatform, Lines: []int{0, 1}, Tiers: []promo.Tier{{Rate: 500}}, Limited: true},
		{ID: "4", Kind: promo.Carriage, Scope: promo.OfPlatform, Lines: []int{0, 1}, Tiers: []promo.Tier{{Over: money.CNY(9_900)}}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := price.Quote(in, rules, nil); err != nil {
			b.Fatal(err)
		}
	}
}
