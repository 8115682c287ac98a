package groupbuycore

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo/groupbuy"
)

func (c *Core) team(ctx context.Context, teamID string) (team, error) {
	t, err := c.teams.Get(ctx, teamID)
	if errors.Is(err, docdb.ErrNotFound) {
		return t, groupbuy.ErrNoSuchTeam.Because(err)
	}
	return t, err
}

// Team implements groupbuy.Service.
func (c *Core) Team(ctx context.Context, in groupbuy.ByID) (groupbuy.Team, error) {
	t, err := c.team(ctx, in.ID)
	if err != nil {
		return groupbuy.Team{}, err
	}
	u := actor.From(ctx).User
	if t.State == groupbuy.IsOpening || t.State == groupbuy.IsVoid {
		if u == "" || t.opener() != u {
			return groupbuy.Team{}, groupbuy.ErrNoSuchTeam
		}
	}
	views, err := c.views(ctx, []team{t})
	if err != nil {
		return groupbuy.Team{}, err
	}
	v := views[0]
	v.Refuse, err = c.refusal(ctx, t, u)
	return v, err
}

// refusal says why somebody cannot join, as a reason.
func (c *Core) refusal(ctx context.Context, t team, u id.User) (string, error) {
	var as []string
	o, err := c.offer(ctx, t.Offer)
	if err == nil && u != "" {
		as, err = c.identities(ctx, u)
	}
	if err == nil {
		err = c.may(ctx, o, t.ID, as, 1, c.Now())
	}
	switch {
	case err == nil:
		return "", nil
	case errs.CodeOf(err) == errs.Internal || errs.CodeOf(err) == errs.Unavailable:
		return "", err
	}
	return errs.Public(err).Reason, nil
}

// Teams implements groupbuy.Service.
func (c *Core) Teams(ctx context.Context, in groupbuy.Teams) (page.Page[groupbuy.Team], error) {
	q := docdb.Query{
		Index: "product", Equal: []any{in.Product, groupbuy.IsOpen},
		From: c.Now().Add(time.Millisecond), After: in.After, Limit: in.Size(usualPage, mostPage),
	}
	if in.Offer != "" {
		q.Index, q.Equal = "offer", []any{in.Offer, groupbuy.IsOpen}
	}
	return c.find(ctx, q)
}

// Results implements groupbuy.Service.
func (c *Core) Results(ctx context.Context, in groupbuy.Results) (page.Page[groupbuy.Team], error) {
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return page.Page[groupbuy.Team]{}, err
	}
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		m, err := c.keeper(ctx)
		if err != nil {
			return page.Page[groupbuy.Team]{}, err
		}
		if m != o.Merchant {
			return page.Page[groupbuy.Team]{}, groupbuy.ErrNoSuchOffer
		}
	}
	state := in.State
	if state == "" {
		state = groupbuy.IsOpen
	}
	return c.find(ctx, docdb.Query{
		Index: "offer", Equal: []any{in.ID, state}, Descending: state != groupbuy.IsOpen,
		After: in.After, Limit: in.Size(usualPage, mostPage),
	})
}

func (c *Core) find(ctx context.Context, q docdb.Query) (page.Page[groupbuy.Team], error) {
	p, err := c.teams.Find(ctx, q)
	if err != nil {
		return page.Page[groupbuy.Team]{}, err
	}
	items, err := c.views(ctx, p.Items)
	return page.Page[groupbuy.Team]{Items: items, Next: p.Next}, err
}

// MyTeams implements groupbuy.Service.
func (c *Core) MyTeams(ctx context.Context, in page.Ask) (page.Page[groupbuy.Team], error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[groupbuy.Team]{}, err
	}
	p, err := c.tickets.Find(ctx, docdb.Query{Index: "buyer", Equal: []any{u}, Descending: true, After: in.After, Limit: in.Size(usualPage, mostPage)})
	if err != nil {
		return page.Page[groupbuy.Team]{}, err
	}
	ids := make([]string, 0, len(p.Items))
	for _, k := range p.Items {
		if k.State != gone {
			ids = append(ids, k.Team)
		}
	}
	teams, err := c.teams.GetMany(ctx, ids)
	if err != nil {
		return page.Page[groupbuy.Team]{}, err
	}
	items, err := c.views(ctx, teams)
	return page.Page[groupbuy.Team]{Items: items, Next: p.Next}, err
}

// Risks implements groupbuy.Service.
func (c *Core) Risks(ctx context.Context, in page.Ask) (page.Page[groupbuy.Risk], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[groupbuy.Risk]{}, err
	}
	return c.risks.Find(ctx, docdb.Query{
		Index: "reason", Equal: []any{groupbuy.CancelsAfterFill}, Descending: true, After: in.After, Limit: in.Size(usualPage, mostPage),
	})
}

// views returns teams as the caller may see them.
func (c *Core) views(ctx context.Context, teams []team) ([]groupbuy.Team, error) {
	people, err := c.people(ctx, teams)
	if err != nil {
		return nil, err
	}
	prices := map[id.SKU]money.Money{}
	out := make([]groupbuy.Team, 0, len(teams))
	for _, t := range teams {
		if _, ok := prices[t.SKU]; !ok {
			prices[t.SKU] = c.single(ctx, t.SKU)
		}
		v := c.view(t, actor.From(ctx).User, people)
		v.Single = prices[t.SKU]
		out = append(out, v)
	}
	return out, nil
}

func (c *Core) view(t team, u id.User, people map[id.User]account.Profile) groupbuy.Team {
	now := c.Now()
	v := groupbuy.Team{
		ID: t.ID, Offer: t.Offer, Product: t.Product, SKU: t.SKU, Name: t.Name, Price: t.Price, State: t.State,
		Seats: t.Needs, Fresh: t.Fresh, EndsAt: t.EndsAt, Now: now, Members: []groupbuy.Member{},
	}
	v.Paid, v.Held = t.count(now)
	if t.State == groupbuy.IsOpen {
		v.Left = max(t.Needs-v.Paid-v.Held, 0)
	} else {
		v.Held = 0
	}
	for _, s := range t.Seats {
		if u != "" && s.User == u && s.taken(now) {
			v.Mine, v.MyPaid = s.Order, s.Paid
		}
		if s.Paid {
			p := people[s.User]
			v.Members = append(v.Members, groupbuy.Member{Name: mask(p.Name), Avatar: p.Avatar, Opener: s.Opener, You: u != "" && s.User == u})
		}
	}
	v.Share = groupbuy.Share{Path: "/teams/" + t.ID, Title: t.Name, Price: t.Price, Missing: max(t.Needs-v.Paid, 0)}
	return v
}

// people returns the profiles of all who sit in teams on paid seats.
func (c *Core) people(ctx context.Context, teams []team) (map[id.User]account.Profile, error) {
	out := map[id.User]account.Profile{}
	var ids []id.User
	for _, t := range teams {
		for _, s := range t.Seats {
			if _, ok := out[s.User]; s.Paid && !ok {
				out[s.User] = account.Profile{ID: s.User}
				ids = append(ids, s.User)
			}
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), account.MaxProfiles)
		p, err := c.Account.Users(system(ctx), account.Users{IDs: ids[:n]})
		if err != nil {
			return nil, err
		}
		for _, x := range p.Items {
			out[x.ID] = x
		}
		ids = ids[n:]
	}
	return out, nil
}

// mask leaves the first letter of a name.
func mask(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	if n == 0 || r == utf8.RuneError {
		return "**"
	}
	return string(r) + "**"
}

func (t *team) opener() id.User {
	for _, s := range t.Seats {
		if s.Opener {
			return s.User
		}
	}
	return ""
}
