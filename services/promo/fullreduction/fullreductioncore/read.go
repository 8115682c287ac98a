package fullreductioncore

import (
	"context"
	"errors"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// Campaign returns one with its results.
func (c *Core) Campaign(ctx context.Context, in fullreduction.ByID) (fullreduction.Campaign, error) {
	x, err := c.mine(ctx, in.ID)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	return c.told(ctx, x)
}

// Campaigns pages through the caller's shop's.
func (c *Core) Campaigns(ctx context.Context, in fullreduction.ListCampaigns) (page.Page[fullreduction.Campaign], error) {
	owner, err := c.owner(ctx, false)
	if err != nil {
		return page.Page[fullreduction.Campaign]{}, err
	}
	return c.list(ctx, in, docdb.Query{Index: "owner", Equal: []any{owner}})
}

// AllCampaigns pages through everybody's.
func (c *Core) AllCampaigns(ctx context.Context, in fullreduction.ListCampaigns) (page.Page[fullreduction.Campaign], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[fullreduction.Campaign]{}, err
	}
	return c.list(ctx, in, docdb.Query{Index: "created"})
}

func (c *Core) list(ctx context.Context, in fullreduction.ListCampaigns, q docdb.Query) (page.Page[fullreduction.Campaign], error) {
	q.Descending, q.Limit, q.After = true, in.Size(20, 100), in.After
	found, err := c.campaigns.Find(ctx, q)
	if err != nil {
		return page.Page[fullreduction.Campaign]{}, err
	}
	out := page.Page[fullreduction.Campaign]{Items: []fullreduction.Campaign{}, Next: found.Next}
	for _, x := range found.Items {
		if in.State != "" && x.State != in.State {
			continue
		}
		told, err := c.told(ctx, x)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, told)
	}
	return out, nil
}

// told is a campaign with what has become of it.
func (c *Core) told(ctx context.Context, x campaign) (fullreduction.Campaign, error) {
	out := x.Campaign
	b, err := c.budgets.Get(ctx, x.ID)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return out, err
	}
	out.Spent, out.Held = c.money(b.Spent), c.money(b.Held)
	orders, saved, err := c.count(ctx, x.ID)
	if err != nil {
		return out, err
	}
	out.Orders, out.Saved = orders, c.money(saved)
	return out, nil
}

// Running returns what shoppers should see of what runs now.
func (c *Core) Running(ctx context.Context, in fullreduction.AskRunning) (fullreduction.Banners, error) {
	out := fullreduction.Banners{Items: []fullreduction.Banner{}}
	owners := []string{platform}
	if in.Merchant != "" && string(in.Merchant) != platform {
		owners = append(owners, string(in.Merchant))
	}
	now := c.Now()
	line := promo.Line{Merchant: in.Merchant, Product: in.Product, Category: in.Category}
	for _, o := range owners {
		all, err := c.live(ctx, o, now)
		if err != nil {
			return out, err
		}
		for _, x := range all {
			if !within(x.Terms, now) || (in.Product != "" || in.Category != "") && !matches(x, line) {
				continue
			}
			out.Items = append(out.Items, fullreduction.Banner{
				ID: x.ID, Kind: x.Kind, Scope: x.Scope, Merchant: x.Merchant, Name: x.Name, Tiers: x.Tiers,
				Each: x.Each, Most: x.Most, Level: x.Level, Ends: x.Ends,
			})
		}
	}
	return out, nil
}
