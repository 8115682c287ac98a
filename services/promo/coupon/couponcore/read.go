package couponcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

// Mine pages through the asker's coupons.
func (c *Core) Mine(ctx context.Context, in coupon.Mine) (page.Page[coupon.Coupon], error) {
	user, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[coupon.Coupon]{}, err
	}
	q := docdb.Query{Index: "mine", Limit: in.Size(20, 100), After: in.After}
	switch in.State {
	case coupon.Used:
		q.Equal, q.Descending = []any{string(user), string(usedShelf)}, true
	case coupon.Expired:
		q.Equal, q.Descending, q.Before = []any{string(user), string(openShelf)}, true, c.later()
	default:
		q.Equal, q.From = []any{string(user), string(openShelf)}, c.later()
	}
	found, err := c.coupons.Find(ctx, q)
	if err != nil {
		return page.Page[coupon.Coupon]{}, err
	}
	all, err := c.views(ctx, found.Items)
	if in.State == "" || in.State == coupon.Ready {
		all = slices.DeleteFunc(all, func(v coupon.Coupon) bool { return v.State == coupon.Expired })
	}
	return page.Page[coupon.Coupon]{Items: all, Next: found.Next}, err
}

func (c *Core) views(ctx context.Context, records []record) ([]coupon.Coupon, error) {
	batches, err := c.batchesOf(ctx, records)
	if err != nil {
		return nil, err
	}
	out := make([]coupon.Coupon, 0, len(records))
	for _, r := range records {
		if b, ok := batches[r.Batch]; ok {
			out = append(out, c.view(r, b))
		}
	}
	return out, nil
}

func (c *Core) batchesOf(ctx context.Context, records []record) (map[string]batch, error) {
	var ids []string
	for _, r := range records {
		ids = append(ids, r.Batch)
	}
	slices.Sort(ids)
	found, err := c.batches.GetMany(ctx, slices.Compact(ids))
	byID := make(map[string]batch, len(found))
	for _, b := range found {
		byID[b.ID] = b
	}
	return byID, err
}

// Offers walks the shop's batches and then the platform's; its cursor says which
// of the two it is in.
func (c *Core) Offers(ctx context.Context, in coupon.Offers) (page.Page[coupon.Offer], error) {
	out := page.Page[coupon.Offer]{Items: []coupon.Offer{}}
	goods, shop := promo.Line{Product: in.Product}, in.Merchant
	if in.Product != "" {
		found, err := c.Catalog.ProductsByID(actor.AsSystem(ctx, "coupon"), catalog.ProductsByID{IDs: []id.Product{in.Product}})
		if err != nil {
			return out, err
		}
		if len(found.Items) == 0 {
			return out, catalog.ErrNoSuchProduct
		}
		shop, goods.Category = found.Items[0].Merchant, found.Items[0].Category
	}
	persons, err := c.askers(ctx)
	if err != nil {
		return out, err
	}
	of, after, size := shop, in.After, in.Size(20, 50)
	if rest, ok := strings.CutPrefix(string(after), "p."); ok {
		of, after = "", page.Cursor(rest)
	} else if rest, ok := strings.CutPrefix(string(after), "s."); ok {
		after = page.Cursor(rest)
	}
	for {
		q := docdb.Query{Index: "offered", Equal: []any{string(of), string(coupon.Active)}, From: c.Now(), Limit: size, After: after}
		if in.All && in.Product == "" && in.Merchant == "" {
			q.Index, q.Equal = "open", q.Equal[1:]
		}
		found, err := c.batches.Find(ctx, q)
		if err != nil {
			return out, err
		}
		for _, b := range found.Items {
			if b.CodeKey != "" || in.Product != "" && !b.isFor(goods) {
				continue
			}
			v, err := c.offer(ctx, b, persons)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, v)
		}
		switch {
		case found.Next != "" && of == "":
			out.Next = "p." + found.Next
		case found.Next != "":
			out.Next = "s." + found.Next
		case of != "" && in.Product != "":
			of, after = "", "" // a product has the platform's offers too
			continue
		}
		return out, nil
	}
}

// askers are who is asking, to limits; nobody is nobody.
func (c *Core) askers(ctx context.Context) ([]string, error) {
	user := actor.From(ctx).User
	if user == "" {
		return nil, nil
	}
	return c.persons(ctx, user)
}

