package talkcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// readable returns a comment that somebody may read, under a post they may read.
func (c *Core) readable(ctx context.Context, k id.Comment, me id.User) (comment, error) {
	got, err := c.comments.Get(ctx, string(k))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return comment{}, talk.ErrNoSuchComment.Because(err)
	case err != nil:
		return comment{}, fmt.Errorf("comment: %w", err)
	case got.gone():
		return comment{}, talk.ErrNoSuchComment
	}
	_, err = c.post(ctx, got.Post, me)
	if errors.Is(err, creator.ErrNoSuchPost) {
		return comment{}, talk.ErrNoSuchComment.Because(err)
	}
	return got, err
}

// Unsay removes a comment of the caller's, or one under their post.
func (c *Core) Unsay(ctx context.Context, in talk.ByComment) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	k, err := c.comments.Get(ctx, string(in.ID))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return rpc.Empty{}, talk.ErrNoSuchComment.Because(err)
	case err != nil:
		return rpc.Empty{}, fmt.Errorf("unsay: %w", err)
	case k.gone():
		return rpc.Empty{}, talk.ErrNoSuchComment
	}
	if k.Author != me {
		ok, err := c.mayAct(ctx, me, k.Account, creator.Editor)
		if err != nil {
			return rpc.Empty{}, err
		}
		if !ok {
			return rpc.Empty{}, actor.ErrForbidden
		}
	}
	_, err = c.change(ctx, k.ID, func(k *comment) error {
		if k.gone() {
			return talk.ErrNoSuchComment
		}
		c.remove(k)
		return nil
	})
	return rpc.Empty{}, err
}

// remove takes a comment away and announces that, if others were told of it.
func (c *Core) remove(k *comment) {
	c.unsay(k) // while it still says who was told
	k.hush()
	if k.Parent == "" {
		k.chore(c.Now())
	}
	k.Tally.owe(c.Now())
	k.place()
}

// LikeComment likes a comment, once for each person.
func (c *Core) LikeComment(ctx context.Context, in talk.ByComment) (talk.CommentLikes, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return talk.CommentLikes{}, err
	}
	k, err := c.readable(ctx, in.ID, me)
	if err != nil {
		return talk.CommentLikes{}, err
	}
	e, err := c.eyes(ctx, me)
	if err != nil {
		return talk.CommentLikes{}, err
	}
	switch {
	case !e.may(k):
		return talk.CommentLikes{}, talk.ErrNoSuchComment
	case among(e.silent, k.Author):
		return talk.CommentLikes{}, creator.ErrBlocked
	}
	l, err := c.likes.Upsert(ctx, likeID(me, k.ID), func(l *like) error {
		if l.On {
			return errSame
		}
		l.ID, l.User, l.On, l.Tally.Under = likeID(me, k.ID), me, true, string(k.ID)
		l.Tally.owe(c.Now())
		return nil
	})
	return c.countLike(ctx, l, err, k)
}

// UnlikeComment takes a like back, whatever became of the comment meanwhile.
func (c *Core) UnlikeComment(ctx context.Context, in talk.ByComment) (talk.CommentLikes, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return talk.CommentLikes{}, err
	}
	k, err := c.readable(ctx, in.ID, me)
	if err != nil {
		return talk.CommentLikes{}, err
	}
	l, err := c.likes.Update(ctx, likeID(me, k.ID), func(l *like) error {
		if !l.On {
			return errSame
		}
		l.On = false
		l.Tally.owe(c.Now())
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return talk.CommentLikes{Likes: k.Likes}, nil
	}
	return c.countLike(ctx, l, err, k)
}

func (c *Core) countLike(ctx context.Context, l like, err error, k comment) (talk.CommentLikes, error) {
	if err != nil && !errors.Is(err, errSame) {
		return talk.CommentLikes{}, fmt.Errorf("like: %w", err)
	}
	if k, err = c.liked.settle(ctx, l.ID, string(k.ID)); err != nil {
		return talk.CommentLikes{}, fmt.Errorf("like: %w", err)
	}
	return talk.CommentLikes{Likes: k.Likes, Liked: l.On}, nil
}

// Pin puts a comment first under a post, in place of another.
func (c *Core) Pin(ctx context.Context, in talk.ByComment) (talk.Comment, error) {
	return c.pin(ctx, in.ID, func(t *thread, k comment) error {
		switch {
		case k.Parent != "":
			return errs.ErrInvalid.With("id", "is a reply")
		case !k.shown():
			return talk.ErrNoSuchComment
		case t.Pinned == k.ID:
			return errSame
		}
		t.Pinned = k.ID
		return nil
	})
}

// Unpin takes it from there.
func (c *Core) Unpin(ctx context.Context, in talk.ByComment) (talk.Comment, error) {
	return c.pin(ctx, in.ID, func(t *thread, k comment) error {
		if t.Pinned != k.ID {
			return errSame
		}
		t.Pinned = ""
		return nil
	})
}

func (c *Core) pin(ctx context.Context, which id.Comment, decide func(*thread, comment) error) (talk.Comment, error) {
	k, err := c.ofMine(ctx, which)
	if err != nil {
		return talk.Comment{}, err
	}
	_, err = c.threads.Update(ctx, string(k.Post), func(t *thread) error { return decide(t, k) })
	if err != nil && !errors.Is(err, errSame) {
		return talk.Comment{}, err
	}
	return c.one(ctx, k)
}

// ofMine returns a comment under a post that the caller is the author of, or
// edits for.
func (c *Core) ofMine(ctx context.Context, which id.Comment) (comment, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return comment{}, err
	}
	k, err := c.readable(ctx, which, me)
	if err != nil {
		return comment{}, err
	}
	ok, err := c.mayAct(ctx, me, k.Account, creator.Editor)
	switch {
	case err != nil:
		return comment{}, err
	case !ok:
		return comment{}, talk.ErrNotAuthor
	case !k.shown() && !k.forAuthor() && k.Author != me, k.state() == talk.Limited:
		return comment{}, talk.ErrNoSuchComment
	}
	return k, nil
}
