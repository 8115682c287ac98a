package catalogcore

import (
	"context"
	"errors"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
)

// OpenShop stores the shop under an id derived from its owner, so that two
// tries open one shop, and then tells the account.
func (c *Core) OpenShop(ctx context.Context, in catalog.OpenShop) (catalog.Merchant, error) {
	owner, err := actor.Signed(ctx)
	if err != nil {
		return catalog.Merchant{}, err
	}
	m := catalog.Merchant{
		ID:    id.Merchant(id.Derive("mer", string(owner))),
		Owner: owner, Name: in.Name, Story: in.Story, OpenedAt: c.Now(),
	}
	if in.Logo != "" {
		logo, err := c.pictures(ctx, owner, []picture.Wanted{{ID: in.Logo, Alt: in.Name}})
		if err != nil {
			return catalog.Merchant{}, err
		}
		m.Logo = logo[0]
	}
	err = c.merchants.Insert(ctx, string(m.ID), merchant{Merchant: m})
	exists := errors.Is(err, docdb.ErrExists)
	if err != nil && !exists {
		return catalog.Merchant{}, err
	}
	_, err = c.Account.SetMerchant(actor.AsSystem(ctx, "catalog"), account.SetMerchant{User: owner, Merchant: m.ID})
	if err != nil {
		return catalog.Merchant{}, err
	}
	if exists {
		return catalog.Merchant{}, catalog.ErrShopExists
	}
	return m, nil
}

func (c *Core) Merchant(ctx context.Context, in catalog.ByMerchant) (catalog.Merchant, error) {
	m, err := c.merchants.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return m.Merchant, catalog.ErrNoSuchMerchant.Because(err)
	}
	return m.Merchant, err
}
