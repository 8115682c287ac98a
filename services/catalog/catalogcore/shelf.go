package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// brand is a stored brand, with its name as it is sorted.
type brand struct {
	catalog.Brand `bson:",inline"`
	Folded        string `bson:"folded"`
}

func (c *Core) Categories(context.Context, rpc.Empty) (catalog.CategoryList, error) {
	return catalog.CategoryList{Items: catalog.AllCategories()}, nil
}

// AddBrand stores a brand under an id derived from its name.
func (c *Core) AddBrand(ctx context.Context, in catalog.AddBrand) (catalog.Brand, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return catalog.Brand{}, err
	}
	name := strings.Join(strings.Fields(in.Name), " ")
	folded := strings.ToLower(name)
	b := brand{Brand: catalog.Brand{ID: catalog.BrandID(id.Derive("brd", folded)), Name: name, By: a.Merchant}, Folded: folded}
	err = c.brands.Insert(ctx, string(b.ID), b)
	if errors.Is(err, docdb.ErrExists) {
		b, err = c.brands.Get(ctx, string(b.ID))
	}
	return b.Brand, err
}

func (c *Core) Brands(ctx context.Context, in catalog.AskBrands) (page.Page[catalog.Brand], error) {
	q := docdb.Query{Index: "name", Limit: in.Size(50, 200), After: in.After}
	if in.From != "" {
		q.From = strings.ToLower(in.From)
	}
	found, err := c.brands.Find(ctx, q)
	return page.Map(found, func(b brand) catalog.Brand { return b.Brand }), err
}

// shelve writes which shelf and brand a product is of.
func (c *Core) shelve(ctx context.Context, p *product, s catalog.Sheet) error {
	category, _ := catalog.CategoryOf(s.Category)
	p.Category, p.TaxClass = s.Category, category.TaxClass
	p.Brand, p.BrandName = "", ""
	if s.Brand == "" {
		return nil
	}
	b, err := c.brands.Get(ctx, string(s.Brand))
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.ErrNoSuchBrand.Because(err)
	}
	p.Brand, p.BrandName = s.Brand, b.Name
	return err
}

// disclosed reports the first fact that a category asks for and a product does
// not tell.
func disclosed(p catalog.Product) error {
	category, _ := catalog.CategoryOf(p.Category)
	for _, must := range category.Facts {
		told := slices.ContainsFunc(p.Facts, func(f catalog.Fact) bool {
			return strings.TrimSpace(f.Value) != "" && slices.ContainsFunc(must.Names, func(name string) bool {
				return strings.EqualFold(name, strings.TrimSpace(f.Name))
			})
		})
		if !told {
			return catalog.ErrIncomplete.With("facts."+must.ID, "one of: "+strings.Join(must.Names, ", "))
		}
	}
	return nil
}
