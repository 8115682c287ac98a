package fullreductioncore

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/price"
)

func (o *office) ask(lines ...promo.Line) promo.PriceAsk {
	in := promo.PriceAsk{Buyer: "usr_b", At: o.clock.Now(), Lines: lines}
	for i := range in.Lines {
		in.Lines[i].N = 1
		if in.Lines[i].Merchant == "" {
			in.Lines[i].Merchant = "mer_1"
		}
	}
	return in
}

func (o *office) price(t *testing.T, in promo.PriceAsk) promo.Priced {
	t.Helper()
	rules, err := o.Rules(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := price.Quote(in, rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACampaignAppliesToItsScopeOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.running(t, func(x *fullreduction.Terms) {
		x.Goods = fullreduction.Goods{Products: []id.Product{"prd_1"}, Categories: []string{"food"}, Brands: []string{"Tea & Co"}}
	})
	for _, tt := range []struct {
		line promo.Line
		want int64
	}{
		{promo.Line{Product: "prd_1"}, 1_000},
		{promo.Line{Product: "prd_2"}, 0},
		{promo.Line{Product: "prd_2", Category: "food"}, 1_000},
		{promo.Line{Product: "prd_2", Brand: "Tea & Co"}, 1_000},
		{promo.Line{Product: "prd_1", Merchant: "mer_2"}, 0},
	} {
		tt.line.Price = money.CNY(10_000)
		if p := o.price(t, o.ask(tt.line)); p.Saved.Amount != tt.want {
			t.Errorf("%+v saves %v, want %d", tt.line, p.Saved, tt.want)
		}
	}
}

func TestACampaignAppliesFromItsStartUntilBeforeItsEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	start := o.clock.Now().Add(time.Hour)
	o.running(t, func(x *fullreduction.Terms) { x.Starts, x.Ends = start, start.Add(time.Hour) })
	for at, want := range map[time.Duration]int64{-time.Millisecond: 0, 0: 1_000, time.Hour - time.Millisecond: 1_000, time.Hour: 0} {
		in := o.ask(promo.Line{Price: money.CNY(10_000)})
		in.At = start.Add(at)
		if p := o.price(t, in); p.Saved.Amount != want {
			t.Errorf("%v after the start it saves %v, want %d", at, p.Saved, want)
		}
	}
}

func TestTheLastOrderSavesWhatIsLeftOfTheBudget(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.budgeted(t, 1_400)
	in := o.ask(promo.Line{Price: money.CNY(12_000)})
	for i, want := range []int64{1_000, 400, 0} {
		p := o.price(t, in)
		if p.Saved.Amount != want {
			t.Fatalf("order %d saves %v, want %d", i, p.Saved, want)
		}
		if want == 0 {
			if len(p.Refusals) != 1 || p.Refusals[0].Reason != promo.UsedUp {
				t.Fatalf("refusals %+v", p.Refusals)
			}
			continue
		}
		order := id.Order(fmt.Sprint("ord_", i))
		if err := o.Lock(t.Context(), promo.Lock{Order: order}, p.Uses); err != nil {
			t.Fatal(err)
		}
	}
	o.audit(t, x.ID, 0, 1_400, 0)
}

func TestAMemberPriceIsForMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.running(t, func(x *fullreduction.Terms) {
		x.Kind, x.Tiers = promo.Member, []promo.Tier{{Rate: 500}}
	})
	in := o.ask(promo.Line{Price: money.CNY(9_999)})
	if p := o.price(t, in); p.Goods.Amount != 9_500 { // 499.95 off, rounded down
		t.Errorf("a member pays %v", p.Goods)
	}
	in.Buyer = ""
	if p := o.price(t, in); p.Goods.Amount != 9_999 {
		t.Errorf("a visitor pays %v", p.Goods)
	}
}

func TestMemberPricesStayWithinTheirBudgetTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.running(t, func(x *fullreduction.Terms) {
		x.Kind, x.Tiers, x.Budget = promo.Member, []promo.Tier{{Rate: 1_000}}, money.CNY(2_500)
	})
	line := promo.Line{Price: money.CNY(9_000)}
	p := o.price(t, o.ask(line, line, line))
	if p.Goods.Amount != 25_200 || len(p.Uses) != 1 || p.Uses[0].Amount != money.CNY(1_800) {
		t.Fatalf("goods %v, uses %+v", p.Goods, p.Uses)
	}
	if err := o.Lock(t.Context(), promo.Lock{Order: "ord_1"}, p.Uses); err != nil {
		t.Fatal(err)
	}
}

