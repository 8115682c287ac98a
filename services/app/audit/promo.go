package audit

import (
	"context"
	"fmt"

	"meadow/services/kernel/id"
	"meadow/services/promo/points/pointscore"
	"meadow/services/promo/redpacket/redpacketcore"
)

func (c *check) plans(ctx context.Context) error {
	late, err := c.pricing.Audit(ctx)
	for _, b := range late {
		c.say("plan", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) couponry(ctx context.Context) error {
	found, err := c.coupons.Audit(ctx)
	for _, b := range found {
		c.say("coupon", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) reduced(ctx context.Context) error {
	found, err := c.reductions.Audit(ctx)
	for _, b := range found {
		c.say("reduction", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) flashed(ctx context.Context) error {
	found, err := c.flashes.Audit(ctx)
	for _, b := range found {
		c.say("flash", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) grouped(ctx context.Context) error {
	back := func(ctx context.Context, o id.Order) (bool, error) {
		_, back, err := c.checkout.Ended(ctx, o)
		return back, err
	}
	found, err := c.teams.Audit(ctx, back)
	for _, b := range found {
		c.say("team", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) bargained(ctx context.Context) error {
	found, err := c.bargains.Audit(ctx)
	for _, b := range found {
		c.say("bargain", b.Where, b.Rule, b.Fact)
	}
	return err
}

func (c *check) packed(ctx context.Context) error {
	return c.packets.Audit(ctx, c.ledger.Standing, func(b redpacketcore.Breach) { c.say("packet", b.Where, b.Rule, b.Fact) })
}

func (c *check) pointed(ctx context.Context) error {
	return c.points.Audit(ctx, func(b pointscore.Breach) { c.say("points", b.Where, b.Rule, b.Fact) })
}

// cashed compares what campaigns' budgets have lost with what their orders know.
func (c *check) cashed(ctx context.Context) error {
	lost, known, err := c.cashback.Promised(ctx)
	if err != nil {
		return err
	}
	for name, n := range lost {
		c.tick()
		if known[name].Amount != n.Amount {
			c.say("cashback", name, "a budget has lost what its orders bring back", fmt.Sprintf("%d lost, orders know %d", n.Amount, known[name].Amount))
		}
		if n.Amount < 0 {
			c.say("cashback", name, "a budget has not more than its limit", fmt.Sprintf("%d lost", n.Amount))
		}
	}
	for name, n := range known {
		if _, ok := lost[name]; !ok {
			c.say("cashback", name, "a campaign has a budget", fmt.Sprintf("orders know %d", n.Amount))
		}
	}
	return nil
}
