package fullreductioncore

import (
	"slices"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// longest is how long a campaign may run.
const longest = 366 * 24 * time.Hour

// check returns terms in the form that is stored, or what is wrong with them.
func (c *Core) check(t fullreduction.Terms, owner string, operator bool) (fullreduction.Terms, error) {
	bad := func(field, why string) (fullreduction.Terms, error) {
		return t, fullreduction.ErrBadTerms.With(field, why)
	}
	if !slices.Contains(kinds, t.Kind) {
		return bad("kind", "is not one of campaigns")
	}
	t.Starts, t.Ends = t.Starts.UTC().Truncate(time.Millisecond), t.Ends.UTC().Truncate(time.Millisecond)
	if t.Starts.IsZero() || !t.Ends.After(t.Starts) || t.Ends.Sub(t.Starts) > longest {
		return bad("ends", "must be after the start, within a year")
	}
	if !t.Goods.All && len(t.Goods.Products)+len(t.Goods.Categories)+len(t.Goods.Brands) == 0 {
		return bad("goods", "must name something")
	}
	if t.Platform < 0 || t.Platform > money.Whole || t.Platform > 0 && !operator {
		return bad("platform", "is for the platform to give")
	}
	if t.Kind == promo.Member && (owner == platform || t.Platform > 0 || len(t.Tiers) > 1) {
		return bad("kind", "a member price is one price, borne by its shop")
	}
	if t.Each && t.Kind != promo.Reduction {
		return bad("each", "is for full reduction")
	}
	for _, m := range []*money.Money{&t.Most, &t.Budget} {
		if m.Amount < 0 || m.Amount > mostAmount || m.Amount > 0 && m.Currency != c.Currency {
			return bad("budget", "must be an amount of the shop's currency")
		}
		c.settle(m)
	}
	t.Tiers = slices.Clone(t.Tiers)
	return t, c.checkTiers(t)
}

// mostAmount bounds what is written: sums of it fit.
const mostAmount = 1 << 46

// settle gives an amount the shop's currency; none has none, as it is stored.
func (c *Core) settle(m *money.Money) {
	if m.Currency = c.Currency; m.Amount == 0 {
		*m = money.Money{}
	}
}

func (c *Core) checkTiers(t fullreduction.Terms) error {
	bad := func(why string) error { return fullreduction.ErrBadTerms.With("tiers", why) }
	if len(t.Tiers) == 0 || len(t.Tiers) > 5 {
		return bad("must be one to five")
	}
	for i := range t.Tiers {
		tier := &t.Tiers[i]
		for _, m := range []*money.Money{&tier.Over, &tier.Off} {
			if m.Amount < 0 || m.Amount > mostAmount || m.Amount > 0 && m.Currency != c.Currency {
				return bad("must be amounts of the shop's currency")
			}
			c.settle(m)
		}
		if i > 0 && tier.Over.Amount <= t.Tiers[i-1].Over.Amount {
			return bad("must rise")
		}
		if tier.Rate < 0 || tier.Rate > money.Whole || tier.Rate > 0 && tier.Off.Amount > 0 {
			return bad("take off an amount or a share")
		}
		switch t.Kind {
		case promo.Reduction:
			if tier.Off.Amount == 0 || tier.Over.Amount == 0 || tier.Off.Amount > tier.Over.Amount {
				return bad("take off no more than they start from")
			}
		case promo.Discount:
			if tier.Rate == 0 {
				return bad("take off a share")
			}
		case promo.Member:
			if tier.Over.Amount > 0 || tier.Rate == 0 && tier.Off.Amount == 0 {
				return bad("a member price starts from nothing")
			}
		}
	}
	return nil
}

// depth is how much terms take off at most. What is off carriage is not of goods.
func depth(t fullreduction.Terms) money.Rate {
	var deepest money.Rate
	for _, tier := range t.Tiers {
		rate := tier.Rate
		if off := tier.Off.Amount; off > 0 {
			rate = money.Whole
			if over := tier.Over.Amount; over > 0 {
				rate = min(rate, money.Rate((off*int64(money.Whole)+over-1)/over))
			}
		}
		deepest = max(deepest, rate)
	}
	if t.Kind == promo.Carriage {
		return 0
	}
	return deepest
}

// overlaps reports whether both may be for one line at one time.
func overlaps(a, b campaign) bool {
	if !a.Starts.Before(b.Ends) || !b.Starts.Before(a.Ends) || a.Owner != b.Owner && a.Owner != platform && b.Owner != platform {
		return false
	}
	// A product's category and brand are not known here: it may have any.
	g, h := a.Goods, b.Goods
	byWord := func(g fullreduction.Goods) bool { return len(g.Categories)+len(g.Brands) > 0 }
	return g.All || h.All || byWord(g) && len(h.Products) > 0 || byWord(h) && len(g.Products) > 0 ||
		share(g.Products, h.Products) || share(g.Categories, h.Categories) || share(g.Brands, h.Brands) ||
		len(g.Categories) > 0 && len(h.Brands) > 0 || len(g.Brands) > 0 && len(h.Categories) > 0
}

func share[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}
