package catalogtest

import (
	"strings"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

func testCategory(t *testing.T, shop Shop) {
	s := newStall(t, shop, "pantry")
	s.sheet.Category = "food"
	p := s.draft(t)
	wantErr(t, "food that does not say how long it keeps", second(s.Catalog.List(s.ctx, catalog.ByProduct{ID: p.ID})), catalog.ErrIncomplete)
	s.sheet.Facts = append(s.sheet.Facts, catalog.Fact{Name: "保质期", Value: "18 个月"})
	must(s.Catalog.Edit(s.ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet}))(t)
	must(s.Catalog.List(s.ctx, catalog.ByProduct{ID: p.ID}))(t)
	priced := must(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[0].ID}}))(t).Items[0]
	if priced.Category != "food" || priced.TaxClass != catalog.TaxReduced {
		t.Errorf("sold as %s taxed %s, want food at the reduced rate", priced.Category, priced.TaxClass)
	}
	all := must(s.Catalog.Categories(t.Context(), rpc.Empty{}))(t)
	if len(all.Items) != len(catalog.Categories) {
		t.Errorf("%d categories, want %d", len(all.Items), len(catalog.Categories))
	}
	for i, c := range all.Items {
		if c.ID != catalog.Categories[i] || c.TaxClass == "" {
			t.Errorf("category %d is %+v, want %s", i, c, catalog.Categories[i])
		}
	}
}

func testBrand(t *testing.T, shop Shop) {
	s, other := newStall(t, shop, "maker"), newStall(t, shop, "reseller")
	name := "Kiln " + id.Secret()[:8]
	b := must(s.Catalog.AddBrand(s.ctx, catalog.AddBrand{Name: name}))(t)
	again := must(s.Catalog.AddBrand(other.ctx, catalog.AddBrand{Name: " " + strings.ToUpper(name) + " "}))(t)
	if again != b {
		t.Errorf("the same name made %+v and %+v", b, again)
	}
	s.sheet.Brand = b.ID
	p := s.listed(t, 0)
	if p.Brand != b.ID || p.BrandName != name {
		t.Errorf("the product is of %q %q, want %+v", p.Brand, p.BrandName, b)
	}
	found := must(s.Catalog.Brands(t.Context(), catalog.AskBrands{From: name, Ask: page.Ask{Limit: 1}}))(t)
	if len(found.Items) != 1 || found.Items[0].ID != b.ID {
		t.Errorf("brands from %q on begin with %+v", name, found.Items)
	}
	s.sheet.Brand = "brd_none"
	wantErr(t, "an unknown brand", second(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: s.sheet, RequestID: id.Secret()})), catalog.ErrNoSuchBrand)
}

func testRegions(t *testing.T, shop Shop) {
	s := newStall(t, shop, "regions")
	usd := func(n int64) money.Money { return money.Money{Amount: n, Currency: "USD"} }
	s.sheet.SKUs[1].Prices = []catalog.RegionPrice{
		{Region: "Tibet", Price: money.CNY(13_900)},
		{Price: usd(1_990), List: usd(2_490)},
		{Region: "California", Price: usd(2_190)},
	}
	sku := s.listed(t, 2).SKUs[1].ID
	for _, tt := range []struct {
		region, currency string
		price, list      money.Money
	}{
		{"", "", money.CNY(12_900), money.CNY(15_900)},
		{"Zhejiang", "CNY", money.CNY(12_900), money.CNY(15_900)},
		{"Tibet", "", money.CNY(13_900), money.Money{}},
		{"Texas", "USD", usd(1_990), usd(2_490)},
		{"California", "USD", usd(2_190), money.Money{}},
	} {
		got := must(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{sku}, Region: tt.region, Currency: tt.currency}))(t).Items[0]
		if got.Price != tt.price || got.List != tt.list {
			t.Errorf("%q in %q costs %v (%v), want %v (%v)", tt.region, tt.currency, got.Price, got.List, tt.price, tt.list)
		}
	}
	wantErr(t, "a currency without a price", second(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{sku}, Currency: "EUR"})), catalog.ErrNoPriceThere)
	s.sheet.SKUs[1].Prices = append(s.sheet.SKUs[1].Prices, catalog.RegionPrice{Region: "Tibet", Price: money.CNY(1)})
	wantErr(t, "two prices for one region", second(s.Catalog.Draft(s.ctx, catalog.DraftProduct{Sheet: s.sheet, RequestID: id.Secret()})), catalog.ErrBadPrice)
}

