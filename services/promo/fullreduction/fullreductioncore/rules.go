package fullreductioncore

import (
	"context"
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

var kinds = []promo.Kind{promo.Reduction, promo.Discount, promo.Member, promo.Carriage}

// Kind is the first of its kinds.
func (c *Core) Kind() promo.Kind { return promo.Reduction }

// Kinds are the kinds of rules that campaigns make.
func (c *Core) Kinds() []promo.Kind { return slices.Clone(kinds) }

// Rules returns what runs for the shops of the lines, and for all.
func (c *Core) Rules(ctx context.Context, in promo.PriceAsk) ([]promo.Rule, error) {
	owners := []string{platform}
	for _, l := range in.Lines {
		if !slices.Contains(owners, string(l.Merchant)) {
			owners = append(owners, string(l.Merchant))
		}
	}
	var rules []promo.Rule
	level := int64(-1)
	for _, o := range owners {
		all, err := c.live(ctx, o, in.At)
		if err != nil {
			return nil, err
		}
		for _, x := range all {
			if !within(x.Terms, in.At) {
				continue
			}
			if x.Kind == promo.Member && level < 0 {
				if level, err = c.level(ctx, in.Buyer); err != nil {
					return nil, err
				}
			}
			more, err := c.rulesOf(ctx, x, in, level)
			if err != nil {
				return nil, err
			}
			rules = append(rules, more...)
		}
	}
	return rules, nil
}

// within reports whether at is in [Starts, Ends).
func within(t fullreduction.Terms, at time.Time) bool {
	return !at.Before(t.Starts) && at.Before(t.Ends)
}

func (c *Core) level(ctx context.Context, who id.User) (int64, error) {
	switch {
	case who == "":
		return 0, nil
	case c.Levels == nil:
		return 1, nil
	}
	return c.Levels.Level(ctx, who)
}

// rulesOf returns a campaign's rules with what is left of its budget.
func (c *Core) rulesOf(ctx context.Context, x campaign, in promo.PriceAsk, level int64) ([]promo.Rule, error) {
	rules := rulesFor(x, in.Lines, level)
	if x.Budget.Amount == 0 || len(rules) == 0 {
		return rules, nil
	}
	b, err := c.budgets.Get(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	return limit(rules, b.Left, in.Lines), nil
}

// limit lets a campaign's rules save no more than is left of its budget.
func limit(rules []promo.Rule, left int64, lines []promo.Line) []promo.Rule {
	for i := range rules {
		r := &rules[i]
		switch {
		case left <= 0:
			r.Refuse = promo.UsedUp
		case r.Kind == promo.Member:
			// Such a rule is of one line: all of its units have the price, or none.
			l := lines[r.Lines[0]]
			if saved := (l.Price.Amount - r.Price.Amount) * l.N; saved > left {
				r.Refuse = promo.UsedUp
			} else {
				left -= saved
			}
		case r.Most.Amount == 0 || r.Most.Amount > left:
			r.Most.Amount = left
		}
	}
	return rules
}

// rulesFor says a campaign in the pricing's words: pure.
func rulesFor(x campaign, lines []promo.Line, level int64) []promo.Rule {
	r := promo.Rule{
		ID: x.ID, Kind: x.Kind, Scope: x.Scope, Merchant: x.Merchant, Name: x.Name, Tiers: x.Tiers, Each: x.Each,
		Most: x.Most, Platform: x.Platform, Alone: x.Alone, Apart: x.Apart, Until: x.Ends,
		Limited: true, // an order asks before it takes it: a price that was quoted does not outlive a kill
	}
	for i, l := range lines {
		if matches(x, l) {
			r.Lines = append(r.Lines, i)
		}
	}
	if x.Kind != promo.Member {
		if len(r.Lines) == 0 {
			return nil
		}
		return []promo.Rule{r}
	}
	if level < max(x.Level, 1) {
		return nil
	}
	var out []promo.Rule
	for _, i := range r.Lines {
		m := r
		m.Lines, m.Tiers, m.Most = []int{i}, nil, money.Money{}
		m.Price = lines[i].Price
		m.Price.Amount -= min(memberOff(x.Tiers[0], m.Price), m.Price.Amount)
		out = append(out, m)
	}
	return out
}

func memberOff(t promo.Tier, price money.Money) int64 {
	if t.Rate == 0 {
		return t.Off.Amount
	}
	off, err := price.Part(t.Rate)
	if err != nil {
		return 0
	}
	return off.Amount
}

// matches reports whether a line is in a campaign's scope.
func matches(x campaign, l promo.Line) bool {
	if x.Scope == promo.OfMerchant && x.Merchant != l.Merchant {
		return false
	}
	g := x.Goods
	return g.All || slices.Contains(g.Products, l.Product) || slices.Contains(g.Categories, l.Category) ||
		l.Brand != "" && slices.Contains(g.Brands, l.Brand)
}
