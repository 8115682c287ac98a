package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// A share code is "post.sharer.mac", as a purchase link is made.

func (c *Core) shareCode(p id.Post, by id.User) string {
	return c.signed(shareDomain, strings.TrimPrefix(string(p), "pst_")+"."+strings.TrimPrefix(string(by), "usr_"))
}

// readShare returns what a code stands for if we made it.
func (c *Core) readShare(code string) (id.Post, id.User, bool) {
	parts, err := c.proven(shareDomain, code, 2)
	if err != nil {
		return "", "", false
	}
	return id.Post("pst_" + parts[0]), id.User("usr_" + parts[1]), true
}

// SharePost returns the caller's link to a post and counts that they asked.
func (c *Core) SharePost(ctx context.Context, in creator.ByPost) (creator.Share, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Share{}, err
	}
	if _, err := c.react(ctx, in.ID, shares, true); err != nil {
		return creator.Share{}, err
	}
	by, err := c.profile(ctx, me)
	if err != nil {
		return creator.Share{}, err
	}
	return c.shareView(in.ID, by), nil
}

// shareView is a share as its reader needs it. The address is of the page that
// the gateway serves.
func (c *Core) shareView(p id.Post, by profile) creator.Share {
	code := c.shareCode(p, by.ID)
	return creator.Share{Code: code, URL: "/s/" + code, Post: p, By: by.author()}
}

// OpenShare returns what a code stands for, while its post is there and whoever
// shared it.
func (c *Core) OpenShare(ctx context.Context, in creator.OpenShare) (creator.Share, error) {
	p, by, ok := c.readShare(in.Code)
	if !ok {
		return creator.Share{}, creator.ErrBadShare
	}
	got, err := c.posts.Get(ctx, string(p))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return creator.Share{}, creator.ErrBadShare.Because(err)
	case err != nil:
		return creator.Share{}, fmt.Errorf("share: %w", err)
	case got.FansAt.IsZero():
		return creator.Share{}, creator.ErrBadShare
	}
	who, err := c.profile(ctx, by)
	if errors.Is(err, creator.ErrNoSuchProfile) {
		return creator.Share{}, creator.ErrBadShare.Because(err)
	}
	if err != nil {
		return creator.Share{}, fmt.Errorf("share: %w", err)
	}
	return c.shareView(p, who), nil
}

// sharer returns who shared p with the reader under a code, "" for nobody else.
func (c *Core) sharer(code string, p id.Post, reader id.User) id.User {
	if code == "" {
		return ""
	}
	shared, by, ok := c.readShare(code)
	if !ok || shared != p || by == reader {
		return ""
	}
	return by
}
