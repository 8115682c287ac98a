package sim

import (
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/cashback"
	"meadow/services/promo/coupon"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/invite"
	"meadow/services/promo/points"
)

// goods is what there is to buy in a run, and at which offers.
type goods struct {
	items    []item
	batches  []string
	flash    string
	flashed  []id.SKU
	teams    []deal // offers of group buys
	open     []team // teams that somebody saw open
	bargains []deal // offers of bargains
	begun    []begun
	packets  []string
	offers   map[string]string // a bargain's offer
}

// item is a SKU.
type item struct {
	seller  string
	product id.Product
	sku     id.SKU
	bundle  []catalog.Units
}

type deal struct {
	offer string
	item  item
}

type team struct {
	deal
	id string
}

type begun struct {
	bargain, owner string
	item           item
}

var sellers = []string{"mei", "nan", "ou"}

// must ends a run whose stage cannot be set.
func (w *world) must(what string, err error) {
	if err != nil {
		w.t.Fatalf("seed %d: %s: %v", w.seed, what, err)
	}
}

// stage opens shops, and makes every kind of offer.
func (w *world) stage() {
	w.goods = &goods{offers: map[string]string{}}
	for _, s := range sellers {
		_, err := w.catalog.OpenShop(as(s), catalog.OpenShop{Name: s})
		w.must("open a shop", err)
		for n := range 2 {
			w.product(s, n)
		}
	}
	w.bundle()
	w.coupon()
	w.campaigns()
	w.deals()
	w.rewarding()
	_, err := w.ledger.SetTerms(operator(), ledger.SetTerms{ID: merchantOf(sellers[2]), Days: 3}) // a shop that is trusted
	w.must("set terms", err)
	w.rest(2 * time.Minute) // all of it is known everywhere
}

func (w *world) between(low, high int64) int64 { return low + w.rnd.Int64N(high-low+1) }

func (w *world) product(seller string, n int) {
	name := fmt.Sprintf("%s-%d", seller, n)
	sheet := catalog.Sheet{
		Title: name, Category: []string{"beauty", "food"}[n%2], Commission: money.Rate(w.between(0, 3000)),
		Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}, {Name: "Shelf life", Value: "3 years"}, {Name: "Ingredients", Value: "Clay"}, {Name: "Net content", Value: "1"}}, Pictures: wanted(name),
		Options: []catalog.Option{{Name: "Size", Values: []string{"S", "M"}}},
	}
	for _, size := range []string{"S", "M"} {
		sheet.SKUs = append(sheet.SKUs, catalog.NewSKU{Values: []string{size}, Price: yuan(w.between(900, 20000))})
	}
	p, err := w.catalog.Draft(selling(seller), catalog.DraftProduct{Sheet: sheet, RequestID: "draft-" + name})
	w.must("draft "+name, err)
	_, err = w.catalog.List(selling(seller), catalog.ByProduct{ID: p.ID})
	w.must("list "+name, err)
	for i, k := range p.SKUs {
		by := w.between(3, 60)
		_, err := w.catalog.Adjust(selling(seller), catalog.Adjust{ID: k.ID, By: by, Reason: "count", RequestID: fmt.Sprintf("stock-%s-%d", name, i)})
		w.must("stock "+name, err)
		w.laws.received[k.ID] += by
		w.goods.items = append(w.goods.items, item{seller: seller, product: p.ID, sku: k.ID})
	}
}

// bundle sells two SKUs of a shop as one.
func (w *world) bundle() {
	a, b := w.goods.items[0], w.goods.items[1]
	parts := []catalog.Units{{SKU: a.sku, N: 1}, {SKU: b.sku, N: 2}}
	p, err := w.catalog.Draft(selling(a.seller), catalog.DraftProduct{RequestID: "bundle", Sheet: catalog.Sheet{
		Title: "bundle", Category: "beauty", Commission: 1000, Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}, {Name: "Shelf life", Value: "3 years"}, {Name: "Ingredients", Value: "Clay"}, {Name: "Net content", Value: "1"}},
		Pictures: wanted("bundle"), SKUs: []catalog.NewSKU{{Price: yuan(w.between(5000, 30000)), Components: parts}},
	}})
	w.must("draft a bundle", err)
	_, err = w.catalog.List(selling(a.seller), catalog.ByProduct{ID: p.ID})
	w.must("list a bundle", err)
	w.goods.items = append(w.goods.items, item{seller: a.seller, product: p.ID, sku: p.SKUs[0].ID, bundle: parts})
}

func (w *world) until() time.Time { return w.clock.Now().Add(300 * 24 * time.Hour) }

func (w *world) coupon() {
	now := w.clock.Now()
	for i, in := range []coupon.DraftBatch{
		{Scope: promo.OfMerchant, Terms: coupon.Terms{Name: "shop", Tiers: []promo.Tier{{Over: yuan(3000), Off: yuan(w.between(100, 700))}}, Total: w.between(3, 12), PerPerson: 2}},
		{Scope: promo.OfPlatform, Terms: coupon.Terms{Name: "all", Tiers: []promo.Tier{{Over: yuan(5000), Rate: 1500}}, Most: yuan(2000), Total: 30, PerPerson: 3, Platform: 10000, Budget: yuan(w.between(2000, 15000))}},
	} {
		in.ClaimFrom, in.ClaimUntil, in.ValidDays, in.RequestID = now, w.until(), 60, fmt.Sprint("batch-", i)
		who := operator()
		if in.Scope == promo.OfMerchant {
			who = selling(sellers[0])
		}
		b, err := w.coupons.Draft(who, in)
		w.must("draft coupons", err)
		_, err = w.coupons.Start(who, coupon.ByBatch{ID: b.ID})
		w.must("start coupons", err)
		w.goods.batches = append(w.goods.batches, b.ID)
	}
}

