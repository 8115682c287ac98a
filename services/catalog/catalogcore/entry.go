package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meadow/services/catalog"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
)

// complaint notes what is wrong with a cell.
type complaint func(r tableRow, column, why string)

// readEntry turns an entry's cells into a sheet. What a table does not say of a
// product that it edits stays as it is.
func (c *Core) readEntry(ctx context.Context, e *entry) ([]catalog.RowError, error) {
	var wrong []catalog.RowError
	bad := func(r tableRow, column, why string) {
		wrong = append(wrong, catalog.RowError{Row: r.at, Column: column, Reason: errs.ErrInvalid.Reason, Message: why})
	}
	first := e.rows[0]
	if e.prior != nil {
		e.sheet = sheetOf(e.prior.Product)
		e.sheet.Options, e.sheet.SKUs = nil, nil
	}
	switch {
	case e.key == "":
		bad(first, "product", "is required")
	case strings.HasPrefix(e.key, "prd_") && e.prior == nil:
		bad(first, "product", "is not a product of this shop")
	}
	e.readWords(first, bad)
	e.readFacts(first, bad)
	if err := c.readTerms(ctx, e, first, bad); err != nil {
		return nil, err
	}
	if len(e.rows) > 200 {
		bad(first, "values", "a product has at most 200 SKUs")
	}
	for _, r := range e.rows {
		c.readSKU(e, r, bad)
	}
	return wrong, nil
}

// readWords reads what is said of a product as a whole.
func (e *entry) readWords(r tableRow, bad complaint) {
	s := &e.sheet
	s.Title, s.Category = strings.TrimSpace(r.cells["title"]), strings.TrimSpace(r.cells["category"])
	if n := utf8.RuneCountInString(s.Title); n < 1 || n > 120 {
		bad(r, "title", "must be 1 to 120 characters")
	}
	if _, ok := catalog.CategoryOf(s.Category); !ok {
		bad(r, "category", "must be one of "+strings.Join(catalog.Categories, ", "))
	}
	if body, told := r.cells["body"]; told {
		if s.Body = body; utf8.RuneCountInString(body) > 10_000 {
			bad(r, "body", "must be at most 10000 characters")
		}
	}
	if ids := mediaOf(r.cells["pictures"]); len(ids) > 0 {
		s.Pictures = e.pictured(ids)
		if len(ids) > 18 {
			bad(r, "pictures", "must be at most 18")
		}
	}
}

// pictured is pictures with the words that the product has for them, or its title.
func (e *entry) pictured(ids []id.Media) []picture.Wanted {
	out := make([]picture.Wanted, len(ids))
	for i, m := range ids {
		out[i] = picture.Wanted{ID: m, Alt: e.sheet.Title}
		for _, had := range e.sheet.Pictures {
			if had.ID == m {
				out[i].Alt = had.Alt
			}
		}
	}
	return out
}

func (e *entry) readFacts(r tableRow, bad complaint) {
	facts, err := readPairs(r.cells["facts"])
	if err != nil || len(facts) > 40 {
		bad(r, "facts", "must be at most 40 of Name=Value; Name=Value")
	}
	e.sheet.Facts = nil
	for _, f := range facts {
		if utf8.RuneCountInString(f.name) > 40 || utf8.RuneCountInString(f.value) > 200 {
			bad(r, "facts", "a name has at most 40 characters, a value 200")
		}
		e.sheet.Facts = append(e.sheet.Facts, catalog.Fact{Name: f.name, Value: f.value})
	}
}

// readTerms reads how a product is sold.
func (c *Core) readTerms(ctx context.Context, e *entry, r tableRow, bad complaint) error {
	if cell := strings.TrimSpace(r.cells["commission"]); cell != "" {
		n, err := strconv.ParseInt(cell, 10, 64)
		if e.sheet.Commission = money.Rate(n); err != nil || n < 0 || n > 9000 {
			bad(r, "commission", "must be 0 to 9000 basis points")
		}
	}
	if cell, told := r.cells["shipping"]; told {
		e.sheet.Shipping = strings.TrimSpace(cell)
	}
	cell, told := r.cells["brand"]
	if !told {
		return nil
	}
	b, err := c.brandNamed(ctx, cell)
	if b == "" && strings.TrimSpace(cell) != "" && err == nil {
		bad(r, "brand", "is not known yet")
	}
	e.sheet.Brand = b
	return err
}

// readSKU adds a row's SKU to its entry's sheet, and its values to the options.
func (c *Core) readSKU(e *entry, r tableRow, bad complaint) {
	pairs, err := readPairs(r.cells["values"])
	if err != nil || len(pairs) > 3 {
		bad(r, "values", "must be at most 3 of Name=Value; Name=Value")
		return
	}
	s := &e.sheet
	k := catalog.NewSKU{Values: []string{}}
	for i, p := range pairs {
		if r.at == e.rows[0].at {
			s.Options = append(s.Options, catalog.Option{Name: p.name})
		}
		if i >= len(s.Options) || s.Options[i].Name != p.name {
			bad(r, "values", "must name the options of the product's first row")
			return
		}
		if !slices.Contains(s.Options[i].Values, p.value) {
			s.Options[i].Values = append(s.Options[i].Values, p.value)
		}
		k.Values = append(k.Values, p.value)
	}
	if e.prior != nil {
		for _, old := range e.prior.SKUs {
			if slices.Equal(old.Values, k.Values) {
				k = newSKU(old)
				k.Values = listed(k.Values)
			}
		}
	}
	if k.Price, err = c.amount(r.cells["price"]); err != nil || k.Price.Amount <= 0 {
		bad(r, "price", "must be a whole number of the smallest unit, above zero")
	}
	if cell, told := r.cells["list"]; told {
		k.List = money.Money{}
		if strings.TrimSpace(cell) != "" {
			if k.List, err = c.amount(cell); err != nil || k.List.Amount <= k.Price.Amount {
				bad(r, "list", "must be above the price")
			}
		}
	}
	s.SKUs = append(s.SKUs, k)
}

func (c *Core) amount(cell string) (money.Money, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(cell), 10, 64)
	return money.Money{Amount: n, Currency: c.Currency}, err
}

// brandNamed is the brand that bears a name, or "".
func (c *Core) brandNamed(ctx context.Context, name string) (catalog.BrandID, error) {
	folded := strings.ToLower(strings.Join(strings.Fields(name), " "))
	if folded == "" {
		return "", nil
	}
	b, err := c.brands.Get(ctx, id.Derive("brd", folded))
	if errors.Is(err, docdb.ErrNotFound) {
		return "", nil
	}
	return b.ID, err
}
