package mediacore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"meadow/media"
	"meadow/services/kernel/id"
)

// Ingest takes a picture in that no browser uploads, such as one of the demo,
// by the same way as an upload. The same bytes for the same owner and purpose
// are the same picture. It returns the errors of an upload.
func (c *Core) Ingest(ctx context.Context, owner id.User, purpose media.Purpose, r io.Reader) (media.Picture, error) {
	data, err := io.ReadAll(io.LimitReader(r, media.MaxBytes+1))
	if err != nil {
		return media.Picture{}, fmt.Errorf("ingest: %w", err)
	}
	sum := sha256.Sum256(data)
	g := media.Grant{
		ID:    id.Upload(id.Derive("upl", string(owner), string(purpose), string(sum[:]))),
		Owner: owner, Purpose: purpose, Kind: media.Still, MaxBytes: media.MaxBytes, Until: c.Now().Add(media.GrantTTL),
	}
	if p, err := c.lookUp(ctx, []id.Media{mediaOf(g.ID)}); err != nil || len(p) == 1 {
		return first(p), err
	}
	if err := c.forget(ctx, g.ID); err != nil { // an earlier try
		return media.Picture{}, err
	}
	t, err := c.ticket(g)
	if err != nil {
		return media.Picture{}, err
	}
	if _, err := c.Create(ctx, t.Token, int64(len(data))); err != nil {
		return media.Picture{}, err
	}
	if _, err := c.Append(ctx, t.Token, g.ID, 0, bytes.NewReader(data), Check{}); err != nil {
		return media.Picture{}, err
	}
	p, err := c.lookUp(ctx, []id.Media{t.Media})
	if err == nil && len(p) == 0 {
		err = media.ErrNoSuchPicture
	}
	return first(p), err
}

func first(p []stored) media.Picture {
	if len(p) == 0 {
		return media.Picture{}
	}
	return p[0].Picture
}
