package catalogcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

func (c *Core) Product(ctx context.Context, in catalog.ByProduct) (catalog.Product, error) {
	p, err := c.products.Get(ctx, string(in.ID))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return catalog.Product{}, catalog.ErrNoSuchProduct.Because(err)
	case err != nil:
		return catalog.Product{}, err
	case p.State == catalog.Draft && !owns(ctx, p.Merchant):
		return catalog.Product{}, catalog.ErrNoSuchProduct
	}
	return c.withStock(ctx, p.Product)
}

func owns(ctx context.Context, m id.Merchant) bool {
	a := actor.From(ctx)
	return a.System != "" || a.Merchant == m && a.Is(actor.Merchant)
}

func (c *Core) Products(ctx context.Context, in catalog.Products) (page.Page[catalog.Product], error) {
	q := docdb.Query{Index: "state", Equal: []any{string(catalog.Listed)}, Descending: true, Limit: in.Size(20, 50), After: in.After}
	switch {
	case in.Mine:
		a, err := catalog.Require(ctx, c, "") // whoever works for a shop sees what it sells
		if err != nil {
			return page.Page[catalog.Product]{}, err
		}
		q.Index, q.Equal = "merchant", []any{string(a.Merchant)}
		if in.State != "" {
			q.Index, q.Equal = "merchant_state", []any{string(a.Merchant), string(in.State)}
		}
	case in.Merchant != "":
		q.Index, q.Equal = "state_merchant", []any{string(catalog.Listed), string(in.Merchant)}
	case in.Category != "":
		q.Index, q.Equal = "state_category", []any{string(catalog.Listed), in.Category}
	}
	found, err := c.products.Find(ctx, q)
	if err != nil {
		return page.Page[catalog.Product]{}, err
	}
	out := page.Map(found, func(p product) catalog.Product { return p.Product })
	for i := range out.Items {
		if out.Items[i], err = c.withStock(ctx, out.Items[i]); err != nil {
			return page.Page[catalog.Product]{}, err
		}
	}
	return out, nil
}

func (c *Core) ProductsByID(ctx context.Context, in catalog.ProductsByID) (catalog.ProductList, error) {
	ids := make([]string, len(in.IDs))
	for i, p := range in.IDs {
		ids[i] = string(p)
	}
	found, err := c.products.GetMany(ctx, ids)
	if err != nil {
		return catalog.ProductList{}, err
	}
	out := catalog.ProductList{Items: make([]catalog.Product, 0, len(found))}
	for _, p := range found {
		full, err := c.withStock(ctx, p.Product)
		if err != nil {
			return catalog.ProductList{}, err
		}
		out.Items = append(out.Items, full)
	}
	return out, nil
}

func cover(p catalog.Product, k catalog.SKU) picture.Picture {
	for _, x := range p.Pictures {
		if x.ID == k.Picture {
			return x
		}
	}
	if len(p.Pictures) > 0 {
		return p.Pictures[0]
	}
	return picture.Picture{}
}

// withStock fills in how many of each SKU can be bought now, how many of all
// were sold, and what their buyers say.
func (c *Core) withStock(ctx context.Context, p catalog.Product) (catalog.Product, error) {
	available := map[id.SKU]int64{}
	q := docdb.Query{Index: "product", Equal: []any{string(p.ID)}, Limit: 500}
	p.Sold = 0
	for {
		cells, err := c.heaps.Find(ctx, q)
		if err != nil {
			return p, err
		}
		for _, x := range cells.Items {
			available[x.SKU] += x.Available
			p.Sold += x.Sold
		}
		if cells.Next == "" {
			break
		}
		q.After = cells.Next
	}
	var err error
	if p.Rating, err = c.ratingOf(ctx, p.ID); err != nil {
		return p, err
	}
	p.SKUs = append([]catalog.SKU{}, p.SKUs...)
	p.Facts, p.Options, p.Pictures = listed(p.Facts), listed(p.Options), listed(p.Pictures)
	for i, k := range p.SKUs {
		p.SKUs[i].Available = available[k.ID]
		if len(k.Components) > 0 {
			if p.SKUs[i].Available, err = c.whole(ctx, k.Components); err != nil {
				return p, err
			}
		}
		p.SKUs[i].Values = listed(k.Values)
	}
	return p, nil
}

// listed is s, or an empty list: on the wire a list is never null.
func listed[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// changed is the fact that a product is now as it stands.
func changed(p product) bus.Event {
	return catalog.ProductChanged.Event(p.UpdatedAt, fmt.Sprintf("%s.%s", p.ID, strconv.FormatInt(p.Rev, 10)),
		catalog.ProductChangedData{Product: p.Product, Rev: p.Rev, Price: cheapest(p.Product)})
}

// pictures returns what an owner chose, in their order.
func (c *Core) pictures(ctx context.Context, owner id.User, wanted []picture.Wanted) ([]picture.Picture, error) {
	return media.Choose(actor.AsSystem(ctx, "catalog"), c.Media, owner, wanted)
}

// show is pictures, where those that a product shows already need not be the
// editor's own: staff edit what others have pictured.
func (c *Core) show(ctx context.Context, owner id.User, have []picture.Picture, wanted []picture.Wanted) ([]picture.Picture, error) {
	var fresh []picture.Wanted
	at := func(ps []picture.Picture, m id.Media) int {
		return slices.IndexFunc(ps, func(p picture.Picture) bool { return p.ID == m })
	}
	for _, w := range wanted {
		if at(have, w.ID) < 0 {
			fresh = append(fresh, w)
		}
	}
	chosen, err := c.pictures(ctx, owner, fresh)
	if err != nil {
		return nil, err
	}
	out := make([]picture.Picture, 0, len(wanted))
	for _, w := range wanted {
		if i := at(have, w.ID); i >= 0 {
			p := have[i]
			p.Alt = w.Alt
			out = append(out, p)
			continue
		}
		out = append(out, chosen[at(chosen, w.ID)])
	}
	return out, nil
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("catalog: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
