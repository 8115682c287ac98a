package flashsalecore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo/flashsale"
)

// Draft stores a sale under an id derived from the request.
func (c *Core) Draft(ctx context.Context, in flashsale.DraftSale) (flashsale.Sale, error) {
	a, err := catalog.Require(ctx, c.Catalog, catalog.DoCampaigns)
	if err != nil {
		return flashsale.Sale{}, err
	}
	name := id.Derive("fls", string(a.Merchant), in.RequestID)
	if before, err := c.sales.Get(ctx, name); err == nil {
		if before.Request != fingerprint(in.Plan) {
			return flashsale.Sale{}, rpc.ErrReused
		}
		return before.Sale, nil
	}
	all, err := c.sound(ctx, a.Merchant, in.Plan)
	if err != nil {
		return flashsale.Sale{}, err
	}
	now := c.Now()
	s := sale{Sale: flashsale.Sale{
		ID: name, Merchant: a.Merchant, Plan: in.Plan, State: flashsale.Draft, CreatedAt: now, UpdatedAt: now,
	}, Rev: 1, Request: fingerprint(in.Plan), Goods: all}
	err = c.sales.Insert(ctx, name, s)
	if errors.Is(err, docdb.ErrExists) {
		s, err = c.sales.Get(ctx, name) // a twin of this call was first
	}
	return s.Sale, err
}

func fingerprint(p flashsale.Plan) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// sound checks a plan against the catalogue and returns what that says of its
// items.
func (c *Core) sound(ctx context.Context, shop id.Merchant, p flashsale.Plan) ([]goods, error) {
	switch {
	case !p.Start.Before(p.End):
		return nil, flashsale.ErrPlan.With("end", "must be after its beginning")
	case !c.Now().Before(p.End):
		return nil, flashsale.ErrPlan.With("end", "must be to come")
	case p.Group != "" && c.Groups == nil:
		return nil, flashsale.ErrPlan.With("group", "does not exist")
	case len(p.Items) == 0:
		return nil, flashsale.ErrPlan.With("items", "is required")
	}
	var skus []id.SKU
	seen := map[id.SKU]bool{}
	for i, x := range p.Items {
		if seen[x.SKU] {
			return nil, flashsale.ErrPlan.With(fmt.Sprintf("items[%d].sku", i), "is there twice")
		}
		seen[x.SKU] = true
		skus = append(skus, x.SKU)
	}
	priced, err := c.Catalog.Price(actor.AsSystem(ctx, "flashsale"), catalog.PriceSKUs{SKUs: skus})
	if err != nil {
		return nil, err
	}
	var all []goods
	for i, x := range p.Items {
		now, at := priced.Items[i], fmt.Sprintf("items[%d]", i)
		least, err := now.Price.Part(money.Whole - flashsale.Deepest)
		if err != nil {
			return nil, err
		}
		switch {
		case now.Merchant != shop:
			return nil, catalog.ErrNoSuchSKU
		case x.Price.Currency != c.Currency || x.Price.Amount <= 0 || x.Price.Amount >= now.Price.Amount:
			return nil, flashsale.ErrPlan.With(at+".price", "must be below the price for everybody")
		case x.Price.Amount < least.Amount:
			return nil, flashsale.ErrPlan.With(at+".price", "must be at least a tenth of the price for everybody")
		case x.Limit > x.N:
			return nil, flashsale.ErrPlan.With(at+".limit", "must not be above the allotment")
		}
		all = append(all, goods{Product: now.Product, Was: now.Price})
	}
	return all, nil
}

// theirs returns a sale that the asker may see to: their shop's, and to an
// operator any.
func (c *Core) theirs(ctx context.Context, name string) (sale, error) {
	s, err := c.sales.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		return s, flashsale.ErrNoSuchSale.Because(err)
	}
	if err != nil {
		return s, err
	}
	if _, err := actor.Require(ctx, actor.Operator); err == nil {
		return s, nil
	}
	a, err := catalog.Require(ctx, c.Catalog, catalog.DoCampaigns)
	if err == nil && a.Merchant != s.Merchant {
		err = flashsale.ErrNoSuchSale
	}
	return s, err
}

// Edit replaces the plan of a draft.
func (c *Core) Edit(ctx context.Context, in flashsale.EditSale) (flashsale.Sale, error) {
	s, err := c.theirs(ctx, in.ID)
	if err != nil {
		return flashsale.Sale{}, err
	}
	all, err := c.sound(ctx, s.Merchant, in.Plan)
	if err != nil {
		return flashsale.Sale{}, err
	}
	s, err = c.sales.Update(ctx, in.ID, func(s *sale) error {
		if s.State != flashsale.Draft {
			return flashsale.ErrSaleState
		}
		s.Plan, s.Goods, s.UpdatedAt = in.Plan, all, c.Now()
		s.Rev++
		return nil
	})
	return s.Sale, err
}