func testExclusive(t *testing.T, shop Shop) {
	s := newStall(t, shop, "exclusive")
	s.sheet.SKUs[0].Only = catalog.Exclusive{Channels: []string{"live"}, Creators: []id.User{"usr_a"}, Groups: []string{"grp_a"}}
	p := s.listed(t, 1)
	price := func(via ...catalog.Via) error {
		return second(s.Catalog.Price(system(t), catalog.PriceSKUs{SKUs: []id.SKU{p.SKUs[0].ID, p.SKUs[1].ID}, Via: via}))
	}
	wantErr(t, "from nowhere", price(), catalog.ErrExclusive)
	wantErr(t, "from another creator", price(catalog.Via{Creator: "usr_b"}, catalog.Via{}), catalog.ErrExclusive)
	wantErr(t, "the other line's creator", price(catalog.Via{}, catalog.Via{Creator: "usr_a"}), catalog.ErrExclusive)
	for _, via := range []catalog.Via{{Channel: "live"}, {Creator: "usr_a"}, {Group: "grp_a", Creator: "usr_b"}} {
		if err := price(via, catalog.Via{}); err != nil {
			t.Errorf("%+v: %v, want a price", via, err)
		}
	}
}

func testTable(t *testing.T, shop Shop) {
	s := newStall(t, shop, "table")
	s.sheet.Facts = []catalog.Fact{{Name: "Origin", Value: "Longquan; a=b\\c"}, {Name: "Note", Value: "=1+1"}}
	s.sheet.Title, s.sheet.Body = "=cmd", "two\nlines, \"quoted\""
	p := s.listed(t, 4)
	out := must(s.Catalog.ExportTable(s.ctx, catalog.ExportTable{}))(t)
	if !strings.Contains(out.CSV, "'=cmd") {
		t.Errorf("a title that a spreadsheet would run is not guarded:\n%s", out.CSV)
	}
	in := catalog.ImportTable{CSV: strings.ReplaceAll(out.CSV, "9900", "8800"), DryRun: true, RequestID: id.Secret()}
	dry := must(s.Catalog.ImportTable(s.ctx, in))(t)
	if len(dry.Errors) != 0 || dry.Edited != 1 || dry.Drafted != 0 || dry.Rows != 2 {
		t.Errorf("dry run: %+v, want one edit and no error", dry)
	}
	if got := must(s.Catalog.Product(s.ctx, catalog.ByProduct{ID: p.ID}))(t); got.SKUs[0].Price != money.CNY(9_900) {
		t.Error("a dry run changed a price")
	}
	in.DryRun = false
	must(s.Catalog.ImportTable(s.ctx, in))(t)
	got := must(s.Catalog.Product(s.ctx, catalog.ByProduct{ID: p.ID}))(t)
	if got.SKUs[0].Price != money.CNY(8_800) || got.SKUs[0].ID != p.SKUs[0].ID || got.SKUs[0].Available != 4 || got.SKUs[1].List != p.SKUs[1].List {
		t.Errorf("after the import: %+v, want %+v at 8800", got.SKUs, p.SKUs)
	}
	if got.Title != p.Title || got.Body != p.Body || len(got.Pictures) != 1 || got.Facts[0] != p.Facts[0] || got.Facts[1] != p.Facts[1] {
		t.Errorf("the rest changed: %+v", got)
	}
}

func testBadTable(t *testing.T, shop Shop) {
	s := newStall(t, shop, "badtable")
	const head = "product,title,category,facts,values,price\n"
	in := catalog.ImportTable{RequestID: id.Secret(), CSV: head +
		"a,Cup,home,Origin=Longquan,Size=S,100\n" +
		"a,Cup,home,Origin=Longquan,Size=S,100\n" + // the same values twice
		"b,,nowhere,Origin,Size=S,-1\n" +
		"prd_another,Cup,home,Origin=Longquan,,100\n" +
		"c,Bowl,home,Origin=Longquan,,100\n"}
	got := must(s.Catalog.ImportTable(s.ctx, in))(t)
	at := map[int]int{}
	for _, e := range got.Errors {
		at[e.Row]++
		if e.Reason == "" || e.Message == "" {
			t.Errorf("an error says nothing: %+v", e)
		}
	}
	if at[2] != 1 || at[4] != 4 || at[5] != 1 || at[6] != 0 || len(got.Items) != 0 {
		t.Errorf("report is %+v, want 1 error in row 2, 4 in row 4, 1 in row 5", got)
	}
	if mine := must(s.Catalog.Products(s.ctx, catalog.Products{Mine: true}))(t); len(mine.Items) != 0 {
		t.Errorf("%d products were drafted from a table with errors", len(mine.Items))
	}
	in.CSV = head + "a,Cup,home,Origin=Longquan,Size=S,100\na,,,,Size=L,200\nc,Bowl,home,Origin=Longquan,,100\n"
	first := must(s.Catalog.ImportTable(s.ctx, in))(t)
	again := must(s.Catalog.ImportTable(s.ctx, in))(t)
	if len(first.Errors) != 0 || len(first.Items) != 2 || first.Items[0] != again.Items[0] || first.Items[1] != again.Items[1] {
		t.Errorf("one request drafted %v and %v (%+v)", first.Items, again.Items, first.Errors)
	}
	for name, csv := range map[string]string{"an unknown column": "product,colour\nx,y\n", "a missing one": "product\nx\n", "a short row": head + "a,b\n", "no rows": head} {
		wantErr(t, name, second(s.Catalog.ImportTable(s.ctx, catalog.ImportTable{CSV: csv, RequestID: id.Secret()})), catalog.ErrBadTable)
	}
}
