package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/talk"
)

// batch is how many posts wait for each other's pictures.
const batch = 12

// publishRest publishes what is not there yet.
func (f *filling) publishRest(ctx context.Context) (int, error) {
	_, err := f.publish(ctx, slices.DeleteFunc(slices.Clone(f.world.Posts), func(n note) bool { return f.posts[n.Key] != "" }))
	return len(f.posts), err
}

// publish lets creators post, in the order of the world: the last is the newest.
func (f *filling) publish(ctx context.Context, posts []note) (int, error) {
	for some := range slices.Chunk(posts, batch) {
		if err := f.hang(ctx, postPictures(some)); err != nil {
			return 0, err
		}
		for _, n := range some {
			p, err := f.Creator.Publish(f.people[n.By].ctx, creator.Publish{DraftContent: f.draft(n), RequestID: request("post", n.Key)})
			if err != nil {
				return 0, fmt.Errorf("%s: %w", n.Key, err)
			}
			f.posts[n.Key] = p.ID
		}
	}
	return len(f.posts), nil
}

func (f *filling) draft(n note) creator.DraftContent {
	d := creator.DraftContent{
		Title: n.Title, Body: strings.TrimSpace(n.Body), Topics: n.Topics, Lang: n.Lang,
		Place: f.people[n.By].Town, Ad: len(n.Tags) > 0, Pictures: f.show(n.By, media.ForPost, n.Pictures),
	}
	for _, t := range n.Tags {
		d.Tags = append(d.Tags, creator.NewTag{Product: f.products[t.Product].ID, Picture: t.Picture, X: t.X, Y: t.Y})
	}
	return d
}

// react lets people like and save. Who does follows from the names alone, so
// that every run comes to the same.
func (f *filling) react(ctx context.Context) (int, error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * atOnce)
	n := 0
	for _, p := range f.world.Posts {
		for _, s := range f.world.People {
			likes, saves := p.likedBy(s), p.savedBy(s)
			if !likes && !saves {
				continue
			}
			n++
			g.Go(func() error {
				if err := gctx.Err(); err != nil {
					return err
				}
				return f.reactTo(f.people[s.Key].ctx, f.posts[p.Key], likes, saves)
			})
		}
	}
	return n, g.Wait()
}

func (f *filling) reactTo(ctx context.Context, p id.Post, likes, saves bool) error {
	if likes {
		if _, err := f.Creator.Like(ctx, creator.ByPost{ID: p}); err != nil {
			return err
		}
	}
	if saves {
		if _, err := f.Creator.Save(ctx, creator.Save{ID: p}); err != nil {
			return err
		}
	}
	return nil
}

// usualPull is how many people in a hundred like a post of which nothing is said.
const usualPull = 40

func (n note) likedBy(s soul) bool {
	pull := n.Pull
	if pull == 0 {
		pull = usualPull
	}
	return s.Key != n.By && luck("like", n.Key, s.Key) < pull
}

func (n note) savedBy(s soul) bool {
	return n.likedBy(s) && luck("save", n.Key, s.Key) < 35
}

// luck is a number from 0 to 99 that belongs to these words.
func luck(words ...string) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(words, "\x00"))) // never fails
	v := h.Sum64()
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd // FNV alone leaves the low bits of short words alike
	v ^= v >> 33
	return int(v % 100)
}

// talk lets people comment and answer.
func (f *filling) talk(context.Context) (int, error) {
	n := 0
	for _, c := range f.world.Talk {
		said, err := f.say(c.Post, "", c.word)
		if err != nil {
			return n, err
		}
		n++
		for _, r := range c.Replies {
			if _, err := f.say(c.Post, said, r); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func (f *filling) say(post string, parent id.Comment, w word) (id.Comment, error) {
	by := actor.From(f.people[w.By].ctx)
	by.System = "demo" // so many words in a minute are too fast for anybody else
	c, err := f.Talk.Say(actor.With(f.people[w.By].ctx, by), talk.Say{
		ID: f.posts[post], Parent: parent, Body: w.Say, RequestID: request("comment", post+"/"+w.By+"/"+w.Say),
	})
	if err != nil {
		return "", fmt.Errorf("%s by %s: %w", post, w.By, err)
	}
	return c.ID, nil
}
