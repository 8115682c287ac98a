package fault

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"

	"meadow/deploy/shopper"
	"meadow/services/creator"
	"meadow/services/kernel/page"
	"meadow/services/talk"
)

// unheard is how much was asked once and not answered.
func (e *evening) unheard() (n int) {
	for _, p := range e.crew {
		n += len(p.maybe)
		for _, answered := range p.said {
			if !answered {
				n++
			}
		}
	}
	return n
}

// kept checks what must be there as soon as the shop answers again: uploads,
// posts, likes and comments. What nobody was answered about may still wait to be
// judged, as a plan may be on its way right now; told waits for both.
func (e *evening) kept(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	likes := int64(0)
	for _, p := range e.crew {
		for _, u := range p.uploads {
			if err := ready(ctx, u); err != nil {
				t.Errorf("round %d: %s: %v", e.round, p.name, err)
			}
		}
		works, err := all[creator.Work](ctx, p.Person, "/works")
		must(t, err)
		times := map[string]int{}
		for _, k := range works {
			times[k.Title]++
			body, known := p.posts[k.Title]
			if k.State != creator.Approved && (known && !p.waiting[k.Title] || k.Reason != "") {
				t.Errorf("round %d: %q is %s: %s", e.round, k.Title, k.State, k.Reason)
			}
			if !known {
				if !p.maybe[k.Title] {
					t.Errorf("round %d: nobody published %q", e.round, k.Title)
				}
				continue
			}
			var post creator.Post
			must(t, p.Do(ctx, "GET", "/posts/"+string(k.ID), "", nil, &post))
			if post.Body != body || len(post.Pictures) != 1 {
				t.Errorf("round %d: %q says %q with %d pictures, want %q", e.round, k.Title, post.Body, len(post.Pictures), body)
			}
		}
		for title := range p.posts {
			if n := times[title]; n != 1 && !(n == 0 && p.waiting[title]) {
				t.Errorf("round %d: %q is there %d times", e.round, title, n)
			}
		}
		for title := range p.maybe {
			if n := times[title]; n > 1 {
				t.Errorf("round %d: %q is there %d times", e.round, title, n)
			}
		}
		if p.liked {
			likes++
		}
	}
	var post creator.Post
	must(t, e.crew[0].Do(ctx, "GET", "/posts/"+string(e.post), "", nil, &post))
	if post.Likes != likes || likes != crew {
		t.Errorf("round %d: %d likes of %d people", e.round, post.Likes, likes)
	}
	e.remarks(t)
}

// remarks checks the comments, and returns how many there are.
func (e *evening) remarks(t *testing.T) (n int64) {
	t.Helper()
	said, err := all[talk.Comment](t.Context(), e.crew[0].Person, "/posts/"+string(e.post)+"/comments?order=new")
	must(t, err)
	times := map[string]int{}
	for _, k := range said {
		times[k.Body]++
	}
	for _, p := range e.crew {
		for body, answered := range p.said {
			if got := times[body]; got > 1 || answered && got == 0 {
				t.Errorf("round %d: %q (answered: %t) is there %d times", e.round, body, answered, got)
			}
			delete(times, body)
		}
	}
	if len(times) > 0 {
		t.Errorf("round %d: nobody said %v", e.round, times)
	}
	return int64(len(said))
}

// told waits until what follows from posts and comments has come about: plans
// are posts, all are judged, feeds hold them, counts are right. It returns how
// many posts there are.
func (e *evening) told(t *testing.T) (posts int) {
	t.Helper()
	ctx := t.Context()
	by := map[string]map[string]bool{} // the titles of each
	for _, p := range e.crew {
		eventually(t, wait, func() error {
			drafts, err := all[creator.Draft](ctx, p.Person, "/drafts")
			if err != nil || len(drafts) > 0 {
				return fmt.Errorf("round %d: %s has %d drafts left: %w", e.round, p.name, len(drafts), err)
			}
			return nil
		})
		works := p.judged(t, e.round)
		by[p.name] = map[string]bool{}
		for _, k := range works {
			by[p.name][k.Title] = true
		}
		for title := range p.posts {
			if !by[p.name][title] {
				t.Errorf("round %d: %q is neither a draft nor a post", e.round, title)
			}
		}
		posts += len(works)
	}
	for _, p := range e.crew {
		want := map[string]int{}
		for name, titles := range by {
			for title := range titles {
				if name != p.name {
					want[title] = 1
				}
			}
		}
		eventually(t, wait, func() error {
			cards, err := all[creator.Card](ctx, p.Person, "/feed/following")
			if err != nil {
				return err
			}
			got := map[string]int{}
			for _, k := range cards {
				if k.Author.Name != p.name { // one's own are there too
					got[k.Title]++
				}
			}
			if !maps.Equal(got, want) {
				return fmt.Errorf("round %d: the feed of %s has %v, want %v", e.round, p.name, got, want)
			}
			return nil
		})
	}
	eventually(t, wait, func() error {
		var post creator.Post
		if err := e.crew[1].Do(ctx, "GET", "/posts/"+string(e.post), "", nil, &post); err != nil {
			return err
		}
		if n := e.remarks(t); post.Comments != n {
			return fmt.Errorf("round %d: %d comments are counted as %d", e.round, n, post.Comments)
		}
		return nil
	})
	return posts
}

// judged waits until each of p's posts is: the shop itself goes on with one whose
// publishing was cut short between storing and judging it, after a few seconds.
func (p *writer) judged(t *testing.T, round int) (works []creator.Work) {
	t.Helper()
	eventually(t, wait, func() (err error) {
		if works, err = all[creator.Work](t.Context(), p.Person, "/works"); err != nil {
			return err
		}
		for _, k := range works {
			if k.State != creator.Approved {
				return fmt.Errorf("round %d: %q is %s: %s", round, k.Title, k.State, k.Reason)
			}
		}
		return nil
	})
	return works
}

// all reads a list to its end.
func all[T any](ctx context.Context, p *shopper.Person, path string) (items []T, err error) {
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	for after := ""; ; {
		var part page.Page[T]
		if err := p.Do(ctx, "GET", path+sign+"limit=50&after="+url.QueryEscape(after), "", nil, &part); err != nil {
			return nil, err
		}
		items = append(items, part.Items...)
		if after = string(part.Next); after == "" {
			return items, nil
		}
	}
}
