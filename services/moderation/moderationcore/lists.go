package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// entry is on a list, or was: At is absent then.
type entry struct {
	ID      string `bson:"_id"`
	Due     `bson:",inline"`
	List    moderation.ListKind `bson:"list"`
	Value   string              `bson:"value"`
	Key     string              `bson:"key"` // what it is matched by
	Outcome moderation.Outcome  `bson:"outcome"`
	Reason  moderation.Reason   `bson:"reason"`
	By      id.User             `bson:"by"`
	At      time.Time           `bson:"at,omitempty"`
	Turn    int64               `bson:"turn"`

	word folded // Key of a word
	bits uint64 // Key of a picture
}

// entries are the lists as rules use them.
type entries struct {
	mu       sync.Mutex // guards what follows, where this is a Core's
	version  int64
	loaded   bool
	words    []entry
	links    []entry
	pictures []entry
}

// head counts the changes of the lists, so that each process sees with one small
// read whether what it knows is current.
type head struct {
	Version int64 `bson:"version"`
}

const listsHead = "lists"

// listsChanged makes every process read the lists again. It comes after the
// change: who reads them in between reads them again.
func (c *Core) listsChanged(ctx context.Context) error {
	_, err := c.heads.Upsert(ctx, listsHead, func(h *head) error {
		h.Version++
		return nil
	})
	return err
}

// entries returns the lists as they are now. The version is read first: a change
// that comes while the lists are read makes the next call read them again.
func (c *Core) entries(ctx context.Context) (*entries, error) {
	h, err := c.heads.Get(ctx, listsHead)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return nil, fmt.Errorf("lists: %w", err)
	}
	c.cached.mu.Lock()
	defer c.cached.mu.Unlock()
	if !c.cached.loaded || c.cached.version != h.Version {
		fresh := entries{version: h.Version}
		for kind, to := range map[moderation.ListKind]*[]entry{
			moderation.Words: &fresh.words, moderation.Domains: &fresh.links, moderation.Pictures: &fresh.pictures,
		} {
			if *to, err = c.load(ctx, kind); err != nil {
				return nil, fmt.Errorf("lists: %w", err)
			}
		}
		c.cached.version, c.cached.loaded = h.Version, true
		c.cached.words, c.cached.links, c.cached.pictures = fresh.words, fresh.links, fresh.pictures
	}
	return &entries{words: c.cached.words, links: c.cached.links, pictures: c.cached.pictures}, nil
}

func (c *Core) load(ctx context.Context, kind moderation.ListKind) ([]entry, error) {
	var out []entry
	q := docdb.Query{Index: "list", Equal: []any{string(kind)}, Limit: 1000}
	for {
		found, err := c.lists.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range found.Items {
			switch kind {
			case moderation.Words:
				e.word = fold(e.Key)
			case moderation.Pictures:
				e.bits, _ = likeness(e.Key)
			}
			out = append(out, e)
		}
		if found.Next == "" {
			return out, nil
		}
		q.After = found.Next
	}
}

// keyOf returns what a value is matched by, or ErrEntry.
func keyOf(list moderation.ListKind, value string) (string, error) {
	switch list {
	case moderation.Words:
		f := fold(value)
		if utf8.RuneCountInString(f.solid) < 2 {
			return "", moderation.ErrEntry.With("value", "needs at least two letters")
		}
		return f.plain, nil
	case moderation.Domains:
		if d := domain(value); d != "" {
			return d, nil
		}
		return "", moderation.ErrEntry.With("value", "is not a domain")
	case moderation.Pictures:
		if _, ok := likeness(value); ok {
			return value, nil
		}
		return "", moderation.ErrEntry.With("value", "is not the likeness of a picture with some detail")
	}
	return "", moderation.ErrEntry.With("list", "does not exist")
}

