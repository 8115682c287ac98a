package bargaincore

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo/bargain"
)

func (c *Core) get(ctx context.Context, bid string) (record, error) {
	b, err := c.bargains.Get(ctx, bid)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && b.State == starting {
		return b, bargain.ErrNoSuchBargain
	}
	return b, err
}

// Bargain implements bargain.Service.
func (c *Core) Bargain(ctx context.Context, in bargain.ByID) (bargain.Bargain, error) {
	b, err := c.get(ctx, in.ID)
	if err != nil {
		return bargain.Bargain{}, err
	}
	return c.shown(ctx, b)
}

// Mine implements bargain.Service.
func (c *Core) Mine(ctx context.Context, in page.Ask) (page.Page[bargain.Bargain], error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[bargain.Bargain]{}, err
	}
	return c.find(ctx, docdb.Query{Index: "owner", Equal: []any{u}, Descending: true, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

// Results implements bargain.Service.
func (c *Core) Results(ctx context.Context, in bargain.Results) (page.Page[bargain.Bargain], error) {
	o, err := c.offer(ctx, in.ID)
	if err != nil {
		return page.Page[bargain.Bargain]{}, err
	}
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		m, err := c.keeper(ctx)
		if err != nil {
			return page.Page[bargain.Bargain]{}, err
		}
		if m != o.Merchant {
			return page.Page[bargain.Bargain]{}, bargain.ErrNoSuchOffer
		}
	}
	state := in.State
	if state == "" {
		state = bargain.Running
	}
	return c.find(ctx, docdb.Query{Index: "offer", Equal: []any{in.ID, state}, Descending: true, After: in.After, Limit: in.Size(usualPage, mostPage)})
}

func (c *Core) find(ctx context.Context, q docdb.Query) (page.Page[bargain.Bargain], error) {
	p, err := c.bargains.Find(ctx, q)
	if err != nil {
		return page.Page[bargain.Bargain]{}, err
	}
	p.Items = slices.DeleteFunc(p.Items, func(b record) bool { return b.State == starting })
	people, err := c.people(ctx, p.Items)
	if err != nil {
		return page.Page[bargain.Bargain]{}, err
	}
	return page.Map(p, func(b record) bargain.Bargain { return c.view(b, actor.From(ctx).User, people) }), nil
}

// Look implements bargain.Service.
func (c *Core) Look(ctx context.Context, in bargain.ByID) (bargain.Watch, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return bargain.Watch{}, err
	}
	b, err := c.get(ctx, in.ID)
	if err != nil {
		return bargain.Watch{}, err
	}
	v, err := c.shown(ctx, b)
	w := bargain.Watch{Bargain: v, Owner: b.Owner}
	from, most := map[string]int{}, 0
	for _, h := range b.Helps {
		from[h.Client]++
		most = max(most, from[h.Client])
		if h.New {
			w.New++
		}
	}
	w.Clients = len(from)
	if n := len(b.Helps); n >= bargain.WatchLeast && most*2 > n {
		w.Reason = bargain.HelpersOfOnePlace
	}
	return w, err
}

// shown returns a bargain as the caller may see it.
func (c *Core) shown(ctx context.Context, b record) (bargain.Bargain, error) {
	people, err := c.people(ctx, []record{b})
	if err != nil {
		return bargain.Bargain{}, err
	}
	v := c.view(b, actor.From(ctx).User, people)
	as, err := c.identities(ctx, actor.From(ctx).User)
	if err != nil {
		return v, err
	}
	if err := b.cuttable(as, c.Now()); err != nil {
		v.Refuse = errs.Public(err).Reason
	}
	return v, nil
}

func (c *Core) view(b record, u id.User, people map[id.User]account.Profile) bargain.Bargain {
	now := c.Now()
	in := func(amount int64) money.Money { return money.Money{Amount: amount, Currency: b.Price.Currency} }
	v := bargain.Bargain{
		ID: b.ID, Offer: b.Offer, Product: b.Product, SKU: b.SKU, Name: b.Name, Owner: person(people, b.Owner),
		Start: b.Start, Floor: b.Floor, Price: b.Price,
		Cut: in(b.Start.Amount - b.Price.Amount), ToGo: in(b.Price.Amount - b.Floor.Amount),
		CutsDone: len(b.Helps), CutsLeft: b.left(), AtFloor: b.AtFloor, State: b.State,
		Helps: make([]bargain.Help, 0, len(b.Helps)), EndsAt: b.EndsAt, Now: now, Mine: u != "" && u == b.Owner,
		Share: bargain.Share{Path: "/bargains/" + b.ID, Title: b.Name, Price: b.Price, Floor: b.Floor},
	}
	for _, h := range slices.Backward(b.Helps) {
		you := u != "" && h.User == u
		v.Helped = v.Helped || you
		v.Helps = append(v.Helps, bargain.Help{Person: person(people, h.User), Cut: in(h.Cut), New: h.New, You: you, At: h.At})
	}
	switch {
	case !v.Mine:
	case b.Order != "":
		v.Order = b.Order
	case b.held(now):
		v.Order = b.Hold.Order
	}
	return v
}

func person(people map[id.User]account.Profile, u id.User) bargain.Person {
	return bargain.Person{Name: mask(people[u].Name), Avatar: people[u].Avatar}
}

// people returns the profiles of all who take part in bargains.
func (c *Core) people(ctx context.Context, bargains []record) (map[id.User]account.Profile, error) {
	out := map[id.User]account.Profile{}
	var ids []id.User
	note := func(u id.User) {
		if _, ok := out[u]; !ok {
			out[u] = account.Profile{ID: u}
			ids = append(ids, u)
		}
	}
	for _, b := range bargains {
		note(b.Owner)
		for _, h := range b.Helps {
			note(h.User)
		}
	}
	for part := range slices.Chunk(ids, account.MaxProfiles) {
		p, err := c.Account.Users(system(ctx), account.Users{IDs: part})
		if err != nil {
			return nil, err
		}
		for _, x := range p.Items {
			out[x.ID] = x
		}
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
