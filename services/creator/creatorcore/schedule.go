package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // so that a machine without it knows the zones too

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// PublishDraft makes a draft a post, once. Whoever publishes takes the draft
// first; if they die, the scheduler finishes what they began.
func (c *Core) PublishDraft(ctx context.Context, in creator.PublishDraft) (creator.Post, error) {
	d, w, err := c.myDraft(ctx, in.ID)
	if err != nil {
		return creator.Post{}, err
	}
	now, taken := c.Now(), false
	d, err = c.drafts.Update(ctx, string(in.ID), func(d *draft) error {
		taken = false
		switch {
		case d.Post != "":
			return errUnchanged
		case !d.open():
			return creator.ErrNoSuchDraft
		case d.Rev != in.Rev:
			return creator.ErrStale
		case d.sending(now):
			return errUnchanged // somebody else is at it: together we make one post
		}
		taken = true
		d.take(now)
		d.By, d.Earns = w.by, w.earns
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return creator.Post{}, fmt.Errorf("publish draft: %w", err)
	}
	p, err := c.send(ctx, d)
	if err != nil && taken {
		err = errors.Join(err, c.release(ctx, d, nil))
	}
	if err != nil {
		return creator.Post{}, err
	}
	if !p.kept() {
		return creator.Post{}, creator.ErrNoSuchPost
	}
	return c.postView(ctx, p)
}

// take says that whoever does it publishes d now.
func (d *draft) take(now time.Time) {
	d.Sending, d.Due = true, now.Add(lease)
	d.Turn++
}

// send makes the post of a draft that was taken, and ends the draft. Doing it
// again, or at the same time, makes no second one.
func (c *Core) send(ctx context.Context, d draft) (post, error) {
	p := post{ID: d.post(), Request: string(d.ID)}
	there, err := c.posts.Get(ctx, string(p.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		if d.Post != "" {
			return p, creator.ErrNoSuchPost
		}
		there, err = c.sendNew(ctx, d, p)
	}
	if err != nil {
		return p, err
	}
	if there, err = c.judge(ctx, there); err != nil {
		return p, err
	}
	if d.Post != "" {
		return there, nil
	}
	now := c.Now()
	_, err = c.drafts.Update(ctx, string(d.ID), func(d *draft) error {
		if d.Post != "" {
			return errUnchanged
		}
		d.Post = there.ID
		d.end(now)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) && !errors.Is(err, docdb.ErrNotFound) {
		return there, fmt.Errorf("end draft: %w", err)
	}
	return there, nil
}

func (c *Core) sendNew(ctx context.Context, d draft, p post) (post, error) {
	of, err := c.profile(ctx, d.Account)
	if err != nil {
		return p, err
	}
	if of.banned(c.Now()) {
		return p, moderation.ErrSuspended
	}
	w := writer{account: d.Account, by: d.By, name: of.Name, earns: d.Earns, hands: d.Hands}
	p, err = c.make(ctx, w, p, d.Content)
	if err != nil {
		return p, unfinished(err)
	}
	if err := c.fix(ctx, d); err != nil {
		return p, err
	}
	return c.store(ctx, p)
}

// fix says that a draft that was taken is about to be a post: what is saved
// from now on would be lost.
func (c *Core) fix(ctx context.Context, taken draft) error {
	_, err := c.drafts.Update(ctx, string(taken.ID), func(d *draft) error {
		switch {
		case d.Post != "" || d.Fixed && d.Rev == taken.Rev:
			return errUnchanged
		case !d.Sending || d.Rev != taken.Rev:
			return docdb.ErrBusy // whoever took it gave it back meanwhile
		}
		d.Fixed = true
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("fix draft: %w", err)
	}
	return nil
}

// unfinished says of a draft that lacks something what a request that sends
// nothing should hear.
func unfinished(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || !errors.Is(e, errs.ErrInvalid) || !slices.Contains(slices.Collect(maps.Values(e.Fields)), "is required") {
		return err
	}
	out := creator.ErrUnfinished.Because(err)
	out.Fields = e.Fields
	return out
}

// release makes a draft that was taken one again, unless somebody else has
// taken it since or its post may be there: then it stays taken, and the
// scheduler finishes it. change says what else becomes of it.
func (c *Core) release(ctx context.Context, taken draft, change func(*draft)) error {
	now := c.Now()
	_, err := c.drafts.Update(context.WithoutCancel(ctx), string(taken.ID), func(d *draft) error {
		if d.Turn != taken.Turn || !d.Sending || !d.open() || d.Fixed {
			return errUnchanged
		}
		d.Sending = false
		d.wait(now, false)
		if change != nil {
			change(d)
		}
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	c.draftRelay.Kick(string(taken.ID))
	return err
}

// Schedule publishes a draft later. What can be checked now is.
func (c *Core) Schedule(ctx context.Context, in creator.Schedule) (creator.Draft, error) {
	d, w, err := c.myDraft(ctx, in.ID)
	if err != nil {
		return creator.Draft{}, err
	}
	now, at := c.Now(), in.At.UTC().Truncate(time.Millisecond)
	if !at.After(now) || at.Sub(now) > creator.MaxAhead {
		return creator.Draft{}, creator.ErrPast
	}
	if _, err := time.LoadLocation(in.Zone); err != nil || in.Zone == "" || in.Zone == "Local" {
		return creator.Draft{}, creator.ErrZone
	}
	if d.open() && d.Rev == in.Rev {
		w.hands = unique(append(w.hands, d.Hands...))
		_, _, err := c.compose(ctx, w, d.Content, post{})
		if err != nil && !errors.Is(err, media.ErrNotReady) {
			return creator.Draft{}, unfinished(err)
		}
	}
	d, err = c.drafts.Update(ctx, string(in.ID), func(d *draft) error {
		switch {
		case !d.open() || d.Sending:
			return d.closed()
		case d.Rev != in.Rev:
			return creator.ErrStale
		}
		d.PublishAt, d.Zone, d.By, d.Earns, d.Problem = at, in.Zone, w.by, w.earns, ""
		d.wait(now, d.Due.IsZero())
		return nil
	})
	if err != nil {
		return creator.Draft{}, fmt.Errorf("schedule: %w", err)
	}
	return c.draftView(ctx, d)
}

// Unschedule leaves it to be published by hand.
func (c *Core) Unschedule(ctx context.Context, in creator.ByDraft) (creator.Draft, error) {
	if _, err := c.findDraft(ctx, in.ID); err != nil {
		return creator.Draft{}, err
	}
	now := c.Now()
	d, err := c.drafts.Update(ctx, string(in.ID), func(d *draft) error {
		if !d.open() || d.Sending {
			return d.closed()
		}
		d.PublishAt, d.Zone = time.Time{}, ""
		d.wait(now, d.Due.IsZero())
		return nil
	})
	if err != nil {
		return creator.Draft{}, fmt.Errorf("unschedule: %w", err)
	}
	return c.draftView(ctx, d)
}

// scheduleEvery is how often due drafts are looked for.
const scheduleEvery = 400 * time.Millisecond

// PublishDue publishes the drafts that are due, and looks after uploads that
// drafts wait for. It is safe at any time, in any number of processes: each
// draft is taken before anything is done with it.
func (c *Core) PublishDue(ctx context.Context) error {
	ctx = actor.AsSystem(ctx, self)
	const most = 100
	now := c.Now()
	found, err := c.drafts.Find(ctx, docdb.Query{Index: "due", Before: now.Add(time.Millisecond), Limit: most})
	if err != nil {
		return fmt.Errorf("due drafts: %w", err)
	}
	failed := make([]error, len(found.Items))
	slots := make(chan struct{}, 8) // so that a slow one holds up few others
	var work sync.WaitGroup
	for i, d := range found.Items {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			if err := c.tend(ctx, d.ID); err != nil {
				failed[i] = fmt.Errorf("draft %s: %w", d.ID, err)
			}
		})
	}
	work.Wait()
	return errors.Join(failed...)
}

// tend does what is due with one draft, if nobody else did.
func (c *Core) tend(ctx context.Context, which id.Draft) error {
	now := c.Now()
	publish := false
	d, err := c.drafts.Update(ctx, string(which), func(d *draft) error {
		if d.Due.IsZero() || d.Due.After(now) || !d.open() {
			return errUnchanged
		}
		publish = d.Sending || !d.PublishAt.IsZero() && !d.PublishAt.After(now)
		if publish {
			d.take(now)
			return nil
		}
		d.Due = now.Add(uploadsAgain)
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged), errors.Is(err, docdb.ErrNotFound):
		return nil
	case err != nil:
		return err
	case publish:
		return c.publishTaken(ctx, d)
	}
	return c.secureLate(ctx, d)
}

// publishTaken publishes a draft that this process has taken. If that cannot
// be, it is a draft again that says why; if it cannot be yet, it is tried again.
func (c *Core) publishTaken(ctx context.Context, d draft) error {
	_, err := c.send(ctx, d)
	if err == nil {
		return nil
	}
	now := c.Now()
	if errors.Is(err, media.ErrNotReady) || !final(err) {
		return errors.Join(notReady(err), c.release(ctx, d, func(d *draft) {
			if d.Due = now.Add(again); d.PublishAt.IsZero() {
				d.PublishAt = now // was to be published by hand: the scheduler goes on
			}
		}))
	}
	if err := c.unfix(ctx, d); err != nil {
		return err
	}
	return c.release(ctx, d, func(d *draft) {
		d.PublishAt, d.Zone, d.Problem = time.Time{}, "", reason(err)
		d.wait(now, false)
		d.Add(now, creator.Unscheduled.Event(now, fmt.Sprintf("%s.%d", d.ID, d.Turn), creator.UnscheduledData{
			Draft: d.ID, Account: d.Account, By: d.By, Title: d.Content.Title, Reason: d.Problem, At: now,
		}))
	})
}

// unfix takes back that the post of a draft may be there, if it never came to be
// and now never will: what it shows or names went away since.
func (c *Core) unfix(ctx context.Context, taken draft) error {
	if !taken.Fixed {
		return nil
	}
	_, err := c.posts.Get(ctx, string(taken.post()))
	if !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	_, err = c.drafts.Update(ctx, string(taken.ID), func(d *draft) error {
		if d.Turn == taken.Turn {
			d.Fixed = false
		}
		return nil
	})
	return err
}

// notReady is nothing to log: everybody knows that a video takes its time.
func notReady(err error) error {
	if errors.Is(err, media.ErrNotReady) {
		return nil
	}
	return err
}

// reason is the most exact word for a failure: why a video was rejected, rather
// than that it was.
func reason(err error) string {
	e := errs.Public(err)
	if cause, ok := errors.AsType[*errs.Error](e.Unwrap()); ok && errors.Is(e, creator.ErrBadVideo) {
		return cause.Reason
	}
	return e.Reason
}

// secureLate claims what a draft shows and that was not ready when it was saved.
func (c *Core) secureLate(ctx context.Context, seen draft) error {
	next := seen
	secured, err := c.secure(ctx, &next)
	if err != nil {
		return err
	}
	now := c.Now()
	_, err = c.drafts.Update(ctx, string(seen.ID), func(d *draft) error {
		if !d.open() || d.Rev != seen.Rev || d.Sending {
			return errUnchanged
		}
		d.Cover, d.Face, d.Claimed = next.Cover, next.Face, next.Claimed
		d.wait(now, secured)
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
