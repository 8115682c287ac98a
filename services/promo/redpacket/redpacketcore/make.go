package redpacketcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo/redpacket"
)

// Make writes down the packet, then its cells, then moves the money, and only
// then opens it. Killed anywhere, the same request or the job goes on.
func (c *Core) Make(ctx context.Context, in redpacket.Make) (redpacket.Packet, error) {
	p, err := c.draft(ctx, in)
	if err != nil {
		return redpacket.Packet{}, err
	}
	before, err := c.packets.Get(ctx, p.ID)
	switch {
	case err == nil && before.Ask != p.Ask:
		return redpacket.Packet{}, rpc.ErrReused
	case err == nil:
		p = before
	case !errors.Is(err, docdb.ErrNotFound):
		return redpacket.Packet{}, err
	default:
		if p, err = c.begin(ctx, p); err != nil {
			return redpacket.Packet{}, err
		}
	}
	if p, err = c.fund(ctx, p); err != nil {
		return redpacket.Packet{}, err
	}
	return c.view(ctx, p)
}

// draft is the packet that was asked for, if it may be.
func (c *Core) draft(ctx context.Context, in redpacket.Make) (packet, error) {
	maker, err := actor.Signed(ctx)
	if err != nil {
		return packet{}, err
	}
	a, now := actor.From(ctx), c.Now()
	if in.Total.Currency != c.Currency || in.Shares < 1 || in.Shares > redpacket.MaxShares ||
		in.Total.Amount < int64(in.Shares) || in.Total.Amount > int64(in.Shares)*redpacket.MaxShare {
		return packet{}, redpacket.ErrSum
	}
	password := in.Password
	in.Password = "" // what was asked for is remembered, and it is not
	asked, err := json.Marshal(in)
	if err != nil {
		return packet{}, fmt.Errorf("red packet: %w", err)
	}
	sum := sha256.Sum256(asked)
	p := packet{
		ID: id.Derive("rpk", string(maker), in.RequestID), Maker: maker, Source: in.Source, Words: in.Words,
		Split: in.Split, Audience: in.Audience, Total: in.Total, Shares: in.Shares, State: redpacket.Funding,
		OpenAt: in.OpenAt.UTC().Truncate(time.Millisecond), Ask: hex.EncodeToString(sum[:]), At: now, Seed: id.Secret(), Due: now.Add(grace),
	}
	if p.OpenAt.Before(now) {
		p.OpenAt = now
	}
	if p.OpenAt.After(now.Add(redpacket.MaxOpenFor)) {
		return packet{}, redpacket.ErrSum.With("open_at", "too far ahead")
	}
	lasts := time.Duration(in.Seconds) * time.Second
	if lasts <= 0 {
		lasts = redpacket.OpenFor
	}
	p.ExpiresAt = p.OpenAt.Add(min(lasts, redpacket.MaxOpenFor))
	switch in.Source {
	case redpacket.FromWallet:
	case redpacket.FromPlatform:
		if !a.Is(actor.Operator) {
			return packet{}, redpacket.ErrNotAllowed
		}
		if in.Total.Amount > redpacket.MaxPlatform {
			return packet{}, redpacket.ErrSum.With("total", "of the platform's money, at most 10,000.00")
		}
		return p, nil
	case redpacket.FromShop:
		p.Merchant = a.Merchant
		if a.Merchant == "" {
			return packet{}, redpacket.ErrNotAllowed
		}
		may, err := c.May(ctx, catalog.May{User: maker, Merchant: a.Merchant, Duty: catalog.DoMoney})
		if err != nil {
			return packet{}, err
		}
		if !may.Yes {
			return packet{}, redpacket.ErrNotAllowed
		}
	default:
		return packet{}, redpacket.ErrNotAllowed
	}
	// A packet takes money out as a payout does: a device left signed in is not
	// enough.
	if password == "" {
		return packet{}, account.ErrCredentials
	}
	_, err = c.Account.CheckPassword(actor.AsSystem(ctx, "redpacket"), account.CheckPassword{User: maker, Password: password})
	return p, err
}

// room counts a packet in its day, once: of its source, or, of the platform's
// money, of its maker.
func (c *Core) room(ctx context.Context, p packet) error {
	day := p.At.UTC().Truncate(24 * time.Hour)
	from := string(p.account())
	if p.Source == redpacket.FromPlatform {
		from += "/" + string(p.Maker)
	}
	key := id.Derive("rpd", from, day.Format(time.DateOnly))
	_, err := c.days.Upsert(ctx, key, func(d *dayOf) error {
		if _, counted := d.Packets[p.ID]; counted {
			return errSame
		}
		sum := p.Total.Amount
		for _, n := range d.Packets {
			sum += n
		}
		if sum > redpacket.MaxPerDay || len(d.Packets) >= redpacket.MaxPackets {
			return redpacket.ErrDaily
		}
		if d.Packets == nil {
			d.Packets = map[string]int64{}
		}
		d.ID, d.Packets[p.ID], d.Gone = key, p.Total.Amount, day.Add(72*time.Hour)
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

func (c *Core) begin(ctx context.Context, p packet) (packet, error) {
	if err := c.room(ctx, p); err != nil {
		return p, err
	}
	err := c.packets.Insert(ctx, p.ID, p)
	if errors.Is(err, docdb.ErrExists) { // the same request, at the same time
		return c.packets.Get(ctx, p.ID)
	}
	return p, err
}

// fund stores the cells of a packet and moves its money into escrow.
func (c *Core) fund(ctx context.Context, p packet) (packet, error) {
	switch p.State {
	case redpacket.Funding:
	case redpacket.Failed:
		return p, redpacket.ErrNoMoney
	default:
		return p, nil
	}
	amounts := split(p.Split, p.Total.Amount, p.Shares, p.Seed)
	for i := range p.cells() {
		part := amounts[i*cellShares : min((i+1)*cellShares, len(amounts))]
		x := cell{ID: cellID(p.ID, i), Packet: p.ID, Amounts: part, Slots: map[string]taken{}, Users: map[string]string{}}
		if err := c.cells.Insert(ctx, x.ID, x); err != nil && !errors.Is(err, docdb.ErrExists) {
			return p, err
		}
	}
	_, err := c.Ledger.Post(ctx, entry(redpacket.EntryFund, p.account(), p.escrow(), p.Total, p.ID))
	to, due := redpacket.Open, p.ExpiresAt
	switch {
	case errors.Is(err, ledger.ErrNotEnough):
		to, due = redpacket.Failed, time.Time{}
	case err != nil:
		return p, fmt.Errorf("escrow of %s: %w", p.ID, err)
	}
	// Of two who try at once one may be refused and the other not: if the money is
	// there, the packet is open.
	p, err = c.packets.Update(ctx, p.ID, func(p *packet) error {
		if p.State == redpacket.Funding || p.State == redpacket.Failed && to == redpacket.Open {
			p.State, p.Due = to, due
		}
		return nil
	})
	if err == nil && p.State == redpacket.Failed {
		err = redpacket.ErrNoMoney
	}
	return p, err
}

// entry moves an amount from an account to another; its id follows from what
// it is of.
func entry(kind ledger.Kind, from, to ledger.Account, m money.Money, parts ...string) ledger.Entry {
	return ledger.Entry{
		ID: id.Entry(id.Derive("ent", append([]string{string(kind)}, parts...)...)), Kind: kind,
		Postings: []ledger.Posting{{Account: from, Amount: m}, {Account: to, Amount: m.Neg()}},
	}
}
