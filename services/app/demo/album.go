package demo

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"meadow/media"
	"meadow/services/kernel/id"
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

// wanted lists what the world uses of the album.
func (w world) wanted() []hung {
	var out []hung
	for _, p := range w.People {
		out = append(out, hung{p.Key, media.ForAvatar, p.Avatar})
	}
	owners := map[string]string{}
	for _, s := range w.Shops {
		owners[s.Key] = s.Owner
		out = append(out, hung{s.Owner, media.ForAvatar, s.Logo})
	}
	for _, p := range w.Products {
		for _, pic := range p.Pictures {
			out = append(out, hung{owners[p.Shop], media.ForProduct, pic.File})
		}
	}
	for _, p := range w.Posts {
		for _, pic := range p.Pictures {
			out = append(out, hung{p.By, media.ForPost, pic.File})
		}
	}
	return out
}

// hang brings the pictures in, a few at a time, by the way of every upload.
func (f *filling) hang(ctx context.Context) (int, error) {
	want := f.world.wanted()
	f.pictures = make(map[hung]id.Media, len(want))
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
			if n := len(f.pictures); n%40 == 0 {
				f.log.InfoContext(gctx, "demonstration pictures are coming in", "done", n, "of", len(want))
			}
			return nil
		})
	}
	return len(want), g.Wait()
}

// show is somebody's pictures as a draft names them.
func (f *filling) show(owner string, purpose media.Purpose, shots []shot) []picture.Wanted {
	out := make([]picture.Wanted, len(shots))
	for i, s := range shots {
		out[i] = picture.Wanted{ID: f.pictures[hung{owner, purpose, s.File}], Alt: s.Alt}
	}
	return out
}
