package creatorcore

import (
	"context"
	"errors"
	"slices"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
)

// secure claims what a draft shows, so that media keeps it, and sets its cover.
// It reports whether nothing is left to wait for: an upload that has not become
// ready is claimed later.
func (c *Core) secure(ctx context.Context, d *draft) (bool, error) {
	d.Claimed = slices.Clone(d.Claimed)
	face := faceOf(d.Content)
	if face != d.Face {
		d.Cover, d.Face = "", ""
	}
	secured, err := c.securePictures(ctx, d, face)
	if err != nil || d.Content.Video == nil || d.Content.Video.ID == "" {
		return secured, err
	}
	ready, err := c.secureVideo(ctx, d, *d.Content.Video, face)
	return secured && ready, err
}

// faceOf is the picture that stands for a draft, or the video whose poster does.
func faceOf(k creator.DraftContent) id.Media {
	switch {
	case k.Kind != creator.Video && k.Kind != creator.Replay:
		if len(k.Pictures) > 0 {
			return k.Pictures[0].ID
		}
	case k.Video != nil && k.Video.Cover != "":
		return k.Video.Cover
	case k.Video != nil:
		return k.Video.ID
	}
	return ""
}

// securePictures claims the pictures that are there and that d's writers
// uploaded.
func (c *Core) securePictures(ctx context.Context, d *draft, face id.Media) (bool, error) {
	var wanted []id.Media
	for _, p := range d.Content.Pictures {
		wanted = append(wanted, p.ID)
	}
	if v := d.Content.Video; v != nil && v.Cover != "" {
		wanted = append(wanted, v.Cover)
	}
	missing := slices.DeleteFunc(unique(wanted), func(m id.Media) bool {
		return slices.Contains(d.Claimed, m) && (m != face || d.Face == face)
	})
	found, err := c.ours(ctx, d.Hands, missing)
	if err != nil {
		return false, err
	}
	owned := map[id.User][]id.Media{}
	for _, m := range missing {
		p, ok := found[m]
		if !ok {
			continue
		}
		owned[p.Owner] = append(owned[p.Owner], m)
		if m == face {
			d.Cover, d.Face = p.Shown("").Thumb, face
		}
	}
	for owner, all := range owned {
		if err := c.claimOf(ctx, owner, all); err != nil {
			return false, err
		}
		d.Claimed = unique(append(d.Claimed, all...))
	}
	return len(found) == len(missing), nil
}

// secureVideo claims a video as soon as it is ready. One that cannot be used
// is nothing to wait for: publishing says why.
func (c *Core) secureVideo(ctx context.Context, d *draft, v video.WantedVideo, face id.Media) (bool, error) {
	parts := []id.Media{v.ID}
	for _, k := range v.Captions {
		parts = append(parts, k.ID)
	}
	claimed := !slices.ContainsFunc(parts, func(m id.Media) bool { return !slices.Contains(d.Claimed, m) })
	if claimed && (face != v.ID || d.Face == face) {
		return true, nil
	}
	got, err := c.claimVideo(ctx, d.Hands, v)
	switch {
	case errors.Is(err, media.ErrNotReady), errors.Is(err, media.ErrNoSuchVideo), errors.Is(err, media.ErrNoSuchCaptions):
		return false, nil
	case errors.Is(err, creator.ErrBadVideo):
		return true, nil
	case err != nil:
		return false, err
	}
	d.Claimed = unique(append(d.Claimed, parts...))
	if face != v.ID {
		return true, nil
	}
	return true, c.securePoster(ctx, d, got)
}

// securePoster claims the picture that was taken from a video that is the face
// of its draft.
func (c *Core) securePoster(ctx context.Context, d *draft, v media.Video) error {
	found, err := c.ours(ctx, d.Hands, []id.Media{v.Poster})
	if err != nil {
		return err
	}
	p, ok := found[v.Poster]
	if !ok {
		return nil
	}
	d.Cover, d.Face = p.Shown("").Thumb, v.ID
	return c.claimOf(ctx, p.Owner, []id.Media{v.Poster})
}
