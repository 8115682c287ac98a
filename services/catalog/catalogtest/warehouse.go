package catalogtest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

func (s *stall) warehouse(t *testing.T, name, region string, near ...string) id.Warehouse {
	t.Helper()
	in := catalog.OpenWarehouse{WarehouseSheet: catalog.WarehouseSheet{Name: name, Region: region, Near: near}, RequestID: id.Secret()}
	w := must(s.Catalog.OpenWarehouse(s.ctx, in))(t)
	if again := must(s.Catalog.OpenWarehouse(s.ctx, in))(t); again.ID != w.ID {
		t.Errorf("one request opened %s and %s", w.ID, again.ID)
	}
	return w.ID
}

func (s *stall) put(t *testing.T, sku id.SKU, w id.Warehouse, n int64) {
	t.Helper()
	must(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: sku, By: n, Reason: "delivery", Warehouse: w, RequestID: id.Secret()}))(t)
}

// reserved is what each warehouse has reserved of a SKU.
func (s *stall) reserved(t *testing.T, sku id.SKU) map[id.Warehouse]int64 {
	t.Helper()
	out := map[id.Warehouse]int64{}
	for _, w := range must(s.Catalog.StockPlaces(s.ctx, catalog.BySKU{ID: sku}))(t).Items {
		if w.OnHand != w.Available+w.Held {
			t.Errorf("%+v does not add up", w)
		}
		out[w.Warehouse] = w.Held
	}
	return out
}

func testNearest(t *testing.T, shop Shop) {
	s := newStall(t, shop, "nearest")
	sku := s.listed(t, 5).SKUs[0].ID
	north, south := s.warehouse(t, "North", "Hebei", "Shanxi"), s.warehouse(t, "South", "Guangdong", "Hunan", "Shanxi")
	s.put(t, sku, north, 3)
	s.put(t, sku, south, 3)
	reserve := func(region string, n int64) {
		t.Helper()
		in := order(sku, n)
		in.Region = region
		must(s.Catalog.Reserve(system(t), in))(t)
	}
	reserve("Hunan", 1)
	reserve("Shanxi", 1) // nearer to the north
	reserve("Guangdong", 1)
	if got := s.reserved(t, sku); got[south] != 2 || got[north] != 1 || got[""] != 0 {
		t.Errorf("reserved %v, want 2 in the south and 1 in the north", got)
	}
	reserve("Guangdong", 4) // the south has 1 and the north 2: the first place has all
	if got := s.reserved(t, sku); got[""] != 4 {
		t.Errorf("reserved %v, want 4 of the first place", got)
	}
	reserve("Guangdong", 4) // all that is left, everywhere
	if got := s.stock(t, sku); got.Available != 0 || got.Held != 11 {
		t.Errorf("stock is %+v, want all 11 held", got)
	}
	in := order(sku, 1)
	in.Region = "Guangdong"
	wantErr(t, "one more", second(s.Catalog.Reserve(system(t), in)), catalog.ErrSoldOut)
}

func testPlaces(t *testing.T, shop Shop) {
	s, other := newStall(t, shop, "places"), newStall(t, shop, "squatter")
	sku := s.listed(t, 2).SKUs[0].ID
	w := s.warehouse(t, "Barn", "Hebei")
	s.put(t, sku, w, 4)
	take := catalog.Adjust{ID: sku, By: -3, Reason: "broken", RequestID: id.Secret()}
	wantErr(t, "more than the first place has", second(s.Catalog.Adjust(s.ctx, take)), catalog.ErrStockBelowZero)
	take.Warehouse, take.RequestID = w, id.Secret()
	must(s.Catalog.Adjust(s.ctx, take))(t)
	got := must(s.Catalog.StockPlaces(s.ctx, catalog.BySKU{ID: sku}))(t).Items
	if len(got) != 2 || got[0].Available != 2 || got[1].Warehouse != w || got[1].Available != 1 {
		t.Errorf("places are %+v, want 2 and 1", got)
	}
	sku = other.listed(t, 0).SKUs[0].ID
	wantErr(t, "another's warehouse", second(s.Catalog.Adjust(other.ctx, catalog.Adjust{ID: sku, By: 1, Reason: "x", Warehouse: w, RequestID: id.Secret()})), catalog.ErrNoSuchWarehouse)
	wantErr(t, "another's words", second(s.Catalog.EditWarehouse(other.ctx, catalog.EditWarehouse{ID: w, WarehouseSheet: catalog.WarehouseSheet{Name: "Mine"}})), catalog.ErrNoSuchWarehouse)
	if list := must(s.Catalog.Warehouses(s.ctx, catalog.AskWarehouses{}))(t); len(list.Items) != 1 || list.Items[0].Name != "Barn" {
		t.Errorf("warehouses are %+v, want the barn", list.Items)
	}
}

