package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// Check implements moderation.Service. What the record says of a revision first
// is the answer for good; counting what led there is idempotent by the subject.
func (c *Core) Check(ctx context.Context, in moderation.Check) (moderation.Verdict, error) {
	if err := internal(ctx); err != nil {
		return moderation.Verdict{}, err
	}
	if err := valid(in.Subject); err != nil {
		return moderation.Verdict{}, err
	}
	key := string(caseID(in.Subject))
	r, err := c.cases.Get(ctx, key)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return moderation.Verdict{}, fmt.Errorf("check: %w", err)
	}
	if v, ok := r.said(in.Rev); ok {
		return v, nil
	}
	v, doubt, err := c.try(ctx, in)
	if err != nil {
		return moderation.Verdict{}, fmt.Errorf("check: %w", err)
	}
	r, err = c.cases.Upsert(ctx, key, func(r *record) error {
		if _, ok := r.said(in.Rev); ok {
			return errSame
		}
		r.check(c.Now(), in, v, doubt)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return moderation.Verdict{}, fmt.Errorf("check: %w", err)
	}
	v, _ = r.said(in.Rev)
	return v, nil
}

func valid(s moderation.Subject) error {
	switch s.Kind {
	case moderation.Post, moderation.Comment, moderation.Profile:
		if s.ID != "" {
			return nil
		}
	}
	return errs.ErrInvalid.With("subject", "is of no kind or has no id")
}

// try asks every rule. A rule whose breaker is open only doubts: what no other
// stops is approved and looked at later.
func (c *Core) try(ctx context.Context, in moderation.Check) (v moderation.Verdict, doubt bool, err error) {
	n, err := c.count(ctx, in)
	if err != nil {
		return v, false, err
	}
	what := string(caseID(in.Subject)) + "/" + strconv.FormatInt(in.Rev, 10)
	v.Outcome = moderation.Approved
	doubter := ""
	for _, r := range table {
		if r.fires == nil {
			continue
		}
		found, hit := r.fires(in.Facts, n)
		if !hit {
			continue
		}
		open, err := c.fired(ctx, r, what, in.Author)
		if err != nil {
			return v, false, err
		}
		found.Rule = r.Name
		switch {
		case open && doubter == "":
			doubter = r.Name
		case !open && severity(found.Outcome) > severity(v.Outcome):
			v = found
		}
	}
	if v.Outcome == moderation.Approved && doubter != "" {
		v.Rule = doubter
	}
	return v, doubter != "", nil
}

// check takes over what rules say of a revision. What a person has taken away is
// not won back by an edit: what was rejected waits for somebody, what was limited
// stays so. Nor is what many reported, until somebody has looked.
func (r *record) check(now time.Time, in moderation.Check, v moderation.Verdict, doubt bool) {
	if r.ID != "" && in.Rev < r.Rev {
		r.answer(in.Rev, v) // of an older one: what stands, stands
		return
	}
	held := r.judged() || r.Verdict.Rule == manyReports
	if held && r.Verdict.Outcome == moderation.Limited && v.Outcome == moderation.Approved {
		v = r.Verdict
	} else if r.judged() && r.Verdict.Outcome == moderation.Rejected && severity(v.Outcome) < severity(moderation.Rejected) ||
		!r.DecidedAt.IsZero() && r.Verdict.Rule == edited && severity(v.Outcome) < severity(moderation.Pending) {
		v = moderation.Verdict{Outcome: moderation.Pending, Reason: r.Verdict.Reason, Rule: edited}
	}
	kept := held && (v.Outcome == moderation.Pending || v.Outcome == r.Verdict.Outcome)
	r.ID, r.Subject, r.Author, r.Facts, r.Rev = caseID(in.Subject), in.Subject, in.Author, in.Facts, in.Rev
	r.Verdict, r.Rule, r.Prior = v, v.Rule, nil
	r.answer(in.Rev, v)
	switch {
	case kept:
	case v.Outcome == moderation.Limited || v.Outcome == moderation.Rejected:
		if r.Appealed != "open" {
			r.decision(after(now, r.DecidedAt), "")
			r.noted("", "", now)
		}
	case !r.DecidedAt.IsZero() && r.Appealed != "open":
		r.undecide()
	}
	r.requeue(now, v.Outcome == moderation.Pending || doubt)
}

func (r *record) answer(rev int64, v moderation.Verdict) {
	r.Checks = append(r.Checks, answer{rev, v})
	r.Checks = r.Checks[max(0, len(r.Checks)-mostChecks):]
}

// requeue says where a new revision waits, if at all. An appeal and what an
// operator was asked for stay where they are; what people reported waits on.
func (r *record) requeue(now time.Time, look bool) {
	switch {
	case r.Appealed == "open":
		r.wait(moderation.Appeals, now)
	case r.Queue == moderation.Escalated:
		r.wait(moderation.Escalated, now)
	case look:
		r.wait(moderation.ToReview, now)
	case r.Queue == moderation.ToReview && r.Rank == 0:
		r.Queue = ""
	}
}
