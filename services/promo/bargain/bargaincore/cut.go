package bargaincore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo/bargain"
)

// Cut implements bargain.Service.
func (c *Core) Cut(ctx context.Context, in bargain.Cut) (bargain.Cutting, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return bargain.Cutting{}, err
	}
	b, err := c.get(ctx, in.ID)
	if err != nil {
		return bargain.Cutting{}, err
	}
	request := id.Derive("req", string(u), in.RequestID)
	if old, ok := b.helped(u); ok && old.Request == request {
		return c.told(ctx, b, old)
	}
	as, err := c.identities(ctx, u)
	if err != nil {
		return bargain.Cutting{}, err
	}
	if err := b.cuttable(as, c.Now()); err != nil {
		return bargain.Cutting{}, err
	}
	news, err := c.known(ctx, u)
	if err != nil {
		return bargain.Cutting{}, err
	}
	claims := c.dayClaims(as, in, b.ID)
	undo := func() {
		if err := c.undo(context.WithoutCancel(ctx), claims, as, b.ID); err != nil {
			c.Log.WarnContext(ctx, "a helper's day was not given back", "bargain", b.ID, "err", err)
		}
	}
	if err := c.claimDay(ctx, claims); err != nil {
		undo()
		return bargain.Cutting{}, err
	}
	if news && len(b.New) > 0 {
		if news, err = c.claimNew(ctx, as, b.ID); err != nil {
			return bargain.Cutting{}, err
		}
	}
	h := help{User: u, As: as, New: news, Request: request, Client: id.Derive("clt", b.ID, in.Client)}
	b, err = c.bargains.Update(ctx, b.ID, func(b *record) error { return b.cut(h, c.Now()) })
	if err = settled(err); err != nil {
		if refused(err) {
			undo()
		}
		return bargain.Cutting{}, err
	}
	got, _ := b.helped(u)
	return c.told(ctx, b, got)
}

// refused reports whether a rule said no: then surely nothing was written, and
// the helper has not helped.
func refused(err error) bool {
	return !errors.Is(err, bargain.ErrHelped) && ruled(err)
}

func (c *Core) told(ctx context.Context, b record, h help) (bargain.Cutting, error) {
	v, err := c.shown(ctx, b)
	return bargain.Cutting{Cut: money.Money{Amount: h.Cut, Currency: b.Price.Currency}, Bargain: v}, err
}

// identities is all that tells somebody from others, whatever account they use.
func (c *Core) identities(ctx context.Context, u id.User) ([]string, error) {
	if u == "" {
		return nil, nil // a visitor
	}
	who, err := c.Account.Identities(system(ctx), account.IdentitiesOf{User: u})
	if err == nil && len(who.Items) == 0 {
		who.Items = []string{string(u)} // an account without a login is a person too
	}
	return who.Items, err
}

// known reports whether a helper is new, and refuses who is suspended.
func (c *Core) known(ctx context.Context, u id.User) (bool, error) {
	p, err := c.Account.KnownUsers(system(ctx), account.Users{IDs: []id.User{u}})
	if err != nil {
		return false, err
	}
	if len(p.Items) == 0 || p.Items[0].Suspended {
		return false, actor.ErrForbidden
	}
	return c.Now().Before(p.Items[0].CreatedAt.Add(bargain.NewFor)), nil
}

// day is how often somebody, a device or a place has helped on one day.
type day struct {
	ID       string          `bson:"_id"`
	Helps    map[string]bool `bson:"helps"`
	ForgetAt time.Time       `bson:"forget_at"`
}

// dayClaim is one help to count in one day.
type dayClaim struct {
	day, help string
	most      int
}

func (c *Core) dayClaims(as []string, in bargain.Cut, bid string) []dayClaim {
	today := c.Now().Format(time.DateOnly)
	one := id.Derive("hlp", append([]string{bid}, as...)...)
	out := []dayClaim{{id.Derive("bgd", "client", in.Client, today), one, bargain.DailyOfClient}}
	for _, who := range as {
		out = append(out, dayClaim{id.Derive("bgd", "person", who, today), one, bargain.DailyOfPerson})
	}
	if in.Device != "" {
		out = append(out, dayClaim{id.Derive("bgd", "device", in.Device, today), one, bargain.DailyOfDevice})
	}
	return out
}

// claimDay counts a help everywhere it counts, or returns bargain.ErrHelpedEnough.
func (c *Core) claimDay(ctx context.Context, claims []dayClaim) error {
	for _, k := range claims {
		_, err := c.days.Upsert(ctx, k.day, func(d *day) error {
			switch {
			case d.Helps[k.help]:
				return errSame
			case len(d.Helps) >= k.most:
				return bargain.ErrHelpedEnough
			case d.Helps == nil:
				d.Helps = map[string]bool{}
			}
			d.ID, d.Helps[k.help], d.ForgetAt = k.day, true, c.Now().Add(48*time.Hour)
			return nil
		})
		if err = settled(err); err != nil {
			return err
		}
	}
	return nil
}

// claimNew makes this bargain the one where a new user takes a larger cut, and
// reports whether it is.
func (c *Core) claimNew(ctx context.Context, as []string, bid string) (bool, error) {
	for _, who := range as {
		err := c.newcomers.Insert(ctx, who, newcomer{ID: who, Bargain: bid, At: c.Now()})
		if err == nil {
			continue
		}
		if !errors.Is(err, docdb.ErrExists) {
			return false, err
		}
		old, err := c.newcomers.Get(ctx, who)
		if err != nil || old.Bargain != bid {
			return false, err
		}
	}
	return true, nil
}

// undo gives back what was claimed for a help that did not happen. If the
// helper did help meanwhile, by another request, all of it stays.
func (c *Core) undo(ctx context.Context, claims []dayClaim, as []string, bid string) error {
	b, err := c.bargains.Get(ctx, bid)
	if err != nil || slices.ContainsFunc(b.Helps, func(h help) bool { return same(h.As, as) }) {
		return err
	}
	for _, k := range claims {
		_, err := c.days.Update(ctx, k.day, func(d *day) error {
			if !d.Helps[k.help] {
				return errSame
			}
			delete(d.Helps, k.help)
			return nil
		})
		if err = settled(err); err != nil && !errors.Is(err, bargain.ErrNoSuchBargain) {
			return err
		}
	}
	for _, who := range as {
		err := c.newcomers.DeleteIf(ctx, who, func(n newcomer) bool { return n.Bargain == bid })
		if err != nil && !errors.Is(err, docdb.ErrNotFound) && !errors.Is(err, docdb.ErrConflict) {
			return err
		}
	}
	return nil
}