func (w *world) campaigns() {
	now := w.clock.Now()
	for i, in := range []fullreduction.DraftCampaign{
		{Terms: fullreduction.Terms{Kind: promo.Reduction, Tiers: []promo.Tier{{Over: yuan(8000), Off: yuan(w.between(300, 1500))}}, Each: true}},
		{OfPlatform: true, Terms: fullreduction.Terms{Kind: promo.Discount, Tiers: []promo.Tier{{Over: yuan(15000), Rate: 700}}, Platform: money.Rate(w.between(0, 10000)), Budget: yuan(w.between(3000, 20000))}},
		{Terms: fullreduction.Terms{Kind: promo.Carriage, Tiers: []promo.Tier{{Over: yuan(20000)}}}},
	} {
		in.Name, in.Goods.All, in.Starts, in.Ends, in.RequestID = fmt.Sprint("campaign ", i), true, now, w.until(), fmt.Sprint("campaign-", i)
		who := operator()
		if !in.OfPlatform {
			who = selling(sellers[i%2])
		}
		c, err := w.reductions.Draft(who, in)
		w.must("draft a campaign", err)
		_, err = w.reductions.Start(who, fullreduction.StartCampaign{ID: c.ID, Accept: true, RequestID: "start"})
		w.must("start a campaign", err)
	}
}

// price is what a SKU costs everybody.
func (w *world) price(k id.SKU) int64 {
	p, err := w.catalog.Price(inside(), catalog.PriceSKUs{SKUs: []id.SKU{k}})
	w.must("price", err)
	return p.Items[0].Price.Amount
}

func (w *world) deals() {
	now := w.clock.Now()
	var plan flashsale.Plan
	for _, at := range []int{0, 1} {
		k := w.goods.items[at]
		plan.Items = append(plan.Items, flashsale.Allotment{SKU: k.sku, Price: yuan(w.price(k.sku) * 7 / 10), N: w.between(3, 8), Limit: w.between(1, 3)})
		w.goods.flashed = append(w.goods.flashed, k.sku)
	}
	plan.Name, plan.Start, plan.End = "flash", now.Add(time.Second), now.Add(6*24*time.Hour)
	s, err := w.flashes.Draft(selling(sellers[0]), flashsale.DraftSale{Plan: plan, RequestID: "flash"})
	w.must("draft a flash sale", err)
	_, err = w.flashes.Start(selling(sellers[0]), flashsale.BySale{ID: s.ID})
	w.must("start a flash sale", err)
	w.goods.flash = s.ID
	w.laws.flash = s.Plan

	for i, at := range []int{4, 5} {
		k := w.goods.items[at]
		o, err := w.teams.Drafted(selling(k.seller), groupbuy.NewOffer{RequestID: fmt.Sprint("team-", i), Terms: groupbuy.Terms{
			SKU: k.sku, Name: "team", Price: yuan(w.price(k.sku) * 8 / 10), Seats: 2 + i, Hours: 1 + i, Limit: 5, Units: 2, Fresh: false,
			StartAt: now.Add(-time.Second), EndAt: w.until(),
		}})
		w.must("draft a group buy", err)
		_, err = w.teams.Start(selling(k.seller), groupbuy.ByID{ID: o.ID})
		w.must("start a group buy", err)
		w.goods.teams = append(w.goods.teams, deal{o.ID, k})

		k = w.goods.items[at+4]
		b, err := w.bargains.Drafted(selling(k.seller), bargain.NewOffer{RequestID: fmt.Sprint("bargain-", i), Terms: bargain.Terms{
			SKU: k.sku, Name: "bargain", Start: yuan(w.price(k.sku)), Floor: yuan(w.price(k.sku) / 2), Cuts: 4, NewCuts: 1, Hours: 24, Stock: 5,
			AtFloor: i == 1, StartAt: now.Add(-time.Second), EndAt: w.until(),
		}})
		w.must("draft a bargain", err)
		_, err = w.bargains.Start(selling(k.seller), bargain.ByID{ID: b.ID})
		w.must("start a bargain", err)
		w.goods.bargains = append(w.goods.bargains, deal{b.ID, k})
	}
}

func (w *world) rewarding() {
	now := w.clock.Now()
	c, err := w.backs.Draft(operator(), cashback.Plan{
		Name: "back", Rate: 500, Most: yuan(1000), Least: yuan(4000), Budget: yuan(w.between(3000, 9000)), PerPerson: 3,
		StartsAt: now.Add(time.Second), EndsAt: w.until(), RequestID: "cashback",
	})
	w.must("draft cashback", err)
	_, err = w.backs.Start(operator(), cashback.ByID{ID: c.ID})
	w.must("start cashback", err)
	for i, b := range buyers[:5] {
		_, err := w.points.Grant(operator(), points.Grant{User: user(b), N: w.between(100, 3000), Note: "welcome", RequestID: fmt.Sprint("grant-", i)})
		w.must("grant points", err)
	}
	for i, b := range buyers[1:6] { // each was invited by the one before
		l, err := w.invites.Link(as(buyers[i]), invite.Mine{})
		w.must("an invite link", err)
		_, err = w.invites.Accept(as(b), invite.Accept{Token: l.Token, RequestID: "accept"})
		w.must("accept an invitation", err)
	}
}
