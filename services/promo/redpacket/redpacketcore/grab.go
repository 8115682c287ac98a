package redpacketcore

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/promo/redpacket"
)

// Grab takes a share. What it decides is one write of one cell; all that
// follows from it may be done again.
//
// Who walks leaves their name first. So once all shares are gone, whoever has no
// name on record has no share either, and is told so without a walk.
func (c *Core) Grab(ctx context.Context, in redpacket.Grab) (redpacket.Share, error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return redpacket.Share{}, err
	}
	p, err := c.find(ctx, in.ID)
	if err != nil {
		return redpacket.Share{}, err
	}
	s, err := c.shares.Get(ctx, shareID(p.ID, who))
	known := err == nil
	switch {
	case known && !s.At.IsZero():
		return c.pay(ctx, s)
	case err != nil && !errors.Is(err, docdb.ErrNotFound):
		return redpacket.Share{}, err
	}
	if err := c.mayGrab(ctx, p, who); err != nil {
		return redpacket.Share{}, err
	}
	if p.Gone && !known {
		return redpacket.Share{}, redpacket.ErrGone
	}
	if err := c.name(ctx, p, who); err != nil {
		return redpacket.Share{}, err
	}
	if s, err = c.take(ctx, p, who); err != nil {
		return redpacket.Share{}, errors.Join(err, c.missed(ctx, p, who, err))
	}
	if err := c.record(ctx, s); err != nil {
		return redpacket.Share{}, err
	}
	return c.pay(ctx, s)
}

// name writes down that somebody is about to take a share.
func (c *Core) name(ctx context.Context, p packet, who id.User) error {
	s := share{ID: shareID(p.ID, who), Packet: p.ID, User: who}
	err := c.shares.Insert(ctx, s.ID, s)
	if errors.Is(err, docdb.ErrExists) {
		return nil
	}
	return err
}

// missed takes the name of who got nothing off the record, and writes down that
// all is gone. No other walk of theirs can have ended otherwise.
func (c *Core) missed(ctx context.Context, p packet, who id.User, why error) error {
	if !errors.Is(why, redpacket.ErrGone) {
		return nil
	}
	_, err := c.packets.UpdateIf(ctx, p.ID, []docdb.Cond{{Field: "gone", Op: docdb.Absent}}, []docdb.Change{{Field: "gone", Verb: docdb.Set, Value: true}})
	if err != nil && !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	if err := c.shares.Delete(ctx, shareID(p.ID, who)); err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return nil
}

func (c *Core) mayGrab(ctx context.Context, p packet, who id.User) error {
	switch now := c.Now(); {
	case p.State == redpacket.Funding || now.Before(p.OpenAt):
		return redpacket.ErrNotOpen
	case p.State != redpacket.Open || !now.Before(p.ExpiresAt):
		return redpacket.ErrOver
	}
	if p.Source == redpacket.FromPlatform && who == p.Maker {
		return redpacket.ErrOwn
	}
	if p.Audience != redpacket.Followers || who == p.Maker {
		return nil
	}
	ok, err := c.Follows(ctx, who, p.Maker)
	if err == nil && !ok {
		err = redpacket.ErrAudience
	}
	return err
}

// take walks the cells, from one that follows from who asks, until it has a
// share. A cell without a free slot stays so, which is why the walk always ends
// at the same share.
func (c *Core) take(ctx context.Context, p packet, who id.User) (share, error) {
	n, closed := p.cells(), false
	for i := range n {
		x, err := c.cells.Get(ctx, cellID(p.ID, (start(p.ID, who, n)+i)%n))
		if err != nil {
			return share{}, err
		}
		s, ok, err := c.takeOf(ctx, p, x, who)
		if err != nil || ok {
			return s, err
		}
		closed = closed || x.Closed
	}
	if closed {
		return share{}, redpacket.ErrOver
	}
	return share{}, redpacket.ErrGone
}

func start(packet string, who id.User, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(packet + string(who)))
	return int(h.Sum32() % uint32(n))
}

// pick returns one of n at random.
func (c *Core) pick(n int) int {
	if c.Pick != nil {
		return c.Pick(n)
	}
	return rand.N(n)
}

// takeOf takes a slot of one cell, if it has a free one. A try that fails has
// lost its slot to another person, so there are at most as many as slots.
func (c *Core) takeOf(ctx context.Context, p packet, x cell, who id.User) (share, bool, error) {
	for {
		if slot, ok := x.Users[string(who)]; ok {
			return x.share(p, slot), true, nil
		}
		free := x.free()
		if x.Closed || len(free) == 0 {
			return share{}, false, nil
		}
		// One at random: those who read the same cell aim at different slots.
		slot := free[c.pick(len(free))]
		now := c.Now()
		after, err := c.cells.UpdateIf(ctx, x.ID,
			[]docdb.Cond{
				{Field: "slots." + slot, Op: docdb.Absent},
				{Field: "users." + string(who), Op: docdb.Absent},
				{Field: "closed", Op: docdb.Absent},
			},
			[]docdb.Change{
				{Field: "slots." + slot, Verb: docdb.Set, Value: taken{User: who, At: now}},
				{Field: "users." + string(who), Verb: docdb.Set, Value: slot},
				{Field: "pops", Verb: docdb.Add, Value: int64(1)},
				{Field: "due", Verb: docdb.Set, Value: now.Add(grace)},
			})
		if err == nil {
			return after.share(p, slot), true, nil
		}
		if !errors.Is(err, docdb.ErrRefused) {
			return share{}, false, err
		}
		if x, err = c.cells.Get(ctx, x.ID); err != nil {
			return share{}, false, err
		}
	}
}

func (x cell) free() []string {
	var out []string
	for i := range x.Amounts {
		if _, ok := x.Slots[slotName(i)]; !ok {
			out = append(out, slotName(i))
		}
	}
	return out
}

// share is the record of what was taken with a slot.
func (x cell) share(p packet, slot string) share {
	t := x.Slots[slot]
	s := share{ID: shareID(p.ID, t.User), Packet: p.ID, User: t.User, At: t.At, Due: t.At.Add(grace)}
	for i, amount := range x.Amounts {
		if slotName(i) == slot {
			s.Amount = money.Money{Amount: amount, Currency: p.Total.Currency}
		}
	}
	return s
}

// record keeps a share for the lists; it may be on record already.
func (c *Core) record(ctx context.Context, s share) error {
	_, err := c.shares.Upsert(ctx, s.ID, func(x *share) error {
		if !x.At.IsZero() {
			return errSame
		}
		*x = s
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("redpacket: nothing to change")

// pay moves a share from escrow to its owner's wallet, once. A ledger that does
// not answer does not take the share away: the job pays it later.
func (c *Core) pay(ctx context.Context, s share) (redpacket.Share, error) {
	if s.PaidAt.IsZero() {
		if err := c.payOut(ctx, s); err != nil {
			c.Log.WarnContext(ctx, "share of a red packet not paid yet", "share", s.ID, "err", err)
		} else {
			s.PaidAt = c.Now()
		}
	}
	return shown(s), nil
}

func (c *Core) payOut(ctx context.Context, s share) error {
	p := packet{ID: s.Packet}
	_, err := c.Ledger.Post(ctx, entry(redpacket.EntryShare, p.escrow(), walletOf(s.User), s.Amount, s.Packet, string(s.User)))
	if err != nil {
		return err
	}
	_, err = c.shares.Update(ctx, s.ID, func(s *share) error {
		if s.PaidAt.IsZero() {
			s.PaidAt, s.Due = c.Now(), time.Time{}
		}
		return nil
	})
	return err
}
