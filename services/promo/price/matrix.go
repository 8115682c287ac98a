package price

import (
	"slices"

	"meadow/services/promo"
)

// apart is the matrix of what does not go together on one line. What is not in
// it does.
//
//	             flash  group  bargain  member  reduction  discount  coupon
//	flash          —      —       —       —        no         no       no
//	group                 —       —       —        no         no       no
//	bargain                       —       —        no         no       no
//	member                                —        yes        yes      yes
//	reduction                                    other scope other s.  yes
//	discount                                                other s.   yes
//	coupon                                                           other s.
//
// A line has one deal. "Other scope": one of the shop and one of the platform go
// together, two of the same do not. Points and free carriage go with everything
// that does not say otherwise (Rule.Apart).
func apart(a, b *promo.Rule) bool {
	switch {
	case slices.Contains(a.Apart, b.Kind) || slices.Contains(b.Apart, a.Kind):
		return true
	case pays(a.Kind) || pays(b.Kind):
		return false
	case a.Alone || b.Alone:
		return true
	case exclusive(a.Kind) || exclusive(b.Kind):
		return true
	case a.Kind == promo.Member || b.Kind == promo.Member:
		return false
	case campaign(a.Kind) && campaign(b.Kind), a.Kind == promo.Coupon && b.Kind == promo.Coupon:
		return a.Scope == b.Scope
	}
	return false
}

// Together reports whether a and b may lower the price of one line together.
func Together(a, b promo.Rule) bool { return !apart(&a, &b) }

// pays is what is no price: points pay, and carriage is not of the goods.
func pays(k promo.Kind) bool { return k == promo.Points || k == promo.Carriage }

// exclusive deals are prices that nothing lowers further.
func exclusive(k promo.Kind) bool {
	return k == promo.Flash || k == promo.Group || k == promo.Chop
}

func campaign(k promo.Kind) bool { return k == promo.Reduction || k == promo.Discount }

// deal is a kind that makes a price of one unit.
func deal(k promo.Kind) bool { return exclusive(k) || k == promo.Member }

// step is when a rule of the searched kinds has its turn; 0 is never.
func step(r promo.Rule) int {
	platform := r.Scope == promo.OfPlatform
	switch {
	case campaign(r.Kind) && !platform:
		return 1
	case r.Kind == promo.Coupon && !platform:
		return 2
	case campaign(r.Kind):
		return 3
	case r.Kind == promo.Coupon:
		return 4
	}
	return 0
}
