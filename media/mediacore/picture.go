package mediacore

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// Pictures implements media.Service.
func (c *Core) Pictures(ctx context.Context, in media.PicturesIn) (media.Pictures, error) {
	found, err := c.lookUp(ctx, in.IDs)
	if err != nil {
		return media.Pictures{}, err
	}
	out := media.Pictures{Items: make([]media.Picture, len(found))}
	for i, p := range found {
		out.Items[i] = p.Picture
	}
	return out, nil
}

func (c *Core) lookUp(ctx context.Context, ids []id.Media) ([]stored, error) {
	keys := make([]string, len(ids))
	for i, m := range ids {
		keys[i] = string(m)
	}
	found, err := c.pictures.GetMany(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	out := found[:0]
	for _, p := range found {
		if !p.Doomed {
			out = append(out, p)
		}
	}
	return out, nil
}

// Claim implements media.Service.
func (c *Core) Claim(ctx context.Context, in media.ClaimIn) (media.Pictures, error) {
	found, err := c.lookUp(ctx, in.IDs)
	if err != nil {
		return media.Pictures{}, err
	}
	byID := make(map[id.Media]stored, len(found))
	for _, p := range found {
		byID[p.ID] = p
	}
	for _, m := range in.IDs {
		p, ok := byID[m]
		switch {
		case !ok:
			return media.Pictures{}, media.ErrNoSuchPicture.With(string(m), "does not exist")
		case p.Owner != in.Owner:
			return media.Pictures{}, media.ErrNotOwner.With(string(m), "belongs to somebody else")
		}
	}
	out := media.Pictures{Items: make([]media.Picture, 0, len(in.IDs))}
	for _, m := range in.IDs {
		if err := c.claim(ctx, byID[m]); err != nil {
			return media.Pictures{}, err
		}
		out.Items = append(out.Items, byID[m].Picture)
	}
	return out, nil
}

func (c *Core) claim(ctx context.Context, p stored) error {
	if p.UnclaimedUntil.IsZero() {
		return nil
	}
	gone := media.ErrNoSuchPicture.With(string(p.ID), "does not exist")
	_, err := c.pictures.Update(ctx, string(p.ID), func(p *stored) error {
		if p.Doomed {
			return gone
		}
		p.UnclaimedUntil = time.Time{}
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return gone
	}
	return err
}

// Open returns the rendition with this file name, the last part of its URL. Its
// bytes never change. ErrNoSuchPicture.
func (c *Core) Open(ctx context.Context, name string) (*blob.Object, error) {
	if !FileName(name) {
		return nil, media.ErrNoSuchPicture
	}
	o, err := c.Blobs.Get(ctx, keyOf(name))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, media.ErrNoSuchPicture
	}
	return o, err
}

// FileName reports whether name can be a rendition's.
func FileName(name string) bool {
	ext := path.Ext(name)
	return (ext == ".jpg" || ext == ".webp") && id.Valid("pic", "pic_"+strings.TrimSuffix(name, ext))
}
