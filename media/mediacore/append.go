package mediacore

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the tus protocol names it; it guards against accidents
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"meadow/media"
	"meadow/media/mediavideo"
	"meadow/media/mediaworker"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

const (
	// pieceSize is the most bytes of a request that are held in memory, and so
	// the most that a cut connection can lose.
	pieceSize = 1 << 20
	// maxPieces and maxVideoPieces bound the document of an upload. The largest
	// video is 1024 full pieces.
	maxPieces      = 256
	maxVideoPieces = 2048
	// landing is how long storing what had come may take once its sender is gone.
	landing = 20 * time.Second
	// patience is how long a request waits for others to end.
	patience = 10 * time.Second
)

// Check is a checksum that what is appended must have. The zero Check is none.
type Check struct {
	sum  hash.Hash
	want []byte
}

// ParseCheck reads a check in the form "sha256 <base64>". ErrAlgorithm, also if
// it cannot be read.
func ParseCheck(text string) (Check, error) {
	if text == "" {
		return Check{}, nil
	}
	name, sum, _ := strings.Cut(text, " ")
	want, err := base64.StdEncoding.DecodeString(sum)
	if err != nil {
		return Check{}, media.ErrAlgorithm.Because(err)
	}
	switch name {
	case "sha1":
		return Check{sum: sha1.New(), want: want}, nil //nolint:gosec // see above
	case "sha256":
		return Check{sum: sha256.New(), want: want}, nil
	}
	return Check{}, media.ErrAlgorithm
}

// Append adds what r holds to the upload, from offset on. It is stored piece by
// piece while it arrives, so that the upload can go on where a connection was
// cut; with a check, all or nothing is. The last byte finishes the upload: then
// Append returns once there is a picture, or with why it was refused.
//
// ErrToken, ErrExpired, ErrNoUpload; ErrOffset if the upload is elsewhere, also
// because somebody else appended meanwhile; ErrTooLarge, and nothing of the last
// piece is stored, if r goes on after the announced length; ErrPieces, ErrChecksum.
func (c *Core) Append(ctx context.Context, token string, to id.Upload, offset int64, r io.Reader, check Check) (Progress, error) {
	u, err := c.entered(ctx, token, to)
	if err != nil {
		return Progress{}, err
	}
	if u.Offset != offset {
		return u.progress(), media.ErrOffset
	}
	if u.State != open {
		return u.progress(), nil
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return u.progress(), ctx.Err()
	case <-time.After(patience):
		return u.progress(), media.ErrBusy
	}
	if check.sum != nil {
		u, err = c.appendChecked(ctx, u, r, check)
	} else {
		u, err = c.appendPieces(ctx, u, r)
	}
	if err == nil && u.Offset == u.Length {
		err = c.finish(ctx, u)
	}
	return u.progress(), err
}

// appendPieces adds r, and makes each piece part of the upload as it arrives.
func (c *Core) appendPieces(ctx context.Context, u upload, r io.Reader) (upload, error) {
	buf := make([]byte, min(pieceSize, u.Length-u.Offset))
	for u.Offset < u.Length {
		n, readErr := fill(r, buf[:min(int64(len(buf)), u.Length-u.Offset)])
		if u.Offset+int64(n) == u.Length && readErr == nil {
			if err := ended(r); err != nil {
				return u, err
			}
		}
		if err := c.sniff(ctx, u, buf[:n]); err != nil {
			return u, err
		}
		next, err := c.land(ctx, u, buf[:n])
		if err != nil {
			return u, err
		}
		u = next
		if readErr == io.EOF {
			return u, nil
		}
		if readErr != nil {
			return u, fmt.Errorf("receive an upload: %w", readErr)
		}
	}
	return u, nil
}

// land stores what has come even if its sender has just gone.
func (c *Core) land(ctx context.Context, u upload, data []byte) (upload, error) {
	if len(data) == 0 {
		return u, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), landing)
	defer cancel()
	p, err := c.store(ctx, u.ID, u.Offset, data)
	if err != nil {
		return u, err
	}
	return c.join(ctx, u, p)
}

