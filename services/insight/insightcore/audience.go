package insightcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/axiomhq/hyperloglog"

	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

// pool is sketches of who did something with a post in a day: all of them, those
// who followed its author then, those who bought.
type pool struct {
	Engaged []byte `bson:"engaged,omitempty"`
	Fans    []byte `bson:"fans,omitempty"`
	Buyers  []byte `bson:"buyers,omitempty"`
}

// take adds who did what, once they are known to be news.
func (p *pool) take(hits []hit) error {
	var all, fans, buyers []string
	for _, h := range hits {
		if h.by == "" || h.by == h.account {
			continue
		}
		all = append(all, string(h.by))
		if h.fan {
			fans = append(fans, string(h.by))
		}
		if h.buys {
			buyers = append(buyers, string(h.by))
		}
	}
	return errors.Join(insert(&p.Engaged, all), insert(&p.Fans, fans), insert(&p.Buyers, buyers))
}

// insert adds to a stored sketch.
func insert(to *[]byte, who []string) error {
	if len(who) == 0 {
		return nil
	}
	s, err := sketch(*to)
	if err != nil {
		return err
	}
	for _, w := range who {
		s.Insert([]byte(w))
	}
	*to, err = s.MarshalBinary()
	return err
}

// fans marks the hits of those who follow the account that they are about. A day
// later nobody could say: a sketch does not tell who is in it.
func (c *Core) fans(ctx context.Context, hits []hit) error {
	accounts := map[id.User][]id.User{} // of whom is asked
	for _, h := range hits {
		if h.by != "" && h.by != h.account && !slices.Contains(accounts[h.by], h.account) {
			accounts[h.by] = append(accounts[h.by], h.account)
		}
	}
	for by, of := range accounts {
		found, err := c.Creator.FollowsAmong(actor.AsSystem(ctx, Consumer), creator.AskAmong{User: by, Accounts: of})
		if err != nil {
			return fmt.Errorf("insight: %w", err)
		}
		for i, h := range hits {
			if h.by == by && slices.Contains(found.Items, h.account) {
				hits[i].fan = true
			}
		}
	}
	return nil
}

// Audience counts whom an account reaches again.
func (c *Core) Audience(ctx context.Context, in insight.AskAudience) (insight.Audience, error) {
	account, err := c.allowed(ctx, in.As)
	if err != nil {
		return insight.Audience{}, err
	}
	now := c.Now()
	today, err := c.span(dayOf(now), dayOf(now))
	if err != nil {
		return insight.Audience{}, err
	}
	var all, fans, buyers union
	err = c.each(ctx, account, "", span{today.until.AddDate(0, 0, -insight.AudienceDays), today.until}, func(x cell) error {
		return errors.Join(all.add(x.Pool.Engaged), fans.add(x.Pool.Fans), buyers.add(x.Pool.Buyers))
	})
	if err != nil {
		return insight.Audience{}, err
	}
	of, err := c.Creator.Profile(actor.AsSystem(ctx, Consumer), creator.ByUser{ID: account})
	if err != nil && !errors.Is(err, creator.ErrNoSuchProfile) {
		return insight.Audience{}, fmt.Errorf("insight: %w", err)
	}
	n := all.count()
	return insight.Audience{
		Followers: headcount(of.Followers, 0), Engaged: headcount(n, 0),
		Both: headcount(min(fans.count(), n), n), Buyers: headcount(min(buyers.count(), n), n), At: now,
	}, nil
}

// headcount hides n if that is too few people, or all but too few of a whole.
func headcount(n, whole int64) insight.Headcount {
	few := func(n int64) bool { return 0 < n && n < insight.Fewest }
	if few(n) || few(whole-n) {
		return insight.Headcount{Hidden: true}
	}
	return insight.Headcount{N: n}
}

// union is sketches put together.
type union struct{ of *hyperloglog.Sketch }

func (u *union) add(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	s, err := sketch(b)
	switch {
	case err != nil:
		return fmt.Errorf("insight: %w", err)
	case u.of == nil:
		u.of = s
		return nil
	}
	return u.of.Merge(s)
}

func (u *union) count() int64 {
	if u.of == nil {
		return 0
	}
	return int64(u.of.Estimate())
}