// AddEntry implements moderation.Service. What is there already is changed.
func (c *Core) AddEntry(ctx context.Context, in moderation.AddEntry) (moderation.Entry, error) {
	a, err := judge(ctx)
	if err != nil {
		return moderation.Entry{}, err
	}
	if severity(in.Outcome) < 1 || !reasons[in.Reason] {
		return moderation.Entry{}, moderation.ErrEntry.With("outcome", "needs to be pending, limited or rejected, for a reason")
	}
	key, err := keyOf(in.List, in.Value)
	if err != nil {
		return moderation.Entry{}, err
	}
	now, eid := c.Now(), id.Derive("ent", string(in.List), key)
	e, err := c.lists.Upsert(ctx, eid, func(e *entry) error {
		if !e.At.IsZero() && e.Outcome == in.Outcome && e.Reason == in.Reason {
			return errSame
		}
		e.ID, e.List, e.Value, e.Key, e.Outcome, e.Reason, e.By = eid, in.List, in.Value, key, in.Outcome, in.Reason, a.User
		if e.At.IsZero() {
			e.At = now
		}
		e.Turn++
		e.owe(now, said(now, a.User, "add to list", eid, fmt.Sprintf("%s: %s, %s for %s", in.List, in.Value, in.Outcome, in.Reason), e.Turn))
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return moderation.Entry{}, fmt.Errorf("add entry: %w", err)
	}
	return e.view(), c.changed(ctx, e)
}

// DropEntry implements moderation.Service.
func (c *Core) DropEntry(ctx context.Context, in moderation.ByEntry) (rpc.Empty, error) {
	a, err := judge(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	now := c.Now()
	e, err := c.lists.Update(ctx, in.ID, func(e *entry) error {
		if e.At.IsZero() {
			return errSame
		}
		e.At = time.Time{}
		e.Turn++
		e.owe(now, said(now, a.User, "drop from list", e.ID, fmt.Sprintf("%s: %s", e.List, e.Value), e.Turn))
		return nil
	})
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return rpc.Empty{}, nil
	case err != nil && !errors.Is(err, errSame):
		return rpc.Empty{}, fmt.Errorf("drop entry: %w", err)
	}
	return rpc.Empty{}, c.changed(ctx, e)
}

// changed makes a change of the lists act before it is answered.
func (c *Core) changed(ctx context.Context, e entry) error {
	if e.Owed.IsZero() {
		return nil
	}
	return c.owedLists().settle(context.WithoutCancel(ctx), e.ID)
}

// Entries implements moderation.Service.
func (c *Core) Entries(ctx context.Context, in moderation.AskEntries) (page.Page[moderation.Entry], error) {
	if _, err := judge(ctx); err != nil {
		return page.Page[moderation.Entry]{}, err
	}
	found, err := c.lists.Find(ctx, docdb.Query{
		Index: "list", Equal: []any{string(in.List)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return page.Page[moderation.Entry]{}, fmt.Errorf("entries: %w", err)
	}
	return page.Map(found, entry.view), nil
}

func (e entry) view() moderation.Entry {
	return moderation.Entry{ID: e.ID, List: e.List, Value: e.Value, Outcome: e.Outcome, Reason: e.Reason, By: e.By, At: e.At}
}

// reasons are those that anything may be judged for.
var reasons = map[moderation.Reason]bool{
	moderation.Spam: true, moderation.Fraud: true, moderation.Counter: true, moderation.Hidden: true, moderation.Hate: true,
	moderation.Harassment: true, moderation.Violence: true, moderation.Sexual: true, moderation.Minors: true, moderation.Privacy: true,
	moderation.Copyright: true, moderation.False: true, moderation.Banned: true, moderation.Other: true,
}

// Listed reports whether a text holds a word on the list, however it is spelt.
func (c *Core) Listed(ctx context.Context, in moderation.AskListed) (moderation.Listed, error) {
	if err := internal(ctx); err != nil {
		return moderation.Listed{}, err
	}
	all, err := c.entries(ctx)
	if err != nil {
		return moderation.Listed{}, err
	}
	text := fold(in.Text)
	_, found := worst(all.words, func(e entry) bool { return text.has(e.word) })
	return moderation.Listed{OK: found}, nil
}
