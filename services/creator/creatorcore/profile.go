package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// Profile returns an account as others see it. Who blocks the caller is not
// there for them.
func (c *Core) Profile(ctx context.Context, in creator.ByUser) (creator.Profile, error) {
	p, err := c.met(ctx, in.ID)
	if err != nil {
		return creator.Profile{}, err
	}
	return c.profileView(ctx, p)
}

// EditProfile changes the caller's own.
func (c *Core) EditProfile(ctx context.Context, in creator.EditProfile) (creator.Profile, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Profile{}, err
	}
	bio, err := line("bio", plain(in.Bio), 0, 500)
	if err != nil {
		return creator.Profile{}, err
	}
	var chosen []media.Picture
	if in.Avatar != "" {
		if chosen, err = c.claim(ctx, []id.User{me}, []picture.Wanted{{ID: in.Avatar}}); err != nil {
			return creator.Profile{}, err
		}
	}
	p, err := c.utter(ctx, me, func(p *profile) {
		p.Bio = bio
		if len(chosen) > 0 {
			p.Avatar, p.Likeness = chosen[0].Shown(p.Name), chosen[0].Likeness
		}
	})
	if err != nil {
		return creator.Profile{}, fmt.Errorf("edit profile: %w", err)
	}
	return c.profileView(ctx, p)
}

func (c *Core) profileView(ctx context.Context, p profile) (creator.Profile, error) {
	me := viewer(ctx)
	followed, err := c.isFollowed(ctx, me, p.ID)
	if err != nil {
		return creator.Profile{}, fmt.Errorf("profile: %w", err)
	}
	b, err := c.between(ctx, me, p.ID)
	if err != nil {
		return creator.Profile{}, err
	}
	shelf, err := c.shelfOf(ctx, p.ID)
	if err != nil {
		return creator.Profile{}, err
	}
	if p, err = c.grade(ctx, p); err != nil {
		return creator.Profile{}, err
	}
	return creator.Profile{
		ID: p.ID, Name: p.Name, Bio: p.Bio, Avatar: p.Avatar, Persona: p.Persona.view(), Tier: p.tier(), Merchant: p.Merchant,
		Posts: p.Posts, Followers: p.Followers, Following: p.Following, Likes: p.Likes, Showcase: int64(len(shelf.Items)),
		Followed: followed && !b.blocked && !b.shut, Muted: b.muted, Blocked: b.blocked,
	}, nil
}

// profile returns the record of a user, made now if this is the first time it
// is needed; ErrNoSuchProfile.
func (c *Core) profile(ctx context.Context, user id.User) (profile, error) {
	all, err := c.profilesOf(ctx, []id.User{user})
	if err != nil {
		return profile{}, err
	}
	p, ok := all[user]
	if !ok {
		return profile{}, creator.ErrNoSuchProfile
	}
	return p, nil
}

