package demo

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"meadow/media"
	"meadow/services/kernel/picture"
)

// album holds the world's pictures; pictures/LICENSES.md says whose they are.
//
//go:embed pictures/*.webp
var album embed.FS

func inAlbum(name string) string { return "pictures/" + name + ".webp" }

// hung is a picture that somebody uses for something.
type hung struct {
	owner   string
	purpose media.Purpose
	file    string
}

// faces are the pictures of people and of shops.
func (w world) faces() []hung {
	var out []hung
	for _, p := range w.People {
		out = append(out, hung{p.Key, media.ForAvatar, p.Avatar})
	}
	for _, s := range w.Shops {
		out = append(out, hung{s.Owner, media.ForAvatar, s.Logo})
	}
	return out
}

func (w world) productPictures() []hung {
	var out []hung
	owners := w.owners()
	for _, p := range w.Products {
		out = append(out, shotsOf(owners[p.Shop], media.ForProduct, p.Pictures)...)
	}
	return out
}

func postPictures(posts []note) []hung {
	var out []hung
	for _, p := range posts {
		out = append(out, shotsOf(p.By, media.ForPost, p.Pictures)...)
	}
	return out
}

func shotsOf(owner string, purpose media.Purpose, shots []shot) []hung {
	out := make([]hung, len(shots))
	for i, s := range shots {
		out[i] = hung{owner, purpose, s.File}
	}
	return out
}

// hang brings pictures in, a few at a time, by the way of every upload. This
// is most of the work, so each stage hangs its own: the shop comes to life
// while it is being filled.
func (f *filling) hang(ctx context.Context, want []hung) error {
	var mu sync.Mutex // guards f.pictures
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, h := range want {
		g.Go(func() error {
			raw, err := album.ReadFile(inAlbum(h.file))
			if err != nil {
				return err
			}
			m, err := f.Picture(gctx, f.people[h.owner].user, h.purpose, bytes.NewReader(raw))
			if err != nil {
				return fmt.Errorf("%s: %w", h.file, err)
			}
			mu.Lock()
			defer mu.Unlock()
			f.pictures[h] = m
			return nil
		})
	}
	err := g.Wait()
	f.log.InfoContext(ctx, "demonstration pictures came in", "count", len(f.pictures))
	return err
}

// show is somebody's pictures as a draft names them.
func (f *filling) show(owner string, purpose media.Purpose, shots []shot) []picture.Wanted {
	out := make([]picture.Wanted, len(shots))
	for i, s := range shots {
		out[i] = picture.Wanted{ID: f.pictures[hung{owner, purpose, s.File}], Alt: s.Alt}
	}
	return out
}
