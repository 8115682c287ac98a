package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
)

// twoShops puts three products of two shops on the shelf.
func (x *till) twoShops() {
	x.shelf.mu.Lock()
	defer x.shelf.mu.Unlock()
	x.shelf.goods = map[id.SKU]catalog.PricedSKU{}
	for i, m := range []id.Merchant{"mer_kiln", "mer_loom", "mer_kiln"} {
		sku := id.SKU(fmt.Sprintf("sku_%d", i))
		x.shelf.goods[sku] = catalog.PricedSKU{
			Product: id.Product(fmt.Sprintf("prd_%d", i)), Merchant: m, Title: string(sku), Price: money.CNY(int64(1_000 * (i + 1))), Commission: 1500, Available: 50,
		}
	}
}

// saving lowers each line of an ask by a random saving, part of it the
// platform's and part of that points.
func saving(t *rapid.T, in promo.PriceAsk) promo.Priced {
	p := plain(in)
	goods := promo.Saving{Rule: "r1", Kind: promo.Coupon, Scope: promo.OfPlatform, Shares: make([]int64, len(p.Lines))}
	points := promo.Saving{Rule: "r2", Kind: promo.Points, Scope: promo.OfPlatform, Shares: make([]int64, len(p.Lines))}
	for i := range p.Lines {
		l := &p.Lines[i]
		off := rapid.Int64Range(0, l.Amount.Amount).Draw(t, "off")
		burnt := rapid.Int64Range(0, l.Amount.Amount-off).Draw(t, "points")
		goods.Shares[i], points.Shares[i] = off, burnt
		l.Saved.Amount = off + burnt
		l.Platform.Amount = burnt + rapid.Int64Range(0, off).Draw(t, "platform")
		l.Tax.Amount = rapid.Int64Range(0, 500).Draw(t, "tax")
		l.Due.Amount += l.Tax.Amount - l.Saved.Amount
		p.Tax.Amount += l.Tax.Amount
		p.Saved.Amount += l.Saved.Amount
		p.Total.Amount += l.Tax.Amount - l.Saved.Amount
		p.Points += burnt
		goods.Amount.Amount += off
		points.Amount.Amount += burnt
	}
	p.Savings = []promo.Saving{goods, points}
	return p
}

func TestAFrozenPriceIsTheSumOfWhatEverybodyGets(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	x.Creator = proofs{of: map[string]creator.Attribution{"lin": {Creator: "usr_lin", Product: "prd_1", Reward: true}}}
	ctx := as(t, newBuyer())
	rapid.Check(t, func(r *rapid.T) {
		x.Fee = money.Rate(rapid.IntRange(0, 9_500).Draw(r, "fee"))
		x.offers.price = func(in promo.PriceAsk) promo.Priced { return saving(r, in) }
		ask := checkout.Ask{}
		for i := range rapid.IntRange(1, 3).Draw(r, "lines") {
			ask.Lines = append(ask.Lines, checkout.Choice{SKU: id.SKU(fmt.Sprintf("sku_%d", i)), N: rapid.Int64Range(1, 7).Draw(r, "n"), Link: "lin"})
		}
		q, err := x.Quote(ctx, ask)
		if err != nil {
			r.Fatal(err)
		}
		var due, platform, owed, carried int64
		for i, l := range q.Lines {
			proceeds := l.Amount.Amount - (l.Saved.Amount - l.Platform.Amount) - l.Fee.Amount - l.Commission.Amount + l.Shipping.Amount
			if proceeds < 0 || l.Fee.Amount < 0 || l.ByPoints.Amount > l.Platform.Amount {
				r.Fatalf("line %d: proceeds %d, fee %v, %v by points of %v", i, proceeds, l.Fee, l.ByPoints, l.Platform)
			}
			if want := (l.Amount.Amount - l.Saved.Amount) * 15 / 100; l.Source.Reward && l.Commission.Amount != want {
				r.Fatalf("line %d: commission %v, want %d of what was paid for the goods", i, l.Commission, want)
			}
			due += l.Due.Amount
			platform += l.Platform.Amount
			owed += proceeds + l.Fee.Amount + l.Commission.Amount + l.Tax.Amount
		}
		for _, p := range q.Parts {
			carried += p.Shipping.Amount
		}
		if due != q.Total.Amount || carried != q.Shipping.Amount || owed != q.Total.Amount+platform {
			r.Fatalf("due %d of %v; shipping %d of %v; owed %d of %d", due, q.Total, carried, q.Shipping, owed, q.Total.Amount+platform)
		}
	})
}

