package fullreductioncore

import (
	"context"
	"encoding/json"
	"errors"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// Draft writes a campaign down.
func (c *Core) Draft(ctx context.Context, in fullreduction.DraftCampaign) (fullreduction.Campaign, error) {
	owner, err := c.owner(ctx, in.OfPlatform)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	a := actor.From(ctx)
	terms, err := c.check(in.Terms, owner, a.Is(actor.Operator))
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	asked, err := json.Marshal(in)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	x := campaign{Owner: owner, Request: string(asked), Campaign: fullreduction.Campaign{
		ID: id.Derive("cmp", string(a.User), owner, in.RequestID), Scope: promo.OfMerchant, Merchant: id.Merchant(owner),
		Terms: terms, State: fullreduction.Draft, CreatedAt: c.Now(),
	}}
	if in.OfPlatform {
		x.Scope, x.Merchant = promo.OfPlatform, ""
	}
	err = c.campaigns.Insert(ctx, x.ID, x)
	if errors.Is(err, docdb.ErrExists) {
		if x, err = c.campaigns.Get(ctx, x.ID); err == nil && x.Request != string(asked) {
			return fullreduction.Campaign{}, rpc.ErrReused
		}
	}
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	return c.told(ctx, x)
}

// Edit changes a campaign that is not running.
func (c *Core) Edit(ctx context.Context, in fullreduction.EditCampaign) (fullreduction.Campaign, error) {
	x, err := c.mine(ctx, in.ID)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	terms, err := c.check(in.Terms, x.Owner, actor.From(ctx).Is(actor.Operator))
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	x, err = c.change(ctx, in.ID, func(x *campaign) error {
		switch x.State {
		case fullreduction.Running:
			return fullreduction.ErrRunning
		case fullreduction.Killed:
			return fullreduction.ErrKilled
		case fullreduction.Waiting: // what was asked for is not what it is now
			x.State, x.AskedBy = fullreduction.Draft, ""
		}
		x.Terms = terms
		return nil
	})
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	return c.told(ctx, x)
}

// change changes a campaign that is there.
func (c *Core) change(ctx context.Context, name string, f func(*campaign) error) (campaign, error) {
	x, err := c.campaigns.Update(ctx, name, f)
	if errors.Is(err, docdb.ErrNotFound) {
		return x, fullreduction.ErrNoSuchCampaign.Because(err)
	}
	return x, err
}
