package creatorcore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

const (
	// maxSpan is what a calendar shows at once, maxEntries how much of it.
	maxSpan    = 62 * 24 * time.Hour
	maxEntries = 1000
)

// Calendar lists what was and will be published, earliest first.
func (c *Core) Calendar(ctx context.Context, in creator.Calendar) (creator.CalendarDays, error) {
	out := creator.CalendarDays{Items: []creator.CalendarEntry{}}
	account, err := c.accountOf(ctx, in.As, creator.Editor)
	if err != nil {
		return out, err
	}
	from, err := instant("from", in.From)
	if err != nil {
		return out, err
	}
	to, err := instant("to", in.To)
	if err != nil {
		return out, err
	}
	if !from.Before(to) || to.Sub(from) > maxSpan {
		return out, errs.ErrInvalid.With("to", "must be after from, by at most 62 days")
	}
	posts, err := span(ctx, c.posts, "works", account, from, to, func(p post) creator.CalendarEntry {
		e := creator.CalendarEntry{Post: p.ID, Title: p.Title, Kind: p.Kind, State: p.State, At: p.At}
		if len(p.Pictures) > 0 {
			e.Thumb = p.Pictures[0].Thumb
		}
		return e
	})
	if err != nil {
		return out, err
	}
	drafts, err := span(ctx, c.drafts, "scheduled", account, from, to, func(d draft) creator.CalendarEntry {
		return creator.CalendarEntry{
			Draft: d.ID, Title: d.Content.Title, Thumb: d.Cover, Kind: cmp.Or(d.Content.Kind, creator.Pictures), At: d.PublishAt,
		}
	})
	if err != nil {
		return out, err
	}
	out.Items = append(append(out.Items, posts...), drafts...)
	slices.SortStableFunc(out.Items, func(a, b creator.CalendarEntry) int { return a.At.Compare(b.At) })
	return out, nil
}

// spanPage is how many whole documents a calendar holds at once.
const spanPage = 50

// span returns the entries of an account's documents that lie in [from, to).
func span[T any](ctx context.Context, in *docdb.Collection[T], index string, account id.User, from, to time.Time, entry func(T) creator.CalendarEntry) ([]creator.CalendarEntry, error) {
	var out []creator.CalendarEntry
	for after := page.Cursor(""); len(out) < maxEntries; {
		found, err := in.Find(ctx, docdb.Query{
			Index: index, Equal: []any{string(account)}, From: from, Before: to, Limit: spanPage, After: after,
		})
		if err != nil {
			return nil, fmt.Errorf("calendar: %w", err)
		}
		for _, x := range found.Items {
			out = append(out, entry(x))
		}
		if after = found.Next; after == "" {
			break
		}
	}
	return out, nil
}

func instant(field, s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, errs.ErrInvalid.With(field, "must be an instant, as in 2030-05-01T10:00:00Z")
	}
	return at.UTC(), nil
}
