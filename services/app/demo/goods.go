package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/kernel/money"
)

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
	return len(f.products), nil
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
