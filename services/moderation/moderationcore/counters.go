package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// window is what an author did lately of one sort, each thing once, so that
// checking it again counts it no more.
type window struct {
	Did     []done    `bson:"did"`
	Expires time.Time `bson:"expires"`
}

type done struct {
	What string    `bson:"what"`
	At   time.Time `bson:"at"`
}

// mostDone is how many things a window holds; no rule asks for more.
const mostDone = 64

// within adds a thing to a window and returns how many others there are, within
// a span before now.
func (c *Core) within(ctx context.Context, key, what string, span time.Duration) (int, error) {
	now := c.Now()
	w, err := c.counters.Upsert(ctx, key, func(w *window) error {
		w.Did = slices.DeleteFunc(w.Did, func(d done) bool { return now.Sub(d.At) >= span })
		if slices.ContainsFunc(w.Did, func(d done) bool { return d.What == what }) {
			return errSame
		}
		w.Did = append(w.Did, done{what, now})
		w.Did = w.Did[max(0, len(w.Did)-mostDone):]
		w.Expires = now.Add(span)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return 0, fmt.Errorf("count: %w", err)
	}
	return len(w.Did) - 1, nil
}

// fewest is how many characters a text has that is worth comparing: everybody
// says "thank you".
const fewest = 8

// count returns what rules know of something beside its facts.
func (c *Core) count(ctx context.Context, in moderation.Check) (Counters, error) {
	n := Counters{Kind: in.Subject.Kind, Age: newFor, text: fold(in.Facts.Text)}
	n.links = linksOf(n.text.plain)
	var err error
	if n.lists, err = c.entries(ctx); err != nil {
		return n, err
	}
	what := string(caseID(in.Subject))
	if n.Hour, err = c.within(ctx, id.Derive("hrs", string(in.Author), string(n.Kind)), what, time.Hour); err != nil {
		return n, err
	}
	n.Hour++
	if n.Kind != moderation.Profile && utf8.RuneCountInString(n.text.solid) >= fewest {
		if n.Same, err = c.within(ctx, id.Derive("sam", string(in.Author), n.text.solid), what, 24*time.Hour); err != nil {
			return n, err
		}
	}
	if len(n.links) > 0 {
		n.Age = c.age(ctx, in.Author)
	}
	return n, nil
}

// age is how old an account is. That it cannot be learnt holds nobody up.
func (c *Core) age(ctx context.Context, u id.User) time.Duration {
	all, err := c.known(ctx, u)
	if err != nil {
		c.Log.WarnContext(ctx, "age of an account not known", "user", u, "err", err)
		return newFor
	}
	if k, ok := all[u]; ok {
		return c.Now().Sub(k.CreatedAt)
	}
	return newFor
}
