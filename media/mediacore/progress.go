package mediacore

import (
	"context"
	"errors"
	"fmt"

	"meadow/media"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Progress implements media.Service.
func (c *Core) Progress(ctx context.Context, in media.ProgressIn) (media.Progress, error) {
	u, err := c.load(ctx, in.Upload)
	if errors.Is(err, media.ErrNoUpload) {
		return c.outcome(ctx, in)
	}
	if err != nil {
		return media.Progress{}, fmt.Errorf("progress: %w", err)
	}
	if u.Owner != in.Owner {
		return media.Progress{}, media.ErrNoUpload
	}
	p := media.Progress{Upload: u.ID, Media: mediaOf(u.ID), Kind: u.kind(), Offset: u.Offset, Length: u.Length}
	p.Step, p.Percent = u.step()
	if e, ok := errors.AsType[*errs.Error](u.verdict()); ok {
		p.Reason, p.Message = e.Reason, e.Message
	}
	return p, nil
}

// kind is what the upload holds; those of before there were others are pictures.
func (u upload) kind() media.Kind {
	if u.Kind == "" {
		return media.Still
	}
	return u.Kind
}

// step says how far the upload has come, and how much of that in percent.
func (u upload) step() (media.Step, int64) {
	switch {
	case u.State == refused:
		return media.Rejected, 0
	case u.State == done:
		return media.Ready, 100
	case u.State == queued && u.Fit:
		return media.Transcoding, u.Percent
	case u.Offset == u.Length:
		return media.Checking, 0
	}
	return media.Uploading, u.Offset * 100 / u.Length
}

// outcome says what an upload became that is forgotten itself.
func (c *Core) outcome(ctx context.Context, in media.ProgressIn) (media.Progress, error) {
	m := mediaOf(in.Upload)
	for _, look := range []struct {
		kind media.Kind
		of   func(context.Context, id.Media) (id.User, error)
	}{{media.Film, c.ownerOfVideo}, {media.Still, c.ownerOfPicture}, {media.Captions, c.ownerOfCaptions}} {
		owner, err := look.of(ctx, m)
		if errors.Is(err, docdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return media.Progress{}, fmt.Errorf("progress: %w", err)
		}
		if owner != in.Owner {
			break
		}
		return media.Progress{Upload: in.Upload, Media: m, Kind: look.kind, Step: media.Ready, Percent: 100}, nil
	}
	return media.Progress{}, media.ErrNoUpload
}

func (c *Core) ownerOfVideo(ctx context.Context, m id.Media) (id.User, error) {
	v, err := c.videos.Get(ctx, string(m))
	return v.Owner, err
}

func (c *Core) ownerOfPicture(ctx context.Context, m id.Media) (id.User, error) {
	p, err := c.pictures.Get(ctx, string(m))
	return p.Owner, err
}

func (c *Core) ownerOfCaptions(ctx context.Context, m id.Media) (id.User, error) {
	t, err := c.captions.Get(ctx, string(m))
	return t.Owner, err
}
