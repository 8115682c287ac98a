package promocore

import (
	"context"
	"fmt"
	"time"
)

// late is how long after it was due a plan should have been finished.
const late = time.Minute

// Audit reads every plan and returns those that nobody has finished in time.
func (c *Core) Audit(ctx context.Context) ([]string, error) {
	var wrong []string
	err := c.plans.Each(ctx, func(o string, p plan) error {
		if !p.Due.IsZero() && c.Now().Sub(p.Due) > late {
			wrong = append(wrong, fmt.Sprintf("promotions of order %s are %s since %s", o, p.State, p.Due.Format(time.RFC3339)))
		}
		return nil
	})
	return wrong, err
}
