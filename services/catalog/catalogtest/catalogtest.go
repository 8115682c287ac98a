// Package catalogtest says what the catalogue promises, as a suite that runs
// over every way the shop can be cut into processes.
package catalogtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
)

// Shop is a running catalogue.
type Shop struct {
	Catalog catalog.Service
	// Merchant makes somebody with a shop, and answers as whom they ask.
	Merchant func(t *testing.T, name string) actor.Actor
	// Picture makes a finished picture that belongs to owner.
	Picture func(t *testing.T, owner id.User) id.Media
}

// Run runs every case over one shop: each makes its own goods.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"AProductIsDraftedOnceForEachRequest": testDraft,
		"ADraftIsItsMerchantsAlone":           testPrivate,
		"AProductIsListedWhenItsFactsAre":     testIncomplete,
		"AnEditKeepsTheSKUsThatStay":          testEdit,
		"OptionsAndPricesAreChecked":          testMatrix,
		"StockChangesOnceForEachRequest":      testAdjust,
		"StockIsTheMerchantsBusiness":         testOwnStock,
		"ADelistedProductHasNoPrice":          testDelist,
		"ProductsArePagedByShopAndCategory":   testPages,
		"AnOrderHoldsOnceAndSellsOnce":        testReserve,
		"AnOrderTakesAllItsLinesOrNone":       testAllOrNone,
		"NobodyReservesWhatIsNotThere":        testRush,
		"WhatWasSoldComesBackOnce":            testRestock,
		"OneOwnerHasOneShop":                  testOneShop,
		"OnlyTheShopsOwnPartsMoveUnits":       testInternal,

		"StaffDoWhatTheyMayAndNoMore":             testStaff,
		"AnInvitationByLoginIsGoodForOne":         testInvitation,
		"NobodyGivesADutyTheyLack":                testLack,
		"ACategoryAsksForItsFacts":                testCategory,
		"ABrandIsNamedOnce":                       testBrand,
		"APriceIsForARegionAndACurrency":          testRegions,
		"WhatIsSoldInOnePlaceIsRefusedElsewhere":  testExclusive,
		"SendingCostsByZoneAndProfile":            testCarriage,
		"AShopSendsOnlyWhereItSays":               testNotSent,
		"TheNearestWarehouseGivesFirst":           testNearest,
		"AWarehouseGivesOnlyWhatItHas":            testPlaces,
		"NobodyReservesWhatNoWarehouseHas":        testRushPlaces,
		"BundlesAndSinglesShareWhatThereIs":       testRushBundles,
		"EachChangeOfStockIsListed":               testAdjustments,
		"LowStockIsListedWhileItIsLow":            testLow,
		"ABundleTakesItsComponents":               testBundle,
		"LinesThatShareAComponentAreSummed":       testShared,
		"ABundleIsMadeOfOtherSingleGoods":         testBadBundle,
		"UnitsComeBackInPortionsAndNoMore":        testPortions,
		"ManyPortionsAtOnceGiveBackWhatWasBought": testManyPortions,
		"ATableComesBackAsItWent":                 testTable,
		"ATableWithAnErrorChangesNothing":         testBadTable,
		"EverySKUAddsUp":                          testAudit,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

// stall is a merchant and one product of theirs.
type stall struct {
	Shop
	ctx   context.Context
	who   actor.Actor
	sheet catalog.Sheet
}

func newStall(t *testing.T, s Shop, name string) *stall {
	t.Helper()
	who := s.Merchant(t, name)
	return &stall{Shop: s, ctx: actor.With(t.Context(), who), who: who, sheet: catalog.Sheet{
		Title: "Celadon cup", Category: "home", Commission: 1500,
		Facts:    []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: s.Picture(t, who.User), Alt: "A cup"}},
		Options:  []catalog.Option{{Name: "Size", Values: []string{"S", "L"}}},
		SKUs:     []catalog.NewSKU{{Values: []string{"S"}, Price: money.CNY(9_900)}, {Values: []string{"L"}, Price: money.CNY(12_900), List: money.CNY(15_900)}},
	}}
}

func (s *stall) draft(t *testing.T) catalog.Product {
	t.Helper()
	return must(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: s.sheet, RequestID: id.Secret()}))(t)
}

