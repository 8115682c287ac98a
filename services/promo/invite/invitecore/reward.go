package invitecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/promo/invite"
)

// grant makes the rewards of a bond that has cleared, and reverses those of one
// whose order went back after all.
func (c *Core) grant(ctx context.Context, b bond) error {
	for i, to := range [invite.MaxLevels]id.User{b.Inviter, b.Upline} {
		amount := c.Settings.Rewards[i]
		if to == "" || to == b.Invitee || amount.Amount <= 0 {
			continue
		}
		r := reward{
			ID: rewardID(b.Invitee, i+1), To: to, Invitee: b.Invitee, Level: i + 1, Order: b.Order, Amount: amount,
			Stage: invite.Deciding, At: c.Now(), Due: c.Now().Add(grace),
		}
		err := c.rewards.Insert(ctx, r.ID, r)
		if errors.Is(err, docdb.ErrExists) {
			r, err = c.rewards.Get(ctx, r.ID)
		}
		if err == nil && b.State == invite.Returned {
			r, err = c.undo(ctx, r)
		}
		if err == nil {
			err = c.advance(ctx, r)
		}
		if err != nil {
			return fmt.Errorf("reward of %s: %w", to, err)
		}
	}
	return nil
}

func rewardID(invitee id.User, level int) string {
	return id.Derive("inr", string(invitee), fmt.Sprint(level))
}

// undo takes back a reward whose order went back.
func (c *Core) undo(ctx context.Context, r reward) (reward, error) {
	return c.change(ctx, r.ID, func(r *reward) error {
		switch r.Stage {
		case invite.Deciding, invite.Held:
			r.Stage = invite.Refused
		case invite.Paid:
			r.Stage = invite.Reversed
			r.post("reversed", r.wallet(), cost, c.Now())
		default:
			return errSame
		}
		r.Reasons = append(r.Reasons, invite.WentBack)
		return nil
	})
}

const cost = ledger.Account(invite.Cost + ":platform")

func (r *reward) wallet() ledger.Account { return ledger.Of(invite.Wallet, string(r.To)) }

func (r *reward) post(what string, from, to ledger.Account, now time.Time) {
	r.Entries = append(r.Entries, ledger.Entry{
		ID: id.Entry(id.Derive("ent", string(invite.Entry), r.ID, what)), Kind: invite.Entry, Order: r.Order, At: now,
		Postings: []ledger.Posting{{Account: from, Amount: r.Amount}, {Account: to, Amount: r.Amount.Neg()}},
	})
}

// change lets f change a reward, and says when the job has to look at it.
func (c *Core) change(ctx context.Context, name string, f func(*reward) error) (reward, error) {
	r, err := c.rewards.Update(ctx, name, func(r *reward) error {
		if err := f(r); err != nil {
			return err
		}
		r.Due = time.Time{}
		if len(r.Entries) > 0 || r.Stage == invite.Deciding {
			r.Due = c.Now().Add(grace)
		}
		return nil
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return r, err
}

// advance decides a reward that is not decided, and posts its entries.
func (c *Core) advance(ctx context.Context, r reward) error {
	if r.Stage == invite.Deciding {
		against, doubtful, err := c.examine(ctx, r)
		if err != nil {
			return err
		}
		if r, err = c.change(ctx, r.ID, func(r *reward) error {
			if r.Stage != invite.Deciding {
				return errSame
			}
			switch r.Reasons = append(against, doubtful...); {
			case len(against) > 0:
				r.Stage = invite.Refused
			case len(doubtful) > 0:
				r.Stage = invite.Held
			default:
				r.pay(c.Now())
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if len(r.Entries) == 0 {
		return nil
	}
	done := map[id.Entry]bool{}
	for _, e := range r.Entries {
		if _, err := c.Ledger.Post(ctx, e); err != nil {
			return fmt.Errorf("post %s: %w", r.ID, err)
		}
		done[e.ID] = true
	}
	_, err := c.change(ctx, r.ID, func(r *reward) error {
		n := len(r.Entries)
		r.Entries = slices.DeleteFunc(r.Entries, func(e ledger.Entry) bool { return done[e.ID] })
		if len(r.Entries) == n {
			return errSame
		}
		return nil
	})
	return err
}

func (r *reward) pay(now time.Time) {
	r.Stage = invite.Paid
	r.post("paid", cost, r.wallet(), now)
}

// examine says what speaks against a reward, and what makes it doubtful.
func (c *Core) examine(ctx context.Context, r reward) (against, doubtful []string, err error) {
	if against, err = c.shared(ctx, r.Invitee, r.To); err != nil || len(against) > 0 {
		return against, nil, err
	}
	clues, err := c.Clues(ctx, r.Invitee)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range clues {
		first, err := c.first(ctx, r.To, x, r.Invitee)
		if err != nil {
			return nil, nil, err
		}
		if first != r.Invitee && !slices.Contains(doubtful, invite.Cluster) {
			doubtful = append(doubtful, invite.Cluster)
		}
	}
	b, err := c.bonds.Get(ctx, string(r.Invitee))
	if err != nil {
		return nil, nil, err
	}
	crowd, err := c.bonds.Find(ctx, docdb.Query{Index: "inviter", Equal: []any{string(b.Inviter)},
		From: b.JoinedAt.Truncate(24 * time.Hour), Before: b.JoinedAt.Truncate(24 * time.Hour).Add(24 * time.Hour), Limit: c.Settings.Burst + 1})
	if err != nil {
		return nil, nil, err
	}
	if len(crowd.Items) > c.Settings.Burst {
		doubtful = append(doubtful, invite.Burst)
	}
	if len(doubtful) > 0 { // it does not use up the day
		return nil, doubtful, nil
	}
	ok, err := c.room(ctx, "rewards", r.To, r.ID, c.Settings.Daily)
	if err == nil && !ok {
		doubtful = append(doubtful, invite.DailyCap)
	}
	return nil, doubtful, err
}

// first returns who of those that somebody brought showed a clue first.
func (c *Core) first(ctx context.Context, to id.User, x invite.Clue, invitee id.User) (id.User, error) {
	t := trace{ID: id.Derive("inc", string(to), x.Kind, x.Hash), Invitee: invitee}
	err := c.clues.Insert(ctx, t.ID, t)
	if errors.Is(err, docdb.ErrExists) {
		t, err = c.clues.Get(ctx, t.ID)
	}
	return t.Invitee, err
}

// Decide is an operator's word about a held reward.
func (c *Core) Decide(ctx context.Context, in invite.Decide) (invite.Reward, error) {
	by, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return invite.Reward{}, err
	}
	to := invite.Refused
	if in.Pay {
		to = invite.Paid
	}
	r, err := c.change(ctx, in.ID, func(r *reward) error {
		if err := catalog.NotOwn(ctx, nil, r.To, ""); err != nil {
			return err
		}
		switch {
		case r.Stage == to && r.By != "":
			return errSame
		case r.Stage != invite.Held:
			return invite.ErrDecided
		}
		r.By, r.Note = by.User, in.Note
		if in.Pay {
			r.pay(c.Now())
			return nil
		}
		r.Stage, r.Reasons = invite.Refused, append(r.Reasons, invite.ByOperator)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return invite.Reward{}, invite.ErrNoSuch
	}
	if err != nil {
		return invite.Reward{}, err
	}
	if err := c.advance(ctx, r); err != nil { // it is decided; the job posts it
		c.Log.WarnContext(ctx, "invite reward not posted yet", "reward", r.ID, "err", err)
	}
	return r.shown(true), nil
}
