package creatorcore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

const (
	// foundMost is how many people a search answers with.
	foundMost = 10
	// foundAmong is how many of that name are looked through for those followed.
	foundAmong = 200
	// beyond comes after every character that a name can have.
	beyond = "\U0010ffff"
)

// keyOf is a name as it is searched for: however it is written.
func keyOf(name string) string { return strings.ToLower(oneLine(name)) }

// FindPeople returns people whose name begins so, those whom the caller follows
// first.
func (c *Core) FindPeople(ctx context.Context, in creator.FindPeople) (creator.AuthorList, error) {
	out := creator.AuthorList{Items: []creator.Author{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	key := keyOf(in.Name)
	if key == "" {
		return out, nil
	}
	shield, err := c.shieldFor(ctx, me)
	if err != nil {
		return out, err
	}
	found, err := c.named(ctx, me, key)
	if err != nil {
		return out, fmt.Errorf("find people: %w", err)
	}
	seen := map[id.User]bool{me: true}
	for _, u := range slices.Concat(shield.Hidden, shield.Silent) {
		seen[u] = true
	}
	for _, p := range found {
		if len(out.Items) == foundMost {
			break
		}
		if !seen[p.ID] {
			seen[p.ID] = true
			out.Items = append(out.Items, p.author())
		}
	}
	return out, nil
}

// named returns people by the beginning of their name, those whom me follows
// first. Where a beginning is so common that not all can be looked through,
// those followed are looked through instead.
func (c *Core) named(ctx context.Context, me id.User, key string) ([]profile, error) {
	found, err := c.profiles.Find(ctx, docdb.Query{Index: "key", From: key, Before: key + beyond, Limit: foundAmong})
	if err != nil {
		return nil, err
	}
	people := found.Items
	if found.Next != "" {
		followed, err := c.followedNamed(ctx, me, key)
		return slices.Concat(followed, people), err
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = followID(me, p.ID)
	}
	follows, err := c.follows.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	first := map[id.User]bool{}
	for _, f := range follows {
		first[f.Followed] = !f.At.IsZero()
	}
	var followed, others []profile
	for _, p := range people {
		if first[p.ID] {
			followed = append(followed, p)
		} else {
			others = append(others, p)
		}
	}
	return slices.Concat(followed, others), nil
}

func (c *Core) followedNamed(ctx context.Context, me id.User, key string) ([]profile, error) {
	follows, err := c.walkFollows(ctx, "follower", me, page.Ask{Limit: creator.MaxFollows})
	if err != nil {
		return nil, err
	}
	ids := make([]id.User, len(follows.Items))
	for i, f := range follows.Items {
		ids[i] = f.Followed
	}
	people, err := c.profilesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []profile
	for _, u := range ids {
		if p := people[u]; strings.HasPrefix(p.Key, key) {
			out = append(out, p)
		}
	}
	return out, nil
}

// Authors returns profiles in one line, in the order asked.
func (c *Core) Authors(ctx context.Context, in creator.Authors) (creator.AuthorList, error) {
	out := creator.AuthorList{Items: []creator.Author{}}
	if err := internal(ctx); err != nil {
		return out, err
	}
	people, err := c.profilesOf(ctx, in.IDs)
	if err != nil {
		return out, err
	}
	for _, u := range in.IDs {
		if p, ok := people[u]; ok {
			out.Items = append(out.Items, p.author())
		}
	}
	return out, nil
}