// listed puts the stall's product on sale with units of its first SKU.
func (s *stall) listed(t *testing.T, units int64) catalog.Product {
	t.Helper()
	p := s.draft(t)
	p = must(s.Catalog.List(s.ctx, catalog.ByProduct{ID: p.ID}))(t)
	if units > 0 {
		must(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: p.SKUs[0].ID, By: units, Reason: "delivery", RequestID: id.Secret()}))(t)
	}
	return p
}

func (s *stall) stock(t *testing.T, sku id.SKU) catalog.Stock {
	t.Helper()
	return must(s.Catalog.Stock(s.ctx, catalog.BySKU{ID: sku}))(t)
}

func testDraft(t *testing.T, shop Shop) {
	s := newStall(t, shop, "draft")
	in := catalog.DraftProduct{Sheet: s.sheet, RequestID: id.Secret()}
	var ids sync.Map
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { ids.Store(must(s.Catalog.Draft(s.ctx, in))(t).ID, true) })
	}
	wg.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("5 tries drafted %d products, want 1", n)
	}
	in.Title = "Another cup"
	wantErr(t, "the same key for another product", second(s.Catalog.Draft(s.ctx, in)), rpc.ErrReused)
}

func testPrivate(t *testing.T, shop Shop) {
	s, other := newStall(t, shop, "private"), newStall(t, shop, "nosy")
	p := s.draft(t)
	if got := must(s.Catalog.Product(s.ctx, catalog.ByProduct{ID: p.ID}))(t); got.State != catalog.Draft || len(got.Pictures) != 1 || got.Pictures[0].Card == "" {
		t.Errorf("draft is %+v", got)
	}
	wantErr(t, "visitor", second(s.Catalog.Product(t.Context(), catalog.ByProduct{ID: p.ID})), catalog.ErrNoSuchProduct)
	wantErr(t, "another merchant's look", second(s.Catalog.Product(other.ctx, catalog.ByProduct{ID: p.ID})), catalog.ErrNoSuchProduct)
	wantErr(t, "another merchant's edit", second(s.Catalog.Edit(other.ctx, catalog.EditProduct{ID: p.ID, Sheet: other.sheet})), catalog.ErrNoSuchProduct)
	wantErr(t, "another merchant's listing", second(s.Catalog.List(other.ctx, catalog.ByProduct{ID: p.ID})), catalog.ErrNoSuchProduct)
	wantErr(t, "a visitor's draft", second(s.Catalog.Draft(t.Context(), catalog.DraftProduct{Sheet: s.sheet, RequestID: id.Secret()})), actor.ErrNobody)
}

func testIncomplete(t *testing.T, shop Shop) {
	s := newStall(t, shop, "incomplete")
	s.sheet.Facts = nil
	p := s.draft(t)
	wantErr(t, "no facts", second(s.Catalog.List(s.ctx, catalog.ByProduct{ID: p.ID})), catalog.ErrIncomplete)
	wantErr(t, "no price", second(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[0].ID}})), catalog.ErrNotListed)
}

func testEdit(t *testing.T, shop Shop) {
	s := newStall(t, shop, "edit")
	p := s.listed(t, 7)
	s.sheet.Options[0].Values = []string{"L", "XL", "S"}
	s.sheet.SKUs = []catalog.NewSKU{{Values: []string{"XL"}, Price: money.CNY(20_000)}, {Values: []string{"S"}, Price: money.CNY(8_000)}}
	got := must(s.Catalog.Edit(s.ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet}))(t)
	if got.SKUs[1].ID != p.SKUs[0].ID || got.SKUs[1].Available != 7 || got.State != catalog.Listed {
		t.Errorf("after the edit: %+v, want SKU %s with its 7 units", got.SKUs, p.SKUs[0].ID)
	}
	priced := must(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[0].ID}}))(t)
	if priced.Items[0].Price != money.CNY(8_000) {
		t.Errorf("price is %v, want the new one", priced.Items[0].Price)
	}
	wantErr(t, "a SKU that went", second(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[1].ID}})), catalog.ErrNoSuchSKU)
	s.sheet.Facts = nil
	wantErr(t, "a listed product without facts", second(s.Catalog.Edit(s.ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet})), catalog.ErrIncomplete)
}

