package catalogcore

import (
	"context"

	"meadow/services/catalog"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// AuditStock reads every cell of every SKU. A cell is one document, so that its
// numbers and its holds are of one instant.
func (c *Core) AuditStock(ctx context.Context, in catalog.AskAudit) (page.Page[catalog.SKUAudit], error) {
	ask := page.Ask{After: in.After, Limit: in.Limit}
	homes, err := c.skus.Find(ctx, docdb.Query{Index: "merchant", Limit: ask.Size(100, 500), After: in.After})
	if err != nil {
		return page.Page[catalog.SKUAudit]{}, err
	}
	out := page.Page[catalog.SKUAudit]{Items: make([]catalog.SKUAudit, 0, len(homes.Items)), Next: homes.Next}
	for _, home := range homes.Items {
		one, err := c.audit(ctx, home)
		if err != nil {
			return page.Page[catalog.SKUAudit]{}, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

func (c *Core) audit(ctx context.Context, home skuHome) (catalog.SKUAudit, error) {
	out := catalog.SKUAudit{Stock: catalog.Stock{SKU: home.ID}, Bundle: len(home.Components) > 0, Sound: true}
	q := docdb.Query{Index: "sku", Equal: []any{string(home.ID)}, Limit: 100}
	for {
		cells, err := c.cells.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, x := range cells.Items {
			holds := int64(0)
			for _, h := range x.Holds {
				holds += h.N
			}
			out.Cells++
			out.Holds += holds
			out.Received += x.Received
			out.Available += x.Available
			out.Held += x.Held
			out.Sold += x.Sold
			out.Sound = out.Sound && x.Received == x.Available+x.Held+x.Sold && x.Held == holds && min(x.Available, x.Held, x.Sold) >= 0
		}
		if q.After = cells.Next; cells.Next == "" {
			out.Sound = out.Sound && !(out.Bundle && out.Cells > 0)
			return out, nil
		}
	}
}