func (c *Core) offer(ctx context.Context, b batch, persons []string) (coupon.Offer, error) {
	q, err := c.quotas.Get(ctx, quotaID(b.ID, b.Rev))
	if err != nil {
		return coupon.Offer{}, err
	}
	v := coupon.Offer{
		Batch: b.ID, Scope: b.Scope, Merchant: b.Merchant, Name: b.Name, Tiers: b.Tiers, Most: b.Most, Products: b.Products,
		Categories: b.Categories, NewOnly: b.NewOnly, ClaimUntil: b.ClaimUntil, ValidDays: b.ValidDays, ValidUntil: b.ValidUntil,
		Left: q.Left, PerPerson: b.PerPerson,
	}
	if v.Mine, err = c.have(ctx, b.ID, persons); err != nil {
		return v, err
	}
	no, err := c.refusal(ctx, b, persons)
	if err != nil {
		return v, err
	}
	v.Claimable = no == nil
	if no != nil {
		v.Why = no.Reason
	}
	return v, nil
}

// isFor reports whether a batch is for a line of its scope.
func (b batch) isFor(l promo.Line) bool {
	return len(b.Products) == 0 && len(b.Categories) == 0 ||
		slices.Contains(b.Products, l.Product) || slices.Contains(b.Categories, l.Category)
}

// mostRules is how many of a buyer's coupons are tried for the best price.
const mostRules = 100

// Rules returns the coupons that a buyer chose and, if the best are asked for,
// the others that they have, those that end first before others.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	if in.Buyer == "" {
		return nil, nil
	}
	records, err := c.coupons.GetMany(ctx, in.Coupons)
	if err != nil {
		return nil, err
	}
	if in.Best {
		found, err := c.coupons.Find(ctx, docdb.Query{
			Index: "mine", Equal: []any{string(in.Buyer), string(openShelf)}, From: c.later(), Limit: mostRules,
		})
		if err != nil {
			return nil, err
		}
		for _, r := range found.Items {
			if r.State == ready && !slices.Contains(in.Coupons, r.ID) {
				records = append(records, r)
			}
		}
	}
	batches, err := c.batchesOf(ctx, records)
	if err != nil {
		return nil, err
	}
	var out []promo.Rule
	for _, r := range records {
		b, ok := batches[r.Batch]
		if !ok || r.State == claiming || r.State == dropped {
			continue
		}
		rule := c.rule(in, r, b)
		if rule.Refuse == "" && b.NewOnly {
			bought, err := c.bought(ctx, b.Merchant, r.Persons)
			if err != nil {
				return nil, err
			}
			if bought {
				rule.Refuse = coupon.NewOnly
			}
		}
		if rule.Refuse == "" && b.Budget.Amount > 0 {
			p, err := c.purses.Get(ctx, purseID(b.ID, b.Rev, 0))
			if err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return nil, err
			}
			if p.Left <= 0 {
				rule.Refuse = promo.UsedUp
			}
		}
		if rule.Chosen || rule.Refuse == "" && len(rule.Lines) > 0 {
			out = append(out, rule)
		}
	}
	return out, nil
}

// rule is a coupon as the pricing computes with it.
func (c *Core) rule(in promo.PriceAsk, r record, b batch) promo.Rule {
	rule := promo.Rule{
		ID: b.ID, Kind: promo.Coupon, Scope: b.Scope, Merchant: b.Merchant, Name: b.Name, Tiers: b.Tiers, Most: b.Most,
		Platform: b.Platform, Ref: r.ID, Alone: b.Alone, Apart: b.Apart, Limited: true,
		Chosen: slices.Contains(in.Coupons, r.ID), Until: r.ExpiresAt,
	}
	for i, l := range in.Lines {
		if (b.Scope == promo.OfPlatform || l.Merchant == b.Merchant) && b.isFor(l) {
			rule.Lines = append(rule.Lines, i)
		}
	}
	now := c.Now()
	switch {
	case r.User != in.Buyer:
		rule.Refuse, rule.Name = promo.NotYours, ""
	case r.State == used:
		rule.Refuse = coupon.Spent
	case r.State == locked && now.Before(r.Until):
		rule.Refuse = coupon.InUse
	case !now.Before(r.ExpiresAt), b.State == coupon.Killed:
		rule.Refuse = promo.Ended
	case len(rule.Lines) == 0:
		rule.Refuse = promo.NoGoods
	}
	return rule
}
