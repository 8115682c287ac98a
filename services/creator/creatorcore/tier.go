package creatorcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/platform/rpc"
)

// tierName is what a profile's counts are good for, by the rule of the
// contract; "" is none.
func (p profile) tierName() creator.TierName {
	switch {
	case p.Followers >= creator.KOLFollowers && p.Posts >= creator.KOLPosts:
		return creator.KOL
	case p.Verified >= creator.KOCVerified && p.Posts >= creator.KOCPosts:
		return creator.KOC
	}
	return ""
}

// graded reports whether the profile's tier is the one its counts are good for.
func (p profile) graded() bool {
	if p.Tier == nil {
		return p.tierName() == ""
	}
	return p.Tier.Name == p.tierName()
}

// grade writes down a profile's tier, with the facts it is given for, if it is
// another one than before. It is asked wherever counts change or are shown.
func (c *Core) grade(ctx context.Context, p profile) (profile, error) {
	if p.graded() {
		return p, nil
	}
	now := c.Now()
	p, err := c.profiles.Update(ctx, string(p.ID), func(p *profile) error {
		if p.graded() {
			return nil
		}
		name := p.tierName()
		if p.Tier = nil; name != "" {
			p.Tier = &creator.Tier{Name: name, Followers: p.Followers, Posts: p.Posts, Verified: p.Verified, Since: now}
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("tier: %w", err)
	}
	return p, nil
}

// gradeAuthor gives a post's author their tier once the post is counted.
func (c *Core) gradeAuthor(ctx context.Context, p post) (func(*post), error) {
	author, err := c.profiles.Get(ctx, string(p.Author))
	if err == nil {
		_, err = c.grade(ctx, author)
	}
	return nil, err
}

func (p profile) tier() creator.Tier {
	if p.Tier == nil {
		return creator.Tier{}
	}
	return *p.Tier
}

// MyTier is the caller's tier and what those above it ask for.
func (c *Core) MyTier(ctx context.Context, _ rpc.Empty) (creator.TierView, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.TierView{}, err
	}
	p, err := c.profile(ctx, me)
	if err != nil {
		return creator.TierView{}, err
	}
	if p, err = c.grade(ctx, p); err != nil {
		return creator.TierView{}, err
	}
	out := creator.TierView{Tier: p.tier(), Next: []creator.TierGoal{}}
	if out.Tier.Name == "" {
		out.Next = append(out.Next,
			creator.TierGoal{Tier: creator.KOC, Fact: "verified", Have: p.Verified, Need: creator.KOCVerified},
			creator.TierGoal{Tier: creator.KOC, Fact: "posts", Have: p.Posts, Need: creator.KOCPosts})
	}
	if out.Tier.Name != creator.KOL {
		out.Next = append(out.Next,
			creator.TierGoal{Tier: creator.KOL, Fact: "followers", Have: p.Followers, Need: creator.KOLFollowers},
			creator.TierGoal{Tier: creator.KOL, Fact: "posts", Have: p.Posts, Need: creator.KOLPosts})
	}
	return out, nil
}