// appendChecked adds r if it has its checksum, else nothing of it.
func (c *Core) appendChecked(ctx context.Context, u upload, r io.Reader, check Check) (_ upload, err error) {
	var pieces []piece
	var head []byte
	defer func() {
		if err != nil {
			c.drop(ctx, pieces...)
		}
	}()
	buf := make([]byte, min(pieceSize, u.Length-u.Offset))
	for at := u.Offset; at < u.Length; {
		n, readErr := fill(r, buf[:min(int64(len(buf)), u.Length-at)])
		if readErr != nil && readErr != io.EOF {
			return u, fmt.Errorf("receive an upload: %w", readErr)
		}
		check.sum.Write(buf[:n])
		if at == u.Offset {
			head = bytes.Clone(buf[:min(n, mediaworker.SniffBytes)])
		}
		if n > 0 {
			p, err := c.store(ctx, u.ID, at, buf[:n])
			if err != nil {
				return u, err
			}
			pieces = append(pieces, p)
		}
		at += int64(n)
		if readErr == io.EOF {
			break
		}
		if at == u.Length {
			if err := ended(r); err != nil {
				return u, err
			}
		}
	}
	if !bytes.Equal(check.sum.Sum(nil), check.want) {
		return u, media.ErrChecksum
	}
	if err := c.sniff(ctx, u, head); err != nil {
		return u, err
	}
	next, err := c.join(ctx, u, pieces...)
	if err != nil {
		pieces = nil // join has dropped them
		return u, err
	}
	return next, nil
}

// fill reads until p is full, or returns how far it got: io.EOF at the end of r.
func fill(r io.Reader, p []byte) (int, error) {
	n, err := io.ReadFull(r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// ended returns ErrTooLarge if r goes on.
func ended(r io.Reader) error {
	var one [1]byte
	if n, _ := io.ReadFull(r, one[:]); n > 0 {
		return media.ErrTooLarge
	}
	return nil
}

// sniff refuses an upload by its first piece, before the rest is sent.
func (c *Core) sniff(ctx context.Context, u upload, data []byte) error {
	if u.Offset > 0 || int64(len(data)) < min(mediaworker.SniffBytes, u.Length) {
		return nil
	}
	switch u.kind() {
	case media.Film:
		if _, ok := mediavideo.Sniff(data); !ok {
			return c.refuse(ctx, u, media.ErrNotVideo)
		}
	case media.Captions:
		if !isCaptions(data) {
			return c.refuse(ctx, u, media.ErrNotCaptions)
		}
	default:
		if !mediaworker.Sniff(data) {
			return c.refuse(ctx, u, media.ErrNotPicture)
		}
	}
	return nil
}

func (u upload) mostPieces() int {
	if u.Kind == media.Film {
		return maxVideoPieces
	}
	return maxPieces
}

func (c *Core) store(ctx context.Context, of id.Upload, offset int64, data []byte) (piece, error) {
	p := piece{Key: fmt.Sprintf("%s%012d-%s", prefix(of), offset, id.Secret()), Size: int64(len(data))}
	_, err := c.Blobs.Put(ctx, p.Key, bytes.NewReader(data), p.Size, "application/octet-stream")
	return p, err
}

// prefix begins the keys of an upload's pieces.
func prefix(of id.Upload) string { return "upload/" + string(of) + "/" }

// join makes pieces part of the upload, if it is still where u says; else it
// drops them.
func (c *Core) join(ctx context.Context, u upload, pieces ...piece) (upload, error) {
	next, err := c.uploads.Update(ctx, string(u.ID), func(now *upload) error {
		switch {
		case now.State == refused:
			return now.verdict()
		case now.State != open || now.Offset != u.Offset:
			return media.ErrOffset
		case len(now.Pieces)+len(pieces) > now.mostPieces():
			return media.ErrPieces
		}
		for _, p := range pieces {
			now.Pieces = append(now.Pieces, p)
			now.Offset += p.Size
		}
		if now.Kind == media.Film && now.Offset == now.Length {
			now.waits(c.Now())
		}
		return nil
	})
	if err == nil {
		return next, nil
	}
	c.drop(ctx, pieces...)
	if errors.Is(err, docdb.ErrNotFound) {
		err = media.ErrNoUpload
	}
	return u, err
}

// drop removes pieces that nothing refers to. What it misses Sweep finds.
func (c *Core) drop(ctx context.Context, pieces ...piece) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), landing)
	defer cancel()
	for _, p := range pieces {
		if err := c.Blobs.Delete(ctx, p.Key); err != nil {
			c.Log.WarnContext(ctx, "a piece of an upload stays behind", "key", p.Key, "err", err)
		}
	}
}