// Start stores the cells of a sale's allotments, and then lets it run.
func (c *Core) Start(ctx context.Context, in flashsale.BySale) (flashsale.Sale, error) {
	s, err := c.theirs(ctx, in.ID)
	if err != nil {
		return flashsale.Sale{}, err
	}
	if !c.Now().Before(s.End) {
		return flashsale.Sale{}, flashsale.ErrPlan.With("end", "must be to come")
	}
	if s.State == flashsale.Draft {
		if _, err := c.sound(ctx, s.Merchant, s.Plan); err != nil { // prices may have changed
			return flashsale.Sale{}, err
		}
	}
	first := map[id.Product]bool{}
	for i, x := range s.Items {
		if err := c.house(ctx, s, x); err != nil {
			return flashsale.Sale{}, err
		}
		p := s.Goods[i].Product
		it := item{ID: s.ofItem(x.SKU), Sale: s.ID, SKU: x.SKU, Product: p, First: !first[p], End: s.End}
		first[p] = true
		if err := c.items.Insert(ctx, it.ID, it); err != nil && !errors.Is(err, docdb.ErrExists) {
			return flashsale.Sale{}, err
		}
	}
	rev := s.Rev
	s, err = c.sales.Update(ctx, in.ID, func(s *sale) error {
		if s.Rev != rev || s.State == flashsale.Killed {
			return flashsale.ErrSaleState
		}
		s.State, s.UpdatedAt = flashsale.Active, c.Now()
		return nil
	})
	return s.Sale, err
}

// ofItem names what belongs to a SKU of a plan.
func (s sale) ofItem(sku id.SKU) string { return fmt.Sprintf("%s/%d/%s", s.ID, s.Rev, sku) }

// house stores an allotment's cells.
func (c *Core) house(ctx context.Context, s sale, x flashsale.Allotment) error {
	for i, left := 0, x.N; left > 0; i++ {
		n := min(left, cellPlaces)
		left -= n
		v := cell{ID: fmt.Sprintf("%s/%d", s.ofItem(x.SKU), i), Of: s.ofItem(x.SKU), Left: n, Holds: map[string]hold{}, Marks: map[string]bool{}}
		if err := c.cells.Insert(ctx, v.ID, v); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// Stop ends a sale: nobody takes a place any more.
func (c *Core) Stop(ctx context.Context, in flashsale.BySale) (flashsale.Sale, error) {
	return c.end(ctx, in.ID, flashsale.Stopped)
}

// Kill ends a sale for good.
func (c *Core) Kill(ctx context.Context, in flashsale.BySale) (flashsale.Sale, error) {
	return c.end(ctx, in.ID, flashsale.Killed)
}

func (c *Core) end(ctx context.Context, name string, to flashsale.State) (flashsale.Sale, error) {
	if _, err := c.theirs(ctx, name); err != nil {
		return flashsale.Sale{}, err
	}
	s, err := c.sales.Update(ctx, name, func(s *sale) error {
		switch s.State {
		case to:
		case flashsale.Draft, flashsale.Killed:
			return flashsale.ErrSaleState
		}
		s.State, s.UpdatedAt = to, c.Now()
		return nil
	})
	if err == nil {
		c.Log.InfoContext(ctx, "flash sale ended", "sale", name, "state", to, "by", actor.From(ctx).User)
	}
	return s.Sale, err
}

// Sale returns one with what became of its allotments.
func (c *Core) Sale(ctx context.Context, in flashsale.BySale) (flashsale.Sale, error) {
	s, err := c.theirs(ctx, in.ID)
	if err != nil {
		return flashsale.Sale{}, err
	}
	s.Counts, err = c.count(ctx, s)
	return s.Sale, err
}

// Sales pages through those of the asker's shop.
func (c *Core) Sales(ctx context.Context, in flashsale.Sales) (page.Page[flashsale.Sale], error) {
	a, err := catalog.Require(ctx, c.Catalog, catalog.DoCampaigns)
	if err != nil {
		return page.Page[flashsale.Sale]{}, err
	}
	found, err := c.sales.Find(ctx, docdb.Query{
		Index: "merchant", Equal: []any{string(a.Merchant)}, Descending: true, Limit: in.Size(20, 50), After: in.After,
	})
	if err != nil {
		return page.Page[flashsale.Sale]{}, err
	}
	for i, s := range found.Items {
		if found.Items[i].Counts, err = c.count(ctx, s); err != nil {
			return page.Page[flashsale.Sale]{}, err
		}
	}
	return page.Map(found, func(s sale) flashsale.Sale { return s.Sale }), nil
}

// count adds up the cells of a sale's allotments.
func (c *Core) count(ctx context.Context, s sale) ([]flashsale.Count, error) {
	out := make([]flashsale.Count, 0, len(s.Items))
	for _, x := range s.Items {
		n := flashsale.Count{SKU: x.SKU, Left: x.N}
		if s.State != flashsale.Draft {
			cells, err := c.heaps.Find(ctx, docdb.Query{Index: "of", Equal: []any{s.ofItem(x.SKU)}, Limit: 2 * mostCells})
			if err != nil {
				return nil, err
			}
			n.Left = 0
			for _, h := range cells.Items {
				n.Left += h.Left
				n.Held += h.Held
				n.Sold += h.Sold
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// share is left of n, above zero while anything is left.
func share(left, n int64) money.Rate {
	if left <= 0 || n <= 0 {
		return 0
	}
	return max(1, money.Rate(left*int64(money.Whole)/n))
}
