package feedcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/feed"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// searched is what somebody searched for, latest first.
type searched struct {
	ID    id.User     `bson:"_id"`
	Items []searching `bson:"items"`
}

type searching struct {
	Text string    `bson:"text"`
	At   time.Time `bson:"at"`
}

// searchesKept is how many searches of one person are remembered.
const searchesKept = 20

// rememberSearch puts a search on the caller's list, if they are remembered.
func (c *Core) rememberSearch(ctx context.Context, me id.User, text string) error {
	key, now := searchKey(text), c.Now().UTC().Truncate(time.Millisecond)
	_, err := c.find.searched.Upsert(ctx, string(me), func(s *searched) error {
		s.ID = me
		s.Items = slices.DeleteFunc(s.Items, func(i searching) bool { return searchKey(i.Text) == key })
		s.Items = slices.Insert(s.Items, 0, searching{Text: oneLine(text), At: now})
		s.Items = s.Items[:min(len(s.Items), searchesKept)]
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember a search: %w", err)
	}
	return nil
}

// Searched is what the caller searched for, as far as it may be remembered.
func (c *Core) Searched(ctx context.Context, _ feed.Empty) (feed.Searches, error) {
	none := feed.Searches{Items: []feed.Searching{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	p, err := c.person(ctx, me)
	if err != nil {
		return none, err
	}
	s, err := c.find.searched.Get(ctx, string(me))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return none, fmt.Errorf("searched: %w", err)
	}
	out := none
	for _, i := range s.Items {
		if p.allows(i.At) {
			out.Items = append(out.Items, feed.Searching{Text: i.Text, At: i.At})
		}
	}
	return out, nil
}

// ForgetSearch drops one search, however it was written.
func (c *Core) ForgetSearch(ctx context.Context, in feed.OneSearch) (feed.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.Empty{}, err
	}
	if in.Text == "" {
		return feed.Empty{}, errs.ErrInvalid.With("q", "is required")
	}
	key, line := searchKey(in.Text), oneLine(in.Text)
	_, err = c.find.searched.Update(ctx, string(me), func(s *searched) error {
		s.Items = slices.DeleteFunc(s.Items, func(i searching) bool { return i.Text == line || searchKey(i.Text) == key })
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return feed.Empty{}, fmt.Errorf("forget a search: %w", err)
	}
	return feed.Empty{}, nil
}

// ForgetSearches drops all of the caller's.
func (c *Core) ForgetSearches(ctx context.Context, _ feed.Empty) (feed.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.Empty{}, err
	}
	return feed.Empty{}, c.dropSearches(ctx, me)
}

// dropSearches forgets all that somebody searched for.
func (c *Core) dropSearches(ctx context.Context, u id.User) error {
	err := c.find.searched.Delete(ctx, string(u))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("forget searches: %w", err)
	}
	return nil
}

// eraseSearches forgets what somebody searched for until an instant.
func (c *Core) eraseSearches(ctx context.Context, u id.User, until time.Time) error {
	_, err := c.find.searched.Update(ctx, string(u), func(s *searched) error {
		s.Items = slices.DeleteFunc(s.Items, func(i searching) bool { return !i.At.After(until) })
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("erase searches: %w", err)
	}
	return nil
}
