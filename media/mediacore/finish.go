package mediacore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"meadow/media"
	"meadow/media/mediaworker"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// finishing is how long making a picture may take once all bytes are here, even
// if whoever sent them has gone.
const finishing = 2 * time.Minute

// verdicts are the reasons for which an upload is refused for good.
var verdicts = []*errs.Error{
	media.ErrNotPicture, media.ErrTooLarge, media.ErrPixels, media.ErrBroken, media.ErrHEIC,
	media.ErrNotVideo, media.ErrBrokenVideo, media.ErrTooLong, media.ErrVideoSide, media.ErrNotCaptions,
}

// verdict returns why the upload was refused, or nil.
func (u upload) verdict() error {
	if u.State != refused {
		return nil
	}
	if i := slices.IndexFunc(verdicts, func(e *errs.Error) bool { return e.Reason == u.Reason }); i >= 0 {
		return verdicts[i]
	}
	return media.ErrBroken
}

// finish makes the picture or the captions of an upload that has all its bytes.
// Doing so twice, or in two processes at once, makes the same. A video takes
// long, and is only said to wait: join has written that down.
func (c *Core) finish(ctx context.Context, u upload) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	switch u.kind() {
	case media.Film:
		c.rouse()
		return nil
	case media.Captions:
		return c.finishCaptions(ctx, u)
	}
	d, err := c.develop(ctx, u)
	if e, ok := errors.AsType[*errs.Error](err); ok && slices.Contains(verdicts, reasonOf(e)) {
		return c.refuse(ctx, u, e)
	}
	if err != nil {
		return err
	}
	if err := c.keep(ctx, mediaOf(u.ID), u, d); err != nil {
		return err
	}
	return c.close(ctx, u.ID, done, "")
}

// reasonOf returns the sentinel that e is.
func reasonOf(e *errs.Error) *errs.Error {
	for _, v := range verdicts {
		if e.Is(v) {
			return v
		}
	}
	return e
}

func (c *Core) develop(ctx context.Context, u upload) (mediaworker.Developed, error) {
	r := &pieces{ctx: ctx, blobs: c.Blobs, rest: u.Pieces}
	defer r.close()
	return c.Develop(ctx, r)
}

// keep stores the renditions, then the picture that refers to them.
func (c *Core) keep(ctx context.Context, m id.Media, u upload, d mediaworker.Developed) error {
	now := c.Now()
	p := stored{UnclaimedUntil: now.Add(media.UnclaimedTTL), Picture: media.Picture{
		ID: m, Owner: u.Owner, Purpose: u.Purpose, At: now,
		Width: d.Width, Height: d.Height, ThumbHash: d.ThumbHash, AI: d.AI, Likeness: d.Likeness,
	}}
	for _, f := range d.Files {
		name := fileName(p.ID, f)
		if _, err := c.Blobs.Put(ctx, keyOf(name), bytes.NewReader(f.Data), int64(f.Size), f.Type); err != nil {
			return err
		}
		p.Renditions = append(p.Renditions, media.Rendition{
			Name: f.Name, Width: f.Width, Height: f.Height, Type: f.Type, Bytes: int64(f.Size),
			URL: media.PicturePath + name,
		})
	}
	if err := c.pictures.Insert(ctx, string(p.ID), p); err != nil && !errors.Is(err, docdb.ErrExists) {
		return fmt.Errorf("keep a picture: %w", err)
	}
	return nil
}

// fileName is derived from the bytes, so that it never stands for others, and
// from the picture, so that a picture can be removed without looking whether
// another has the same bytes, and nobody can find out by a name that somebody
// uploaded a picture they know.
func fileName(p id.Media, f mediaworker.File) string {
	_, name, _ := strings.Cut(id.Derive("pic", string(p), string(f.Data)), "_")
	if f.Type == "image/webp" {
		return name + ".webp"
	}
	return name + ".jpg"
}

// keyOf returns the key of a rendition.
func keyOf(name string) string { return "pic/" + name[:2] + "/" + name }

// refuse remembers why the upload is not taken, and returns it.
func (c *Core) refuse(ctx context.Context, u upload, why *errs.Error) error {
	c.Log.InfoContext(ctx, "upload refused", "upload", u.ID, "owner", u.Owner, "why", why)
	if err := c.close(ctx, u.ID, refused, why.Reason); err != nil {
		return err
	}
	return why
}

// close ends an upload, whose bytes are not needed any more.
func (c *Core) close(ctx context.Context, of id.Upload, s state, reason string) error {
	var last []piece
	_, err := c.uploads.Update(ctx, string(of), func(u *upload) error {
		last = u.Pieces
		u.State, u.Reason, u.Pieces = s, reason, nil
		if s == done {
			u.Offset = u.Length
		}
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("close an upload: %w", err)
	}
	c.drop(ctx, last...)
	return nil
}

// pieces reads the pieces of an upload one after the other.
type pieces struct {
	ctx   context.Context // of the reading, which ends before finish does
	blobs *blob.Store
	rest  []piece
	now   io.ReadCloser
}

func (p *pieces) Read(b []byte) (int, error) {
	for {
		if p.now == nil {
			if len(p.rest) == 0 {
				return 0, io.EOF
			}
			o, err := p.blobs.Get(p.ctx, p.rest[0].Key)
			if err != nil {
				return 0, err
			}
			if o.Size != p.rest[0].Size {
				return 0, errors.Join(fmt.Errorf("piece %s has %d bytes, not %d", o.Key, o.Size, p.rest[0].Size), o.Close())
			}
			p.now, p.rest = o, p.rest[1:]
		}
		n, err := p.now.Read(b)
		if err != io.EOF {
			return n, err
		}
		p.close()
		if n > 0 {
			return n, nil
		}
	}
}

func (p *pieces) close() {
	if p.now != nil {
		_ = p.now.Close() // it was only read
		p.now = nil
	}
}
