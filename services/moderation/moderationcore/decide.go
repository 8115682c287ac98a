package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// Decide implements moderation.Service. Sending one decision twice is fine.
func (c *Core) Decide(ctx context.Context, in moderation.Decide) (moderation.Case, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Case{}, err
	}
	in.Note = strings.TrimSpace(in.Note)
	switch in.Outcome {
	case moderation.Approved:
		if in.Strike {
			return moderation.Case{}, errs.ErrInvalid.With("strike", "is for what is limited or rejected")
		}
		in.Reason = ""
	case moderation.Limited, moderation.Rejected:
		if !reasons[in.Reason] {
			return moderation.Case{}, errs.ErrInvalid.With("reason", "is needed")
		}
	default:
		return moderation.Case{}, errs.ErrInvalid.With("outcome", "is none that can be decided")
	}
	in.Seen = in.Seen.UTC().Truncate(time.Millisecond)
	return c.act(ctx, "decide", in.ID, func(r *record, now time.Time) error { return r.decide(now, a, in) })
}

// act changes a case, tells and does what follows, and returns it.
func (c *Core) act(ctx context.Context, what string, of id.Case, f func(*record, time.Time) error) (moderation.Case, error) {
	now := c.Now()
	r, err := c.cases.Update(ctx, string(of), func(r *record) error { return f(r, now) })
	switch {
	case errors.Is(err, errSame):
	case errors.Is(err, docdb.ErrNotFound):
		return moderation.Case{}, moderation.ErrNoCase.Because(err)
	case err != nil:
		return moderation.Case{}, fmt.Errorf("%s: %w", what, err)
	default:
		c.tellCases.Kick(string(of))
		c.owedCases().soon(ctx, string(of))
	}
	return c.view(ctx, r)
}

func (r *record) decide(now time.Time, a actor.Actor, in moderation.Decide) error {
	v := moderation.Verdict{Outcome: in.Outcome, Reason: in.Reason}
	switch {
	case r.Prior != nil && r.By == a.User && r.Seen.Equal(in.Seen) && r.Verdict == v && r.Note == in.Note:
		return errSame // sent twice
	case !r.At.Equal(in.Seen):
		return moderation.ErrDecided
	case r.Author == a.User:
		return moderation.ErrSamePerson
	case r.Queue == moderation.Escalated && !a.Is(actor.Operator):
		return actor.ErrForbidden
	case r.Queue == moderation.Appeals && r.By == a.User, r.First == a.User:
		return moderation.ErrSamePerson
	}
	before := r.Verdict
	r.remember()
	did := "decide"
	if r.Queue == moderation.Appeals {
		did = r.answerAppeal(now, a, in, severity(v.Outcome) < severity(before.Outcome))
	} else {
		r.decision(after(now, r.At), a.User)
		r.Strike = in.Strike
	}
	r.Verdict, r.Note, r.Seen = v, in.Note, in.Seen
	r.Queue, r.Rank, r.At = moderation.Done, 0, r.DecidedAt
	r.strikes(r.Decision, r.Strike, r.DecidedAt)
	r.noted(a.User, in.Note, now)
	r.announce(now)
	detail := string(v.Outcome)
	if v.Reason != "" {
		detail += " for " + string(v.Reason)
	}
	if r.Strike {
		detail += ", a strike"
	}
	r.owe(now, said(now, a.User, did, string(r.ID), detail, r.Turn))
	return nil
}

// answerAppeal ends an appeal: the decision stays the same one, and whoever made
// it is remembered, so that they do not take it up again.
func (r *record) answerAppeal(now time.Time, a actor.Actor, in moderation.Decide, milder bool) (did string) {
	r.Turn++
	r.First, r.By = r.By, a.User
	r.DecidedAt, r.Of = after(now, r.At), r.Rev
	if milder {
		r.Appealed, r.Strike = "reversed", false
		return "reverse on appeal"
	}
	r.Appealed = "upheld"
	r.Strike = r.Strike || in.Strike
	return "uphold on appeal"
}

// Undo implements moderation.Service.
func (c *Core) Undo(ctx context.Context, in moderation.ByCase) (moderation.Case, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Case{}, err
	}
	return c.act(ctx, "undo", in.ID, func(r *record, now time.Time) error {
		if r.Prior == nil || r.By != a.User || now.Sub(r.DecidedAt) >= moderation.UndoTTL {
			return moderation.ErrUndoLate
		}
		undone, of := r.Decision, r.Of
		r.Turn++
		turn := r.Turn
		r.restore()
		r.strikes(undone, r.Strike && r.Decision == undone, r.DecidedAt)
		r.noted(a.User, "undone", now)
		r.Add(now, r.event(now, undone, of))
		r.owe(now, said(now, a.User, "undo", string(r.ID), "back to "+string(r.Verdict.Outcome), turn))
		return nil
	})
}

// Escalate implements moderation.Service.
func (c *Core) Escalate(ctx context.Context, in moderation.Escalate) (moderation.Case, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Case{}, err
	}
	note := strings.TrimSpace(in.Note)
	return c.act(ctx, "escalate", in.ID, func(r *record, now time.Time) error {
		switch r.Queue {
		case moderation.Escalated:
			return errSame
		case moderation.ToReview:
		default:
			return moderation.ErrDecided
		}
		r.Queue, r.Prior = moderation.Escalated, nil
		r.At = after(now, r.At)
		r.noted(a.User, note, now)
		r.owe(now, said(now, a.User, "escalate", string(r.ID), note, r.Owes))
		return nil
	})
}