// profilesOf returns the records of users, making those that are missing. Who
// has no account has none.
func (c *Core) profilesOf(ctx context.Context, users []id.User) (map[id.User]profile, error) {
	found, err := c.profiles.GetMany(ctx, texts(unique(users)))
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	out := make(map[id.User]profile, len(users))
	for _, p := range found {
		out[p.ID] = p
	}
	var unknown []id.User
	for _, u := range unique(users) {
		if u != "" && out[u].Key == "" { // missing, or of before names were searched for
			unknown = append(unknown, u)
		}
	}
	for some := range slices.Chunk(unknown, account.MaxProfiles) {
		known, err := c.Account.Users(actor.AsSystem(ctx, self), account.Users{IDs: some})
		if err != nil {
			return nil, fmt.Errorf("profiles: %w", err)
		}
		for _, a := range known.Items {
			if out[a.ID], err = c.meet(ctx, a); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// meet makes the record of an account, unless somebody just did, or adds what an
// old one lacks.
func (c *Core) meet(ctx context.Context, a account.Profile) (profile, error) {
	p := profile{ID: a.ID, Name: a.Name, Told: a.Avatar, Standing: Standing{Key: keyOf(a.Name), Merchant: a.Merchant}}
	var err error
	if p.Avatar, p.Likeness, err = c.avatar(ctx, a.ID, a.Avatar, a.Name); err != nil {
		return p, err
	}
	err = c.profiles.Insert(ctx, string(a.ID), p)
	if errors.Is(err, docdb.ErrExists) {
		return c.profiles.Update(ctx, string(a.ID), func(p *profile) error {
			if p.Name == "" {
				p.ID, p.Name = a.ID, a.Name
			}
			if p.Key == "" {
				p.Key, p.Merchant = keyOf(p.Name), a.Merchant
			}
			return nil
		})
	}
	return p, err
}

// avatar claims a picture that an account says is its owner's, and returns it
// and its likeness: none if there is none or it is somebody else's.
func (c *Core) avatar(ctx context.Context, owner id.User, m id.Media, name string) (picture.Picture, string, error) {
	if m == "" {
		return picture.Picture{}, "", nil
	}
	claimed, err := c.claim(ctx, []id.User{owner}, []picture.Wanted{{ID: m}})
	switch {
	case errors.Is(err, creator.ErrNoPicture):
		return picture.Picture{}, "", nil
	case err != nil:
		return picture.Picture{}, "", fmt.Errorf("avatar: %w", err)
	}
	return claimed[0].Shown(name), claimed[0].Likeness, nil
}

// listen keeps profiles as their accounts are.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, self, account.SignedUp, func(ctx context.Context, _ bus.Event, d account.SignedUpData) error {
			return c.renamed(ctx, account.ChangedData{User: d.User, Name: d.Name})
		}),
		bus.On(ctx, c.Bus, self, account.Changed, func(ctx context.Context, _ bus.Event, d account.ChangedData) error {
			return c.renamed(ctx, d)
		}),
		bus.On(ctx, c.Bus, self, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, d checkout.OrderData) error {
			return c.paid(ctx, d)
		}),
		bus.On(ctx, c.Bus, self, talk.Counted, func(ctx context.Context, _ bus.Event, d talk.CountedData) error {
			return c.counted(ctx, d.Post, d.Comments, d.Rev)
		}),
		bus.On(ctx, c.Bus, self, moderation.Decided, func(ctx context.Context, _ bus.Event, d moderation.DecidedData) error {
			return c.decided(ctx, d)
		}),
		bus.On(ctx, c.Bus, self, moderation.Restricted, func(ctx context.Context, _ bus.Event, d moderation.RestrictedData) error {
			return c.restricted(ctx, d)
		}),
		bus.On(ctx, c.Bus, self, moderation.Bounded, func(ctx context.Context, _ bus.Event, d moderation.BoundedData) error {
			return c.bounded(ctx, d)
		}),
	)
}

// renamed takes over what an account says of itself, unless we know newer, and
// has it judged. A name that rules reject shows nevertheless, since it is the
// account's; a picture that comes with it does not.
func (c *Core) renamed(ctx context.Context, d account.ChangedData) error {
	for range editTries {
		before, err := c.profiles.Get(ctx, string(d.User))
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
		if before.knows(d) {
			return nil
		}
		avatar, likeness, err := c.avatar(ctx, d.User, d.Avatar, d.Name)
		if err != nil {
			return err
		}
		next := before
		next.rename(d, avatar, likeness)
		rev, err := c.proper(ctx, next)
		switch {
		case errors.Is(err, creator.ErrWords):
			avatar, likeness = picture.Picture{}, ""
		case err != nil:
			return err
		}
		_, err = c.profiles.Upsert(ctx, string(d.User), func(p *profile) error {
			if p.Said != before.Said || p.Version != before.Version {
				return errAgain
			}
			p.rename(d, avatar, likeness)
			p.Said = rev
			return nil
		})
		if !errors.Is(err, errAgain) {
			return err
		}
	}
	return docdb.ErrBusy
}

// knows reports whether p is as d says or newer, and judged.
func (p profile) knows(d account.ChangedData) bool {
	return p.ID != "" && (d.Version < p.Version || d.Version == p.Version && p.Said > 0)
}

// rename takes over what is news to p.
func (p *profile) rename(d account.ChangedData, avatar picture.Picture, likeness string) {
	if p.ID != "" && d.Version <= p.Version {
		return
	}
	p.ID, p.Name, p.Version, p.Key, p.Merchant = d.User, d.Name, d.Version, keyOf(d.Name), d.Merchant
	if d.Avatar != p.Told {
		p.Avatar, p.Likeness, p.Told = avatar, likeness, d.Avatar
	}
}

func (p profile) author() creator.Author {
	return creator.Author{ID: p.ID, Name: p.Name, Avatar: p.Avatar, Tier: p.tierName()}
}

func unique[T comparable](all []T) []T {
	seen := make(map[T]bool, len(all))
	out := make([]T, 0, len(all))
	for _, v := range all {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
