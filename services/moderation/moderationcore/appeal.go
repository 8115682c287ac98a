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
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// Standing implements moderation.Service.
func (c *Core) Standing(ctx context.Context, in page.Ask) (moderation.Standing, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return moderation.Standing{}, err
	}
	return c.standing(ctx, me, in)
}

// Person implements moderation.Service.
func (c *Core) Person(ctx context.Context, in moderation.AskPerson) (moderation.Standing, error) {
	if _, err := judge(ctx); err != nil {
		return moderation.Standing{}, err
	}
	if _, err := c.person(ctx, in.ID); err != nil {
		return moderation.Standing{}, err
	}
	return c.standing(ctx, in.ID, in.Ask)
}

func (c *Core) standing(ctx context.Context, u id.User, in page.Ask) (moderation.Standing, error) {
	var s moderation.Standing
	found, err := c.cases.Find(ctx, docdb.Query{
		Index: "decided", Equal: []any{string(u)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return s, fmt.Errorf("standing: %w", err)
	}
	s.Decisions = page.Map(found, record.decided)
	p, err := c.people.Get(ctx, string(u))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return s, fmt.Errorf("standing: %w", err)
	}
	now := c.Now()
	s.Strikes = p.strikes(now)
	if h, ok := p.held(now); ok {
		s.Restriction = &moderation.Restriction{Reason: h.Reason, From: h.From, Until: h.Until}
	}
	return s, nil
}

// shownExcerpt is how much of a text its author needs to know it again.
const shownExcerpt = 80

func (r record) decided() moderation.Decision {
	text := []rune(strings.Join(strings.Fields(r.Facts.Text), " "))
	if len(text) > shownExcerpt {
		text = append(text[:shownExcerpt], '…')
	}
	return moderation.Decision{
		ID: r.Decision, Subject: r.Subject, Excerpt: string(text), Verdict: r.Verdict, Strike: r.Strike,
		At: r.DecidedAt, Appealed: r.Appealed, Until: r.DecidedAt.Add(moderation.AppealTTL),
	}
}

// Appeal implements moderation.Service.
func (c *Core) Appeal(ctx context.Context, in moderation.Appeal) (moderation.Decision, error) {
	none := moderation.Decision{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	text := strings.TrimSpace(in.Text)
	if text == "" {
		return none, errs.ErrInvalid.With("text", "is needed")
	}
	found, err := c.cases.Find(ctx, docdb.Query{Index: "decision", Equal: []any{in.ID}, Limit: 1})
	if err != nil {
		return none, fmt.Errorf("appeal: %w", err)
	}
	if len(found.Items) == 0 || found.Items[0].Author != me {
		return none, moderation.ErrNoDecision
	}
	now, key := c.Now(), string(found.Items[0].ID)
	r, err := c.cases.Update(ctx, key, func(r *record) error { return r.appeal(now, in.ID, text) })
	switch {
	case errors.Is(err, errSame):
	case err != nil:
		return none, fmt.Errorf("appeal: %w", err)
	default:
		c.owedCases().soon(ctx, key)
	}
	return r.decided(), nil
}

func (r *record) appeal(now time.Time, decision, text string) error {
	switch {
	case r.Decision != decision, r.Verdict.Outcome == moderation.Approved:
		return moderation.ErrNoDecision
	case r.Appealed == "open" && r.Appeal == text:
		return errSame // sent twice
	case r.Appealed != "":
		return moderation.ErrAppealed
	case now.Sub(r.DecidedAt) >= moderation.AppealTTL:
		return moderation.ErrAppealLate
	}
	r.Appealed, r.Appeal, r.Prior = "open", text, nil
	r.wait(moderation.Appeals, now)
	r.owe(now, said(now, r.Author, "appeal", string(r.ID), "decision "+strconv.FormatInt(r.Turn, 10), r.Turn))
	return nil
}