func TestFreeCarriageOfThePlatformIsPaidByIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := actor.With(t.Context(), operator())
	x, err := o.Draft(ctx, fullreduction.DraftCampaign{OfPlatform: true, RequestID: "request-1", Terms: fullreduction.Terms{
		Kind: promo.Carriage, Name: "Free", Goods: fullreduction.Goods{All: true}, Platform: 10_000,
		Tiers: []promo.Tier{{Over: money.CNY(9_900)}}, Starts: o.clock.Now(), Ends: o.clock.Now().Add(time.Hour),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if x, err = o.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true}); err != nil {
		t.Fatal(err)
	}
	in := o.ask(promo.Line{Price: money.CNY(10_000)})
	in.Carries = []promo.Carry{{Merchant: "mer_1", Fee: money.CNY(800)}}
	p := o.price(t, in)
	if p.Total != money.CNY(10_000) || p.Lines[0].Platform != money.CNY(800) {
		t.Fatalf("%+v", p)
	}
	if _, err := o.Stop(actor.With(t.Context(), owner()), fullreduction.ByCampaign{ID: x.ID}); err == nil {
		t.Error("a shop stops the platform's campaign")
	}
}

func TestStaffWithoutTheDutyRunNoCampaigns(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.running(t, func(*fullreduction.Terms) {})
	ctx := actor.With(t.Context(), actor.Actor{User: "usr_packer", Merchant: "mer_1"})
	if _, err := o.Stop(ctx, fullreduction.ByCampaign{ID: x.ID}); err != actor.ErrForbidden {
		t.Fatalf("stopped: %v", err)
	}
}

func TestAPreviewPricesABasketAtTheCataloguesPrices(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.running(t, func(*fullreduction.Terms) {})
	terms := x.Terms
	terms.Tiers = []promo.Tier{{Over: money.CNY(15_000), Off: money.CNY(2_000)}}
	p, err := o.Preview(actor.With(t.Context(), owner()), fullreduction.PreviewCampaign{
		ID: x.ID, Terms: terms, Basket: []fullreduction.Basket{{SKU: "sku_cup", N: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	last := p.Examples[len(p.Examples)-1]
	// Of the campaign as it runs nothing is left in the example: it is what changes.
	if last.Case != "basket" || last.Priced.Goods != money.CNY(16_000) || last.Priced.Saved != money.CNY(2_000) || len(last.Priced.Savings) != 1 {
		t.Fatalf("%+v", last)
	}
}

func TestEachPaidOrderCountsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.running(t, func(*fullreduction.Terms) {})
	paid := func(order id.Order) checkout.OrderData {
		return checkout.OrderData{Order: order, Sum: checkout.Sum{Savings: []promo.Saving{
			{Rule: x.ID, Kind: promo.Reduction, Amount: money.CNY(1_000)}, {Rule: "cpn", Kind: promo.Coupon, Amount: money.CNY(5)},
		}}}
	}
	check := func(orders int64) {
		t.Helper()
		got, err := o.Campaign(actor.With(t.Context(), owner()), fullreduction.ByID{ID: x.ID})
		if err != nil || got.Orders != orders || got.Saved != money.CNY(1_000*orders) {
			t.Fatalf("%d orders saved %v, %v; want %d orders", got.Orders, got.Saved, err, orders)
		}
	}
	check(0)
	for i := range 7 {
		for range 2 {
			if err := o.Paid(t.Context(), paid(id.Order(fmt.Sprint("ord_", i)))); err != nil {
				t.Fatal(err)
			}
		}
		check(int64(i + 1))
		o.clock.Advance(25 * time.Second) // some are settled, some are not
	}
	if err := o.Paid(t.Context(), paid("ord_0")); err != nil { // delivered again, much later
		t.Fatal(err)
	}
	o.clock.Advance(time.Hour)
	check(7)
	check(7)
}