func testAdjustments(t *testing.T, shop Shop) {
	s := newStall(t, shop, "history")
	p := s.listed(t, 0)
	for _, by := range []int64{5, -2, 7} {
		must(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: p.SKUs[0].ID, By: by, Reason: "count", RequestID: id.Secret()}))(t)
	}
	must(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: p.SKUs[1].ID, By: 1, Reason: "found", RequestID: id.Secret()}))(t)
	for sku, want := range map[id.SKU][]int64{"": {-2, 1, 5, 7}, p.SKUs[0].ID: {-2, 5, 7}} {
		in := catalog.AskAdjustments{SKU: sku, Ask: page.Ask{Limit: 2}}
		var got []int64
		for {
			list := must(s.Catalog.Adjustments(s.ctx, in))(t)
			for _, x := range list.Items {
				got = append(got, x.By)
				if x.User != s.who.User || x.Reason == "" {
					t.Errorf("%+v does not say who and why", x)
				}
			}
			if in.After = list.Next; list.Next == "" {
				break
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("changes of %q are %v, want %v", sku, got, want)
		}
	}
}

func testLow(t *testing.T, shop Shop) {
	s := newStall(t, shop, "low")
	sku := s.listed(t, 5).SKUs[0].ID
	low := func() int { return len(must(s.Catalog.LowStock(s.ctx, catalog.AskLow{}))(t).Items) }
	must(s.Catalog.WatchStock(s.ctx, catalog.WatchStock{ID: sku, Threshold: 5}))(t)
	if n := low(); n != 0 {
		t.Errorf("%d SKUs are low at their threshold, want none", n)
	}
	must(s.Catalog.Reserve(system(t), order(sku, 1)))(t)
	got := must(s.Catalog.LowStock(s.ctx, catalog.AskLow{}))(t)
	if len(got.Items) != 1 || got.Items[0].SKU != sku || got.Items[0].Available != 4 || got.Items[0].Threshold != 5 {
		t.Errorf("low are %+v, want the SKU with 4 of 5", got.Items)
	}
	must(s.Catalog.WatchStock(s.ctx, catalog.WatchStock{ID: sku}))(t)
	if n := low(); n != 0 {
		t.Errorf("%d SKUs are low that nobody watches", n)
	}
}

// pair lists a bundle of 2 of the first good and 1 of the second, and also the
// first good itself.
func (s *stall) pair(t *testing.T, cups, lids int64) (single, bundle catalog.Product) {
	t.Helper()
	single = s.listed(t, cups)
	if lids > 0 {
		s.put(t, single.SKUs[1].ID, "", lids)
	}
	sheet := s.sheet
	sheet.Title, sheet.Options = "A pair with a lid", nil
	sheet.SKUs = []catalog.NewSKU{{Values: []string{}, Price: money.CNY(29_900), Components: []catalog.Units{{SKU: single.SKUs[0].ID, N: 2}, {SKU: single.SKUs[1].ID, N: 1}}}}
	bundle = must(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: sheet, RequestID: id.Secret()}))(t)
	return single, must(s.Catalog.List(s.ctx, catalog.ByProduct{ID: bundle.ID}))(t)
}

