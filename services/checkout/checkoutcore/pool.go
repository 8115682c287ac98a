package checkoutcore

import (
	"math/bits"

	"meadow/services/checkout"
	"meadow/services/kernel/fault"
)

// pool is what is left of a line to go back, in minor units of its currency.
// Refunds only ever take from it, so that what went back never comes to more
// than was paid.
type pool struct {
	Units      int64 `bson:"units"`
	Amount     int64 `bson:"amount"`
	Goods      int64 `bson:"goods"` // Amount - Saved
	Platform   int64 `bson:"platform"`
	ByPoints   int64 `bson:"by_points"`
	Points     int64 `bson:"points"` // how many
	Tax        int64 `bson:"tax"`
	Fee        int64 `bson:"fee"`
	Commission int64 `bson:"commission"`
	Shipping   int64 `bson:"shipping"`
}

// poolOf is all of a line, of which points were paid with.
func poolOf(l checkout.Line, points int64) pool {
	return pool{
		Units: l.N, Amount: l.Amount.Amount, Goods: l.Amount.Amount - l.Saved.Amount,
		Platform: l.Platform.Amount, ByPoints: l.ByPoints.Amount, Points: points, Tax: l.Tax.Amount,
		Fee: l.Fee.Amount, Commission: l.Commission.Amount, Shipping: l.Shipping.Amount,
	}
}

// money is what a buyer gets of it, shipping left aside.
func (p pool) money() int64 { return p.Goods + p.Tax }

// due is what a buyer gets of it.
func (p pool) due() int64 { return p.Goods + p.Tax + p.Shipping }

// part is a of b parts of the pool, each of its sums rounded down; a = b is all
// of it. Its shipping and its units stay.
func (p pool) part(a, b int64) pool {
	if b <= 0 {
		return pool{}
	}
	return pool{
		Amount: down(p.Amount, a, b), Goods: down(p.Goods, a, b), Platform: down(p.Platform, a, b),
		ByPoints: down(p.ByPoints, a, b), Points: down(p.Points, a, b), Tax: down(p.Tax, a, b),
		Fee: down(p.Fee, a, b), Commission: down(p.Commission, a, b),
	}
}

// units is the price of n of its units, of which all were frozen: n times one
// unit's, rounded down, or all that is left with the last one.
func (p pool) units(n int64, all pool) pool {
	out := p.part(n, p.Units)
	if out.Units = n; n == p.Units {
		return out
	}
	m := min(n*(all.money()/all.Units), p.money())
	out.Goods = min(n*(all.Goods/all.Units), p.Goods, m)
	out.Tax = min(m-out.Goods, p.Tax)
	out.Goods = m - out.Tax
	// What points paid goes with them, so that what the books owe for points is what
	// people have.
	out.Points = min(n*(all.Points/all.Units), p.Points)
	if p.Points > 0 {
		out.ByPoints = down(p.ByPoints, out.Points, p.Points)
		out.Platform = down(max(0, p.Platform-p.ByPoints), n, p.Units) + out.ByPoints
	}
	// Neither what was saved of these nor of the others is below zero.
	out.Amount = min(max(out.Amount, out.Goods), p.Amount-p.Goods+out.Goods)
	return out
}

// worth is the part of the pool by which a buyer gets exactly m: what rounding
// drops is made up from the goods, or from the tax where the goods are used up.
func (p pool) worth(m int64) pool {
	out := p.part(m, p.money())
	short := m - out.money()
	add := min(short, p.Goods-out.Goods)
	out.Goods += add
	out.Tax += short - add
	out.Amount = max(out.Amount, out.Goods)
	return out
}

// less is p without q.
func (p pool) less(q pool) pool {
	return pool{
		Units: p.Units - q.Units, Amount: p.Amount - q.Amount, Goods: p.Goods - q.Goods, Platform: p.Platform - q.Platform,
		ByPoints: p.ByPoints - q.ByPoints, Points: p.Points - q.Points, Tax: p.Tax - q.Tax,
		Fee: p.Fee - q.Fee, Commission: p.Commission - q.Commission, Shipping: p.Shipping - q.Shipping,
	}
}

// down is x × a / b, rounded down; none of them is below zero and a is at most b.
func down(x, a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(x), uint64(a))
	q, rest := bits.Div64(hi, lo, uint64(b))
	if fault.On(fault.Rounding) && rest > 0 {
		q++
	}
	return int64(q)
}
