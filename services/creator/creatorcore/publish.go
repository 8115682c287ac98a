package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

const (
	maxTitle    = 60
	maxBody     = 2000
	maxPictures = 18
	maxTags     = 20
)

// Publish stores a post, with the event that announces it, under an id derived
// from the request.
func (c *Core) Publish(ctx context.Context, in creator.Publish) (creator.Post, error) {
	me, err := author(ctx)
	if err != nil {
		return creator.Post{}, err
	}
	if in.RequestID == "" {
		return creator.Post{}, rpc.ErrNoKey
	}
	p := post{
		ID: id.Post(id.Derive("pst", string(me), in.RequestID)), Author: me,
		Edits: 1, Request: fingerprint(in.DraftContent),
	}
	if before, err := c.posts.Get(ctx, string(p.ID)); !errors.Is(err, docdb.ErrNotFound) {
		return c.publishedBefore(ctx, before, p.Request, err)
	}
	if p.Content, err = c.compose(ctx, me, in.DraftContent, nil); err != nil {
		return creator.Post{}, err
	}
	name, err := c.profile(ctx, me)
	if err != nil {
		return creator.Post{}, err
	}
	now := c.Now()
	p.At, p.ShownAt = now, now
	p.Tally.owe(now)
	p.Add(now, p.announcement(name.Name))
	if err := c.posts.Insert(ctx, string(p.ID), p); err != nil {
		if !errors.Is(err, docdb.ErrExists) {
			return creator.Post{}, fmt.Errorf("publish: %w", err)
		}
		twin, err := c.posts.Get(ctx, string(p.ID))
		return c.publishedBefore(ctx, twin, p.Request, err)
	}
	c.relay.Kick(string(p.ID))
	return c.postView(ctx, p)
}

// publishedBefore answers a request whose post is there already.
func (c *Core) publishedBefore(ctx context.Context, p post, request string, err error) (creator.Post, error) {
	switch {
	case err != nil:
		return creator.Post{}, fmt.Errorf("publish: %w", err)
	case p.Request != request:
		return creator.Post{}, rpc.ErrReused
	case !p.shown():
		return creator.Post{}, creator.ErrNoSuchPost
	}
	return c.postView(ctx, p)
}

// author is the creator who asks.
func author(ctx context.Context) (id.User, error) {
	if _, err := actor.Require(ctx, actor.Creator); err != nil {
		return "", err
	}
	return actor.Signed(ctx)
}

// compose checks a draft and makes it content. Products that old tags already
// name may be off sale by now.
func (c *Core) compose(ctx context.Context, me id.User, d creator.DraftContent, old []tag) (Content, error) {
	out := Content{Body: plain(d.Body), Ad: d.Ad, Lang: d.Lang}
	var err error
	if out.Title, err = line("title", oneLine(d.Title), 1, maxTitle); err != nil {
		return out, err
	}
	if _, err = line("body", out.Body, 0, maxBody); err != nil {
		return out, err
	}
	if out.Topics, err = topicsOf(d.Topics); err != nil {
		return out, err
	}
	switch n := len(d.Pictures); {
	case n == 0:
		return out, errs.ErrInvalid.With("pictures", "is required")
	case n > maxPictures:
		return out, errs.ErrInvalid.With("pictures", fmt.Sprintf("must be at most %d items", maxPictures))
	case len(d.Tags) > maxTags:
		return out, errs.ErrInvalid.With("tags", fmt.Sprintf("must be at most %d items", maxTags))
	case len(d.Tags) > 0 && !d.Ad:
		return out, creator.ErrUnlabelled
	}
	if out.Tags, err = c.tagged(ctx, d, old); err != nil {
		return out, err
	}
	out.Pictures, err = c.choose(ctx, me, d.Pictures)
	return out, err
}

// tagged checks a draft's tags: each on one of its pictures, each product once
// and on sale.
func (c *Core) tagged(ctx context.Context, d creator.DraftContent, old []tag) ([]tag, error) {
	const whole = 10_000
	out := make([]tag, len(d.Tags))
	var ids []id.Product
	for i, t := range d.Tags {
		field := fmt.Sprintf("tags[%d]", i)
		switch {
		case t.Picture < 0 || t.Picture >= len(d.Pictures):
			return nil, creator.ErrNoTagged.With(field+".picture", "is not one of the pictures")
		case t.X < 0 || t.X > whole || t.Y < 0 || t.Y > whole:
			return nil, errs.ErrInvalid.With(field, "must lie on the picture")
		}
		ids = append(ids, t.Product)
	}
	if len(unique(ids)) < len(ids) {
		return nil, creator.ErrNoTagged.With("tags", "name a product twice")
	}
	found, err := c.products(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, t := range d.Tags {
		p, ok := found[t.Product]
		title := p.Title
		if !ok || p.State != catalog.Listed {
			if title, ok = titleIn(old, t.Product); !ok {
				return nil, creator.ErrNoTagged.With(fmt.Sprintf("tags[%d].product", i), "is not on sale")
			}
		}
		out[i] = tag{Product: t.Product, Picture: t.Picture, X: t.X, Y: t.Y, Title: title}
	}
	return out, nil
}

func titleIn(tags []tag, product id.Product) (string, bool) {
	for _, t := range tags {
		if t.Product == product {
			return t.Title, true
		}
	}
	return "", false
}

// data is a post as others hear of it.
func (p post) data(name string) creator.PublishedData {
	products := make([]id.Product, len(p.Tags))
	for i, t := range p.Tags {
		products[i] = t.Product
	}
	return creator.PublishedData{
		Post: p.ID, Author: p.Author, Name: name, Title: p.Title, Body: p.Body, Topics: p.Topics,
		Products: products, Lang: p.Lang, At: p.At, Rev: p.Edits,
	}
}

func (p post) announcement(name string) bus.Event {
	at := p.At
	if !p.EditedAt.IsZero() {
		at = p.EditedAt
	}
	return creator.Published.Event(at, p.key(), p.data(name))
}

// key names this version of a post.
func (p post) key() string { return string(p.ID) + "." + strconv.FormatInt(p.Edits, 10) }
