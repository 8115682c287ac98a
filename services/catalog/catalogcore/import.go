package catalogcore

import (
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
)

// tableRow is a line of an imported table.
type tableRow struct {
	at    int // 1 is the line of names
	cells map[string]string
}

// entry is the lines of one product, and what they come to.
type entry struct {
	key   string
	rows  []tableRow
	prior *product // what it edits
	sheet catalog.Sheet
}

// ImportTable checks every entry as Draft or Edit would, and only if none is
// wrong writes them, under ids derived from the request and their keys.
func (c *Core) ImportTable(ctx context.Context, in catalog.ImportTable) (catalog.TableReport, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return catalog.TableReport{}, err
	}
	rows, err := readTable(in.CSV)
	if err != nil {
		return catalog.TableReport{}, err
	}
	out := catalog.TableReport{Rows: len(rows), DryRun: in.DryRun, Errors: []catalog.RowError{}, Items: []id.Product{}}
	entries := group(rows)
	for _, e := range entries {
		wrong, err := c.check(ctx, a, e)
		if err != nil {
			return out, err
		}
		out.Errors = append(out.Errors, wrong...)
		if e.prior != nil {
			out.Edited++
		} else {
			out.Drafted++
		}
	}
	if in.DryRun || len(out.Errors) > 0 {
		if len(out.Errors) > 0 && !in.DryRun {
			out.Drafted, out.Edited = 0, 0
		}
		return out, nil
	}
	for _, e := range entries {
		p, err := c.write(ctx, in.RequestID, e)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, p.ID)
	}
	return out, nil
}

func (c *Core) write(ctx context.Context, request string, e *entry) (catalog.Product, error) {
	if e.prior != nil {
		return c.Edit(ctx, catalog.EditProduct{ID: e.prior.ID, Sheet: e.sheet})
	}
	return c.Draft(ctx, catalog.DraftProduct{Sheet: e.sheet, RequestID: id.Derive("csv", request, e.key)})
}

