package creatorcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// step is that something was done once to what a shop keeps.
type step struct {
	Name string `bson:"_id"`
}

// adopted names the step below.
const adopted = "posts of pictures alone"

// adopt makes posts of the time before there were kinds, states and drafts such
// as they are now, once in the life of a shop. They were creators' pictures for
// everybody, approved by being there.
func (c *Core) adopt(ctx context.Context) error {
	ctx = actor.AsSystem(ctx, self)
	_, err := c.steps.Get(ctx, adopted)
	if err == nil || !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	err = c.posts.Each(ctx, func(_ string, p post) error {
		if p.kept() || !p.shown() {
			return nil
		}
		author, err := c.profile(ctx, p.Author)
		if err != nil {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
		_, err = c.posts.Update(ctx, string(p.ID), func(p *post) error {
			if p.kept() || !p.shown() {
				return errUnchanged
			}
			p.modernize()
			p.turn(c.Now(), author.Name)
			return nil
		})
		if errors.Is(err, errUnchanged) {
			return nil
		}
		c.relay.Kick(string(p.ID))
		return err
	})
	if err != nil {
		return fmt.Errorf("adopt posts: %w", err)
	}
	if err := c.steps.Insert(ctx, adopted, step{Name: adopted}); err != nil && !errors.Is(err, docdb.ErrExists) {
		return fmt.Errorf("adopt posts: %w", err)
	}
	return nil
}

func (p *post) modernize() {
	p.By, p.Hands, p.Earns = p.Author, []id.User{p.Author}, true
	p.Trace = id.Trace(id.Derive("trc", string(p.ID)))
	p.Kind, p.Visibility = creator.Pictures, creator.Public
	p.Outcome, p.Judged, p.Checks = moderation.Approved, 1, 1
	p.Rev, p.Told, p.KeptAt = max(p.Rev, p.Edits), true, p.At
	p.Mentions, p.Likenesses = []creator.Mention{}, []string{}
	p.Blocks, p.Chapters = []creator.Block{}, []creator.Chapter{}
	d := creator.DraftContent{
		Kind: p.Kind, Title: p.Title, Body: p.Body, Topics: p.Topics, Ad: p.Ad, Lang: p.Lang, Visibility: p.Visibility,
	}
	for _, x := range p.Pictures {
		d.Pictures = append(d.Pictures, picture.Wanted{ID: x.ID, Alt: x.Alt})
	}
	for _, t := range p.Tags {
		d.Tags = append(d.Tags, creator.NewTag{Product: t.Product, Picture: t.Picture, X: t.X, Y: t.Y})
	}
	p.Written = written(d)
}
