package price_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// Which prices follow which, and which do not.

func TestOneMoreUnitAtListPricesNeverLowersTheTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, _ := basket(t)
		before := quote(t, in, nil)
		in.Lines = slices.Clone(in.Lines)
		in.Lines[rapid.IntRange(0, len(in.Lines)-1).Draw(t, "more of")].N++
		after := quote(t, in, nil)
		if after.Goods.Amount < before.Goods.Amount || after.Total.Amount-after.Tax.Amount < before.Total.Amount-before.Tax.Amount {
			t.Fatalf("%+v after, %+v before", after, before)
		}
		// Carriage is shared out over the lines, and each line's tax on its share is
		// rounded down: shares that move may drop a minor unit more each.
		if after.Tax.Amount < before.Tax.Amount-int64(len(in.Lines)) {
			t.Fatalf("%+v after, %+v before", after, before)
		}
	})
}

// unconditional are rules without a threshold: a share, or a sum that goes off
// whatever is bought.
func unconditional(t *rapid.T, in promo.PriceAsk) []promo.Rule {
	var rules []promo.Rule
	for i := range rapid.IntRange(0, 3).Draw(t, "rules") {
		r := rule(t, i, in, 3)
		r.Kind = rapid.SampledFrom([]promo.Kind{promo.Reduction, promo.Discount, promo.Coupon}).Draw(t, "of")
		r.Price, r.Each, r.Chosen = money.Money{}, false, true
		for j := range r.Tiers {
			r.Tiers[j].Over = money.CNY(0)
		}
		rules = append(rules, r)
	}
	return rules
}

func TestAHigherPriceWithoutThresholdsNeverLowersTheTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, _ := basket(t)
		in.Points, in.Region = 0, ""
		rules := unconditional(t, in)
		before := quote(t, in, rules)
		in.Lines = slices.Clone(in.Lines)
		in.Lines[rapid.IntRange(0, len(in.Lines)-1).Draw(t, "which")].Price.Amount += rapid.Int64Range(1, 5_000).Draw(t, "by")
		if after := quote(t, in, rules); after.Total.Amount < before.Total.Amount {
			t.Fatalf("%v after, %v before; %+v", after.Total, before.Total, rules)
		}
	})
}

func TestOneMoreCampaignNeverRaisesTheTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		before := quote(t, in, rules)
		more := rule(t, 90, in, 3)
		more.Kind = rapid.SampledFrom([]promo.Kind{promo.Reduction, promo.Discount}).Draw(t, "campaign")
		more.Price = money.Money{}
		if after := quote(t, in, append(slices.Clone(rules), more)); after.Total.Amount > before.Total.Amount {
			t.Fatalf("%v with %+v, %v without %+v", after.Total, more, before.Total, rules)
		}
	})
}

// A full reduction (满减) is all or nothing: whoever is just below its threshold
// pays less for more. That is what it is for, and so neither a higher price nor
// one more unit has to raise a total where there is a threshold.
func TestAThresholdMakesMoreCostLess(t *testing.T) {
	t.Parallel()
	rules := []promo.Rule{{
		ID: "r", Kind: promo.Reduction, Scope: promo.OfMerchant, Merchant: shop(0), Lines: []int{0},
		Tiers: []promo.Tier{{Over: money.CNY(300_00), Off: money.CNY(50_00)}},
	}}
	rapid.Check(t, func(t *rapid.T) {
		var totals []int64
		for _, fen := range []int64{299_00, 301_00} {
			in := promo.PriceAsk{Lines: []promo.Line{{SKU: "sku0", Merchant: shop(0), N: 1, Price: money.CNY(fen)}}, Carries: []promo.Carry{{Merchant: shop(0)}}}
			totals = append(totals, quote(t, in, rules).Total.Amount)
		}
		if want := []int64{299_00, 251_00}; !slices.Equal(totals, want) {
			t.Fatalf("%v, want %v", totals, want)
		}
	})
}
