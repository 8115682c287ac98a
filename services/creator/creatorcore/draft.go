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

// Begin makes a draft under an id derived from the request.
func (c *Core) Begin(ctx context.Context, in creator.Begin) (creator.Draft, error) {
	w, err := c.writerAs(ctx, in.As)
	if err != nil {
		return creator.Draft{}, err
	}
	if in.RequestID == "" {
		return creator.Draft{}, rpc.ErrNoKey
	}
	now := c.Now()
	d := draft{
		ID: id.Draft(id.Derive("drf", string(w.by), in.RequestID)), Account: w.account, Content: in.DraftContent,
		Rev: 1, SavedAt: now, SavedBy: w.by, Hands: w.hands, ListedAt: now,
		Request: fingerprint([]any{w.account, in.DraftContent}),
	}
	there, err := c.drafts.Get(ctx, string(d.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		there, err = c.begin(ctx, d)
	}
	switch {
	case err != nil:
		return creator.Draft{}, fmt.Errorf("begin: %w", err)
	case there.Request != d.Request:
		return creator.Draft{}, rpc.ErrReused
	case !there.open() && there.Post == "":
		return creator.Draft{}, creator.ErrNoSuchDraft
	}
	return c.draftView(ctx, there)
}

func (c *Core) begin(ctx context.Context, d draft) (draft, error) {
	held, err := c.drafts.Find(ctx, docdb.Query{Index: "account", Equal: []any{string(d.Account)}, Limit: creator.MaxDrafts})
	if err != nil {
		return d, err
	}
	if len(held.Items) >= creator.MaxDrafts {
		return d, creator.ErrDrafts
	}
	secured, err := c.secure(ctx, &d)
	if err != nil {
		return d, err
	}
	d.wait(d.SavedAt, secured)
	err = c.drafts.Insert(ctx, string(d.ID), d)
	if errors.Is(err, docdb.ErrExists) {
		return c.drafts.Get(ctx, string(d.ID))
	}
	return d, err
}

// SaveDraft stores content over the revision it was made from.
func (c *Core) SaveDraft(ctx context.Context, in creator.SaveDraft) (creator.Draft, error) {
	d, w, err := c.myDraft(ctx, in.ID)
	if err != nil {
		return creator.Draft{}, err
	}
	next := d
	next.Content, next.Hands, next.SavedAt = in.Content, unique(append(slices.Clone(d.Hands), w.hands...)), c.Now()
	secured, err := c.secure(ctx, &next)
	if err != nil {
		return creator.Draft{}, err
	}
	same := fingerprint(in.Content)
	now := c.Now()
	d, err = c.drafts.Update(ctx, string(in.ID), func(d *draft) error {
		switch {
		case !d.open() || d.Sending:
			return d.closed()
		case fingerprint(d.Content) == same && (d.Rev == in.Rev || d.Rev == in.Rev+1):
			return errUnchanged // sent twice, or nothing was written since
		case d.Rev != in.Rev:
			return creator.ErrStale
		}
		d.Content, d.Cover, d.Face, d.Claimed = next.Content, next.Cover, next.Face, next.Claimed
		d.Hands = unique(append(d.Hands, w.hands...))
		d.Rev++
		d.SavedAt, d.SavedBy, d.ListedAt, d.Problem = now, w.by, now, ""
		d.wait(now, secured)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return creator.Draft{}, fmt.Errorf("save draft: %w", err)
	}
	return c.draftView(ctx, d)
}

// closed is why a draft takes no change.
func (d draft) closed() error {
	if d.Post == "" && !d.Sending {
		return creator.ErrNoSuchDraft
	}
	return creator.ErrSent
}

// Draft returns one of the caller's, or of an account they write for.
func (c *Core) Draft(ctx context.Context, in creator.ByDraft) (creator.Draft, error) {
	d, err := c.findDraft(ctx, in.ID)
	if err != nil {
		return creator.Draft{}, err
	}
	return c.draftView(ctx, d)
}

// Drafts pages through an account's, latest first.
func (c *Core) Drafts(ctx context.Context, in creator.ListDrafts) (page.Page[creator.Draft], error) {
	none := page.Page[creator.Draft]{}
	account, err := c.accountOf(ctx, in.As, creator.Editor)
	if err != nil {
		return none, err
	}
	found, err := c.drafts.Find(ctx, docdb.Query{
		Index: "account", Equal: []any{string(account)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("drafts: %w", err)
	}
	of, err := c.profile(ctx, account)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(d draft) creator.Draft { return d.view(of.author()) }), nil
}

// DropDraft deletes one.
func (c *Core) DropDraft(ctx context.Context, in creator.ByDraft) (rpc.Empty, error) {
	if _, err := c.findDraft(ctx, in.ID); err != nil {
		return rpc.Empty{}, err
	}
	now := c.Now()
	_, err := c.drafts.Update(ctx, string(in.ID), func(d *draft) error {
		if !d.open() || d.Sending {
			return d.closed()
		}
		d.end(now)
		return nil
	})
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("drop draft: %w", err)
	}
	return rpc.Empty{}, nil
}

// end makes it no draft any more.
func (d *draft) end(now time.Time) {
	d.ListedAt, d.PublishAt, d.Due, d.Sending = time.Time{}, time.Time{}, time.Time{}, false
	d.Fixed = false
	d.Content, d.Cover, d.Face = creator.DraftContent{Kind: d.Content.Kind, Title: d.Content.Title}, "", ""
	d.Claimed, d.Problem = nil, ""
	d.GoneAt = now.Add(tombstone)
}

// findDraft returns a draft that the caller may see, published ones included:
// creator.ErrNoSuchDraft.
func (c *Core) findDraft(ctx context.Context, which id.Draft) (draft, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return draft{}, err
	}
	d, err := c.drafts.Get(ctx, string(which))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return d, creator.ErrNoSuchDraft.Because(err)
	case err != nil:
		return d, fmt.Errorf("draft: %w", err)
	case !d.open() && d.Post == "":
		return d, creator.ErrNoSuchDraft
	}
	ok, err := c.edits(ctx, me, d.Account)
	if err == nil && !ok {
		err = creator.ErrNoSuchDraft
	}
	return d, err
}

// myDraft is findDraft with as whom the caller writes it.
func (c *Core) myDraft(ctx context.Context, which id.Draft) (draft, writer, error) {
	d, err := c.findDraft(ctx, which)
	if err != nil {
		return d, writer{}, err
	}
	w, err := c.writerAs(ctx, d.Account)
	return d, w, err
}

func (c *Core) draftView(ctx context.Context, d draft) (creator.Draft, error) {
	of, err := c.profile(ctx, d.Account)
	if err != nil {
		return creator.Draft{}, err
	}
	return d.view(of.author()), nil
}
