package groupbuycore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// Kind implements promo.Source.
func (c *Core) Kind() promo.Kind { return promo.Group }

// Rules returns the offer that a line names, or says why it cannot be had.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	var out []promo.Rule
	for i, l := range in.Lines {
		if l.Deal.Kind != promo.Group {
			continue
		}
		if len(in.Lines) > 1 {
			return nil, groupbuy.ErrAlone // a team that lapses sends its orders back whole
		}
		o, err := c.offer(ctx, l.Deal.ID)
		if err != nil {
			return nil, err
		}
		if o.SKU != l.SKU || o.Merchant != l.Merchant || o.Price.Currency != l.Price.Currency {
			return nil, groupbuy.ErrNoSuchOffer
		}
		at := in.At
		if at.IsZero() {
			at = c.Now()
		}
		as, err := c.identities(ctx, in.Buyer)
		if err != nil {
			return nil, err
		}
		if err := c.may(ctx, o, l.Deal.Team, as, l.N, at); err != nil {
			return nil, err
		}
		out = append(out, promo.Rule{
			ID: o.ID, Kind: promo.Group, Scope: promo.OfMerchant, Merchant: o.Merchant, Name: o.Name, Lines: []int{i},
			Price: o.Price, Ref: l.Deal.Team, Limited: true, Chosen: true, Until: o.EndAt,
		})
	}
	return out, nil
}

// may says why somebody cannot open a team, or join the one named. Nothing is
// taken; Lock decides.
func (c *Core) may(ctx context.Context, o offer, teamID string, as []string, n int64, now time.Time) error {
	if n > o.Units {
		return groupbuy.ErrTooMany
	}
	if teamID == "" {
		return o.opens(now)
	}
	t, err := c.team(ctx, teamID)
	if err != nil {
		return err
	}
	if t.Offer != o.ID {
		return groupbuy.ErrNoSuchTeam
	}
	if o.State == groupbuy.Killed {
		return promo.ErrEnded
	}
	if err := t.joinable(now); err != nil {
		return err
	}
	if err := t.room("", as, now); err != nil {
		return err
	}
	if o.Fresh {
		return c.fresh(ctx, as)
	}
	return nil
}

// opens says why no team of o can be opened.
func (o *offer) opens(now time.Time) error {
	switch {
	case o.State == groupbuy.Draft:
		return groupbuy.ErrNoSuchOffer
	case o.State != groupbuy.Started || !now.Before(o.EndAt):
		return promo.ErrEnded
	case now.Before(o.StartAt):
		return promo.ErrNotYet
	}
	return nil
}

// fresh says whether somebody has never bought here.
func (c *Core) fresh(ctx context.Context, as []string) error {
	known, err := c.buyers.GetMany(ctx, as)
	if err == nil && len(known) > 0 {
		err = groupbuy.ErrNotFresh
	}
	return err
}

// Lock holds a seat for an order: the one of the opener of a new team, or one in
// the team that the use names.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	switch len(uses) {
	case 0:
		return nil
	case 1:
	default:
		return groupbuy.ErrAlone
	}
	use := uses[0]
	o, err := c.offer(ctx, use.Rule)
	if err != nil {
		return err
	}
	k := ticket{
		ID: in.Order, Team: use.Ref, Offer: o.ID, Buyer: in.Buyer, N: use.N, Opens: use.Ref == "",
		Until: in.Until, State: held, At: c.Now(),
	}
	if k.Opens {
		k.Team = id.Derive("tem", o.ID, string(in.Order))
	}
	k.Fresh = o.Fresh && !k.Opens
	if k.As, err = c.identities(ctx, k.Buyer); err != nil {
		return err
	}
	if err := c.ticket(ctx, k); err != nil {
		if errors.Is(err, errSame) {
			return nil
		}
		return err
	}
	if err := c.seat(ctx, o, k); err != nil {
		if undo := c.Release(context.WithoutCancel(ctx), in.Order); undo != nil {
			c.Log.WarnContext(ctx, "seat not given back, it lapses", "order", in.Order, "err", undo)
		}
		return err
	}
	return nil
}

// ticket writes down what an order is about to take, before it takes it. errSame
// if it has been paid already.
func (c *Core) ticket(ctx context.Context, k ticket) error {
	_, err := c.tickets.Upsert(ctx, string(k.ID), func(old *ticket) error {
		switch {
		case old.Team == "" || old.Buyer == k.Buyer && old.State == gone:
		case old.Team != k.Team || old.Buyer != k.Buyer:
			return rpc.ErrReused
		case old.State == paid:
			return errSame
		}
		*old = k
		return nil
	})
	return err
}

// seat takes everything that a ticket says. What an order sits on already it
// keeps, whatever has happened to the offer since.
func (c *Core) seat(ctx context.Context, o offer, k ticket) error {
	sits, err := c.sits(ctx, k)
	if err != nil {
		return err
	}
	if !sits {
		joins := k.Team
		if k.Opens {
			joins = ""
		}
		if err := c.may(ctx, o, joins, k.As, k.N, c.Now()); err != nil {
			// The same request, made twice at once, may have sat down meanwhile.
			if sits, again := c.sits(ctx, k); again != nil || !sits {
				return err
			}
		}
	}
	if err := c.graspAll(ctx, k, grip{Until: k.Until}, o.Limit); err != nil {
		return err
	}
	s := seat{Order: k.ID, User: k.Buyer, As: k.As, Until: k.Until, Opener: k.Opens}
	if k.Opens {
		_, err = c.teams.Upsert(ctx, k.Team, func(t *team) error { return t.begin(k.Team, o, s) })
	} else {
		_, err = c.teams.Update(ctx, k.Team, func(t *team) error { return t.hold(s, c.Now()) })
	}
	return settled(err)
}

