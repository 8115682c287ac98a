package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// report is what one person told of one subject. Owed is set until its case
// knows.
type report struct {
	ID     string            `bson:"_id"`
	Case   id.Case           `bson:"case"`
	By     id.User           `bson:"by"`
	Reason moderation.Reason `bson:"reason"`
	Note   string            `bson:"note"`
	At     time.Time         `bson:"at"`
	Owed   time.Time         `bson:"owed,omitempty"`

	outbox.Box `bson:",inline"`
}

// Report implements moderation.Service. The report is its person's one document;
// the case counts the documents, so that nobody counts twice.
func (c *Core) Report(ctx context.Context, in moderation.Report) (moderation.Reported, error) {
	none := moderation.Reported{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	if err := valid(in.Subject); err != nil {
		return none, err
	}
	if !reasons[in.Reason] {
		return none, errs.ErrInvalid.With("reason", "is none of ours")
	}
	r, err := c.reported(ctx, in.Subject)
	if err != nil {
		return none, err
	}
	if r.Author == me {
		return none, moderation.ErrReportSelf
	}
	now, note, rid := c.Now(), strings.TrimSpace(in.Note), id.Derive("rep", string(me), string(r.ID))
	told, err := c.reports.Upsert(ctx, rid, func(x *report) error {
		again := x.ID != "" && x.At.Before(r.DecidedAt) && r.judged() // of what was decided since
		if x.ID != "" && !again && x.Reason == in.Reason && x.Note == note {
			return errSame
		}
		if x.ID == "" || again {
			x.At = now
			x.Add(now, moderation.Complained.Event(now, rid+"/"+strconv.FormatInt(now.UnixMilli(), 10), moderation.ComplainedData{
				By: me, Subject: r.Subject, Author: r.Author, At: now,
			}))
		}
		x.ID, x.Case, x.By, x.Reason, x.Note, x.Owed = rid, r.ID, me, in.Reason, note, now
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return none, fmt.Errorf("report: %w", err)
	}
	if len(told.Outbox) > 0 {
		c.tellReports.Kick(rid)
	}
	if !told.Owed.IsZero() {
		if err := c.tell(context.WithoutCancel(ctx), told); err != nil {
			c.Log.WarnContext(ctx, "a report is not in the queue yet", "case", r.ID, "err", err)
		}
	}
	return moderation.Reported{At: told.At}, nil
}

// reported returns the record of what somebody reports. A profile need not have
// been checked: its name is what there is to judge.
func (c *Core) reported(ctx context.Context, s moderation.Subject) (record, error) {
	key := string(caseID(s))
	r, err := c.cases.Get(ctx, key)
	if err == nil || !errors.Is(err, docdb.ErrNotFound) {
		return r, err
	}
	if s.Kind != moderation.Profile {
		return r, moderation.ErrNoSubject
	}
	k, err := c.person(ctx, id.User(s.ID))
	if errors.Is(err, moderation.ErrNoPerson) {
		return r, moderation.ErrNoSubject.Because(err)
	}
	if err != nil {
		return r, err
	}
	r = record{
		ID: id.Case(key), Subject: s, Author: k.ID, Facts: moderation.Facts{Text: k.Name, Link: "/u/" + s.ID},
		Verdict: moderation.Verdict{Outcome: moderation.Approved},
	}
	err = c.cases.Insert(ctx, key, r)
	if errors.Is(err, docdb.ErrExists) {
		return c.cases.Get(ctx, key)
	}
	return r, err
}

// mostReports is how many reports are counted.
const mostReports = 1000

// swarm is what the reports of a case come to.
type swarm struct {
	all, fresh, day int64 // in all; since it was decided; of those, within SwarmTime
	reason          moderation.Reason
}

func (c *Core) swarm(ctx context.Context, r record) (swarm, error) {
	found, err := c.reports.Find(ctx, docdb.Query{Index: "case", Equal: []any{string(r.ID)}, Descending: true, Limit: mostReports})
	if err != nil {
		return swarm{}, err
	}
	var s swarm
	why := map[moderation.Reason]int{}
	day := c.Now().Add(-moderation.SwarmTime)
	for _, x := range found.Items {
		s.all++
		if r.judged() && x.At.Before(r.DecidedAt) {
			continue
		}
		s.fresh++
		if x.At.After(day) {
			s.day++
		}
		if why[x.Reason]++; why[x.Reason] > why[s.reason] {
			s.reason = x.Reason
		}
	}
	return s, nil
}

// tellTries is how often a case may change while its reports are counted.
const tellTries = 24

// tell makes the case of a report know how many there are, and the report owe
// nothing.
func (c *Core) tell(ctx context.Context, x report) error {
	for range tellTries {
		r, err := c.cases.Get(ctx, string(x.Case))
		if err != nil {
			return err
		}
		s, err := c.swarm(ctx, r)
		if err != nil {
			return err
		}
		limit, err := c.limits(ctx, r, s)
		if err != nil {
			return err
		}
		now := c.Now()
		next, err := c.cases.Update(ctx, string(x.Case), func(n *record) error {
			if n.Turn != r.Turn || n.Rev != r.Rev {
				return docdb.ErrConflict
			}
			if !n.heard(now, s, limit) {
				return errSame
			}
			return nil
		})
		if errors.Is(err, docdb.ErrConflict) {
			continue
		}
		if err != nil && !errors.Is(err, errSame) {
			return err
		}
		if next.Turn != r.Turn {
			c.tellCases.Kick(string(x.Case))
			c.owedCases().soon(ctx, string(x.Case))
		}
		_, err = c.reports.UpdateIf(ctx, x.ID, []docdb.Cond{{Field: "owed", Op: docdb.Eq, Value: x.Owed}},
			[]docdb.Change{{Field: "owed", Verb: docdb.Remove}})
		if errors.Is(err, docdb.ErrRefused) {
			return nil // it was told anew, by whoever settles that
		}
		return err
	}
	return docdb.ErrBusy
}

// limits reports whether so many reported it that it is limited before anybody
// looks. What a person approved, reports alone do not limit.
func (c *Core) limits(ctx context.Context, r record, s swarm) (bool, error) {
	if s.day < moderation.SwarmLimit || r.judged() && r.Of == r.Rev || r.Verdict.Outcome != moderation.Approved {
		return false, nil
	}
	for _, rule := range table {
		if rule.Name == manyReports {
			open, err := c.fired(ctx, rule, fmt.Sprintf("%s/%d", r.ID, r.Rev), "")
			return !open, err
		}
	}
	return false, nil
}

// heard takes over how many reports there are, and reports whether that changed
// anything.
func (r *record) heard(now time.Time, s swarm, limit bool) bool {
	changed := false
	if s.all > r.Reported {
		r.Reported, changed = s.all, true
	}
	if -s.fresh < r.Rank && r.Queue != moderation.Done || s.fresh > 0 && r.waitsNowhere() {
		if r.waitsNowhere() {
			r.wait(moderation.ToReview, now)
			r.Prior = nil
		}
		r.Rank, changed = -s.fresh, true
	}
	if limit {
		r.Verdict = moderation.Verdict{Outcome: moderation.Limited, Reason: s.reason, Rule: manyReports}
		r.decision(after(now, r.DecidedAt), "")
		r.noted("", "", now)
		r.announce(now)
		r.owe(now, said(now, "", "limit", string(r.ID), fmt.Sprintf("%d people reported it within a day", s.day), r.Turn))
		changed = true
	}
	return changed
}

// waitsNowhere reports whether a new report must bring it before somebody. What
// is rejected nobody else sees.
func (r *record) waitsNowhere() bool {
	return (r.Queue == "" || r.Queue == moderation.Done) && r.Verdict.Outcome != moderation.Rejected
}

// owedReports are reports whose case does not know of them.
type owedReports struct{ c *Core }

func (o owedReports) sweep(ctx context.Context, before time.Time) error {
	found, err := o.c.reports.Find(ctx, docdb.Query{Index: "owed", Before: before, Limit: sweepMost})
	if err != nil {
		return err
	}
	var failed []error
	for _, x := range found.Items {
		failed = append(failed, o.c.tell(ctx, x))
	}
	return errors.Join(failed...)
}
