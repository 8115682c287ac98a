package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Edit changes a post of the caller's and keeps what it said before. An edit
// that changes nothing is none.
func (c *Core) Edit(ctx context.Context, in creator.EditPost) (creator.Post, error) {
	me, err := author(ctx)
	if err != nil {
		return creator.Post{}, err
	}
	before, err := c.own(ctx, in.ID, me)
	if err != nil {
		return creator.Post{}, err
	}
	next, err := c.compose(ctx, me, in.DraftContent, before.Tags)
	if err != nil {
		return creator.Post{}, err
	}
	name, err := c.profile(ctx, me)
	if err != nil {
		return creator.Post{}, err
	}
	now := c.Now()
	p, err := c.posts.Update(ctx, string(in.ID), func(p *post) error {
		if !p.shown() {
			return creator.ErrNoSuchPost
		}
		if p.Content.equal(next) {
			return nil
		}
		p.remember(now)
		p.Content = next
		p.Edits++
		p.EditedAt = now
		p.Add(now, p.announcement(name.Name))
		return nil
	})
	if err != nil {
		return creator.Post{}, fmt.Errorf("edit: %w", err)
	}
	c.relay.Kick(string(p.ID))
	return c.postView(ctx, p)
}

// Remove takes a post of the caller's away: what it said is forgotten, and its
// empty record stays.
func (c *Core) Remove(ctx context.Context, in creator.ByPost) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	if _, err := c.own(ctx, in.ID, me); err != nil {
		return rpc.Empty{}, err
	}
	now := c.Now()
	_, err = c.posts.Update(ctx, string(in.ID), func(p *post) error {
		if !p.shown() {
			return creator.ErrNoSuchPost
		}
		p.ShownAt, p.Content, p.History = time.Time{}, Content{}, nil
		p.Edits++
		p.Tally.owe(now)
		p.Add(now, creator.Removed.Event(now, p.key(), creator.RemovedData{Post: p.ID, Author: p.Author}))
		return nil
	})
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("remove: %w", err)
	}
	c.relay.Kick(string(in.ID))
	return rpc.Empty{}, nil
}

// AllPosts pages through every post there is, oldest first.
func (c *Core) AllPosts(ctx context.Context, in page.Ask) (page.Page[creator.PublishedData], error) {
	none := page.Page[creator.PublishedData]{}
	if err := internal(ctx); err != nil {
		return none, err
	}
	found, err := c.posts.Find(ctx, docdb.Query{Index: "shown", Limit: in.Size(100, 500), After: in.After})
	if err != nil {
		return none, fmt.Errorf("all posts: %w", err)
	}
	authors := make([]id.User, len(found.Items))
	for i, p := range found.Items {
		authors[i] = p.Author
	}
	names, err := c.profilesOf(ctx, authors)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(p post) creator.PublishedData { return p.data(names[p.Author].Name) }), nil
}

// shownPost returns a post that is there to be seen, or ErrNoSuchPost.
func (c *Core) shownPost(ctx context.Context, p id.Post) (post, error) {
	got, err := c.posts.Get(ctx, string(p))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return post{}, creator.ErrNoSuchPost.Because(err)
	case err != nil:
		return post{}, fmt.Errorf("post: %w", err)
	case !got.shown():
		return post{}, creator.ErrNoSuchPost
	}
	return got, nil
}

// own returns a post of this author's, or ErrNoSuchPost.
func (c *Core) own(ctx context.Context, p id.Post, me id.User) (post, error) {
	got, err := c.shownPost(ctx, p)
	if err == nil && got.Author != me {
		return post{}, creator.ErrNoSuchPost
	}
	return got, err
}

func (p *post) remember(now time.Time) {
	p.History = append([]version{{Title: p.Title, Body: p.Body, Until: now}}, p.History...)
	p.History = p.History[:min(len(p.History), versions)]
}

func (a Content) equal(b Content) bool {
	return a.Title == b.Title && a.Body == b.Body && a.Ad == b.Ad && a.Lang == b.Lang &&
		slices.Equal(a.Topics, b.Topics) && slices.Equal(a.Tags, b.Tags) && slices.Equal(a.Pictures, b.Pictures)
}
