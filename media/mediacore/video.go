package mediacore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
	"meadow/services/platform/docdb"
)

// ClaimVideo implements media.Service. Everything is looked at before anything
// is claimed.
func (c *Core) ClaimVideo(ctx context.Context, in media.ClaimVideoIn) (media.Video, error) {
	v, err := c.videos.Get(ctx, string(in.Video.ID))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && v.Doomed {
		return media.Video{}, c.unready(ctx, in.Owner, in.Video.ID)
	}
	if err != nil {
		return media.Video{}, fmt.Errorf("claim a video: %w", err)
	}
	if v.Owner != in.Owner {
		return media.Video{}, media.ErrNotOwner.With(string(v.ID), "belongs to somebody else")
	}
	v.Captions, err = c.chosenCaptions(ctx, in)
	if err != nil {
		return media.Video{}, err
	}
	for _, t := range v.Captions {
		if err := c.claimCaptions(ctx, t.ID); err != nil {
			return media.Video{}, err
		}
	}
	return v.Video, c.claimVideo(ctx, v)
}

// unready says why there is no video of this id.
func (c *Core) unready(ctx context.Context, owner id.User, m id.Media) error {
	p, err := c.uploads.Find(ctx, docdb.Query{Index: "media", Equal: []any{string(m)}, Limit: 1})
	if err != nil {
		return fmt.Errorf("claim a video: %w", err)
	}
	if len(p.Items) == 0 {
		return media.ErrNoSuchVideo.With(string(m), "does not exist")
	}
	u := p.Items[0]
	if u.Owner != owner {
		return media.ErrNotOwner.With(string(m), "belongs to somebody else")
	}
	switch u.State {
	case refused:
		return u.verdict()
	case done: // it was made, and swept
		return media.ErrNoSuchVideo.With(string(m), "does not exist")
	}
	return media.ErrNotReady.With(string(m), "is not ready")
}

func (c *Core) claimVideo(ctx context.Context, v film) error {
	if v.UnclaimedUntil.IsZero() {
		return nil
	}
	gone := media.ErrNoSuchVideo.With(string(v.ID), "does not exist")
	_, err := c.videos.Update(ctx, string(v.ID), func(v *film) error {
		if v.Doomed {
			return gone
		}
		v.UnclaimedUntil = time.Time{}
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return gone
	}
	return err
}

// chosenCaptions returns the captions that in chose, if they exist and are the
// owner's.
func (c *Core) chosenCaptions(ctx context.Context, in media.ClaimVideoIn) ([]video.Caption, error) {
	out := make([]video.Caption, 0, len(in.Video.Captions))
	for _, w := range in.Video.Captions {
		t, err := c.captions.Get(ctx, string(w.ID))
		switch {
		case errors.Is(err, docdb.ErrNotFound), err == nil && t.Doomed:
			return nil, media.ErrNoSuchCaptions.With(string(w.ID), "does not exist")
		case err != nil:
			return nil, fmt.Errorf("claim captions: %w", err)
		case t.Owner != in.Owner:
			return nil, media.ErrNotOwner.With(string(w.ID), "belongs to somebody else")
		}
		out = append(out, video.Caption{ID: t.ID, Lang: w.Lang, URL: t.URL})
	}
	return out, nil
}

func (c *Core) claimCaptions(ctx context.Context, m id.Media) error {
	gone := media.ErrNoSuchCaptions.With(string(m), "does not exist")
	_, err := c.captions.Update(ctx, string(m), func(t *track) error {
		if t.Doomed {
			return gone
		}
		t.UnclaimedUntil = time.Time{}
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return gone
	}
	return err
}
