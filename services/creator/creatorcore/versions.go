package creatorcore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// version is what a post said before an edit, and who replaced it.
type version struct {
	Rev   int64     `bson:"rev"`
	Title string    `bson:"title"`
	Body  string    `bson:"body"`
	By    id.User   `bson:"by"`
	Until time.Time `bson:"until"`
}

// history is what a post said before, latest first. It lies beside the post,
// which is read wherever it is listed.
type history struct {
	Post  id.Post   `bson:"_id"`
	Items []version `bson:"items"`
}

// versions is how many earlier ones of a post are kept.
const versions = 10

// remember keeps what p says before it is changed: in the same write, and from
// there in a document of its own (keepVersions).
func (p *post) remember(now time.Time, by id.User) {
	p.Past = latest(p.Past, version{Rev: p.Edits, Title: p.Title, Body: p.Body, By: by, Until: now})
}

// latest returns the versions to keep of some, each once, latest first.
func latest(some []version, more ...version) []version {
	all := append(slices.Clone(some), more...)
	slices.SortFunc(all, func(a, b version) int { return cmp.Compare(b.Rev, a.Rev) })
	all = slices.CompactFunc(all, func(a, b version) bool { return a.Rev == b.Rev })
	return all[:min(len(all), versions)]
}

// keepVersions moves what a post said before out of it. A kill leaves it there,
// for the next to move.
func (c *Core) keepVersions(ctx context.Context, p post) error {
	if len(p.Past) == 0 {
		return nil
	}
	_, err := c.histories.Upsert(ctx, string(p.ID), func(h *history) error {
		h.Post, h.Items = p.ID, latest(h.Items, p.Past...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep versions: %w", err)
	}
	last := p.Past[0].Rev
	p, err = c.posts.Update(ctx, string(p.ID), func(p *post) error {
		p.Past = slices.DeleteFunc(p.Past, func(v version) bool { return v.Rev <= last })
		return nil
	})
	if err == nil && !p.kept() {
		err = c.forgetVersions(ctx, p.ID) // it was removed meanwhile
	}
	if err != nil {
		return fmt.Errorf("keep versions: %w", err)
	}
	return nil
}

func (c *Core) forgetVersions(ctx context.Context, p id.Post) error {
	for range editTries {
		err := c.histories.DeleteIf(ctx, string(p), func(history) bool { return true })
		switch {
		case err == nil, errors.Is(err, docdb.ErrNotFound):
			return nil
		case !errors.Is(err, docdb.ErrConflict):
			return fmt.Errorf("forget versions: %w", err)
		}
	}
	return docdb.ErrBusy
}

// Versions lists what a post of the caller's said before, latest first.
func (c *Core) Versions(ctx context.Context, in creator.ByPost) (creator.VersionList, error) {
	out := creator.VersionList{Items: []creator.Version{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	p, err := c.own(ctx, in.ID, me)
	if err != nil {
		return out, err
	}
	if err := c.keepVersions(ctx, p); err != nil {
		return out, err
	}
	h, err := c.histories.Get(ctx, string(p.ID))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return out, fmt.Errorf("versions: %w", err)
	}
	for _, v := range h.Items {
		out.Items = append(out.Items, creator.Version{Rev: v.Rev, Title: v.Title, Body: v.Body, By: v.By, Until: v.Until})
	}
	return out, nil
}
