package creatorcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// editTries bounds how often an edit starts over because another came between.
const editTries = 8

// Edit changes a post of the caller's and keeps what it said before. An edit
// that changes nothing is none.
func (c *Core) Edit(ctx context.Context, in creator.EditPost) (creator.Post, error) {
	for range editTries {
		before, w, err := c.mine(ctx, in.ID)
		if err != nil {
			return creator.Post{}, err
		}
		next, _, err := c.compose(ctx, w, in.DraftContent, before)
		if err != nil {
			return creator.Post{}, err
		}
		if before.Content.equal(next) {
			return c.postView(ctx, before)
		}
		now := c.Now()
		p, err := c.amend(ctx, w, before, next, func(p *post) {
			p.remember(now, w.by)
			p.Content, p.Written = next, written(in.DraftContent)
			p.By, p.Hands, p.Earns = w.by, unique(append(p.Hands, w.hands...)), w.earns
			p.Edits++
			p.EditedAt = now
		})
		if errors.Is(err, errAgain) {
			continue
		}
		if err == nil {
			err = c.keepVersions(ctx, p)
		}
		if err != nil {
			return creator.Post{}, fmt.Errorf("edit: %w", err)
		}
		return c.postView(ctx, p)
	}
	return creator.Post{}, docdb.ErrBusy
}

// mine returns a post of the caller's and as whom they write it.
func (c *Core) mine(ctx context.Context, p id.Post) (post, writer, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return post{}, writer{}, err
	}
	got, err := c.own(ctx, p, me)
	if err != nil {
		return got, writer{}, err
	}
	w, err := c.writerAs(ctx, got.Author)
	return got, w, err
}

// amend has content judged that is to stand in a post, then makes the change,
// or returns errAgain if the post says something else by now.
func (c *Core) amend(ctx context.Context, w writer, before post, next Content, change func(*post)) (post, error) {
	rev, err := c.nextCheck(ctx, before.ID)
	if err != nil {
		return before, err
	}
	said, err := c.check(ctx, before.ID, before.Author, rev, next)
	if err != nil {
		return before, err
	}
	now := c.Now()
	p, err := c.posts.Update(ctx, string(before.ID), func(p *post) error {
		switch {
		case !p.kept():
			return creator.ErrNoSuchPost
		case p.Edits != before.Edits:
			return errAgain
		}
		change(p)
		p.accept(rev, said)
		p.turn(now, w.name)
		return nil
	})
	if err == nil {
		c.relay.Kick(string(p.ID))
	}
	return p, err
}

// Unpublish hides a post of the caller's from everybody else.
func (c *Core) Unpublish(ctx context.Context, in creator.ByPost) (creator.Post, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Post{}, err
	}
	before, err := c.own(ctx, in.ID, me)
	if err != nil {
		return creator.Post{}, err
	}
	now := c.Now()
	p, err := c.posts.Update(ctx, string(before.ID), func(p *post) error {
		switch {
		case !p.kept():
			return creator.ErrNoSuchPost
		case p.Off:
			return nil
		}
		p.Off = true
		p.turn(now, "")
		return nil
	})
	if err != nil {
		return creator.Post{}, fmt.Errorf("unpublish: %w", err)
	}
	c.relay.Kick(string(p.ID))
	return c.postView(ctx, p)
}

// Republish brings it back, looked at again.
func (c *Core) Republish(ctx context.Context, in creator.ByPost) (creator.Post, error) {
	for range editTries {
		before, w, err := c.mine(ctx, in.ID)
		if err != nil {
			return creator.Post{}, err
		}
		if !before.Off {
			return c.postView(ctx, before)
		}
		p, err := c.amend(ctx, w, before, before.Content, func(p *post) { p.Off = false })
		if errors.Is(err, errAgain) {
			continue
		}
		if err != nil {
			return creator.Post{}, fmt.Errorf("republish: %w", err)
		}
		return c.postView(ctx, p)
	}
	return creator.Post{}, docdb.ErrBusy
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
	// Before, since nobody comes back for them once it is gone, and after, for what
	// an edit put there meanwhile.
	if err := c.forgetVersions(ctx, in.ID); err != nil {
		return rpc.Empty{}, fmt.Errorf("remove: %w", err)
	}
	now := c.Now()
	_, err = c.posts.Update(ctx, string(in.ID), func(p *post) error {
		if !p.kept() {
			return creator.ErrNoSuchPost
		}
		p.KeptAt, p.JudgeAt = time.Time{}, time.Time{}
		p.Content, p.Written, p.Past = Content{}, "", nil
		p.Edits++
		p.turn(now, "")
		return nil
	})
	if err == nil {
		err = c.forgetVersions(ctx, in.ID)
	}
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("remove: %w", err)
	}
	c.relay.Kick(string(in.ID))
	return rpc.Empty{}, nil
}

// Original is a post of the caller's as they wrote it.
func (c *Core) Original(ctx context.Context, in creator.ByPost) (creator.DraftContent, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.DraftContent{}, err
	}
	p, err := c.own(ctx, in.ID, me)
	if err != nil {
		return creator.DraftContent{}, err
	}
	var out creator.DraftContent
	if err := json.Unmarshal([]byte(p.Written), &out); err != nil {
		return out, fmt.Errorf("original: %w", err)
	}
	return full(out), nil // lists that were left out are empty
}

func (a Content) equal(b Content) bool {
	return fingerprint(a) == fingerprint(b)
}
