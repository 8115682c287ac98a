package mediacore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

const captionExt = ".vtt"

// finishCaptions writes an upload's captions anew. What it wrote is what is
// served, and never what was sent.
func (c *Core) finishCaptions(ctx context.Context, u upload) error {
	r := &pieces{ctx: ctx, blobs: c.Blobs, rest: u.Pieces}
	defer r.close()
	data, err := io.ReadAll(io.LimitReader(r, media.MaxCaptionBytes+1))
	if err != nil {
		return fmt.Errorf("captions: %w", err)
	}
	if len(data) > media.MaxCaptionBytes {
		return c.refuse(ctx, u, media.ErrTooLarge)
	}
	clean, err := rewrite(data)
	if err != nil {
		return c.refuse(ctx, u, media.ErrNotCaptions.Because(err))
	}
	m := mediaOf(u.ID)
	_, name, _ := strings.Cut(id.Derive("vtt", string(m), string(clean)), "_")
	name += captionExt
	if _, err := c.Blobs.Put(ctx, captionKey(name), bytes.NewReader(clean), int64(len(clean)), "text/vtt"); err != nil {
		return err
	}
	t := track{ID: m, Owner: u.Owner, URL: media.CaptionPath + name, UnclaimedUntil: c.Now().Add(media.UnclaimedTTL)}
	if err := c.captions.Insert(ctx, string(m), t); err != nil && !errors.Is(err, docdb.ErrExists) {
		return fmt.Errorf("keep captions: %w", err)
	}
	return c.close(ctx, u.ID, done, "")
}

func captionKey(name string) string { return "vtt/" + name[:2] + "/" + name }

// OpenCaptions returns the captions with this file name, the last part of their
// URL. Their bytes never change. ErrNoSuchCaptions.
func (c *Core) OpenCaptions(ctx context.Context, name string) (*blob.Object, error) {
	stem, ok := strings.CutSuffix(name, captionExt)
	if !ok || !id.Valid("vtt", "vtt_"+stem) {
		return nil, media.ErrNoSuchCaptions
	}
	o, err := c.Blobs.Get(ctx, captionKey(name))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, media.ErrNoSuchCaptions
	}
	return o, err
}
