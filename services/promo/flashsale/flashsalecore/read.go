package flashsalecore

import (
	"context"
	"errors"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

// Events pages through the sales that run, or that come.
func (c *Core) Events(ctx context.Context, in flashsale.Events) (page.Page[flashsale.Event], error) {
	out := page.Page[flashsale.Event]{Items: []flashsale.Event{}}
	if err := c.admit(ctx, in.Group); err != nil {
		return out, err
	}
	q := docdb.Query{
		Index: "end", Equal: []any{string(flashsale.Active), in.Group}, From: c.later(), Limit: in.Size(20, 50), After: in.After,
	}
	if in.Phase == "" {
		in.Phase = flashsale.Running
	}
	if in.Phase == flashsale.Soon {
		q.Index = "start"
	}
	found, err := c.sales.Find(ctx, q)
	if err != nil {
		return out, err
	}
	for _, s := range found.Items {
		if c.phase(s) != in.Phase || in.Merchant != "" && s.Merchant != in.Merchant {
			continue
		}
		v, err := c.event(ctx, s, "")
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	out.Next = found.Next
	return out, nil
}

// admit returns nil if the asker may see what is for a group.
func (c *Core) admit(ctx context.Context, group string) error {
	if group == "" {
		return nil
	}
	in, err := c.member(ctx, group, actor.From(ctx).User)
	if err == nil && !in {
		err = flashsale.ErrMembers
	}
	return err
}

func (c *Core) phase(s sale) flashsale.Phase {
	now := c.Now()
	switch {
	case s.State != flashsale.Active, !now.Before(s.End):
		return flashsale.Over
	case now.Before(s.Start):
		return flashsale.Soon
	}
	return flashsale.Running
}

// event is a sale as shoppers see it; of one product, if it is named.
func (c *Core) event(ctx context.Context, s sale, of id.Product) (flashsale.Event, error) {
	v := flashsale.Event{
		ID: s.ID, Merchant: s.Merchant, Name: s.Name, Phase: c.phase(s), Now: c.Now(), Start: s.Start, End: s.End,
		Group: s.Group, Items: []flashsale.Offer{},
	}
	counts, err := c.count(ctx, s)
	if err != nil {
		return v, err
	}
	for i, x := range s.Items {
		if g := s.Goods[i]; of == "" || g.Product == of {
			v.Items = append(v.Items, flashsale.Offer{
				SKU: x.SKU, Product: g.Product, Price: x.Price, Was: g.Was, N: x.N,
				Left: counts[i].Left, Share: share(counts[i].Left, x.N), Limit: x.Limit,
			})
		}
	}
	return v, nil
}

// Event returns a sale that was started.
func (c *Core) Event(ctx context.Context, in flashsale.BySale) (flashsale.Event, error) {
	s, err := c.sales.Get(ctx, in.ID)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && s.State == flashsale.Draft {
		return flashsale.Event{}, flashsale.ErrNoSuchSale
	}
	if err != nil {
		return flashsale.Event{}, err
	}
	if err := c.admit(ctx, s.Group); err != nil {
		return flashsale.Event{}, err
	}
	return c.event(ctx, s, "")
}

// OfProduct pages through the sales that a product is in.
func (c *Core) OfProduct(ctx context.Context, in flashsale.OfProduct) (page.Page[flashsale.Event], error) {
	out := page.Page[flashsale.Event]{Items: []flashsale.Event{}}
	found, err := c.items.Find(ctx, docdb.Query{
		Index: "product", Equal: []any{string(in.Product), true}, From: c.later(), Limit: in.Size(10, 50), After: in.After,
	})
	if err != nil {
		return out, err
	}
	sales, err := c.salesOf(ctx, found.Items)
	if err != nil {
		return out, err
	}
	for _, s := range sales {
		if s.Group != "" || c.phase(s) == flashsale.Over {
			continue
		}
		v, err := c.event(ctx, s, in.Product)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	out.Next = found.Next
	return out, nil
}

// salesOf returns the sales whose plan still is the one of these items.
func (c *Core) salesOf(ctx context.Context, items []item) ([]sale, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.Sale
	}
	found, err := c.sales.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []sale
	for _, s := range found {
		for _, it := range items {
			if it.Sale == s.ID && it.ID == s.ofItem(it.SKU) {
				out = append(out, s)
				break
			}
		}
	}
	return out, nil
}

// Rules returns the sales that lines name, and for lines that name no deal those
// that run, have enough left and are for everybody.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	type key struct {
		sale  string
		sku   id.SKU
		named bool
	}
	lines, order := map[key][]int{}, []key(nil)
	note := func(k key, i int) {
		if lines[k] == nil {
			order = append(order, k)
		}
		lines[k] = append(lines[k], i)
	}
	sales := map[string]sale{}
	for i, l := range in.Lines {
		switch l.Deal.Kind {
		case promo.Flash:
			s, err := c.sales.Get(ctx, l.Deal.ID)
			if errors.Is(err, docdb.ErrNotFound) {
				continue // the pricing says that there is none
			}
			if err != nil {
				return nil, err
			}
			sales[s.ID] = s
			note(key{s.ID, l.SKU, true}, i)
		case "":
			running, err := c.running(ctx, l.SKU)
			if err != nil {
				return nil, err
			}
			for _, s := range running {
				sales[s.ID] = s
				note(key{s.ID, l.SKU, false}, i)
			}
		}
	}
	var out []promo.Rule
	for _, k := range order {
		rule, ok, err := c.rule(ctx, in, sales[k.sale], k.sku, lines[k])
		if err != nil {
			return nil, err
		}
		if ok && (k.named || rule.Refuse == "") {
			out = append(out, rule)
		}
	}
	return out, nil
}

