package mediacore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// SweepEvery is how often Sweep is worth calling.
const SweepEvery = 10 * time.Minute

// batch is how many things Sweep looks at in one question.
const batch = 100

var errClaimed = errors.New("claimed meanwhile")

// Sweep removes uploads that were given up, and pictures, videos and captions
// that nobody claimed. It is safe to run in several processes at once.
func (c *Core) Sweep(ctx context.Context) error {
	return errors.Join(
		c.sweepUploads(ctx),
		sweepUnclaimed(ctx, c.pictures, c.Now(), c.remove),
		sweepUnclaimed(ctx, c.videos, c.Now(), c.removeVideo),
		sweepUnclaimed(ctx, c.captions, c.Now(), c.removeCaptions),
		c.sweepPieces(ctx),
	)
}

func (c *Core) sweepUploads(ctx context.Context) error {
	for {
		p, err := c.uploads.Find(ctx, docdb.Query{Index: "until", Before: c.Now(), Limit: batch})
		if err != nil {
			return fmt.Errorf("sweep uploads: %w", err)
		}
		for _, u := range p.Items {
			err := c.forget(ctx, u.ID)
			if err == nil && u.Kind == media.Film {
				err = c.dropFilm(ctx, mediaOf(u.ID))
			}
			if err != nil {
				return fmt.Errorf("sweep uploads: %w", err)
			}
		}
		if len(p.Items) == 0 || p.Next == "" {
			return nil
		}
	}
}

// forget removes an upload and its pieces. That it is gone is fine.
func (c *Core) forget(ctx context.Context, of id.Upload) error {
	err := c.uploads.Delete(ctx, string(of))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return c.dropAll(ctx, prefix(of))
}

// dropAll removes the objects whose keys begin with prefix.
func (c *Core) dropAll(ctx context.Context, prefix string) error {
	for {
		l, err := c.Blobs.List(ctx, prefix, "", batch)
		if err != nil {
			return err
		}
		for _, i := range l {
			if err := c.Blobs.Delete(ctx, i.Key); err != nil {
				return err
			}
		}
		if len(l) < batch {
			return nil
		}
	}
}

// sweepUnclaimed removes what waited too long to be claimed.
func sweepUnclaimed[T any](ctx context.Context, from *docdb.Collection[T], now time.Time, remove func(context.Context, T) error) error {
	for {
		p, err := from.Find(ctx, docdb.Query{Index: "unclaimed", Before: now, Limit: batch})
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		for _, v := range p.Items {
			if err := remove(ctx, v); err != nil && !errors.Is(err, errClaimed) {
				return fmt.Errorf("sweep: %w", err)
			}
		}
		if len(p.Items) == 0 || p.Next == "" {
			return nil
		}
	}
}

// remove takes an unclaimed picture away: first from those that can be claimed,
// then its files, then its document, which so is found again if this is cut short.
func (c *Core) remove(ctx context.Context, s stored) error {
	_, err := c.pictures.Update(ctx, string(s.ID), func(now *stored) error {
		if now.UnclaimedUntil.IsZero() {
			return errClaimed
		}
		now.Doomed = true
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range s.Renditions {
		if err := c.Blobs.Delete(ctx, keyOf(strings.TrimPrefix(r.URL, media.PicturePath))); err != nil {
			return err
		}
	}
	if err := c.pictures.Delete(ctx, string(s.ID)); err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return nil
}

// sweepPieces removes pieces that a process left behind when it was killed
// between storing them and dropping them. All uploads are over by then, but for
// videos that wait to be made ready.
func (c *Core) sweepPieces(ctx context.Context) error {
	old := c.Now().Add(-media.UnclaimedTTL)
	var last string // the upload looked at last, and whether its pieces are needed
	var needed bool
	for after := ""; ; {
		l, err := c.Blobs.List(ctx, "upload/", after, batch)
		if err != nil {
			return fmt.Errorf("sweep pieces: %w", err)
		}
		for _, i := range l {
			after = i.Key
			if !i.Modified.Before(old) {
				continue
			}
			if of := uploadOf(i.Key); of != last {
				u, err := c.uploads.Get(ctx, of)
				if err != nil && !errors.Is(err, docdb.ErrNotFound) {
					return fmt.Errorf("sweep pieces: %w", err)
				}
				last, needed = of, u.State == queued
			}
			if needed {
				continue
			}
			if err := c.Blobs.Delete(ctx, i.Key); err != nil {
				return fmt.Errorf("sweep pieces: %w", err)
			}
		}
		if len(l) < batch {
			return nil
		}
	}
}

// uploadOf returns the id in the key of a piece.
func uploadOf(key string) string {
	of, _, _ := strings.Cut(strings.TrimPrefix(key, "upload/"), "/")
	return of
}

// removeVideo takes an unclaimed video away, as remove does a picture.
func (c *Core) removeVideo(ctx context.Context, v film) error {
	_, err := c.videos.Update(ctx, string(v.ID), func(now *film) error {
		if now.UnclaimedUntil.IsZero() {
			return errClaimed
		}
		now.Doomed = true
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	folder, _, _ := strings.Cut(strings.TrimPrefix(v.HLS, media.VideoPath), "/")
	if err := c.dropAll(ctx, filmKey(folder, "")); err != nil {
		return err
	}
	if err := c.videos.Delete(ctx, string(v.ID)); err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return nil
}

// removeCaptions takes unclaimed captions away, as remove does a picture.
func (c *Core) removeCaptions(ctx context.Context, t track) error {
	_, err := c.captions.Update(ctx, string(t.ID), func(now *track) error {
		if now.UnclaimedUntil.IsZero() {
			return errClaimed
		}
		now.Doomed = true
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.Blobs.Delete(ctx, captionKey(strings.TrimPrefix(t.URL, media.CaptionPath))); err != nil {
		return err
	}
	if err := c.captions.Delete(ctx, string(t.ID)); err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return nil
}
