package mediacore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Progress is how far an upload has got. It is finished when Offset is Length.
type Progress struct {
	Upload id.Upload
	Media  id.Media
	Offset int64
	Length int64
	Until  time.Time
}

func (u upload) progress() Progress {
	return Progress{Upload: u.ID, Media: mediaOf(u.ID), Offset: u.Offset, Length: u.Length, Until: u.Until}
}

// Create begins the upload of length bytes that token allows. A ticket is good
// for one file: beginning it again returns the one that was begun, or ErrUsed if
// that has another length. ErrToken, ErrExpired, ErrLength or ErrTooLarge.
func (c *Core) Create(ctx context.Context, token string, length int64) (Progress, error) {
	g, err := c.granted(token)
	if err != nil {
		return Progress{}, err
	}
	switch {
	case length <= 0:
		return Progress{}, media.ErrLength
	case length > g.MaxBytes:
		return Progress{}, media.ErrTooLarge
	}
	u := upload{ID: g.ID, Owner: g.Owner, Purpose: g.Purpose, Kind: g.Kind, Length: length, State: open, Until: g.Until}
	if g.Kind == media.Film {
		u.Media = mediaOf(g.ID)
	}
	err = c.uploads.Insert(ctx, string(u.ID), u)
	if errors.Is(err, docdb.ErrExists) {
		return c.again(ctx, u)
	}
	if err != nil {
		return Progress{}, fmt.Errorf("begin an upload: %w", err)
	}
	return u.progress(), nil
}

func (c *Core) again(ctx context.Context, want upload) (Progress, error) {
	u, err := c.load(ctx, want.ID)
	if err != nil {
		return Progress{}, err
	}
	if u.Length != want.Length {
		return Progress{}, media.ErrUsed
	}
	return u.progress(), u.verdict()
}

// Offset returns where to continue. An upload that has all its bytes but was
// not finished, because a process ended, is finished now. ErrToken, ErrExpired,
// ErrNoUpload, or why the picture was refused.
func (c *Core) Offset(ctx context.Context, token string, of id.Upload) (Progress, error) {
	u, err := c.entered(ctx, token, of)
	if err != nil {
		return Progress{}, err
	}
	if u.Offset == u.Length && u.State == open {
		err = c.finish(ctx, u)
	}
	return u.progress(), err
}

// Terminate gives an upload up. What came of it is forgotten, except a picture
// that is finished. ErrToken, ErrExpired or ErrNoUpload.
func (c *Core) Terminate(ctx context.Context, token string, of id.Upload) error {
	if err := c.holds(token, of); err != nil {
		return err
	}
	u, err := c.load(ctx, of)
	if err != nil {
		return err
	}
	if err := c.forget(ctx, of); err != nil || u.Kind != media.Film {
		return err
	}
	return c.dropFilm(ctx, mediaOf(of))
}

// entered returns the upload if token is its ticket and it was not refused.
func (c *Core) entered(ctx context.Context, token string, of id.Upload) (upload, error) {
	if err := c.holds(token, of); err != nil {
		return upload{}, err
	}
	u, err := c.load(ctx, of)
	if err != nil {
		return upload{}, err
	}
	return u, u.verdict()
}

func (c *Core) load(ctx context.Context, of id.Upload) (upload, error) {
	u, err := c.uploads.Get(ctx, string(of))
	if errors.Is(err, docdb.ErrNotFound) {
		return u, media.ErrNoUpload
	}
	return u, err
}
