package catalogcore

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// ExportTable writes one line a SKU.
func (c *Core) ExportTable(ctx context.Context, in catalog.ExportTable) (catalog.Table, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return catalog.Table{}, err
	}
	found, err := c.products.Find(ctx, docdb.Query{
		Index: "merchant", Equal: []any{string(a.Merchant)}, Descending: true, Limit: in.Size(100, 200), After: in.After,
	})
	if err != nil {
		return catalog.Table{}, err
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(catalog.Columns()); err != nil {
		return catalog.Table{}, err
	}
	for _, r := range found.Items {
		p, err := c.withStock(ctx, r.Product)
		if err != nil {
			return catalog.Table{}, err
		}
		for _, k := range p.SKUs {
			if err := w.Write(record(p, k)); err != nil {
				return catalog.Table{}, err
			}
		}
	}
	w.Flush()
	return catalog.Table{CSV: b.String(), Next: found.Next}, w.Error()
}

// record is one SKU as a line of the table.
func record(p catalog.Product, k catalog.SKU) []string {
	cells := map[string]string{
		"product": string(p.ID), "title": p.Title, "category": p.Category, "facts": factCell(p.Facts),
		"values": valueCell(p.Options, k.Values), "price": strconv.FormatInt(k.Price.Amount, 10), "body": p.Body,
		"brand": p.BrandName, "shipping": p.Shipping, "commission": strconv.FormatInt(int64(p.Commission), 10),
		"state": string(p.State), "available": strconv.FormatInt(k.Available, 10),
	}
	if !k.List.IsZero() {
		cells["list"] = strconv.FormatInt(k.List.Amount, 10)
	}
	shown := make([]string, len(p.Pictures))
	for i, x := range p.Pictures {
		shown[i] = string(x.ID)
	}
	cells["pictures"] = strings.Join(shown, " ")
	var out []string
	for _, name := range catalog.Columns() {
		out = append(out, guard(cells[name]))
	}
	return out
}

// formula is what a cell begins with that a spreadsheet runs, and the guard itself.
const formula = "=+-@\t\r'"

// guard keeps a spreadsheet from running a cell as a formula; unguard takes the
// guard off again.
func guard(s string) string {
	if s != "" && strings.ContainsRune(formula, rune(s[0])) {
		return "'" + s
	}
	return s
}

func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(formula, rune(s[1])) {
		return s[1:]
	}
	return s
}

// namedValue is one "Name=Value" of a cell. A backslash keeps the sign after it from
// meaning anything.
type namedValue struct{ name, value string }

var escape = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `=`, `\=`)

func factCell(facts []catalog.Fact) string {
	var out []string
	for _, f := range facts {
		out = append(out, escape.Replace(f.Name)+"="+escape.Replace(f.Value))
	}
	return strings.Join(out, "; ")
}

func valueCell(options []catalog.Option, values []string) string {
	var out []string
	for i, o := range options {
		if i < len(values) {
			out = append(out, escape.Replace(o.Name)+"="+escape.Replace(values[i]))
		}
	}
	return strings.Join(out, "; ")
}

// readPairs takes a cell of "Name=Value; Name=Value" apart.
func readPairs(cell string) ([]namedValue, error) {
	var out []namedValue
	var now namedValue
	var text strings.Builder
	named := false
	end := func() error {
		word := strings.TrimSpace(text.String())
		text.Reset()
		if !named && word == "" {
			return nil // nothing between two signs
		}
		if now.value = word; !named || now.name == "" || word == "" {
			return fmt.Errorf("%q is not Name=Value", now.name+word)
		}
		out, now, named = append(out, now), namedValue{}, false
		return nil
	}
	literal := false
	for _, r := range cell {
		switch {
		case literal:
			text.WriteRune(r)
			literal = false
		case r == '\\':
			literal = true
		case r == '=' && !named:
			now.name, named = strings.TrimSpace(text.String()), true
			text.Reset()
		case r == ';':
			if err := end(); err != nil {
				return nil, err
			}
		default:
			text.WriteRune(r)
		}
	}
	return out, end()
}

// mediaOf takes a cell of picture ids apart.
func mediaOf(cell string) []id.Media {
	var out []id.Media
	for _, f := range strings.Fields(cell) {
		out = append(out, id.Media(f))
	}
	return out
}
