package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// furnish says where a shop sends to and for how much, opens a second warehouse,
// and watches what runs low.
func (f *filling) furnish() error {
	who := f.people["taoxi"].ctx
	_, err := f.Catalog.AddProfile(who, catalog.AddProfile{RequestID: request("shipping", "taoxi"), ProfileSheet: catalog.ProfileSheet{
		Name: "快递", Usual: true, NotSent: []string{"香港特别行政区", "澳门特别行政区", "台湾省"}, Zones: []catalog.Zone{
			{First: money.CNY(800), Next: money.CNY(0), FreeFrom: money.CNY(9_900), Earliest: 2, Latest: 5},
			{Regions: []string{"浙江省", "上海市", "江苏省"}, First: money.CNY(800), Next: money.CNY(0), FreeFrom: money.CNY(9_900), Earliest: 1, Latest: 3},
			{Regions: []string{"新疆维吾尔自治区", "西藏自治区", "青海省"}, First: money.CNY(1_800), Next: money.CNY(600), FreeFrom: money.CNY(49_900), Earliest: 4, Latest: 9},
		},
	}})
	if err != nil {
		return fmt.Errorf("shipping: %w", err)
	}
	w, err := f.Catalog.OpenWarehouse(who, catalog.OpenWarehouse{RequestID: request("warehouse", "chengdu"), WarehouseSheet: catalog.WarehouseSheet{
		Name: "成都仓", Region: "四川省", Near: []string{"重庆市", "云南省", "贵州省"},
	}})
	if err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	_, err = f.Catalog.Adjust(who, catalog.Adjust{
		ID: f.sku("mug", "炭灰"), By: 12, Reason: "moved to Chengdu", Warehouse: w.ID, RequestID: request("delivery", "chengdu"),
	})
	for sku, threshold := range map[id.SKU]int64{f.sku("vase", "大 24 cm"): 10, f.sku("basket"): 6} {
		if err == nil {
			_, err = f.Catalog.WatchStock(who, catalog.WatchStock{ID: sku, Threshold: threshold})
		}
	}
	return err
}

// openShops makes merchants of those who keep a shop.
func (f *filling) openShops(context.Context) (int, error) {
	for _, s := range f.world.Shops {
		p := f.people[s.Owner]
		_, err := f.Catalog.OpenShop(p.ctx, catalog.OpenShop{
			Name: s.Name, Story: strings.TrimSpace(s.Story), Logo: f.pictures[hung{s.Owner, media.ForAvatar, s.Logo}],
		})
		if err != nil && !errors.Is(err, catalog.ErrShopExists) {
			return 0, fmt.Errorf("%s: %w", s.Key, err)
		}
		if err := f.refresh(p); err != nil {
			return 0, err
		}
	}
	return len(f.world.Shops), nil
}

// stockShelves lists what the shops sell, and takes deliveries.
func (f *filling) stockShelves(ctx context.Context) (int, error) {
	if err := f.hang(ctx, f.world.productPictures()); err != nil {
		return 0, err
	}
	f.products = map[string]catalog.Product{}
	owners := f.world.owners()
	for _, g := range f.world.Products {
		p, err := f.offer(g, owners[g.Shop])
		if err != nil {
			return 0, fmt.Errorf("%s: %w", g.Key, err)
		}
		f.products[g.Key] = p
	}
	return len(f.products), f.furnish()
}

func (f *filling) offer(g good, owner string) (catalog.Product, error) {
	who := f.people[owner].ctx
	p, err := f.Catalog.Draft(who, catalog.DraftProduct{RequestID: request("product", g.Key), Sheet: f.sheet(g, owner)})
	if err != nil {
		return p, err
	}
	if p.State != catalog.Listed {
		if p, err = f.Catalog.List(who, catalog.ByProduct{ID: p.ID}); err != nil {
			return p, err
		}
	}
	for i, v := range g.SKUs {
		if v.Stock == 0 {
			continue // sold out
		}
		_, err := f.Catalog.Adjust(who, catalog.Adjust{
			ID: p.SKUs[i].ID, By: v.Stock, Reason: "first delivery", RequestID: request("delivery", g.Key+"/"+strings.Join(v.Values, "/")),
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func (f *filling) sheet(g good, owner string) catalog.Sheet {
	s := catalog.Sheet{
		Title: g.Title, Body: strings.TrimSpace(g.Body), Category: g.Category, Commission: money.Rate(g.Commission),
		Pictures: f.show(owner, media.ForProduct, g.Pictures),
	}
	for _, fact := range g.Facts {
		s.Facts = append(s.Facts, catalog.Fact{Name: fact[0], Value: fact[1]})
	}
	for _, o := range g.Options {
		s.Options = append(s.Options, catalog.Option{Name: o.Name, Values: o.Values})
	}
	for _, v := range g.SKUs {
		n := catalog.NewSKU{Values: v.Values, Price: money.CNY(v.Price)}
		if v.List != 0 {
			n.List = money.CNY(v.List)
		}
		for _, region := range slices.Sorted(maps.Keys(v.There)) {
			n.Prices = append(n.Prices, catalog.RegionPrice{Region: region, Price: money.CNY(v.There[region])})
		}
		for _, part := range v.Of {
			n.Components = append(n.Components, catalog.Units{SKU: f.sku(part.Product, part.Values...), N: part.N})
		}
		s.SKUs = append(s.SKUs, n)
	}
	return s
}

// owners maps shops to who keeps them.
func (w world) owners() map[string]string {
	out := map[string]string{}
	for _, s := range w.Shops {
		out[s.Key] = s.Owner
	}
	return out
}