// sits reports whether the order of a ticket has its seat already.
func (c *Core) sits(ctx context.Context, k ticket) (bool, error) {
	t, err := c.teams.Get(ctx, k.Team)
	if errors.Is(err, docdb.ErrNotFound) {
		return false, nil
	}
	i := t.find(k.ID)
	return i >= 0 && t.Seats[i].taken(c.Now()), err
}

func settled(err error) error {
	switch {
	case errors.Is(err, errSame):
		return nil
	case errors.Is(err, docdb.ErrNotFound):
		return groupbuy.ErrNoSuchTeam.Because(err)
	}
	return err
}

// drop gives back the quotas of a ticket, and says so on it.
func (c *Core) drop(ctx context.Context, k ticket) error {
	if err := c.letAll(ctx, k); err != nil {
		return err
	}
	return c.mark(ctx, k.ID, func(k *ticket) { k.State = gone })
}

func (c *Core) mark(ctx context.Context, order id.Order, change func(*ticket)) error {
	_, err := c.tickets.Update(ctx, string(order), func(k *ticket) error {
		state, back := k.State, k.Back
		if change(k); k.State == state && k.Back == back {
			return errSame
		}
		return nil
	})
	return settled(err)
}

// Redeem makes the seat of an order a paid one. If its hold is over, or was
// released, it takes what is left: promo.ErrUsedUp if nothing is.
func (c *Core) Redeem(ctx context.Context, order id.Order) error {
	k, err := c.tickets.Get(ctx, string(order))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil // it has none
	}
	if err != nil || k.State == paid {
		return err
	}
	o, err := c.offer(ctx, k.Offer)
	if err != nil {
		return err
	}
	if err := c.graspAll(ctx, k, grip{Paid: true}, o.Limit); err != nil {
		return c.lost(ctx, k, err)
	}
	var late error
	if k.Opens && (o.State == groupbuy.Killed || !c.Now().Before(k.Until)) {
		late = o.opens(c.Now())
	}
	_, err = c.teams.Update(ctx, k.Team, func(t *team) error {
		now := c.Now()
		if late != nil && t.State != groupbuy.IsOpen {
			return late
		}
		return t.pay(seat{Order: order, User: k.Buyer, As: k.As, Opener: k.Opens}, now)
	})
	if err = settled(err); err != nil {
		return c.lost(ctx, k, err)
	}
	c.relay.Kick(k.Team)
	return c.mark(ctx, order, func(k *ticket) { k.State = paid })
}

// lost answers an order that was paid and has no seat. What it had is given back
// if a rule said no; what a failing store said may be different the next time.
func (c *Core) lost(ctx context.Context, k ticket, err error) error {
	switch errs.CodeOf(err) {
	case errs.Internal, errs.Unavailable:
		return fmt.Errorf("redeem: %w", err)
	}
	if errors.Is(err, docdb.ErrBusy) {
		return err
	}
	if dropErr := c.drop(context.WithoutCancel(ctx), k); dropErr != nil {
		return dropErr
	}
	return promo.ErrUsedUp.Because(err)
}

// Release gives back the seat of an order that was not paid.
func (c *Core) Release(ctx context.Context, order id.Order) error {
	k, err := c.tickets.Get(ctx, string(order))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	sits := false
	_, err = c.teams.Update(ctx, k.Team, func(t *team) error {
		i := t.find(order)
		sits = i >= 0 && t.Seats[i].Paid
		return t.let(order, c.Now())
	})
	if err = settled(err); err != nil && !errors.Is(err, groupbuy.ErrNoSuchTeam) {
		return err
	}
	if sits {
		return nil // it was redeemed: only Return gives it back
	}
	return c.drop(ctx, k)
}

// Return takes a refunded order out of its team, while that is open. Once it has
// filled the seat stays, and counts as a cancel of its buyer.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	if !in.Whole {
		return nil
	}
	k, err := c.tickets.Get(ctx, string(in.Order))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var filled, unpaid bool
	_, err = c.teams.Update(ctx, k.Team, func(t *team) error {
		i := t.find(in.Order)
		filled = i >= 0 && t.State == groupbuy.IsFilled
		unpaid = i >= 0 && !t.Seats[i].Paid
		return t.leave(in.Order)
	})
	if err = settled(err); err != nil && !errors.Is(err, groupbuy.ErrNoSuchTeam) {
		return err
	}
	switch {
	case unpaid:
		return nil // nothing of it was redeemed
	case !filled:
		return c.drop(ctx, k)
	}
	if err := c.mark(ctx, in.Order, func(k *ticket) { k.State, k.Back = paid, true }); err != nil {
		return err
	}
	return c.recount(ctx, k.Buyer)
}
