package creatorcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

const (
	usualPage = 20
	mostPage  = 50
)

// Post returns a post as the caller sees it.
func (c *Core) Post(ctx context.Context, in creator.ReadPost) (creator.Post, error) {
	p, err := c.keptPost(ctx, in.ID)
	if err != nil {
		return creator.Post{}, err
	}
	s, err := c.look(ctx, viewer(ctx), p)
	switch {
	case err != nil:
		return creator.Post{}, err
	case !s.may(p):
		return creator.Post{}, creator.ErrNoSuchPost
	}
	return c.view(ctx, p, s.people[p.Author], c.sharer(in.Via, p.ID, s.me))
}

// keptPost returns a post that was not removed, or ErrNoSuchPost.
func (c *Core) keptPost(ctx context.Context, p id.Post) (post, error) {
	got, err := c.posts.Get(ctx, string(p))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return post{}, creator.ErrNoSuchPost.Because(err)
	case err != nil:
		return post{}, fmt.Errorf("post: %w", err)
	case !got.kept():
		return post{}, creator.ErrNoSuchPost
	}
	return got, nil
}

// seen returns p if the caller may read it, or ErrNoSuchPost.
func (c *Core) seen(ctx context.Context, p post) (post, error) {
	s, err := c.look(ctx, viewer(ctx), p)
	if err == nil && !s.may(p) {
		err = creator.ErrNoSuchPost
	}
	return p, err
}

// own returns a post of the caller's, or of an account they write for, or
// ErrNoSuchPost.
func (c *Core) own(ctx context.Context, p id.Post, me id.User) (post, error) {
	got, err := c.keptPost(ctx, p)
	if err != nil {
		return got, err
	}
	ok, err := c.edits(ctx, me, got.Author)
	if err == nil && !ok {
		err = creator.ErrNoSuchPost
	}
	return got, err
}

// postView is a post of the caller's own.
func (c *Core) postView(ctx context.Context, p post) (creator.Post, error) {
	author, err := c.profile(ctx, p.Author)
	if err != nil {
		return creator.Post{}, err
	}
	return c.view(ctx, p, author, "")
}

// view is a post that the caller may read; via is who shared it with them.
func (c *Core) view(ctx context.Context, p post, author profile, via id.User) (creator.Post, error) {
	me := viewer(ctx)
	marks, err := c.reactionsOf(ctx, me, likes, saves, p.ID)
	if err != nil {
		return creator.Post{}, err
	}
	followed, err := c.isFollowed(ctx, me, p.Author)
	if err != nil {
		return creator.Post{}, fmt.Errorf("post: %w", err)
	}
	mine := false
	if me != "" {
		if mine, err = c.edits(ctx, me, p.Author); err != nil {
			return creator.Post{}, err
		}
	}
	out := creator.Post{
		ID: p.ID, Kind: p.Kind, Author: author.author(),
		Title: p.Title, Body: p.Body, Topics: some(p.Topics), Mentions: some(p.Mentions), Place: p.Place, Genre: p.Genre,
		Pictures: some(p.Pictures), Video: p.Video, Blocks: p.Blocks, Chapters: p.Chapters, Room: p.Room,
		Tags: c.tagViews(p, c.shownProducts(ctx, p), via, c.Now()), Ad: p.Ad, PaidBy: p.PaidBy, AI: p.AI,
		Verified: p.Verified, Lang: p.Lang, Visibility: p.Visibility, State: p.State, Trace: p.Trace,
		Likes: p.Likes, Saves: p.Saves, Shares: p.Shares, Comments: p.Comments, Mine: mine,
		Liked: marks[mark{p.ID, likes}], Saved: marks[mark{p.ID, saves}], Followed: followed,
		PublishedAt: p.At, EditedAt: p.EditedAt,
	}
	if mine {
		out.Reason = string(p.Why)
	}
	return out, nil
}

// some is never nil, so that an empty list travels as [].
func some[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
