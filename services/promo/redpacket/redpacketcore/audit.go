package redpacketcore

import (
	"context"
	"fmt"

	"meadow/services/ledger"
	"meadow/services/promo/redpacket"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads every packet with its cells and tells say of what does not hold.
// escrow is what the ledger has on an account in a currency: less than zero where
// the shop owes it.
func (c *Core) Audit(ctx context.Context, escrow func(context.Context, ledger.Account, string) (int64, error), say func(Breach)) error {
	return c.packets.Each(ctx, func(name string, p packet) error {
		tell := func(rule, fact string, args ...any) { say(Breach{rule, name, fmt.Sprintf(fact, args...)}) }
		if old := c.Now().Sub(p.ExpiresAt); p.State == redpacket.Open && old > 10*grace {
			tell("a packet's rest goes back when its time is over", "over since %v", p.ExpiresAt)
		}
		if p.State == redpacket.Funding || p.State == redpacket.Failed {
			return nil
		}
		if err := c.auditShares(ctx, p, tell); err != nil {
			return err
		}
		want, err := c.Escrowed(ctx, name)
		if err != nil {
			return err
		}
		got, err := escrow(ctx, p.escrow(), p.Total.Currency)
		if err == nil && -got != want.Amount {
			tell("what is not paid of a packet is in escrow", "%d, shares come to %d", -got, want.Amount)
		}
		return err
	})
}

// auditShares compares a packet's cells with the packet, and with its shares.
func (c *Core) auditShares(ctx context.Context, p packet, tell func(rule, fact string, args ...any)) error {
	var sum, taken int64
	shares, grabbed := 0, 0
	users := map[string]bool{}
	for i := range p.cells() {
		x, err := c.cells.Get(ctx, cellID(p.ID, i))
		if err != nil {
			return err
		}
		shares += len(x.Amounts)
		for j, n := range x.Amounts {
			sum += n
			t, ok := x.Slots[slotName(j)]
			if !ok {
				continue
			}
			taken += n
			grabbed++
			if users[string(t.User)] || x.Users[string(t.User)] != slotName(j) {
				tell("a person has one share", "%s in cell %d", t.User, i)
			}
			users[string(t.User)] = true
		}
		if len(x.Slots) > len(x.Amounts) || len(x.Users) != len(x.Slots) {
			tell("a share is one person's", "cell %d: %d slots, %d people, %d shares", i, len(x.Slots), len(x.Users), len(x.Amounts))
		}
	}
	if sum != p.Total.Amount || shares != p.Shares {
		tell("shares sum to the packet", "%d in %d shares of %d in %d", sum, shares, p.Total.Amount, p.Shares)
	}
	if p.State == redpacket.Ended && taken+p.Returned.Amount != p.Total.Amount {
		tell("a packet is taken or returned", "%d taken, %d returned of %d", taken, p.Returned.Amount, p.Total.Amount)
	}
	return nil
}
