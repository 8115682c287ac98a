package talkcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
)

// post returns a post that somebody may read, or creator.ErrNoSuchPost.
func (c *Core) post(ctx context.Context, p id.Post, reader id.User) (creator.PostFacts, error) {
	found, err := c.Creator.Facts(asSelf(ctx), creator.Cards{IDs: []id.Post{p}, For: reader})
	if err != nil {
		return creator.PostFacts{}, fmt.Errorf("facts of a post: %w", err)
	}
	if len(found.Items) == 0 || !found.Items[0].Visible {
		return creator.PostFacts{}, creator.ErrNoSuchPost
	}
	return found.Items[0], nil
}

// postsMost is how many posts or people a question to a neighbour names.
const postsMost = 200

// posts returns the facts of those that are there, for their author.
func (c *Core) posts(ctx context.Context, ids []id.Post, reader id.User) (map[id.Post]creator.PostFacts, error) {
	out := make(map[id.Post]creator.PostFacts, len(ids))
	for part := range slices.Chunk(distinct(ids), postsMost) {
		found, err := c.Creator.Facts(asSelf(ctx), creator.Cards{IDs: part, For: reader})
		if err != nil {
			return nil, fmt.Errorf("facts of posts: %w", err)
		}
		for _, p := range found.Items {
			out[p.ID] = p
		}
	}
	return out, nil
}

func (c *Core) authors(ctx context.Context, ids []id.User) (map[id.User]creator.Author, error) {
	out := make(map[id.User]creator.Author, len(ids))
	for part := range slices.Chunk(distinct(ids), postsMost) {
		found, err := c.Creator.Authors(asSelf(ctx), creator.Authors{IDs: part})
		if err != nil {
			return nil, fmt.Errorf("authors: %w", err)
		}
		for _, a := range found.Items {
			out[a.ID] = a
		}
	}
	return out, nil
}

func distinct[T ~string](in []T) []T {
	out := slices.DeleteFunc(slices.Clone(in), func(v T) bool { return v == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// mayAct reports whether somebody works for an account, as its owner or in one
// of these roles.
func (c *Core) mayAct(ctx context.Context, me, account id.User, roles ...creator.StaffRole) (bool, error) {
	if me == "" || me == account {
		return me != "", nil
	}
	got, err := c.Creator.MayAct(asSelf(ctx), creator.MayAct{User: me, Account: account, Roles: roles})
	if err != nil {
		return false, fmt.Errorf("may act: %w", err)
	}
	return got.OK, nil
}

// account returns whose account the caller works on: their own, or as, if they
// may.
func (c *Core) account(ctx context.Context, me, as id.User, roles ...creator.StaffRole) (id.User, error) {
	if as == "" {
		return me, nil
	}
	ok, err := c.mayAct(ctx, me, as, roles...)
	if err == nil && !ok {
		err = creator.ErrNotStaff
	}
	return as, err
}

// follows reports whether the caller follows an account.
func (c *Core) follows(ctx context.Context, account id.User) (bool, error) {
	p, err := c.Creator.Profile(ctx, creator.ByUser{ID: account})
	if err != nil && !errors.Is(err, creator.ErrNoSuchProfile) {
		return false, fmt.Errorf("follows: %w", err)
	}
	return p.Followed, nil
}

func (c *Core) shield(ctx context.Context, me id.User) (moderation.Shield, error) {
	if me == "" {
		return moderation.Shield{}, nil
	}
	s, err := c.Moderation.Shield(asSelf(ctx), moderation.AskShield{User: me})
	if err != nil {
		return s, fmt.Errorf("shield: %w", err)
	}
	return s, nil
}

// among reports whether somebody is in a list of a shield, which is in order.
func among(list []id.User, u id.User) bool {
	_, found := slices.BinarySearch(list, u)
	return found
}

// pictures claims what somebody shows, and returns what they look like to a
// machine.
func (c *Core) pictures(ctx context.Context, me id.User, wanted []picture.Wanted) ([]picture.Picture, []string, error) {
	if len(wanted) == 0 {
		return nil, nil, nil
	}
	ids := make([]id.Media, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	if ids = distinct(ids); len(ids) != len(wanted) {
		return nil, nil, errs.ErrInvalid.With("pictures", "must differ")
	}
	found, err := c.Media.Pictures(asSelf(ctx), media.PicturesIn{IDs: ids})
	if err != nil {
		return nil, nil, fmt.Errorf("pictures: %w", err)
	}
	var likenesses []string
	for _, p := range found.Items {
		if p.Purpose != media.ForComment {
			return nil, nil, creator.ErrNoPicture
		}
		if p.Likeness != "" {
			likenesses = append(likenesses, p.Likeness)
		}
	}
	shown, err := media.Choose(asSelf(ctx), c.Media, me, wanted)
	switch {
	case errors.Is(err, media.ErrNoSuchPicture), errors.Is(err, media.ErrNotOwner):
		return nil, nil, creator.ErrNoPicture.Because(err)
	case err != nil:
		return nil, nil, fmt.Errorf("claim pictures: %w", err)
	}
	return shown, likenesses, nil
}

// mentions are people who exist, by the names they have now.
func (c *Core) mentions(ctx context.Context, ids []id.User, silent []id.User) ([]creator.Mention, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > maxMentions {
		return nil, errs.ErrInvalid.With("mentions", fmt.Sprintf("must be at most %d", maxMentions))
	}
	people, err := c.authors(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []creator.Mention
	seen := map[id.User]bool{}
	for _, u := range ids {
		a, ok := people[u]
		if !ok || among(silent, u) {
			return nil, creator.ErrMention
		}
		if !seen[u] {
			out = append(out, creator.Mention{ID: u, Name: a.Name})
		}
		seen[u] = true
	}
	return out, nil
}

const maxMentions = 10
