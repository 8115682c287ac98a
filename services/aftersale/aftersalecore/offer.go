package aftersalecore

import (
	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// offerOf computes what units of an order's part come to, as the till does when
// it pays them back: pro rata by units, the last with what is left; what is left
// of the part's shipping once nothing else of it is, or at once if it is faulty.
// Order amounts are sums that fit, so plain integers do here.
func offerOf(o checkout.Order, m id.Merchant, units []aftersale.Units, faulty bool) aftersale.Offer {
	asked := map[int]int64{}
	for _, u := range units {
		asked[u.Line] = u.N
	}
	var goods, shipping, points int64
	whole, all := true, true
	for i, l := range o.Lines {
		n := asked[i]
		if l.Returned+n < l.N {
			all = false
			whole = whole && l.Merchant != m
		}
		if l.Merchant == m {
			shipping += l.Shipping.Amount - l.ShippingBack.Amount
		}
		if n == 0 {
			continue
		}
		price := l.Amount.Amount - l.Saved.Amount + l.Tax.Amount
		left := l.Due.Amount - l.Shipping.Amount - (l.Back.Amount - l.ShippingBack.Amount)
		goods += min(share(price, l.N, l.Returned, n), max(0, left))
		points += share(pointsOf(o, i), l.N, l.Returned, n)
	}
	if !whole && !faulty {
		shipping = 0
	}
	left := o.Total.Amount - o.Back.Amount
	shipping = max(0, min(shipping, left-goods))
	currency := o.Total.Currency
	return aftersale.Offer{
		Amount:   money.Money{Amount: min(goods+shipping, left), Currency: currency},
		Shipping: money.Money{Amount: shipping, Currency: currency},
		Points:   points, Coupons: all && usesCoupon(o),
	}
}

// share is what n of total units of an amount are, after the first from.
func share(amount, total, from, n int64) int64 {
	each := amount / total
	if from+n >= total {
		return amount - each*from
	}
	return each * n
}

// pointsOf is what of the points paid with went into a line.
func pointsOf(o checkout.Order, line int) int64 {
	for _, s := range o.Savings {
		if s.Kind != promo.Points || s.Amount.Amount == 0 || len(s.Shares) != len(o.Lines) {
			continue
		}
		parts, err := money.Money{Amount: o.Points}.Split(s.Shares...)
		if err != nil {
			return 0
		}
		return parts[line].Amount
	}
	return 0
}

func usesCoupon(o checkout.Order) bool {
	for _, s := range o.Savings {
		if s.Kind == promo.Coupon {
			return true
		}
	}
	return false
}
