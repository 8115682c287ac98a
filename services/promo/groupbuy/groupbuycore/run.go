package groupbuycore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// Consumer is the name of group buys on the bus.
const Consumer = "groupbuy"

// killFor is for how long a killed offer is looked at: a payment that began
// before may still open a team.
const killFor = time.Minute

// Run announces what becomes of teams, and remembers who has bought, until ctx
// ends.
func (c *Core) Run(ctx context.Context) error {
	err := errors.Join(
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, e checkout.OrderData) error {
			return c.notePaid(ctx, e)
		}),
		bus.On(ctx, c.Bus, Consumer, groupbuy.Filled, func(ctx context.Context, _ bus.Event, e groupbuy.TeamData) error {
			return c.noteFilled(ctx, e)
		}),
	)
	if err != nil {
		return err
	}
	return c.relay.Run(ctx)
}

// notePaid remembers a buyer. Who bought in a team has bought once it fills.
func (c *Core) notePaid(ctx context.Context, e checkout.OrderData) error {
	for _, l := range e.Lines {
		if l.Deal.Kind == promo.Group {
			return nil
		}
	}
	return c.remember(ctx, e.Buyer, e.Order)
}

func (c *Core) noteFilled(ctx context.Context, e groupbuy.TeamData) error {
	for _, order := range e.Orders {
		k, err := c.tickets.Get(ctx, string(order))
		if err != nil {
			return fmt.Errorf("filled: %w", err)
		}
		if err := c.remember(ctx, k.Buyer, order); err != nil {
			return err
		}
	}
	return nil
}

func (c *Core) remember(ctx context.Context, u id.User, order id.Order) error {
	as, err := c.identities(ctx, u)
	if errors.Is(err, account.ErrNoSuchUser) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	for _, who := range as {
		err := c.buyers.Insert(ctx, who, buyer{ID: who, Order: order, At: c.Now()})
		if err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// lapseDue ends teams whose time is out.
func (c *Core) lapseDue(ctx context.Context) error {
	return c.lapseAll(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond)}, false)
}

// lapseAll lapses the teams of a walk. One that fails is left to the next round.
func (c *Core) lapseAll(ctx context.Context, q docdb.Query, force bool) error {
	q.Limit = mostPage
	var failed []error
	for {
		p, err := c.teams.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, t := range p.Items {
			failed = append(failed, c.lapse(ctx, t.ID, force))
		}
		if q.After = p.Next; q.After == "" {
			return errors.Join(failed...)
		}
	}
}

func (c *Core) lapse(ctx context.Context, teamID string, force bool) error {
	_, err := c.teams.Update(ctx, teamID, func(t *team) error { return t.lapse(c.Now(), force) })
	if err == nil {
		c.relay.Kick(teamID)
	}
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return settled(err)
}

// killDue lapses the open teams of offers that were killed.
func (c *Core) killDue(ctx context.Context) error {
	q := docdb.Query{Index: "kill", Before: c.Now().Add(time.Millisecond), Limit: mostPage}
	p, err := c.offers.Find(ctx, q)
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range p.Items {
		failed = append(failed, c.killTeams(ctx, o))
	}
	return errors.Join(failed...)
}

func (c *Core) killTeams(ctx context.Context, o offer) error {
	now := c.Now()
	for _, s := range []groupbuy.TeamState{groupbuy.IsOpening, groupbuy.IsOpen} {
		if err := c.lapseAll(ctx, docdb.Query{Index: "offer", Equal: []any{o.ID, s}}, true); err != nil {
			return err
		}
	}
	_, err := c.offers.Update(ctx, o.ID, func(o *offer) error {
		if o.KillDue = now.Add(killFor / 4); now.Sub(o.KilledAt) > killFor {
			o.KillDue = time.Time{}
		}
		return nil
	})
	return err
}

// recount counts again what of somebody's latest seats went back once their team
// had filled.
func (c *Core) recount(ctx context.Context, u id.User) error {
	var p page.Page[ticket]
	_, err := c.risks.Upsert(ctx, string(u), func(r *groupbuy.Risk) (err error) {
		// Read inside, so that of two who count at once the later count stays.
		p, err = c.tickets.Find(ctx, docdb.Query{Index: "buyer_state", Equal: []any{u, paid}, Descending: true, Limit: groupbuy.Counted})
		if err != nil {
			return err
		}
		*r = groupbuy.Risk{User: u, Paid: len(p.Items), At: c.Now()}
		for _, k := range p.Items {
			if k.Back {
				r.Back++
			}
		}
		r.Ratio = int64(r.Back) * 10_000 / int64(max(r.Paid, 1))
		if r.Back >= groupbuy.RiskLeast && r.Ratio >= groupbuy.RiskFrom {
			r.Reason = groupbuy.CancelsAfterFill
		}
		return nil
	})
	return err
}
