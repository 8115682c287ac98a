package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// ruleState is how often a rule fired. When that is more than its quota within
// the hour since Began, its breaker opens. One author counts at most mostByOne
// times in it: else a single account could switch a rule off for everybody.
type ruleState struct {
	Name   string `bson:"_id"`
	Due    `bson:",inline"`
	Began  time.Time `bson:"began"`
	Hour   int64     `bson:"hour"`
	Whose  []id.User `bson:"whose,omitempty"` // who counted in Hour, once for each time
	Total  int64     `bson:"total"`
	Recent []string  `bson:"recent"` // for what, so that nothing counts twice
	Open   bool      `bson:"open"`
	Since  time.Time `bson:"since,omitempty"`
	Turn   int64     `bson:"turn"`
}

const (
	mostRecent = 256
	mostByOne  = 3
)

// quota is how often a rule may fire in an hour.
func (c *Core) quota(r rule) int64 {
	if q, ok := c.Quotas[r.Name]; ok {
		return q
	}
	return r.Quota
}

// fired counts that a rule matched something of somebody's, and reports whether
// its breaker is open: then it only doubts. By is "" for a rule that others than
// the author make fire.
func (c *Core) fired(ctx context.Context, r rule, what string, by id.User) (open bool, err error) {
	now, opened := c.Now(), false
	s, err := c.rules.Upsert(ctx, r.Name, func(s *ruleState) error {
		opened = false
		if slices.Contains(s.Recent, what) {
			return errSame
		}
		s.Recent = append(s.Recent, what)
		s.Recent = s.Recent[max(0, len(s.Recent)-mostRecent):]
		s.Total++
		s.count(now, by)
		if s.Hour > c.quota(r) && !s.Open {
			s.Turn++
			s.Open, s.Since, opened = true, now, true
			s.owe(now, said(now, "", "open breaker", r.Name, fmt.Sprintf("fired more than %d times in an hour", c.quota(r)), s.Turn))
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errSame):
		return false, fmt.Errorf("rule %s: %w", r.Name, err)
	case opened:
		c.Log.WarnContext(ctx, "a rule fired too often and only doubts now", "rule", r.Name)
		c.owedRules().soon(ctx, r.Name)
	}
	return s.Open, nil
}

// count counts a time towards the quota. Whose is no longer than the quota, but
// for one: once the breaker is open, it matters no more who it was.
func (s *ruleState) count(now time.Time, by id.User) {
	if now.Sub(s.Began) >= time.Hour {
		s.Began, s.Hour, s.Whose = now, 0, nil
	}
	if by != "" && !s.Open {
		if times(s.Whose, by) >= mostByOne {
			return
		}
		s.Whose = append(s.Whose, by)
	}
	s.Hour++
}

func times(users []id.User, u id.User) (n int) {
	for _, v := range users {
		if v == u {
			n++
		}
	}
	return n
}

// RuleList implements moderation.Service.
func (c *Core) RuleList(ctx context.Context, _ rpc.Empty) (moderation.RuleStates, error) {
	if _, err := judge(ctx); err != nil {
		return moderation.RuleStates{}, err
	}
	out := moderation.RuleStates{Items: make([]moderation.Rule, 0, len(table))}
	for _, r := range table {
		s, err := c.rules.Get(ctx, r.Name)
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return moderation.RuleStates{}, fmt.Errorf("rules: %w", err)
		}
		out.Items = append(out.Items, c.ruleView(r, s))
	}
	return out, nil
}

func (c *Core) ruleView(r rule, s ruleState) moderation.Rule {
	v := moderation.Rule{Name: r.Name, Does: r.Does, Outcome: r.Outcome, Quota: c.quota(r), Total: s.Total, Open: s.Open, Since: s.Since}
	if c.Now().Sub(s.Began) < time.Hour {
		v.Hour = s.Hour
	}
	return v
}

// CloseBreaker implements moderation.Service.
func (c *Core) CloseBreaker(ctx context.Context, in moderation.ByRule) (moderation.Rule, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Rule{}, err
	}
	i := slices.IndexFunc(table, func(r rule) bool { return r.Name == in.Name })
	if i < 0 {
		return moderation.Rule{}, moderation.ErrNoRule
	}
	now := c.Now()
	s, err := c.rules.Upsert(ctx, in.Name, func(s *ruleState) error {
		if !s.Open {
			return errSame
		}
		s.Turn++
		s.Open, s.Since, s.Hour, s.Whose, s.Began = false, time.Time{}, 0, nil, now
		s.owe(now, said(now, a.User, "close breaker", in.Name, "", s.Turn))
		return nil
	})
	switch {
	case errors.Is(err, errSame):
	case err != nil:
		return moderation.Rule{}, fmt.Errorf("close breaker: %w", err)
	default:
		c.owedRules().soon(ctx, in.Name)
	}
	return c.ruleView(table[i], s), nil
}
