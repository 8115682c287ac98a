package redpacketcore

import (
	"context"
	"errors"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/promo/redpacket"
)

func walletOf(u id.User) ledger.Account { return ledger.Of(redpacket.Wallet, string(u)) }

func (c *Core) find(ctx context.Context, name string) (packet, error) {
	p, err := c.packets.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		return p, redpacket.ErrNoSuch
	}
	return p, err
}

func (c *Core) Packet(ctx context.Context, in redpacket.ByID) (redpacket.Packet, error) {
	p, err := c.find(ctx, in.ID)
	if err != nil {
		return redpacket.Packet{}, err
	}
	if (p.State == redpacket.Funding || p.State == redpacket.Failed) && actor.From(ctx).User != p.Maker {
		return redpacket.Packet{}, redpacket.ErrNoSuch
	}
	return c.view(ctx, p)
}

// view is a packet as the caller sees it. What is left and what is theirs come
// from the cells, which decide.
func (c *Core) view(ctx context.Context, p packet) (redpacket.Packet, error) {
	out := redpacket.Packet{
		ID: p.ID, Maker: p.Maker, Source: p.Source, Words: p.Words, Split: p.Split, Audience: p.Audience, Total: p.Total,
		Shares: p.Shares, State: p.State, OpenAt: p.OpenAt, ExpiresAt: p.ExpiresAt, Now: c.Now(), Returned: p.Returned,
	}
	names := make([]string, p.cells())
	for i := range names {
		names[i] = cellID(p.ID, i)
	}
	cells, err := c.cells.GetMany(ctx, names)
	if err != nil {
		return out, err
	}
	who := actor.From(ctx).User
	for _, x := range cells {
		out.Left += len(x.Amounts) - len(x.Slots)
		if slot, ok := x.Users[string(who)]; ok && who != "" {
			out.Mine = x.share(p, slot).Amount
		}
	}
	return out, nil
}

func shown(s share) redpacket.Share {
	return redpacket.Share{Packet: s.Packet, User: s.User, Amount: s.Amount, At: s.At, Paid: !s.PaidAt.IsZero()}
}

func (c *Core) Shares(ctx context.Context, in redpacket.ByPacket) (page.Page[redpacket.Share], error) {
	none := page.Page[redpacket.Share]{}
	who, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	p, err := c.find(ctx, in.ID)
	if err != nil {
		return none, err
	}
	if who != p.Maker && !actor.From(ctx).Is(actor.Operator) {
		has, err := c.shares.Get(ctx, shareID(p.ID, who))
		if errors.Is(err, docdb.ErrNotFound) || err == nil && has.At.IsZero() {
			return none, redpacket.ErrNoSuch
		}
		if err != nil {
			return none, err
		}
	}
	found, err := c.shares.Find(ctx, docdb.Query{Index: "packet", Equal: []any{p.ID}, Descending: true, Limit: in.Size(50, 100), After: in.After})
	if err != nil {
		return none, err
	}
	best, err := c.best(ctx, p)
	return page.Map(found, func(s share) redpacket.Share {
		out := shown(s)
		out.Best = s.ID == best
		return out
	}), err
}

// best returns whose luck was best, once all shares of a lucky packet are gone:
// before that it is not known. Of equal ones it is the first on record.
func (c *Core) best(ctx context.Context, p packet) (string, error) {
	if p.Split != redpacket.Lucky || p.Shares < 2 {
		return "", nil
	}
	v, err := c.view(ctx, p)
	if err != nil || v.Left > 0 {
		return "", err
	}
	top, err := c.shares.Find(ctx, docdb.Query{Index: "best", Equal: []any{p.ID}, Descending: true, Limit: 50})
	if err != nil || len(top.Items) == 0 {
		return "", err
	}
	first := top.Items[0]
	for _, s := range top.Items {
		if s.Amount == first.Amount && (s.At.Before(first.At) || s.At.Equal(first.At) && s.ID < first.ID) {
			first = s
		}
	}
	return first.ID, nil
}

func (c *Core) Made(ctx context.Context, in page.Ask) (page.Page[redpacket.Packet], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[redpacket.Packet]{}, err
	}
	found, err := c.packets.Find(ctx, docdb.Query{Index: "maker", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 50), After: in.After})
	if err != nil {
		return page.Page[redpacket.Packet]{}, err
	}
	out := page.Page[redpacket.Packet]{Items: make([]redpacket.Packet, 0, len(found.Items)), Next: found.Next}
	for _, p := range found.Items {
		v, err := c.view(ctx, p)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func (c *Core) Got(ctx context.Context, in page.Ask) (page.Page[redpacket.Share], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[redpacket.Share]{}, err
	}
	found, err := c.shares.Find(ctx, docdb.Query{Index: "user", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, shown), err
}

// Escrowed returns what of a packet's sum must be in escrow now, for the audit:
// the shares that are not paid, and what nobody took.
func (c *Core) Escrowed(ctx context.Context, name string) (money.Money, error) {
	p, err := c.find(ctx, name)
	if err != nil || p.State == redpacket.Funding || p.State == redpacket.Failed {
		return money.Money{}, err
	}
	sum := p.Total
	sum.Amount -= p.Returned.Amount
	q := docdb.Query{Index: "packet", Equal: []any{p.ID}, Limit: 500}
	for {
		found, err := c.shares.Find(ctx, q)
		if err != nil {
			return sum, err
		}
		for _, s := range found.Items {
			if !s.PaidAt.IsZero() {
				sum.Amount -= s.Amount.Amount
			}
		}
		if found.Next == "" {
			return sum, nil
		}
		q.After = found.Next
	}
}