// readTable reads lines under their names.
func readTable(text string) ([]tableRow, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	names, err := r.Read()
	if err != nil {
		return nil, catalog.ErrBadTable.Because(err)
	}
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
		if !slices.Contains(catalog.Columns(), names[i]) || slices.Contains(names[:i], names[i]) {
			return nil, catalog.ErrBadTable.With("column", names[i])
		}
	}
	for _, must := range catalog.Columns()[:6] {
		if !slices.Contains(names, must) {
			return nil, catalog.ErrBadTable.With("column", must)
		}
	}
	records, err := r.ReadAll()
	if err != nil {
		return nil, catalog.ErrBadTable.With("row", err.Error())
	}
	if len(records) == 0 || len(records) > catalog.MaxRows {
		return nil, catalog.ErrBadTable.With("row", "1 to "+strconv.Itoa(catalog.MaxRows))
	}
	var rows []tableRow
	for i, rec := range records {
		row := tableRow{at: i + 2, cells: map[string]string{}}
		for j, n := range names {
			row.cells[n] = unguard(rec[j])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// group puts rows of one key together.
func group(rows []tableRow) []*entry {
	var out []*entry
	for _, r := range rows {
		key := strings.TrimSpace(r.cells["product"])
		i := slices.IndexFunc(out, func(e *entry) bool { return e.key == key })
		if i < 0 {
			i = len(out)
			out = append(out, &entry{key: key})
		}
		out[i].rows = append(out[i].rows, r)
	}
	return out
}

// check makes an entry's sheet and returns what is wrong with it.
func (c *Core) check(ctx context.Context, a actor.Actor, e *entry) ([]catalog.RowError, error) {
	if err := c.findPrior(ctx, a.Merchant, e); err != nil {
		return nil, err
	}
	wrong, err := c.readEntry(ctx, e)
	if err != nil || len(wrong) > 0 {
		return wrong, err
	}
	p := product{Product: catalog.Product{ID: "prd_new", Merchant: a.Merchant, State: catalog.Draft}}
	if e.prior != nil {
		p = *e.prior
	}
	if p.Pictures, err = c.preview(ctx, a.User, p.Pictures, e.sheet.Pictures); err != nil {
		return nil, err
	}
	err = c.fill(ctx, a.User, &p, e.sheet)
	if err == nil && p.State == catalog.Listed {
		err = complete(p.Product)
	}
	refusal, ours := errors.AsType[*errs.Error](err)
	if err != nil && (!ours || refusal.Code == errs.Unavailable || refusal.Code == errs.Internal) {
		return nil, err
	}
	if err != nil {
		one := catalog.RowError{Row: e.rows[0].at, Reason: refusal.Reason, Message: refusal.Message}
		for field := range refusal.Fields {
			one.Column = field
		}
		wrong = append(wrong, one)
	}
	return wrong, nil
}

// preview adds to the pictures that a product has those of an owner that it may
// have, without claiming them: a dry run changes nothing.
func (c *Core) preview(ctx context.Context, owner id.User, have []picture.Picture, wanted []picture.Wanted) ([]picture.Picture, error) {
	if len(wanted) == 0 {
		return have, nil
	}
	ids := make([]id.Media, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	found, err := c.Media.Pictures(actor.AsSystem(ctx, "catalog"), media.PicturesIn{IDs: ids})
	have = slices.Clone(have)
	for _, x := range found.Items {
		if x.Owner == owner {
			have = append(have, x.Shown(""))
		}
	}
	return have, err
}

// findPrior finds the product that an entry edits.
func (c *Core) findPrior(ctx context.Context, m id.Merchant, e *entry) error {
	if !strings.HasPrefix(e.key, "prd_") {
		return nil
	}
	p, err := c.products.Get(ctx, e.key)
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return nil
	case err != nil:
		return err
	case p.Merchant == m:
		e.prior = &p
	}
	return nil
}

// readEntry turns an entry's cells into a sheet. What a table does not say of a
// product that it edits stays as it is.
func (c *Core) readEntry(ctx context.Context, e *entry) ([]catalog.RowError, error) {
	var wrong []catalog.RowError
	bad := func(r tableRow, column, why string) {
		wrong = append(wrong, catalog.RowError{Row: r.at, Column: column, Reason: errs.ErrInvalid.Reason, Message: why})
	}
	first := e.rows[0]
	s := &e.sheet
	if e.prior != nil {
		*s = sheetOf(e.prior.Product)
		s.Options, s.SKUs = nil, nil
	}
	switch {
	case e.key == "":
		bad(first, "product", "is required")
	case strings.HasPrefix(e.key, "prd_") && e.prior == nil:
		bad(first, "product", "is not a product of this shop")
	}
	s.Title, s.Category = strings.TrimSpace(first.cells["title"]), strings.TrimSpace(first.cells["category"])
	if n := utf8.RuneCountInString(s.Title); n < 1 || n > 120 {
		bad(first, "title", "must be 1 to 120 characters")
	}
	if _, ok := catalog.CategoryOf(s.Category); !ok {
		bad(first, "category", "must be one of "+strings.Join(catalog.Categories, ", "))
	}
	facts, err := readPairs(first.cells["facts"])
	if err != nil || len(facts) > 40 {
		bad(first, "facts", "must be at most 40 of Name=Value; Name=Value")
	}
	s.Facts = nil
	for _, f := range facts {
		if utf8.RuneCountInString(f.name) > 40 || utf8.RuneCountInString(f.value) > 200 {
			bad(first, "facts", "a name has at most 40 characters, a value 200")
		}
		s.Facts = append(s.Facts, catalog.Fact{Name: f.name, Value: f.value})
	}
	if body, told := first.cells["body"]; told {
		if s.Body = body; utf8.RuneCountInString(body) > 10_000 {
			bad(first, "body", "must be at most 10000 characters")
		}
	}
	if cell := strings.TrimSpace(first.cells["commission"]); cell != "" {
		n, err := strconv.ParseInt(cell, 10, 64)
		if s.Commission = money.Rate(n); err != nil || n < 0 || n > 9000 {
			bad(first, "commission", "must be 0 to 9000 basis points")
		}
	}
	if cell, told := first.cells["shipping"]; told {
		s.Shipping = strings.TrimSpace(cell)
	}
	if ids := mediaOf(first.cells["pictures"]); len(ids) > 0 {
		s.Pictures = s.Pictures[:0:0]
		for _, m := range ids {
			s.Pictures = append(s.Pictures, picture.Wanted{ID: m, Alt: s.Title})
		}
	}
	if cell, told := first.cells["brand"]; told {
		if s.Brand, err = c.brandNamed(ctx, cell); err != nil {
			return nil, err
		} else if s.Brand == "" && strings.TrimSpace(cell) != "" {
			bad(first, "brand", "is not known yet")
		}
	}
	if len(e.rows) > 200 {
		bad(first, "values", "a product has at most 200 SKUs")
	}
	for _, r := range e.rows {
		c.readSKU(e, r, bad)
	}
	return wrong, nil
}

// readSKU adds a row's SKU to its entry's sheet, and its values to the options.
func (c *Core) readSKU(e *entry, r tableRow, bad func(tableRow, string, string)) {
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

// sheetOf is a product as its merchant would write it again.
func sheetOf(p catalog.Product) catalog.Sheet {
	s := catalog.Sheet{
		Title: p.Title, Body: p.Body, Category: p.Category, Facts: p.Facts, Options: p.Options,
		Commission: p.Commission, Brand: p.Brand, Shipping: p.Shipping,
	}
	for _, x := range p.Pictures {
		s.Pictures = append(s.Pictures, picture.Wanted{ID: x.ID, Alt: x.Alt})
	}
	for _, k := range p.SKUs {
		s.SKUs = append(s.SKUs, newSKU(k))
	}
	return s
}

func newSKU(k catalog.SKU) catalog.NewSKU {
	return catalog.NewSKU{Values: k.Values, Price: k.Price, List: k.List, Picture: k.Picture, Prices: k.Prices, Components: k.Components, Only: k.Only}
}