func testBundle(t *testing.T, shop Shop) {
	s := newStall(t, shop, "bundle")
	single, bundle := s.pair(t, 7, 9)
	sku, cup, lid := bundle.SKUs[0].ID, single.SKUs[0].ID, single.SKUs[1].ID
	if bundle.SKUs[0].Available != 3 {
		t.Errorf("%d bundles can be made of 7 and 9, want 3", bundle.SKUs[0].Available)
	}
	if got := must(s.Catalog.Promise(s.ctx, catalog.AskPromise{ID: bundle.ID}))(t).Contents; len(got) != 2 || got[0].Title != single.Title || got[0].N != bundle.SKUs[0].Components[0].N {
		t.Errorf("a bundle says it holds %+v, want its two parts", got)
	}
	wantErr(t, "a delivery of bundles", second(s.Catalog.Adjust(s.ctx, catalog.Adjust{ID: sku, By: 1, Reason: "x", RequestID: id.Secret()})), catalog.ErrBundleStock)
	in := order(sku, 2)
	must(s.Catalog.Reserve(system(t), in))(t)
	if c, l := s.stock(t, cup), s.stock(t, lid); c.Held != 4 || l.Held != 2 {
		t.Errorf("2 bundles hold %+v and %+v, want 4 cups and 2 lids", c, l)
	}
	must(s.Catalog.Commit(system(t), in))(t)
	priced := must(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{sku}}))(t).Items[0]
	if priced.Available != 1 {
		t.Errorf("%d bundles are left, want 1", priced.Available)
	}
	_, err := s.Catalog.Reserve(system(t), order(sku, 2))
	wantErr(t, "more bundles than there are cups for", err, catalog.ErrSoldOut)
	if e := errs.Public(err); e.Fields["sku"] != string(sku) {
		t.Errorf("sold out names %v, want the line's SKU", e.Fields)
	}
	must(s.Catalog.RestockUnits(system(t), catalog.RestockUnits{Order: in.Order, Units: []catalog.Units{{SKU: sku, N: 1}}, RequestID: "return"}))(t)
	if c, l := s.stock(t, cup), s.stock(t, lid); c.Sold != 2 || l.Sold != 1 || c.Available != 5 || l.Available != 8 {
		t.Errorf("after one came back: %+v and %+v", c, l)
	}
	wantErr(t, "a cup that was bought in a bundle", second(s.Catalog.RestockUnits(system(t), catalog.RestockUnits{Order: in.Order, Units: []catalog.Units{{SKU: cup, N: 1}}, RequestID: "cup"})), catalog.ErrNotBought)
}

func testShared(t *testing.T, shop Shop) {
	s := newStall(t, shop, "shared")
	single, bundle := s.pair(t, 5, 5)
	cup := single.SKUs[0].ID
	in := order(bundle.SKUs[0].ID, 2)
	in.Units = append(in.Units, catalog.Units{SKU: cup, N: 2}) // 6 cups together
	wantErr(t, "6 of 5 cups", second(s.Catalog.Reserve(system(t), in)), catalog.ErrSoldOut)
	if got := s.stock(t, cup); got.Held != 0 {
		t.Errorf("a refused order holds %+v", got)
	}
	in.Units[1].N = 1
	must(s.Catalog.Reserve(system(t), in))(t)
	if got := s.stock(t, cup); got.Held != 5 || got.Available != 0 {
		t.Errorf("stock is %+v, want 5 held", got)
	}
}

func testBadBundle(t *testing.T, shop Shop) {
	s, other := newStall(t, shop, "badbundle"), newStall(t, shop, "parts")
	_, bundle := s.pair(t, 1, 1)
	theirs := other.listed(t, 1)
	for name, parts := range map[string][]catalog.Units{
		"an unknown SKU":  {{SKU: "sku_none", N: 1}},
		"another's goods": {{SKU: theirs.SKUs[0].ID, N: 1}},
		"a bundle":        {{SKU: bundle.SKUs[0].ID, N: 1}},
		"the same twice":  {bundle.SKUs[0].Components[0], bundle.SKUs[0].Components[0]},
	} {
		sheet := s.sheet
		sheet.SKUs = []catalog.NewSKU{{Values: []string{"S"}, Price: money.CNY(1), Components: parts}}
		wantErr(t, name, second(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: sheet, RequestID: id.Secret()})), catalog.ErrBadBundle)
	}
}

