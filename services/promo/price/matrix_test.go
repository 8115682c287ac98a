package price_test

import (
	"testing"

	"meadow/services/promo"
	"meadow/services/promo/price"
)

// The matrix is written out here once more, by hand, so that a change of it is
// seen. s is the same scope only when it is no, o the other one.
func TestTheMatrixSaysWhatGoesTogether(t *testing.T) {
	t.Parallel()
	shopOf := func(k promo.Kind) promo.Rule { return promo.Rule{Kind: k, Scope: promo.OfMerchant} }
	platform := func(k promo.Kind) promo.Rule { return promo.Rule{Kind: k, Scope: promo.OfPlatform} }
	kinds := []promo.Kind{promo.Flash, promo.Group, promo.Chop, promo.Member, promo.Reduction, promo.Discount, promo.Coupon, promo.Points, promo.Carriage}
	same := []string{
		"-------++", // flash_sale
		"-------++", // group_buy
		"-------++", // bargain
		"---++++++", // member_price; two deals never meet on a line
		"---+--+++", // full_reduction
		"---+--+++", // full_discount
		"---+++-++", // coupon
		"+++++++++", // points
		"+++++++++", // free_shipping
	}
	for i, a := range kinds {
		for j, b := range kinds {
			if a == promo.Member && b == promo.Member {
				continue // a line has one deal
			}
			if got, want := price.Together(shopOf(a), shopOf(b)), same[i][j] == '+'; got != want {
				t.Errorf("%s with %s of one shop: %v, want %v", a, b, got, want)
			}
			// One of the shop and one of the platform go together wherever the matrix says
			// "other scope".
			other := same[i][j] == '+' || i >= 4 && i <= 6 && j >= 4 && j <= 6
			if got := price.Together(shopOf(a), platform(b)); got != other {
				t.Errorf("%s of a shop with %s of the platform: %v, want %v", a, b, got, other)
			}
			if price.Together(shopOf(a), shopOf(b)) != price.Together(shopOf(b), shopOf(a)) {
				t.Errorf("%s and %s do not agree", a, b)
			}
		}
	}
}

func TestARuleMaySayThatItGoesWithLess(t *testing.T) {
	t.Parallel()
	alone := promo.Rule{Kind: promo.Coupon, Scope: promo.OfPlatform, Alone: true}
	picky := promo.Rule{Kind: promo.Reduction, Scope: promo.OfMerchant, Apart: []promo.Kind{promo.Points}}
	for _, tt := range []struct {
		a, b promo.Rule
		want bool
	}{
		{alone, promo.Rule{Kind: promo.Reduction, Scope: promo.OfMerchant}, false},
		{alone, promo.Rule{Kind: promo.Member}, false},
		{alone, promo.Rule{Kind: promo.Points}, true},
		{alone, promo.Rule{Kind: promo.Carriage}, true},
		{picky, promo.Rule{Kind: promo.Points}, false},
		{picky, promo.Rule{Kind: promo.Coupon}, true},
	} {
		if got := price.Together(tt.a, tt.b); got != tt.want {
			t.Errorf("%s with %s: %v", tt.a.Kind, tt.b.Kind, got)
		}
	}
}
