package catalogcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// line is one SKU of an order. Of is what one of a bundle is made of.
type line struct {
	SKU  id.SKU          `bson:"sku"`
	N    int64           `bson:"n"`
	Of   []catalog.Units `bson:"of,omitempty"`
	Back int64           `bson:"back,omitempty"`
}

// homes returns where the SKUs of units belong. One that has no home is single.
func (c *Core) homes(ctx context.Context, units []catalog.Units) (map[id.SKU]skuHome, error) {
	ids := make([]string, len(units))
	for i, u := range units {
		ids[i] = string(u.SKU)
	}
	found, err := c.skus.GetMany(ctx, ids)
	out := make(map[id.SKU]skuHome, len(found))
	for _, h := range found {
		out[h.ID] = h
	}
	return out, err
}

// linesOf puts units of one SKU together.
func linesOf(units []catalog.Units, homes map[id.SKU]skuHome) []line {
	var lines []line
	for _, u := range units {
		if i := slices.IndexFunc(lines, func(l line) bool { return l.SKU == u.SKU }); i >= 0 {
			lines[i].N += u.N
			continue
		}
		lines = append(lines, line{SKU: u.SKU, N: u.N, Of: homes[u.SKU].Components})
	}
	return lines
}

// single is what n of the line come to in single goods.
func (l line) single(n int64) []catalog.Units {
	if len(l.Of) == 0 {
		return []catalog.Units{{SKU: l.SKU, N: n}}
	}
	out := slices.Clone(l.Of)
	for i := range out {
		out[i].N *= n
	}
	return out
}

// single sums what all lines come to: lines that share a component are checked
// together.
func (r reservation) single() map[id.SKU]int64 {
	want := map[id.SKU]int64{}
	for _, l := range r.Lines {
		for _, u := range l.single(l.N) {
			want[u.SKU] += u.N
		}
	}
	return want
}

// blame says that an order fails because of one of its own lines, where a
// component of it is sold out.
func (r reservation) blame(err error, component id.SKU) error {
	if !errors.Is(err, catalog.ErrSoldOut) {
		return err
	}
	for _, l := range r.Lines {
		if l.SKU == component {
			return err
		}
	}
	for _, l := range r.Lines {
		if slices.ContainsFunc(l.Of, func(u catalog.Units) bool { return u.SKU == component }) {
			return catalog.ErrSoldOut.With("sku", string(l.SKU)).Because(err)
		}
	}
	return err
}

// near returns the warehouses of all shops concerned, the nearest to a region
// first; nothing if there is no region or no warehouse.
func (c *Core) near(ctx context.Context, homes map[id.SKU]skuHome, region string) ([]string, error) {
	if region == "" {
		return nil, nil
	}
	var shops []id.Merchant
	for _, h := range homes {
		if !slices.Contains(shops, h.Merchant) {
			shops = append(shops, h.Merchant)
		}
	}
	slices.Sort(shops)
	var all []catalog.Warehouse
	for _, m := range shops {
		found, err := c.warehouses.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(m)}, Limit: catalog.MaxWarehouses})
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	all = append(all, catalog.Warehouse{}) // the first place, after those that are near
	slices.SortStableFunc(all, func(a, b catalog.Warehouse) int { return distance(a, region) - distance(b, region) })
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w.ID)
	}
	return out, nil
}

// distance orders warehouses: the one in the region, those that are near to it,
// the shop's first place, the others.
func distance(w catalog.Warehouse, region string) int {
	const firstPlace, far = 1000, 1001
	switch i := slices.Index(w.Near, region); {
	case w.ID == "":
		return firstPlace
	case w.Region == region:
		return 0
	case i >= 0:
		return 1 + i
	}
	return far
}

func rank(near []string, warehouse string) int {
	if i := slices.Index(near, warehouse); i >= 0 {
		return i
	}
	return len(near)
}