func testMatrix(t *testing.T, shop Shop) {
	s := newStall(t, shop, "matrix")
	for name, tt := range map[string]struct {
		change func(*catalog.Sheet)
		want   error
	}{
		"a value too few":    {func(x *catalog.Sheet) { x.SKUs[0].Values = nil }, catalog.ErrBadMatrix},
		"an unknown value":   {func(x *catalog.Sheet) { x.SKUs[0].Values = []string{"M"} }, catalog.ErrBadMatrix},
		"the same one twice": {func(x *catalog.Sheet) { x.SKUs[1].Values = []string{"S"} }, catalog.ErrBadMatrix},
		"no price":           {func(x *catalog.Sheet) { x.SKUs[0].Price = money.Money{} }, catalog.ErrBadPrice},
		"another currency":   {func(x *catalog.Sheet) { x.SKUs[0].Price = money.Money{Amount: 1, Currency: "USD"} }, catalog.ErrBadPrice},
		"a list price below": {func(x *catalog.Sheet) { x.SKUs[0].List = money.CNY(1) }, catalog.ErrBadPrice},
	} {
		sheet := s.sheet
		sheet.SKUs = append([]catalog.NewSKU(nil), s.sheet.SKUs...)
		tt.change(&sheet)
		wantErr(t, name, second(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: sheet, RequestID: id.Secret()})), tt.want)
	}
}

func testAdjust(t *testing.T, shop Shop) {
	s := newStall(t, shop, "adjust")
	sku := s.listed(t, 0).SKUs[0].ID
	in := catalog.Adjust{ID: sku, By: 1_200, Reason: "delivery", RequestID: id.Secret()}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { must(s.Catalog.Adjust(s.ctx, in))(t) })
	}
	wg.Wait()
	if got := s.stock(t, sku); got.Received != 1_200 || got.Available != 1_200 {
		t.Errorf("4 tries of one delivery: %+v, want 1200 units", got)
	}
	must(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: sku, By: -700, Reason: "broken", RequestID: id.Secret()}))(t)
	if got := s.stock(t, sku); got.Available != 500 {
		t.Errorf("after 700 broke: %+v, want 500 units", got)
	}
	wantErr(t, "more than there are", second(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: sku, By: -501, Reason: "lost", RequestID: id.Secret()})), catalog.ErrStockBelowZero)
	in.By = 5
	wantErr(t, "the same key for another delivery", second(s.Catalog.Adjust(s.ctx, in)), rpc.ErrReused)
}

func testOwnStock(t *testing.T, shop Shop) {
	s, other := newStall(t, shop, "own"), newStall(t, shop, "curious")
	sku := s.listed(t, 3).SKUs[0].ID
	wantErr(t, "another's stock", second(s.Catalog.Stock(other.ctx, catalog.BySKU{ID: sku})), catalog.ErrNoSuchSKU)
	wantErr(t, "another's delivery", second(s.Catalog.Adjust(other.ctx, catalog.Adjust{ID: sku, By: 1, Reason: "x", RequestID: id.Secret()})), catalog.ErrNoSuchSKU)
}

func testDelist(t *testing.T, shop Shop) {
	s := newStall(t, shop, "delist")
	p := s.listed(t, 1)
	if got := must(s.Catalog.Delist(s.ctx, catalog.ByProduct{ID: p.ID}))(t); got.State != catalog.Delisted {
		t.Errorf("state is %s, want delisted", got.State)
	}
	wantErr(t, "a price", second(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[0].ID}})), catalog.ErrNotListed)
	if got := must(s.Catalog.Product(t.Context(), catalog.ByProduct{ID: p.ID}))(t); got.ID != p.ID {
		t.Error("a product that was on sale can still be looked at")
	}
}

func testPages(t *testing.T, shop Shop) {
	s := newStall(t, shop, "pages")
	s.sheet.Category = "outdoors"
	want := map[id.Product]bool{}
	for range 5 {
		want[s.listed(t, 0).ID] = true
	}
	for _, in := range []catalog.Products{{Merchant: s.who.Merchant}, {Category: "outdoors"}, {Mine: true}} {
		got := map[id.Product]bool{}
		in.Ask = page.Ask{Limit: 2}
		for {
			p := must(s.Catalog.Products(s.ctx, in))(t)
			for _, x := range p.Items {
				if got[x.ID] {
					t.Errorf("%+v shows %s twice", in, x.ID)
				}
				got[x.ID] = true
			}
			if in.After = p.Next; p.Next == "" {
				break
			}
		}
		for p := range want {
			if !got[p] {
				t.Errorf("%+v does not show %s", in, p)
			}
		}
	}
	s.draft(t)
	for state, n := range map[catalog.State]int{catalog.Draft: 1, catalog.Listed: 5, catalog.Delisted: 0} {
		if got := must(s.Catalog.Products(s.ctx, catalog.Products{Mine: true, State: state}))(t); len(got.Items) != n {
			t.Errorf("%d of mine are %s, want %d", len(got.Items), state, n)
		}
	}
	wantErr(t, "another list's cursor", second(s.Catalog.Products(s.ctx, catalog.Products{Ask: page.Ask{After: "x"}})), page.ErrCursor)
}

