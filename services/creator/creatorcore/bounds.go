package creatorcore

import (
	"context"
	"fmt"
	"slices"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
)

// shieldFor returns what must not be shown to somebody; a visitor sees all.
func (c *Core) shieldFor(ctx context.Context, user id.User) (moderation.Shield, error) {
	if user == "" {
		return moderation.Shield{}, nil
	}
	s, err := c.Moderation.Shield(actor.AsSystem(ctx, self), moderation.AskShield{User: user})
	if err != nil {
		return s, fmt.Errorf("shield: %w", err)
	}
	return s, nil
}

// onSpeakingTerms returns ErrBlocked if one of the two blocks the other.
func (c *Core) onSpeakingTerms(ctx context.Context, a, b id.User) error {
	s, err := c.shieldFor(ctx, a)
	if err == nil && slices.Contains(s.Silent, b) {
		err = creator.ErrBlocked
	}
	return err
}

// between is what the caller has done about somebody, and whether the other
// one blocks them.
type between struct{ muted, blocked, shut bool }

// between looks only where something stands between the two.
func (c *Core) between(ctx context.Context, me, whom id.User) (between, error) {
	var out between
	if me == "" || me == whom {
		return out, nil
	}
	s, err := c.shieldFor(ctx, me)
	if err != nil {
		return out, err
	}
	silent := slices.Contains(s.Silent, whom)
	if !silent && !slices.Contains(s.Hidden, whom) {
		return out, nil
	}
	if out.muted, err = c.bound(ctx, moderation.Muting, whom); err != nil {
		return out, err
	}
	if silent {
		out.blocked, err = c.bound(ctx, moderation.Blocking, whom)
		out.shut = !out.blocked
	}
	return out, err
}

// bound reports whether the caller blocks or mutes somebody.
func (c *Core) bound(ctx context.Context, how moderation.How, whom id.User) (bool, error) {
	const batch = 100
	in := moderation.AskBounds{How: how, Ask: page.Ask{Limit: batch}}
	for range moderation.MaxBounds {
		got, err := c.Moderation.Bounds(ctx, in)
		if err != nil {
			return false, fmt.Errorf("bounds: %w", err)
		}
		if slices.ContainsFunc(got.Items, func(b moderation.Bound) bool { return b.User == whom }) {
			return true, nil
		}
		if in.After = got.Next; in.After == "" {
			return false, nil
		}
	}
	return false, nil
}

// met returns the profile of somebody whom the caller may see: who blocks them
// is not there.
func (c *Core) met(ctx context.Context, whom id.User) (profile, error) {
	p, err := c.profile(ctx, whom)
	if err != nil {
		return p, err
	}
	b, err := c.between(ctx, viewer(ctx), whom)
	if err == nil && b.shut {
		err = creator.ErrNoSuchProfile
	}
	return p, err
}

// bounded ends what two people's follows are once one blocks the other. Follows
// of later are left alone: the event may come late, or again.
func (c *Core) bounded(ctx context.Context, d moderation.BoundedData) error {
	if !d.On || d.How != moderation.Blocking {
		return nil
	}
	return c.part(ctx, d.By, d.Whom, d.At)
}
