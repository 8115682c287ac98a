package pointscore

import "context"

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads everybody's points and tells say of those that do not add up.
func (c *Core) Audit(ctx context.Context, say func(Breach)) error {
	return c.accounts.Each(ctx, func(who string, a account) error {
		if err := a.sound(); err != nil {
			say(Breach{"points that came are had, held or gone", who, err.Error()})
		}
		return nil
	})
}
