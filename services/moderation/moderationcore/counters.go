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

// window is what an author did within a day, each thing once, so that checking
// it again counts it no more.
type window struct {
	Did     []done    `bson:"did"`
	Expires time.Time `bson:"expires"`
}

// done is a thing that was checked. Print is of its text; "" if that is too short
// to compare.
type done struct {
	What  string                 `bson:"what"`
	Kind  moderation.SubjectKind `bson:"kind"`
	Print string                 `bson:"print"`
	At    time.Time              `bson:"at"`
}

const (
	// mostDone is how many things a window holds: more than any rule asks for. Who
	// does more is stopped by burst.
	mostDone = 128
	aDay     = 24 * time.Hour
)

// lately adds a thing to what its author did, and returns all of that.
func (c *Core) lately(ctx context.Context, author id.User, d done) ([]done, error) {
	w, err := c.counters.Upsert(ctx, id.Derive("did", string(author)), func(w *window) error {
		w.Did = slices.DeleteFunc(w.Did, func(x done) bool { return d.At.Sub(x.At) >= aDay })
		i := slices.IndexFunc(w.Did, func(x done) bool { return x.What == d.What })
		switch {
		case i >= 0 && w.Did[i].Print == d.Print:
			return errSame
		case i >= 0:
			w.Did[i].Print = d.Print // it was edited
		default:
			w.Did = append(w.Did, d)
			w.Did = w.Did[max(0, len(w.Did)-mostDone):]
		}
		w.Expires = d.At.Add(aDay)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return nil, fmt.Errorf("count: %w", err)
	}
	return w.Did, nil
}

// fewest is how many characters a text has that is worth comparing: everybody
// says "thank you".
const fewest = 8

// count returns what rules know of something beside its facts.
func (c *Core) count(ctx context.Context, in moderation.Check) (Counters, error) {
	n := read(in.Subject.Kind, in.Facts.Text)
	var err error
	if n.lists, err = c.entries(ctx); err != nil {
		return n, err
	}
	d := done{What: string(caseID(in.Subject)), Kind: n.Kind, At: c.Now()}
	if n.Kind != moderation.Profile && utf8.RuneCountInString(n.text.solid) >= fewest {
		d.Print = id.Derive("txt", n.text.solid)
	}
	all, err := c.lately(ctx, in.Author, d)
	if err != nil {
		return n, err
	}
	for _, x := range all {
		if x.Kind == n.Kind && d.At.Sub(x.At) < time.Hour {
			n.Hour++
		}
		if x.Print == d.Print && d.Print != "" && x.What != d.What {
			n.Same++
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
