package catalog

import (
	"context"
	"slices"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Category is a shelf of the shop: what must be disclosed of its goods, and how
// they are taxed.
type Category struct {
	ID       string    `json:"id"`
	TaxClass string    `json:"tax_class"`
	Facts    []MustSay `json:"facts"` // all of them, before a product is listed
}

// MustSay is a fact that a category's goods disclose. Any of Names will do, so
// that each merchant writes it in their own language and manner.
type MustSay struct {
	ID    string   `json:"id"`
	Names []string `json:"names"`
}

const (
	TaxStandard = "standard"
	TaxReduced  = "reduced"
)

// AllCategories returns the shelves of the shop, as Categories lists their ids.
func AllCategories() []Category {
	origin := []string{"Origin", "产地"}
	material := []string{"Material", "材质"}
	inside := []string{"Ingredients", "配料", "Main ingredients", "主要成分", "Base"}
	keeps := []string{"Shelf life", "保质期", "Best", "Best before", "保存"}
	return []Category{
		{ID: "beauty", TaxClass: TaxStandard, Facts: []MustSay{{ID: "inside_or_origin", Names: slices.Concat(inside, material, origin)}}},
		{ID: "fashion", TaxClass: TaxStandard, Facts: []MustSay{{ID: "material", Names: material}}},
		{ID: "food", TaxClass: TaxReduced, Facts: []MustSay{{ID: "inside_or_origin", Names: slices.Concat(inside, origin)}, {ID: "keeps", Names: keeps}}},
		{ID: "home", TaxClass: TaxStandard, Facts: []MustSay{{ID: "origin", Names: origin}}},
		{ID: "tech", TaxClass: TaxStandard, Facts: []MustSay{}},
		{ID: "outdoors", TaxClass: TaxStandard, Facts: []MustSay{}},
	}
}

// CategoryOf returns a category by its id.
func CategoryOf(id string) (Category, bool) {
	all := AllCategories()
	i := slices.IndexFunc(all, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return all[i], true
}

// BrandID is a brand's id, brd_: the same for the same name.
type BrandID string

// Brand is a name that goods are made under.
type Brand struct {
	ID   BrandID     `json:"id" bson:"_id"`
	Name string      `json:"name" bson:"name"`
	By   id.Merchant `json:"by" bson:"by"` // who named it first
}

var ErrNoSuchBrand = errs.New(errs.NotFound, "no_such_brand", "This brand is not known yet.")

// Shelves is how goods are sorted.
type Shelves interface {
	// Categories lists the shelves, with what each asks to be disclosed.
	Categories(ctx context.Context, in rpc.Empty) (CategoryList, error)
	// AddBrand makes a brand known, or returns the one that bears that name,
	// however it is cased.
	AddBrand(ctx context.Context, in AddBrand) (Brand, error)
	// Brands pages through brands by name.
	Brands(ctx context.Context, in AskBrands) (page.Page[Brand], error)
}

type (
	CategoryList struct {
		Items []Category `json:"items"`
	}
	AddBrand struct {
		Name string `json:"name" min:"1" max:"60"`
	}
	AskBrands struct {
		page.Ask
		From string `query:"from" json:"-" max:"60"` // names from here on
	}
)