func testPortions(t *testing.T, shop Shop) {
	s := newStall(t, shop, "portions")
	sku := s.listed(t, 5).SKUs[0].ID
	in := order(sku, 4)
	back := func(request string, n int64) error {
		return second(s.Catalog.RestockUnits(system(t), catalog.RestockUnits{Order: in.Order, Units: []catalog.Units{{SKU: sku, N: n}}, RequestID: request}))
	}
	wantErr(t, "what nobody ordered", back("early", 1), catalog.ErrNotBought)
	must(s.Catalog.Reserve(system(t), in))(t)
	wantErr(t, "what is not yet bought", back("early", 1), catalog.ErrNotBought)
	must(s.Catalog.Commit(system(t), in))(t)
	for range 3 {
		if err := back("one", 3); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "more than is left", back("two", 2), catalog.ErrNotBought)
	if got := s.stock(t, sku); got.Sold != 1 || got.Available != 4 {
		t.Errorf("after one portion of 3: %+v, want 1 sold", got)
	}
	must(s.Catalog.Restock(system(t), catalog.ByOrder{Order: in.Order}))(t)
	if err := back("one", 3); err != nil {
		t.Errorf("the same portion after all came back: %v", err)
	}
	wantErr(t, "a portion after all came back", back("three", 1), catalog.ErrNotBought)
	if got := s.stock(t, sku); got.Sold != 0 || got.Available != 5 {
		t.Errorf("after the rest: %+v, want 5 available", got)
	}
}

func testManyPortions(t *testing.T, shop Shop) {
	s := newStall(t, shop, "manyportions")
	sku := s.listed(t, 6).SKUs[0].ID
	in := order(sku, 4)
	must(s.Catalog.Commit(system(t), in))(t)
	var mu sync.Mutex
	given := 0
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			_, err := s.Catalog.RestockUnits(system(t), catalog.RestockUnits{Order: in.Order, Units: []catalog.Units{{SKU: sku, N: 1}}, RequestID: id.Secret()})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				given++
			case !errors.Is(err, catalog.ErrNotBought):
				t.Errorf("restock: %v, want ErrNotBought", err)
			}
		})
	}
	wg.Wait()
	if got := s.stock(t, sku); given != 4 || got.Available != 6 || got.Sold != 0 {
		t.Errorf("%d of 4 came back, stock %+v", given, got)
	}
}

func testAudit(t *testing.T, shop Shop) {
	s := newStall(t, shop, "audit")
	single, bundle := s.pair(t, 1_100, 3)
	must(s.Catalog.Reserve(system(t), order(bundle.SKUs[0].ID, 1)))(t)
	must(s.Catalog.Commit(system(t), order(single.SKUs[0].ID, 5)))(t)
	seen := map[id.SKU]catalog.SKUAudit{}
	in := catalog.AskAudit{Limit: 7}
	for {
		got := must(s.Catalog.AuditStock(system(t), in))(t)
		for _, x := range got.Items {
			if !x.Sound {
				t.Errorf("%+v does not add up", x)
			}
			seen[x.SKU] = x
		}
		if in.After = got.Next; got.Next == "" {
			break
		}
	}
	cup := seen[single.SKUs[0].ID]
	if cup.Received != 1_100 || cup.Sold != 5 || cup.Held != 2 || cup.Holds != 2 || cup.Cells != 3 {
		t.Errorf("the audit reads %+v, want 1100 = 1093 + 2 + 5 in 3 cells", cup)
	}
	if b := seen[bundle.SKUs[0].ID]; !b.Bundle || b.Received != 0 {
		t.Errorf("the audit reads %+v of a bundle, want no stock of its own", b)
	}
}
