package cashbackcore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo/cashback"
)

func (c *Core) Draft(ctx context.Context, in cashback.Plan) (cashback.Campaign, error) {
	by, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return cashback.Campaign{}, err
	}
	x := campaign{
		ID: id.Derive("cbk", string(by.User), in.RequestID), Name: in.Name, Rate: in.Rate, Most: in.Most, Least: in.Least,
		Merchants: in.Merchants, Budget: in.Budget, Left: in.Budget.Amount, PerPerson: in.PerPerson, State: cashback.Draft,
		StartsAt: in.StartsAt.UTC().Truncate(time.Millisecond), EndsAt: in.EndsAt.UTC().Truncate(time.Millisecond), At: c.Now(), Tries: map[string]mark{},
	}
	if err := c.plausible(x); err != nil {
		return cashback.Campaign{}, err
	}
	err = c.campaigns.Insert(ctx, x.ID, x)
	if errors.Is(err, docdb.ErrExists) {
		x, err = c.campaigns.Get(ctx, x.ID)
	}
	return x.shown(true), err
}

func (c *Core) plausible(x campaign) error {
	switch {
	case x.Rate < 1 || x.Rate > cashback.MaxRate:
		return cashback.ErrPlan.With("rate", "outside what is allowed")
	case x.Budget.Currency != c.Currency || x.Budget.Amount < 1:
		return cashback.ErrPlan.With("budget", "must be some money")
	case x.Most.Currency != c.Currency || x.Most.Amount < 1 || x.Most.Amount > x.Budget.Amount:
		return cashback.ErrPlan.With("most", "must be some money, within the budget")
	case !x.Least.IsZero() && (x.Least.Currency != c.Currency || x.Least.Amount < 0):
		return cashback.ErrPlan.With("least", "must be an amount")
	case x.PerPerson < 1 || x.PerPerson > 100:
		return cashback.ErrPlan.With("per_person", "must be from 1 to 100")
	case !x.EndsAt.After(x.StartsAt) || !x.EndsAt.After(c.Now()):
		return cashback.ErrPlan.With("ends_at", "must come after the start, and after now")
	}
	return nil
}

func (c *Core) Start(ctx context.Context, in cashback.ByID) (cashback.Campaign, error) {
	return c.move(ctx, in.ID, cashback.Draft, cashback.On)
}

func (c *Core) Stop(ctx context.Context, in cashback.ByID) (cashback.Campaign, error) {
	return c.move(ctx, in.ID, cashback.On, cashback.Stopped)
}

func (c *Core) move(ctx context.Context, name string, from, to cashback.State) (cashback.Campaign, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return cashback.Campaign{}, err
	}
	x, err := c.campaigns.UpdateIf(ctx, name,
		[]docdb.Cond{{Field: "state", Op: docdb.Eq, Value: string(from)}}, []docdb.Change{{Field: "state", Verb: docdb.Set, Value: string(to)}})
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return cashback.Campaign{}, cashback.ErrNoSuch
	case errors.Is(err, docdb.ErrRefused):
		if x, err = c.campaigns.Get(ctx, name); err == nil && x.State != to {
			err = cashback.ErrState
		}
	}
	return x.shown(true), err
}

// shown is a campaign as its reader may see it.
func (x campaign) shown(whole bool) cashback.Campaign {
	out := cashback.Campaign{
		ID: x.ID, Name: x.Name, Rate: x.Rate, Most: x.Most, Least: x.Least, Merchants: x.Merchants, PerPerson: x.PerPerson,
		StartsAt: x.StartsAt, EndsAt: x.EndsAt, State: x.State,
	}
	if out.Merchants == nil {
		out.Merchants = []id.Merchant{}
	}
	if whole {
		out.Budget, out.Left = x.Budget, money.Money{Amount: x.Left, Currency: x.Budget.Currency}
	}
	return out
}

// on returns the campaigns that promise at an instant.
func (c *Core) on(ctx context.Context, at time.Time) ([]campaign, error) {
	found, err := c.campaigns.Find(ctx, docdb.Query{Index: "state", Equal: []any{string(cashback.On)}, From: at.Add(time.Millisecond), Limit: most})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found.Items, func(x campaign) bool { return at.Before(x.StartsAt) || x.Left <= 0 }), nil
}

func (c *Core) Offers(ctx context.Context, in cashback.AskOffers) (cashback.OfferList, error) {
	on, err := c.on(ctx, c.Now())
	out := cashback.OfferList{Items: []cashback.Campaign{}}
	slices.SortStableFunc(on, func(a, b campaign) int { return int(b.Rate - a.Rate) })
	for _, x := range on {
		if in.Merchant == "" || counts(x.Merchants, in.Merchant) {
			out.Items = append(out.Items, x.shown(false))
		}
	}
	return out, err
}

func counts(shops []id.Merchant, shop id.Merchant) bool {
	return len(shops) == 0 || slices.Contains(shops, shop)
}

func (c *Core) Campaigns(ctx context.Context, in page.Ask) (page.Page[cashback.Campaign], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[cashback.Campaign]{}, err
	}
	found, err := c.campaigns.Find(ctx, docdb.Query{Index: "at", Descending: true, Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, func(x campaign) cashback.Campaign { return x.shown(true) }), err
}

func (o order) shown() cashback.Grant {
	return cashback.Grant{
		Order: o.Order.Order, Campaign: o.Campaign, Name: o.Name, Amount: o.Amount, Stage: o.Stage,
		Now: money.Money{Amount: o.Current, Currency: o.Amount.Currency}, At: o.GrantedAt, DueAt: o.DueAt, PaidAt: o.DoneAt,
	}
}

func (c *Core) Mine(ctx context.Context, in page.Ask) (page.Page[cashback.Grant], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[cashback.Grant]{}, err
	}
	found, err := c.orders.Find(ctx, docdb.Query{Index: "buyer", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, order.shown), err
}

func (c *Core) Grants(ctx context.Context, in cashback.ByCampaign) (page.Page[cashback.Grant], error) {
	none := page.Page[cashback.Grant]{}
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return none, err
	}
	if _, err := c.campaigns.Get(ctx, in.ID); errors.Is(err, docdb.ErrNotFound) {
		return none, cashback.ErrNoSuch
	} else if err != nil {
		return none, err
	}
	found, err := c.orders.Find(ctx, docdb.Query{Index: "campaign", Equal: []any{in.ID}, Descending: true, Limit: in.Size(50, 100), After: in.After})
	return page.Map(found, order.shown), err
}
