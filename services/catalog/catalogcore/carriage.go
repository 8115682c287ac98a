package catalogcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/catalog"
	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// load is what goes out of one shop under one profile.
type load struct {
	merchant id.Merchant
	profile  string // "": the usual one
	units    int64
	amount   money.Money
	sku      id.SKU // the first, for who is told that it is not sent there
}

// Usual is what a shop asks that says nothing: Fee, or nothing from FreeFrom on, in
// minor units of the shop's currency.
type Usual struct {
	Fee      int64
	FreeFrom int64
}

func (u Usual) of(amount money.Money) int64 {
	if amount.Amount >= u.FreeFrom {
		return 0
	}
	return u.Fee
}

// Carriage adds up what each shop asks: its goods are put together by shipping
// profile, and each profile asks for its first unit and for the further ones. A
// shop's parcel arrives when its slowest part does.
func (c *Core) Carriage(ctx context.Context, in catalog.AskCarriage) (catalog.Carriages, error) {
	loads, err := c.loads(ctx, in.Lines)
	if err != nil {
		return catalog.Carriages{}, err
	}
	out := catalog.Carriages{Items: []catalog.Carriage{}}
	for _, l := range loads {
		shop, err := c.merchants.Get(ctx, string(l.merchant))
		if err != nil {
			return out, fmt.Errorf("carriage: %w", err)
		}
		one, err := c.carry(ctx, in.Region, l, shop)
		if err != nil {
			return out, err
		}
		i := slices.IndexFunc(out.Items, func(x catalog.Carriage) bool { return x.Merchant == l.merchant })
		if i < 0 {
			out.Items = append(out.Items, one)
			continue
		}
		x := &out.Items[i]
		if x.Fee, err = x.Fee.Add(one.Fee); err != nil {
			return out, fmt.Errorf("carriage: %w", err)
		}
		x.Earliest, x.Latest = max(x.Earliest, one.Earliest), max(x.Latest, one.Latest)
	}
	return out, nil
}

// loads puts lines together by shop and profile, in the order of their first.
func (c *Core) loads(ctx context.Context, lines []catalog.CarriedLine) ([]load, error) {
	var loads []load
	for _, line := range lines {
		home, err := c.skus.Get(ctx, string(line.SKU))
		if errors.Is(err, docdb.ErrNotFound) {
			return nil, catalog.ErrNoSuchSKU.With("sku", string(line.SKU))
		}
		if err != nil {
			return nil, err
		}
		p, err := c.products.Get(ctx, string(home.Product))
		if err != nil {
			return nil, fmt.Errorf("carriage: %w", err)
		}
		i := slices.IndexFunc(loads, func(l load) bool { return l.merchant == p.Merchant && l.profile == p.Shipping })
		if i < 0 {
			i = len(loads)
			loads = append(loads, load{merchant: p.Merchant, profile: p.Shipping, sku: line.SKU})
		}
		loads[i].units += line.N
		if loads[i].amount, err = loads[i].amount.Add(line.Amount); err != nil {
			return nil, fmt.Errorf("carriage: %w", err)
		}
	}
	return loads, nil
}

// carry is what one load costs to send.
func (c *Core) carry(ctx context.Context, region string, l load, shop merchant) (catalog.Carriage, error) {
	out := catalog.Carriage{
		Merchant: shop.ID, Shop: shop.Name, Fee: money.Money{Currency: c.Currency},
		Earliest: catalog.UsualEarliest, Latest: catalog.UsualLatest,
	}
	name := l.profile
	if name == "" {
		name = shop.Usual
	}
	if name == "" {
		out.Fee.Amount = c.Usual.of(l.amount)
		if fault.On(fault.ShippingDouble) {
			out.Fee.Amount *= 2
		}
		return out, nil
	}
	p, err := c.profiles.Get(ctx, name)
	if err != nil {
		return out, fmt.Errorf("carriage: %w", err)
	}
	z, ok := zoneOf(p, region)
	if !ok {
		return out, catalog.ErrNotSentThere.With("sku", string(l.sku))
	}
	out.Earliest, out.Latest = z.Earliest, z.Latest
	if l.units <= 0 || z.FreeFrom.Amount > 0 && l.amount.Currency == z.FreeFrom.Currency && l.amount.Amount >= z.FreeFrom.Amount {
		return out, nil
	}
	further, err := z.Next.Times(l.units - 1)
	if err != nil {
		return out, fmt.Errorf("carriage: %w", err)
	}
	if out.Fee.Amount, err = sum(z.First, further); err != nil {
		return out, fmt.Errorf("carriage: %w", err)
	}
	return out, nil
}

func sum(a, b money.Money) (int64, error) {
	switch {
	case a.IsZero():
		return b.Amount, nil
	case b.IsZero():
		return a.Amount, nil
	}
	m, err := a.Add(b)
	return m.Amount, err
}

// zoneOf is the zone that a region lies in. Before a region is known, it is the
// one for the rest, or the first.
func zoneOf(p catalog.Profile, region string) (catalog.Zone, bool) {
	if slices.Contains(p.NotSent, region) {
		return catalog.Zone{}, false
	}
	rest := slices.IndexFunc(p.Zones, func(z catalog.Zone) bool { return len(z.Regions) == 0 })
	at := slices.IndexFunc(p.Zones, func(z catalog.Zone) bool { return slices.Contains(z.Regions, region) })
	switch {
	case at >= 0:
	case rest >= 0:
		at = rest
	case region == "" && len(p.Zones) > 0:
		at = 0
	default:
		return catalog.Zone{}, false
	}
	return p.Zones[at], true
}
