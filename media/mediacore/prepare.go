package mediacore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"meadow/media"
	"meadow/media/mediavideo"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

const (
	// videosAtOnce is how many videos a process makes ready at a time.
	videosAtOnce = 2
	// videoLease is how long a process that says nothing keeps a video.
	videoLease = 45 * time.Second
	// videoBeat is how often progress is written, if there is any.
	videoBeat = time.Second
	// videoStill is how many beats of no progress pass before that is written, too.
	videoStill = 5
	// videoLook is how often waiting videos are looked for. One that arrives in
	// this process is taken up at once.
	videoLook = 2 * time.Second
	// videoTries is how often a video may end the process that works on it.
	videoTries = 5
	// videoRest is how long a video waits after a failure that is not its own.
	videoRest = 15 * time.Second
)

var errLost = errors.New("another process works on this video")

// RunVideos makes videos ready that wait for it, until ctx ends. Several
// processes may do so at once: a document says who works on which, and another
// takes over when nothing is heard for a while.
func (c *Core) RunVideos(ctx context.Context) error {
	if c.Film == nil {
		<-ctx.Done()
		return nil
	}
	dir, release, err := scratch(c.Scratch)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range videosAtOnce {
		wg.Go(func() { c.runVideos(ctx, dir) })
	}
	wg.Wait()
	return release()
}

func (c *Core) runVideos(ctx context.Context, dir string) {
	look := time.NewTicker(videoLook)
	defer look.Stop()
	for {
		for {
			worked, err := c.prepareNext(ctx, dir)
			if err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "a video was not made ready", "err", err)
			}
			if !worked || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-c.arrived:
		case <-look.C:
		}
	}
}

// waits makes u wait to be made ready, now that all its bytes are here.
func (u *upload) waits(now time.Time) {
	u.State, u.Due, u.Until = queued, now, time.Time{}
}

// rouse wakes whoever makes videos ready here.
func (c *Core) rouse() {
	select {
	case c.arrived <- struct{}{}:
	default: // somebody is about to look
	}
}

// prepareNext makes ready the video that waits longest, in a folder below
// scratch, and reports whether there was one.
func (c *Core) prepareNext(ctx context.Context, scratch string) (bool, error) {
	u, err := c.takeUp(ctx)
	if err != nil || u.ID == "" {
		return false, err
	}
	if u.Tries > videoTries {
		return true, c.conclude(ctx, u, refused, media.ErrBrokenVideo.Reason)
	}
	work, stop := context.WithCancelCause(ctx)
	var percent atomic.Int64
	percent.Store(-1)
	var beat sync.WaitGroup
	beat.Go(func() { c.beat(work, stop, u, &percent) })
	err = c.prepare(work, u, scratch, percent.Store)
	lost := errors.Is(context.Cause(work), errLost)
	stop(nil)
	beat.Wait()
	if lost {
		return true, c.dropIfGone(ctx, u)
	}
	if err == nil {
		return true, nil
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && slices.Contains(verdicts, reasonOf(e)) {
		c.Log.InfoContext(ctx, "video refused", "upload", u.ID, "owner", u.Owner, "why", e)
		return true, c.conclude(ctx, u, refused, e.Reason)
	}
	return true, errors.Join(err, c.putBack(ctx, u, ctx.Err() == nil && errors.Is(err, mediavideo.ErrKilled)))
}

// takeUp returns a video that nobody works on, or none.
func (c *Core) takeUp(ctx context.Context) (upload, error) {
	now := c.Now()
	p, err := c.uploads.Find(ctx, docdb.Query{Index: "due", Before: now.Add(time.Millisecond), Limit: batch})
	if err != nil {
		return upload{}, fmt.Errorf("take up a video: %w", err)
	}
	for _, u := range p.Items {
		u, err := c.uploads.Update(ctx, string(u.ID), func(u *upload) error {
			if u.State != queued || u.Due.After(now) {
				return errLost
			}
			u.Due, u.Lease = now.Add(videoLease), id.Secret()
			u.Fit, u.Percent = false, 0
			u.Tries++
			return nil
		})
		if errors.Is(err, errLost) || errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrBusy) {
			continue
		}
		if err != nil {
			return upload{}, fmt.Errorf("take up a video: %w", err)
		}
		return u, nil
	}
	return upload{}, nil
}

// beat says that this process still works on u, and how far it has come. It
// stops the work if another process has taken over, or the upload was given up.
func (c *Core) beat(ctx context.Context, stop context.CancelCauseFunc, u upload, percent *atomic.Int64) {
	tick := time.NewTicker(videoBeat)
	defer tick.Stop()
	said, beats := int64(-1), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		beats++
		now := percent.Load()
		if now == said && beats%videoStill != 0 {
			continue
		}
		err := c.hold(ctx, u, func(held *upload) {
			held.Due = c.Now().Add(videoLease)
			held.Fit, held.Percent = now >= 0, max(now, 0)
		})
		switch {
		case errors.Is(err, errLost):
			stop(errLost)
			return
		case err == nil:
			said = now
		case ctx.Err() == nil:
			c.Log.WarnContext(ctx, "progress of a video not kept", "upload", u.ID, "err", err)
		}
	}
}

// hold changes an upload that this process still works on, or returns errLost.
func (c *Core) hold(ctx context.Context, u upload, change func(*upload)) error {
	_, err := c.uploads.Update(ctx, string(u.ID), func(now *upload) error {
		if now.State != queued || now.Lease != u.Lease {
			return errLost
		}
		change(now)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return errLost
	}
	return err
}

// putBack lets a video wait. A try counts if the video may have been at fault.
func (c *Core) putBack(ctx context.Context, u upload, counts bool) error {
	rest := videoRest
	if ctx.Err() != nil { // the process ends; another may go on at once
		rest = 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), landing)
	defer cancel()
	err := c.hold(ctx, u, func(u *upload) {
		u.Due, u.Lease = c.Now().Add(rest), ""
		u.Fit, u.Percent = false, 0
		if !counts {
			u.Tries--
		}
	})
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// conclude ends the upload of a video, unless another process works on it.
func (c *Core) conclude(ctx context.Context, u upload, s state, reason string) error {
	err := c.hold(ctx, u, func(u *upload) {
		u.State, u.Reason, u.Pieces = s, reason, nil
		u.Due, u.Lease, u.Until = time.Time{}, "", c.Now().Add(media.UnclaimedTTL)
	})
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("conclude a video: %w", err)
	}
	c.drop(ctx, u.Pieces...)
	if s == refused {
		return c.dropFilm(ctx, mediaOf(u.ID))
	}
	return nil
}
