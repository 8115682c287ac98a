package creatorcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Publish stores a post under an id derived from the request, and has it judged
// before anybody sees it.
func (c *Core) Publish(ctx context.Context, in creator.Publish) (creator.Post, error) {
	w, err := c.writerAs(ctx, in.As)
	if err != nil {
		return creator.Post{}, err
	}
	if in.RequestID == "" {
		return creator.Post{}, rpc.ErrNoKey
	}
	p := post{
		ID:      id.Post(id.Derive("pst", string(w.by), in.RequestID)),
		Request: fingerprint([]any{w.account, in.DraftContent}),
	}
	before, err := c.posts.Get(ctx, string(p.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		before, err = c.put(ctx, w, p, in.DraftContent)
	}
	switch {
	case err != nil:
		return creator.Post{}, fmt.Errorf("publish: %w", err)
	case before.Request != p.Request:
		return creator.Post{}, rpc.ErrReused
	case !before.kept():
		return creator.Post{}, creator.ErrNoSuchPost
	}
	if before, err = c.judge(ctx, before); err != nil {
		return creator.Post{}, fmt.Errorf("publish: %w", err)
	}
	return c.postView(ctx, before)
}

// put stores a new post, unless one of its id is there, and returns the one
// that is there then.
func (c *Core) put(ctx context.Context, w writer, p post, d creator.DraftContent) (post, error) {
	p, err := c.make(ctx, w, p, d)
	if err != nil {
		return post{}, err
	}
	return c.store(ctx, p)
}

// make puts a draft into a new post.
func (c *Core) make(ctx context.Context, w writer, p post, d creator.DraftContent) (post, error) {
	content, trace, err := c.compose(ctx, w, d, post{})
	if err != nil {
		return p, err
	}
	now := c.Now()
	p.Author, p.By, p.Hands, p.Earns = w.account, w.by, w.hands, w.earns
	p.Content, p.Written, p.Edits = content, written(d), 1
	if p.Trace = trace; p.Trace == "" {
		p.Trace = id.Trace(id.Derive("trc", string(p.ID)))
	}
	p.Judged, p.Checks, p.JudgeAt = 1, 1, now
	p.At, p.KeptAt = now, now
	p.place()
	return p, nil
}

// store is the end of put.
func (c *Core) store(ctx context.Context, p post) (post, error) {
	err := c.posts.Insert(ctx, string(p.ID), p)
	if errors.Is(err, docdb.ErrExists) {
		return c.posts.Get(ctx, string(p.ID))
	}
	return p, err
}

// written is a draft as it is kept beside what was made of it.
func written(d creator.DraftContent) string {
	b, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("creator: a draft cannot be encoded: %v", err)) // a bug in the contract
	}
	return string(b)
}
