package invitecore

import (
	"context"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo/invite"
)

// shown is a reward as its reader may see it: why it is held is for operators.
func (r reward) shown(whole bool) invite.Reward {
	out := invite.Reward{ID: r.ID, To: r.To, Invitee: r.Invitee, Level: r.Level, Amount: r.Amount, Stage: r.Stage, At: r.At}
	if whole {
		out.Order, out.Reasons, out.By, out.Note = r.Order, r.Reasons, r.By, r.Note
	}
	return out
}

func (c *Core) Invitees(ctx context.Context, in page.Ask) (page.Page[invite.Bond], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[invite.Bond]{}, err
	}
	found, err := c.bonds.Find(ctx, docdb.Query{Index: "inviter", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	if err != nil {
		return page.Page[invite.Bond]{}, err
	}
	names := make([]string, len(found.Items))
	for i, b := range found.Items {
		names[i] = rewardID(b.Invitee, 1)
	}
	rewards, err := c.rewards.GetMany(ctx, names)
	by := map[id.User]reward{}
	for _, r := range rewards {
		by[r.Invitee] = r
	}
	return page.Map(found, func(b bond) invite.Bond {
		out := b.shown()
		if r, ok := by[b.Invitee]; ok {
			out.Reward, out.Rewarded = r.Amount, r.Stage
		}
		return out
	}), err
}

func (c *Core) Rewards(ctx context.Context, in page.Ask) (page.Page[invite.Reward], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[invite.Reward]{}, err
	}
	found, err := c.rewards.Find(ctx, docdb.Query{Index: "to", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, func(r reward) invite.Reward { return r.shown(false) }), err
}

func (c *Core) Held(ctx context.Context, in page.Ask) (page.Page[invite.Reward], error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return page.Page[invite.Reward]{}, err
	}
	found, err := c.rewards.Find(ctx, docdb.Query{Index: "stage", Equal: []any{string(invite.Held)}, Limit: in.Size(50, 100), After: in.After})
	return page.Map(found, func(r reward) invite.Reward { return r.shown(true) }), err
}

const (
	countPage  = 1000
	countPages = 20 // a count that takes more says that it is partial
)

// walk adds up the bonds of an index.
func (c *Core) walk(ctx context.Context, q docdb.Query) (n invite.Count, partial bool, err error) {
	q.Limit = countPage
	for range countPages {
		found, err := c.bonds.Find(ctx, q)
		if err != nil {
			return n, false, err
		}
		for _, b := range found.Items {
			n.Joined++
			switch b.State {
			case invite.Ordered:
				n.Ordered++
			case invite.Cleared:
				n.Ordered++
				n.Cleared++
			case invite.Blocked:
				n.Blocked++
			}
		}
		if found.Next == "" {
			return n, false, nil
		}
		q.After = found.Next
	}
	return n, true, nil
}

func (c *Core) Tree(ctx context.Context, in invite.OfUser) (invite.Tree, error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return invite.Tree{}, err
	}
	if in.User == "" {
		in.User = who
	}
	if in.User != who && !actor.From(ctx).Is(actor.Operator) {
		return invite.Tree{}, actor.ErrForbidden
	}
	out := invite.Tree{User: in.User}
	for i, index := range [invite.MaxLevels]string{"inviter", "upline"} {
		n, partial, err := c.walk(ctx, docdb.Query{Index: index, Equal: []any{string(in.User)}})
		if err != nil {
			return out, err
		}
		if out.Levels[i] = n; partial {
			out.Partial = true
		}
	}
	return out, nil
}

func (c *Core) Growth(ctx context.Context, in invite.AskGrowth) (invite.Growth, error) {
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return invite.Growth{}, err
	}
	if in.Days <= 0 {
		in.Days = 30
	}
	to := c.Now().Add(time.Millisecond)
	out := invite.Growth{From: to.AddDate(0, 0, -in.Days), To: to}
	var err error
	if out.Count, out.Partial, err = c.walk(ctx, docdb.Query{Index: "joined", From: out.From, Before: to}); err != nil {
		return out, err
	}
	q := docdb.Query{Index: "at", From: out.From, Before: to, Limit: countPage}
	for i := 0; ; i++ {
		found, err := c.links.Find(ctx, q)
		if err != nil {
			return out, err
		}
		out.Sharers += int64(len(found.Items))
		if found.Next == "" {
			break
		}
		if i == countPages {
			out.Partial = true
			break
		}
		q.After = found.Next
	}
	out.K, out.KBuyers = per(out.Count.Joined, out.Sharers), per(out.Count.Cleared, out.Sharers)
	return out, nil
}

// per is n for each of so many, in basis points.
func per(n, each int64) money.Rate {
	if each == 0 {
		return 0
	}
	return money.Rate(n * int64(money.Whole) / each)
}
