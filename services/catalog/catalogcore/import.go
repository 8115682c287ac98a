package catalogcore

import (
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
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
