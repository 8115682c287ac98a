package groupbuycore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/promo/groupbuy"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// stale is how old what was begun may be before nobody is at it any more.
const stale = time.Minute

// Audit reads every team and returns what does not hold. back reports whether all
// of an order's money went back, or is on its way.
func (c *Core) Audit(ctx context.Context, back func(context.Context, id.Order) (bool, error)) ([]Breach, error) {
	var out []Breach
	now := c.Now()
	old := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > stale }
	err := c.teams.Each(ctx, func(name string, t team) error {
		say := func(rule, fact string, args ...any) {
			out = append(out, Breach{rule, name, fmt.Sprintf(fact, args...)})
		}
		paid, held := t.count(now)
		if paid+held > t.Needs {
			say("a team has no more members than seats", "%d paid and %d held of %d", paid, held, t.Needs)
		}
		if t.State == groupbuy.IsFilled && paid != t.Needs {
			say("a team that filled is full", "%d paid of %d", paid, t.Needs)
		}
		if old(t.Due) {
			say("a team fills or lapses", "%s, due %v", t.State, t.Due)
		}
		for i, s := range t.Seats {
			twin := slices.ContainsFunc(t.Seats[:i], func(x seat) bool {
				return x.taken(now) && (x.Order == s.Order || slices.ContainsFunc(s.As, func(who string) bool { return slices.Contains(x.As, who) }))
			})
			if twin && s.taken(now) {
				say("a person sits once", "order %s", s.Order)
			}
			if !s.Paid || t.State != groupbuy.IsLapsed || !old(t.OverAt) {
				continue
			}
			gone, err := back(ctx, s.Order)
			if err != nil {
				return err
			}
			if !gone {
				say("who paid for a team that lapsed has the money back", "order %s", s.Order)
			}
		}
		return nil
	})
	return out, err
}
