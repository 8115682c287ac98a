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

// Sweep removes uploads that were given up and pictures that nobody claimed. It
// is safe to run in several processes at once.
func (c *Core) Sweep(ctx context.Context) error {
	return errors.Join(c.sweepUploads(ctx), c.sweepPictures(ctx), c.sweepPieces(ctx))
}

func (c *Core) sweepUploads(ctx context.Context) error {
	for {
		p, err := c.uploads.Find(ctx, docdb.Query{Index: "until", Before: c.Now(), Limit: batch})
		if err != nil {
			return fmt.Errorf("sweep uploads: %w", err)
		}
		for _, u := range p.Items {
			if err := c.forget(ctx, u.ID); err != nil {
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
	for {
		l, err := c.Blobs.List(ctx, prefix(of), "", batch)
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

func (c *Core) sweepPictures(ctx context.Context) error {
	for {
		p, err := c.pictures.Find(ctx, docdb.Query{Index: "unclaimed", Before: c.Now(), Limit: batch})
		if err != nil {
			return fmt.Errorf("sweep pictures: %w", err)
		}
		for _, s := range p.Items {
			if err := c.remove(ctx, s); err != nil && !errors.Is(err, errClaimed) {
				return fmt.Errorf("sweep pictures: %w", err)
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
// between storing them and dropping them. All uploads are over by then.
func (c *Core) sweepPieces(ctx context.Context) error {
	old := c.Now().Add(-media.UnclaimedTTL)
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
			if err := c.Blobs.Delete(ctx, i.Key); err != nil {
				return fmt.Errorf("sweep pieces: %w", err)
			}
		}
		if len(l) < batch {
			return nil
		}
	}
}