func testReserve(t *testing.T, shop Shop) {
	s := newStall(t, shop, "reserve")
	sku := s.listed(t, 5).SKUs[0].ID
	in := order(sku, 2)
	for range 3 {
		must(s.Catalog.Reserve(system(t), in))(t)
	}
	if got := s.stock(t, sku); got.Held != 2 || got.Available != 3 {
		t.Errorf("3 tries hold %+v, want 2 units", got)
	}
	for range 3 {
		must(s.Catalog.Commit(system(t), in))(t)
	}
	must(s.Catalog.Release(system(t), catalog.ByOrder{Order: in.Order}))(t)
	if got := s.stock(t, sku); got.Sold != 2 || got.Held != 0 || got.Available != 3 {
		t.Errorf("after commits and a late release: %+v, want 2 sold", got)
	}
}

func testAllOrNone(t *testing.T, shop Shop) {
	s := newStall(t, shop, "all")
	p := s.listed(t, 5)
	in := order(p.SKUs[0].ID, 2)
	in.Units = append(in.Units, catalog.Units{SKU: p.SKUs[1].ID, N: 1}) // of which there are none
	wantErr(t, "reserve", second(s.Catalog.Reserve(system(t), in)), catalog.ErrSoldOut)
	if got := s.stock(t, p.SKUs[0].ID); got.Available != 5 {
		t.Errorf("half an order holds %+v, want none", got)
	}
}

func testRush(t *testing.T, shop Shop) {
	s := newStall(t, shop, "rush")
	sku := s.listed(t, 10).SKUs[0].ID
	var mu sync.Mutex
	got := 0
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			_, err := s.Catalog.Reserve(system(t), order(sku, 1))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				got++
			case !errors.Is(err, catalog.ErrSoldOut):
				t.Errorf("reserve: %v, want ErrSoldOut", err)
			}
		})
	}
	wg.Wait()
	if units := s.stock(t, sku); got != 10 || units.Held != 10 || units.Available != 0 {
		t.Errorf("%d of 10 were reserved, stock %+v", got, units)
	}
}

func testRestock(t *testing.T, shop Shop) {
	s := newStall(t, shop, "restock")
	sku := s.listed(t, 3).SKUs[0].ID
	in := order(sku, 3)
	must(s.Catalog.Commit(system(t), in))(t)
	for range 3 {
		must(s.Catalog.Restock(system(t), catalog.ByOrder{Order: in.Order}))(t)
	}
	if got := s.stock(t, sku); got.Available != 3 || got.Sold != 0 {
		t.Errorf("after 3 restocks: %+v, want 3 available", got)
	}
	must(s.Catalog.Restock(system(t), catalog.ByOrder{Order: "ord_never"}))(t)
}

func testOneShop(t *testing.T, shop Shop) {
	s := newStall(t, shop, "one")
	wantErr(t, "a second shop", second(s.Catalog.OpenShop(s.ctx, catalog.OpenShop{Name: "Again"})), catalog.ErrShopExists)
	if m := must(s.Catalog.Merchant(t.Context(), catalog.ByMerchant{ID: s.who.Merchant}))(t); m.Owner != s.who.User {
		t.Errorf("the shop's owner is %s, want %s", m.Owner, s.who.User)
	}
	wantErr(t, "no shop", second(s.Catalog.Merchant(t.Context(), catalog.ByMerchant{ID: "mer_none"})), catalog.ErrNoSuchMerchant)
}

func testInternal(t *testing.T, shop Shop) {
	if _, remote := shop.Catalog.(catalog.Client); !remote {
		return // in one process there is no wire to refuse on; the front door's own test asks
	}
	s := newStall(t, shop, "internal")
	wantErr(t, "a merchant's own hand", second(s.Catalog.Reserve(s.ctx, order("sku_x", 1))), rpc.ErrNoRoute)
}

func order(sku id.SKU, n int64) catalog.Reserve {
	return catalog.Reserve{Order: id.Order("ord_" + id.Secret()), Units: []catalog.Units{{SKU: sku, N: n}}, Until: time.Now().Add(time.Hour)}
}

func system(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func second[T any](_ T, err error) error { return err }

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
