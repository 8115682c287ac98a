package fullreductioncore

import (
	"context"
	"errors"
	"reflect"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/price"
)

// Start lets a campaign run. Its budget is there before it is.
func (c *Core) Start(ctx context.Context, in fullreduction.StartCampaign) (fullreduction.Campaign, error) {
	x, err := c.mine(ctx, in.ID)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	switch {
	case x.State == fullreduction.Running:
		return c.told(ctx, x)
	case x.State == fullreduction.Killed:
		return fullreduction.Campaign{}, fullreduction.ErrKilled
	case !c.Now().Before(x.Ends):
		return fullreduction.Campaign{}, fullreduction.ErrOver
	}
	warnings, err := c.warnings(ctx, x)
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	operator := actor.From(ctx).Is(actor.Operator)
	switch {
	case !operator && depth(x.Terms) > fullreduction.RefuseOver:
		return fullreduction.Campaign{}, fullreduction.ErrTooDeep
	case !in.Accept && len(warnings) > 0:
		return fullreduction.Campaign{}, fullreduction.ErrUnread
	}
	user, terms := actor.From(ctx).User, x.Terms
	second := !operator && depth(terms) > fullreduction.SecondOver
	if !second || x.approved(user) {
		if err := c.fund(ctx, x); err != nil {
			return fullreduction.Campaign{}, err
		}
	}
	x, err = c.change(ctx, in.ID, func(x *campaign) error {
		switch {
		case x.State == fullreduction.Killed:
			return fullreduction.ErrKilled
		case !reflect.DeepEqual(x.Terms, terms):
			return docdb.ErrBusy // edited meanwhile: what was checked is not what would start
		case x.State == fullreduction.Running:
			return nil
		case second && !x.approved(user):
			if x.State != fullreduction.Waiting {
				x.State, x.Live, x.AskedBy = fullreduction.Waiting, false, user
			}
			return nil
		}
		x.State, x.Live, x.StartedAt = fullreduction.Running, true, c.Now()
		return nil
	})
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	if x.State == fullreduction.Waiting {
		c.Log.InfoContext(ctx, "campaign waits for a second person", "campaign", x.ID, "owner", x.Owner, "by", user)
		return c.told(ctx, x)
	}
	c.Log.InfoContext(ctx, "campaign started", "campaign", x.ID, "owner", x.Owner, "depth", depth(x.Terms))
	return c.told(ctx, x)
}

// approved reports whether user is a second person to start x.
func (x *campaign) approved(user id.User) bool {
	return x.State == fullreduction.Waiting && x.AskedBy != user
}

// fund makes the budget what the terms say.
func (c *Core) fund(ctx context.Context, x campaign) error {
	limit := x.Budget.Amount
	if limit == 0 {
		if _, err := c.budgets.Get(ctx, x.ID); errors.Is(err, docdb.ErrNotFound) {
			return nil
		}
		limit = unlimited
	}
	err := c.setLimit(ctx, x.ID, limit)
	if errors.Is(err, errOverspent) {
		return fullreduction.ErrBudgetSpent.Because(err)
	}
	return err
}

// Stop ends a campaign until it is started again.
func (c *Core) Stop(ctx context.Context, in fullreduction.ByCampaign) (fullreduction.Campaign, error) {
	if _, err := c.mine(ctx, in.ID); err != nil {
		return fullreduction.Campaign{}, err
	}
	x, err := c.change(ctx, in.ID, func(x *campaign) error {
		switch x.State {
		case fullreduction.Running:
			x.State, x.Live = fullreduction.Stopped, false
		case fullreduction.Waiting:
			x.State, x.AskedBy = fullreduction.Draft, ""
		}
		return nil
	})
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	return c.told(ctx, x)
}

// Kill ends any campaign for good.
func (c *Core) Kill(ctx context.Context, in fullreduction.KillCampaign) (fullreduction.Campaign, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return fullreduction.Campaign{}, err
	}
	x, err := c.change(ctx, in.ID, func(x *campaign) error {
		if x.State != fullreduction.Killed {
			x.State, x.Live, x.Note = fullreduction.Killed, false, in.Reason
		}
		return nil
	})
	if err != nil {
		return fullreduction.Campaign{}, err
	}
	c.Log.InfoContext(ctx, "campaign killed", "campaign", x.ID, "by", actor.From(ctx).User)
	return c.told(ctx, x)
}

// warnings says what to know before a campaign starts.
func (c *Core) warnings(ctx context.Context, x campaign) ([]fullreduction.Warning, error) {
	out := []fullreduction.Warning{}
	deep := depth(x.Terms)
	if deep > fullreduction.WarnOver {
		out = append(out, fullreduction.Warning{Reason: fullreduction.Deep, Rate: deep})
	}
	if x.Budget.Amount == 0 && x.Platform > 0 {
		out = append(out, fullreduction.Warning{Reason: fullreduction.NoBudget})
	}
	owners := []string{x.Owner}
	if x.Owner != platform {
		owners = append(owners, platform)
	}
	together := deep
	for _, o := range owners {
		others, err := c.live(ctx, o, x.Starts)
		if err != nil {
			return nil, err
		}
		for _, y := range others {
			if y.ID == x.ID || !overlaps(x, y) {
				continue
			}
			w := fullreduction.Warning{Reason: fullreduction.OneOfBoth, Campaign: y.ID, Name: y.Name, Rate: depth(y.Terms)}
			if price.Together(bare(x), bare(y)) && !oneOf(x, y) {
				w.Reason = fullreduction.AddsUp
				together = both(together, w.Rate)
			}
			out = append(out, w)
		}
	}
	if together > fullreduction.RefuseOver && together > deep {
		out = append(out, fullreduction.Warning{Reason: fullreduction.DeepTogether, Rate: together})
	}
	return out, nil
}

// both is what two rates one after the other take off.
func both(a, b money.Rate) money.Rate {
	return money.Whole - (money.Whole-a)*(money.Whole-b)/money.Whole
}

// oneOf reports whether a line, or a parcel, has only one of both anyway.
func oneOf(x, y campaign) bool {
	return x.Kind == y.Kind && (x.Kind == promo.Member || x.Kind == promo.Carriage)
}

// bare is what of a campaign decides what it goes with.
func bare(x campaign) promo.Rule {
	return promo.Rule{Kind: x.Kind, Scope: x.Scope, Alone: x.Alone, Apart: x.Apart}
}
