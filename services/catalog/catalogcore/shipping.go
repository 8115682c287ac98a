package catalogcore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// AddProfile stores a profile under an id derived from the request.
func (c *Core) AddProfile(ctx context.Context, in catalog.AddProfile) (catalog.Profile, error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return catalog.Profile{}, err
	}
	if err := c.checkZones(in.ProfileSheet); err != nil {
		return catalog.Profile{}, err
	}
	have, err := c.profiles.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant), false}, Limit: catalog.MaxProfiles})
	if err != nil {
		return catalog.Profile{}, err
	}
	p := catalog.Profile{ID: id.Derive("prf", string(a.Merchant), in.RequestID), Merchant: a.Merchant}
	fillProfile(&p, in.ProfileSheet)
	p.UpdatedAt = c.Now()
	known := slices.ContainsFunc(have.Items, func(x catalog.Profile) bool { return x.ID == p.ID })
	if len(have.Items) == catalog.MaxProfiles && !known {
		return catalog.Profile{}, catalog.ErrProfiles
	}
	err = c.profiles.Insert(ctx, p.ID, p)
	if errors.Is(err, docdb.ErrExists) {
		if p, err = c.profiles.Get(ctx, p.ID); err == nil && p.Name != in.Name {
			return catalog.Profile{}, rpc.ErrReused
		}
	}
	if err != nil {
		return catalog.Profile{}, err
	}
	return c.useProfile(ctx, p, in.Usual)
}

// useProfile makes p the shop's usual one if it is asked to, or if there is none.
func (c *Core) useProfile(ctx context.Context, p catalog.Profile, usual bool) (catalog.Profile, error) {
	shop, err := c.merchants.Update(ctx, string(p.Merchant), func(m *merchant) error {
		if usual || m.Usual == "" {
			m.Usual = p.ID
		}
		return nil
	})
	p.Usual = shop.Usual == p.ID
	return p, err
}

func fillProfile(p *catalog.Profile, s catalog.ProfileSheet) {
	p.Name, p.Zones, p.NotSent = s.Name, slices.Clone(s.Zones), listed(s.NotSent)
	for i := range p.Zones {
		p.Zones[i].Regions = listed(p.Zones[i].Regions)
	}
}

// checkZones refuses zones of which two could answer, or whose numbers make no
// sense.
func (c *Core) checkZones(s catalog.ProfileSheet) error {
	if len(s.Zones) == 0 {
		return catalog.ErrBadZones
	}
	seen := map[string]bool{}
	for _, r := range s.NotSent {
		seen[r] = true
	}
	rest := false
	for _, z := range s.Zones {
		for _, m := range []money.Money{z.First, z.Next, z.FreeFrom} {
			if m.Amount < 0 || m.Amount > 0 && m.Currency != c.Currency {
				return catalog.ErrBadZones
			}
		}
		if z.Earliest < 0 || z.Latest < z.Earliest {
			return catalog.ErrBadZones.With("latest_days", "not before the earliest")
		}
		if len(z.Regions) == 0 {
			if rest {
				return catalog.ErrBadZones.With("regions", "one zone only is the rest")
			}
			rest = true
		}
		for _, r := range z.Regions {
			if r == "" || seen[r] {
				return catalog.ErrBadZones.With("regions", r)
			}
			seen[r] = true
		}
	}
	return nil
}

func (c *Core) EditProfile(ctx context.Context, in catalog.EditProfile) (catalog.Profile, error) {
	if err := c.ownProfile(ctx, in.ID); err != nil {
		return catalog.Profile{}, err
	}
	if err := c.checkZones(in.ProfileSheet); err != nil {
		return catalog.Profile{}, err
	}
	p, err := c.profiles.Update(ctx, in.ID, func(p *catalog.Profile) error {
		fillProfile(p, in.ProfileSheet)
		p.UpdatedAt = c.Now()
		return nil
	})
	if err != nil {
		return catalog.Profile{}, err
	}
	return c.useProfile(ctx, p, in.Usual)
}

func (c *Core) RetireProfile(ctx context.Context, in catalog.ByProfile) (rpc.Empty, error) {
	if err := c.ownProfile(ctx, in.ID); err != nil {
		return rpc.Empty{}, err
	}
	_, err := c.profiles.Update(ctx, in.ID, func(p *catalog.Profile) error { p.Retired = true; return nil })
	return rpc.Empty{}, err
}

// ownProfile refuses a profile that is not the caller's shop's.
func (c *Core) ownProfile(ctx context.Context, profile string) error {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return err
	}
	p, err := c.profiles.Get(ctx, profile)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && p.Merchant != a.Merchant {
		return catalog.ErrNoSuchProfile
	}
	return err
}

func (c *Core) Profiles(ctx context.Context, in catalog.AskProfiles) (page.Page[catalog.Profile], error) {
	a, err := catalog.Require(ctx, c, catalog.DoProducts)
	if err != nil {
		return page.Page[catalog.Profile]{}, err
	}
	shop, err := c.merchants.Get(ctx, string(a.Merchant))
	if err != nil {
		return page.Page[catalog.Profile]{}, err
	}
	out, err := c.profiles.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant), false}, Limit: in.Size(20, 50), After: in.After})
	for i, p := range out.Items {
		out.Items[i].Usual = p.ID == shop.Usual
		out.Items[i].NotSent = listed(p.NotSent)
	}
	return out, err
}
