package promocore

import (
	"context"
	"fmt"
	"time"
)

// late is how long after it was due a plan should have been finished.
const late = time.Minute

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads every plan and returns those that nobody has finished in time.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	var wrong []Breach
	err := c.plans.Each(ctx, func(o string, p plan) error {
		if !p.Due.IsZero() && c.Now().Sub(p.Due) > late {
			wrong = append(wrong, Breach{"what an order takes of promotions is finished in time", o, fmt.Sprintf("%s since %s", p.State, p.Due.Format(time.RFC3339))})
		}
		return nil
	})
	return wrong, err
}
