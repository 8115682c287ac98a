package checkoutcore

import (
	"testing"

	"pgregory.net/rapid"
)

// anyPool is what a line may have been frozen with. Points are worth so much each.
func anyPool(t *rapid.T) (p pool, worth int64) {
	n := rapid.Int64Range(1, 9).Draw(t, "units")
	p = pool{Units: n, Amount: n * rapid.Int64Range(0, 30_000).Draw(t, "price")}
	worth = rapid.Int64Range(1, 50).Draw(t, "a point's worth")
	p.Points = rapid.Int64Range(0, p.Amount/worth).Draw(t, "points")
	p.ByPoints = p.Points * worth
	others := rapid.Int64Range(0, p.Amount-p.ByPoints).Draw(t, "saved otherwise")
	p.Goods = p.Amount - p.ByPoints - others
	p.Platform = p.ByPoints + rapid.Int64Range(0, others).Draw(t, "borne by the platform")
	p.Tax = p.Goods * rapid.Int64Range(0, 20).Draw(t, "tax") / 100
	p.Commission = p.Goods * rapid.Int64Range(0, 50).Draw(t, "commission") / 100
	p.Fee = (p.Goods + p.Platform - p.Commission) * rapid.Int64Range(0, 10).Draw(t, "fee") / 100
	return p, worth
}

func TestUnitsThatGoBackTakeTheirShareAndTheLastTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all, worth := anyPool(t)
		left, n := all, int64(0)
		for left.Units > 0 {
			out := left.units(rapid.Int64Range(1, left.Units).Draw(t, "n"), all)
			left, n = left.less(out), n+out.Units
			for _, p := range []pool{out, left} {
				if min(p.Units, p.Goods, p.Amount-p.Goods, p.Platform-p.ByPoints, p.ByPoints, p.Points, p.Tax, p.Fee, p.Commission) < 0 {
					t.Fatalf("below zero: %+v of %+v", p, all)
				}
				if p.ByPoints != p.Points*worth {
					t.Fatalf("%d points have paid %d, at %d each: %+v of %+v", p.Points, p.ByPoints, worth, p, all)
				}
			}
			for _, x := range [][2]int64{
				{left.Goods + left.Tax, all.Goods + all.Tax}, {left.Points, all.Points}, {left.Fee, all.Fee}, {left.Commission, all.Commission},
			} {
				if x[0]*all.Units < x[1]*(all.Units-n) {
					t.Fatalf("%d of %d is left after %d of %d units, which took more than their share: %+v of %+v", x[0], x[1], n, all.Units, left, all)
				}
			}
		}
		if left != (pool{}) {
			t.Fatalf("%+v is left of %+v", left, all)
		}
	})
}

func TestMoneyAloneIsTakenToTheUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all, _ := anyPool(t)
		m := rapid.Int64Range(0, all.money()).Draw(t, "money")
		if m == 0 {
			return
		}
		out := all.worth(m)
		left := all.less(out)
		if out.money() != m || min(out.Tax, out.Goods, left.Goods, left.Tax, left.Fee, left.Commission, left.Amount-left.Goods) < 0 {
			t.Fatalf("%+v for %d of %+v", out, m, all)
		}
	})
}
