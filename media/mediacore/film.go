package mediacore

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"meadow/media"
	"meadow/media/mediavideo"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// prepare makes the video of an upload that has all its bytes. Doing so twice
// makes the same one: everything is kept under names that the upload decides.
func (c *Core) prepare(ctx context.Context, u upload, scratch string, said func(int64)) error {
	m := mediaOf(u.ID)
	if _, err := c.videos.Get(ctx, string(m)); err == nil {
		return c.conclude(ctx, u, done, "") // it was made, and the process then killed
	} else if !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	dir, err := os.MkdirTemp(scratch, "video-")
	if err != nil {
		return fmt.Errorf("media: scratch: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			c.Log.WarnContext(ctx, "a video stays behind in the scratch folder", "err", err)
		}
	}()
	ai, err := c.assemble(ctx, u, dir)
	if err != nil {
		return err
	}
	made, err := c.Film(ctx, dir, ai, said)
	if err != nil {
		return err
	}
	if err := c.keepPoster(ctx, u, dir, made); err != nil {
		return err
	}
	if err := c.keepFilm(ctx, u, dir, made); err != nil {
		return err
	}
	return c.conclude(ctx, u, done, "")
}

// aiMark is in the metadata, by the IPTC's words, of a file that a machine made
// wholly or in part.
const aiMark = "rainedAlgorithmicMedia"

// assemble writes the upload's bytes into one file, and reports whether they
// hold a mark that a machine made them.
func (c *Core) assemble(ctx context.Context, u upload, dir string) (ai bool, err error) {
	f, err := os.OpenFile(filepath.Join(dir, mediavideo.Source), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false, fmt.Errorf("media: scratch: %w", err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("media: scratch: %w", e)
		}
	}()
	r := &pieces{ctx: ctx, blobs: c.Blobs, rest: u.Pieces}
	defer r.close()
	look := &finder{what: []byte(aiMark)}
	n, err := io.CopyBuffer(io.MultiWriter(f, look), r, make([]byte, 256<<10))
	if err != nil {
		return false, fmt.Errorf("assemble a video: %w", err)
	}
	if n != u.Length {
		return false, fmt.Errorf("assemble a video: %d bytes of %d", n, u.Length)
	}
	return look.found, nil
}

// finder looks for some bytes in what is written to it.
type finder struct {
	what  []byte
	tail  []byte // the end of what was written, in which they may begin
	found bool
}

func (f *finder) Write(p []byte) (int, error) {
	if f.found {
		return len(p), nil
	}
	edge := append(f.tail, p[:min(len(p), len(f.what)-1)]...)
	f.found = bytes.Contains(edge, f.what) || bytes.Contains(p, f.what)
	f.tail = bytes.Clone(edge[max(0, len(edge)-len(f.what)+1):])
	if len(p) >= len(f.what) {
		f.tail = bytes.Clone(p[len(p)-len(f.what)+1:])
	}
	return len(p), nil
}

// maxPoster is the most bytes of a poster before it is encoded anew.
const maxPoster = media.MaxBytes

// posterOf is what the poster of a video is called.
func posterOf(m id.Media) id.Media { return id.Media(id.Derive("med", string(m), "poster")) }

// keepPoster makes a picture of the video's poster.
func (c *Core) keepPoster(ctx context.Context, u upload, dir string, made mediavideo.Made) error {
	f, err := openMade(dir, made.Poster)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := c.Develop(ctx, io.LimitReader(f, maxPoster))
	if e, ok := errors.AsType[*errs.Error](err); ok && !e.Is(media.ErrBusy) {
		return media.ErrBrokenVideo.Because(err)
	}
	if err != nil {
		return err
	}
	return c.keep(ctx, posterOf(mediaOf(u.ID)), u, d)
}

// openMade opens a file that was made in dir. A program that a hostile video has
// taken over may have left anything there, so that only a plain file is opened.
func openMade(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("media: scratch: %w", err)
	}
	defer root.Close()
	i, err := root.Lstat(name)
	if err == nil && !i.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", name)
	}
	if err != nil {
		return nil, media.ErrBrokenVideo.Because(err)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("media: scratch: %w", err)
	}
	return f, nil
}

// keepFilm stores the video's files, then the video that refers to them.
func (c *Core) keepFilm(ctx context.Context, u upload, dir string, made mediavideo.Made) error {
	m := mediaOf(u.ID)
	folder := c.filmFolder(m)
	for _, f := range made.Files {
		if err := c.putFile(ctx, dir, folder, f); err != nil {
			return err
		}
	}
	v := film{UnclaimedUntil: c.Now().Add(media.UnclaimedTTL), Video: media.Video{
		Owner: u.Owner, Poster: posterOf(m), Video: video.Video{
			ID: m, Width: made.Width, Height: made.Height, Duration: made.Duration.Milliseconds(), AI: made.AI,
			HLS: media.VideoPath + folder + "/" + mediavideo.Master, Preview: media.VideoPath + folder + "/" + mediavideo.Preview,
		},
	}}
	if err := c.videos.Insert(ctx, string(m), v); err != nil && !errors.Is(err, docdb.ErrExists) {
		return fmt.Errorf("keep a video: %w", err)
	}
	return nil
}

func (c *Core) putFile(ctx context.Context, dir, folder string, made mediavideo.File) error {
	f, err := openMade(dir, made.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = c.Blobs.Put(ctx, filmKey(folder, made.Name), f, made.Size, made.Type)
	return err
}

// filmFolder is the part of a video's addresses that nobody can guess, though
// everybody may know the video's id.
func (c *Core) filmFolder(m id.Media) string {
	h := hmac.New(sha256.New, c.Key)
	h.Write([]byte("meadow video files\n"))
	h.Write([]byte(m))
	_, name, _ := strings.Cut(id.Derive("vid", string(h.Sum(nil))), "_")
	return name
}

func filmKey(folder, name string) string { return "vid/" + folder[:2] + "/" + folder + "/" + name }

// OpenFilm returns a file of a video, by the last two parts of its URL. Its
// bytes never change. ErrNoSuchVideo.
func (c *Core) OpenFilm(ctx context.Context, folder, name string) (*blob.Object, error) {
	if _, ok := mediavideo.TypeOf(name); !ok || !id.Valid("vid", "vid_"+folder) {
		return nil, media.ErrNoSuchVideo
	}
	o, err := c.Blobs.Get(ctx, filmKey(folder, name))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, media.ErrNoSuchVideo
	}
	return o, err
}

// dropIfGone removes what was made of a video whose upload was given up while
// somebody worked on it.
func (c *Core) dropIfGone(ctx context.Context, u upload) error {
	_, err := c.uploads.Get(ctx, string(u.ID))
	if !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return c.dropFilm(ctx, mediaOf(u.ID))
}

// dropFilm removes the files of a video that came to nothing.
func (c *Core) dropFilm(ctx context.Context, m id.Media) error {
	_, err := c.videos.Get(ctx, string(m))
	if err == nil || !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return c.dropAll(ctx, filmKey(c.filmFolder(m), ""))
}
