package fullreductioncore

import (
	"context"
	"fmt"
)

// Breach is an invariant that does not hold, and where.
type Breach struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
	Fact  string `json:"fact"`
}

// Audit reads everything and returns what does not hold: that every budget adds
// up and is not passed, and that what it has held and spent is what orders have.
// It is right while nothing moves.
func (c *Core) Audit(ctx context.Context) ([]Breach, error) {
	holding, spent := map[string]int64{}, map[string]int64{}
	if err := c.claims.Each(ctx, func(_ string, x claim) error {
		for _, p := range x.Parts {
			switch {
			case x.State == redeemed:
				spent[p.Campaign] += p.Amount
			case x.State == held || x.State == taking:
				holding[p.Campaign] += p.Amount
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	var wrong []Breach
	err := c.budgets.Each(ctx, func(name string, b budget) error {
		var holds int64
		for _, n := range b.Holds {
			holds += n
		}
		if b.Left+b.Held+b.Spent != b.Limit || holds != b.Held || min(b.Left, b.Held, b.Spent) < 0 {
			wrong = append(wrong, Breach{"a budget is left, held or spent", name, fmt.Sprintf("%d left, %d held (%d by orders), %d spent of %d", b.Left, b.Held, holds, b.Spent, b.Limit)})
		}
		if b.Held != holding[name] || b.Spent != spent[name] {
			wrong = append(wrong, Breach{"a budget has held and spent what orders have", name, fmt.Sprintf("%d held and %d spent; orders have %d and %d", b.Held, b.Spent, holding[name], spent[name])})
		}
		return nil
	})
	return wrong, err
}