func TestAPriceThatDoesNotAddUpIsNotFrozen(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	for name, spoil := range map[string]func(*promo.Priced){
		"total":      func(p *promo.Priced) { p.Total.Amount++ },
		"due":        func(p *promo.Priced) { p.Lines[0].Due.Amount-- },
		"amount":     func(p *promo.Priced) { p.Lines[0].Amount.Amount-- },
		"saved more": func(p *promo.Priced) { p.Lines[0].Saved.Amount = 1 << 40 },
		"a line":     func(p *promo.Priced) { p.Lines = nil },
	} {
		x.offers.price = func(in promo.PriceAsk) promo.Priced { p := plain(in); spoil(&p); return p }
		if _, err := x.Quote(as(t, newBuyer()), checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}}); err == nil {
			t.Errorf("a price with another %s was frozen", name)
		}
	}
}

func TestEachShopSendsAParcelOfItsOwnWithItsNote(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	x.shelf.add(3)
	ctx := as(t, newBuyer())
	q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_0", N: 1}, {SKU: "sku_1", N: 1}, {SKU: "sku_2", N: 1}}})
	must(t, err)
	if q.Savings == nil || q.Refusals == nil || q.Plans == nil {
		t.Errorf("a price without savings leaves lists out: %+v", q)
	}
	o, err := x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", Notes: []string{"gift", " no bell "}, RequestID: "r"})
	must(t, err)
	if len(o.Parts) != 2 || fmt.Sprint(o.Parts[0].Lines, o.Parts[1].Lines) != "[0 2] [1]" {
		t.Fatalf("parts: %+v", o.Parts)
	}
	for i, note := range []string{"gift", "no bell"} {
		p := o.Parts[i]
		if want := id.Parcel(id.Derive("pcl", string(o.ID), string(p.Merchant))); p.Parcel != want || p.Note != note || p.Latest != 3 || p.Shipping.Amount != 800 || p.Shop == "" {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	if o.Total.Amount != 6_000+1_600 {
		t.Errorf("total %v", o.Total)
	}
}

func TestAPriceOfAnotherPlaceIsNotHonoured(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.shelf.add(1)
	d := &moving{region: "Zhejiang"}
	x.Account = d
	ctx := as(t, newBuyer())
	q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1}}})
	must(t, err)
	d.region = "Xizang"
	if _, err := x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: "r"}); !errors.Is(err, promo.ErrChanged) {
		t.Errorf("err = %v, want ErrChanged", err)
	}
}

func TestInstalmentsSumToTheirTotalAndTellTheirRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		total := money.CNY(rapid.Int64Range(leastPlanned, 1<<40).Draw(r, "total"))
		for _, p := range plans(total, UsualPlans) {
			first := p.Total.Amount - p.Each.Amount*int64(p.Months-1)
			if first < p.Each.Amount || first >= p.Each.Amount+int64(p.Months) || p.Total.Amount != total.Amount+p.Cost.Amount {
				r.Fatalf("%v: %+v, first %d", total, p, first)
			}
		}
	})
	for _, tt := range []struct {
		Terms
		least, most money.Rate
	}{
		{Terms{Months: 12, Fee: 660}, 1_265, 1_265},
		{Terms{Months: 3, Fee: 0}, 0, 0},
		{Terms{Months: 1, Fee: 100}, 1_268, 1_269}, // 1.01 to the twelfth is 1.12683
	} {
		got := plans(money.CNY(1_200_000), []Terms{tt.Terms})[0].APR
		if got < tt.least || got > tt.most {
			t.Errorf("%+v: %d a year, want %d to %d", tt.Terms, got, tt.least, tt.most)
		}
	}
	if len(plans(money.CNY(leastPlanned-1), UsualPlans)) != 0 {
		t.Error("a small sum is offered in instalments")
	}
}

// moving is somebody whose address changes.
type moving struct {
	desk
	region string
}

func (m *moving) AddressFor(_ context.Context, _ account.AddressFor) (account.Snapshot, error) {
	return account.Snapshot{Address: "adr_home", Masked: account.Place{Region: m.region}}, nil
}