// running returns the sales for everybody that a SKU is in right now.
func (c *Core) running(ctx context.Context, sku id.SKU) ([]sale, error) {
	const most = 5
	found, err := c.items.Find(ctx, docdb.Query{Index: "sku", Equal: []any{string(sku)}, From: c.later(), Limit: most})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	all, err := c.salesOf(ctx, found.Items)
	var out []sale
	for _, s := range all {
		if s.Group == "" && c.phase(s) == flashsale.Running {
			out = append(out, s)
		}
	}
	return out, err
}

// rule is a SKU's offer in a sale, as the pricing computes with it.
func (c *Core) rule(ctx context.Context, in promo.PriceAsk, s sale, sku id.SKU, lines []int) (promo.Rule, bool, error) {
	i := s.find(sku)
	if i < 0 || s.State == flashsale.Draft {
		return promo.Rule{}, false, nil
	}
	x := s.Items[i]
	rule := promo.Rule{
		ID: s.ID, Kind: promo.Flash, Scope: promo.OfMerchant, Merchant: s.Merchant, Name: s.Name, Lines: lines,
		Price: x.Price, Ref: string(sku), Limited: true, Until: s.End,
	}
	var n int64
	for _, at := range lines {
		n += in.Lines[at].N
	}
	no, err := c.closed(ctx, s, in.Buyer)
	if err != nil {
		return rule, false, err
	}
	switch no {
	case nil:
		rule.Refuse, err = c.short(ctx, in.Buyer, s, x, n)
	case promo.ErrNotYet:
		rule.Refuse = promo.NotBegun
	case promo.ErrNotYours:
		rule.Refuse = promo.NotYours
	default:
		rule.Refuse = promo.Ended
	}
	return rule, true, err
}

// short says why n of an allotment cannot be had, without taking any.
func (c *Core) short(ctx context.Context, buyer id.User, s sale, x flashsale.Allotment, n int64) (string, error) {
	if n > x.Limit {
		return promo.OverLimit, nil
	}
	if buyer != "" {
		persons, err := c.persons(ctx, buyer)
		if err != nil {
			return "", err
		}
		ids := make([]string, len(persons))
		for i, p := range persons {
			ids[i] = personCell(s.ofItem(x.SKU), p)
		}
		found, err := c.heaps.GetMany(ctx, ids)
		if err != nil {
			return "", err
		}
		for _, h := range found {
			if h.Left < n {
				return promo.OverLimit, nil
			}
		}
	}
	cells, err := c.heaps.Find(ctx, docdb.Query{
		Index: "of", Equal: []any{s.ofItem(x.SKU)}, From: int64(1), Descending: true, Limit: mostCells,
	})
	var left int64
	for _, h := range cells.Items {
		left += h.Left
	}
	if err == nil && left < n {
		return promo.UsedUp, nil
	}
	return "", err
}
