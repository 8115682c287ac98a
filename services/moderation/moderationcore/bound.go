package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
)

// bound is that somebody keeps another away, or did: At and Slot are absent
// then. A person's slots are numbered and each is theirs once, so that nobody
// has more than MaxBounds. Muted words lie beside, under How words, so that one
// walk finds all that somebody does not want.
type bound struct {
	ID         string `bson:"_id"`
	outbox.Box `bson:",inline"`
	By         id.User        `bson:"by"`
	Whom       id.User        `bson:"whom,omitempty"`
	How        moderation.How `bson:"how"`
	Slot       int64          `bson:"slot,omitempty"` // from 1
	At         time.Time      `bson:"at,omitempty"`
	Rev        int64          `bson:"rev"`
	Words      []string       `bson:"words,omitempty"`
}

// kept is what Shield reads of a bound: it is asked on every page.
type kept struct {
	By    id.User        `bson:"by"`
	Whom  id.User        `bson:"whom"`
	How   moderation.How `bson:"how"`
	Words []string       `bson:"words"`
}

// muted is How of the words that somebody muted.
const muted moderation.How = "words"

func boundID(by, whom id.User, how moderation.How) string {
	return id.Derive("bnd", string(by), string(whom), string(how))
}

// Block implements moderation.Service.
func (c *Core) Block(ctx context.Context, in moderation.ByPerson) (rpc.Empty, error) {
	return c.bind(ctx, in.ID, moderation.Blocking)
}

// Mute implements moderation.Service.
func (c *Core) Mute(ctx context.Context, in moderation.ByPerson) (rpc.Empty, error) {
	return c.bind(ctx, in.ID, moderation.Muting)
}

// Unblock implements moderation.Service.
func (c *Core) Unblock(ctx context.Context, in moderation.ByPerson) (rpc.Empty, error) {
	return c.unbind(ctx, in.ID, moderation.Blocking)
}

// Unmute implements moderation.Service.
func (c *Core) Unmute(ctx context.Context, in moderation.ByPerson) (rpc.Empty, error) {
	return c.unbind(ctx, in.ID, moderation.Muting)
}

// bindTries is how often another call of the same person may take the slot.
const bindTries = 100

func (c *Core) bind(ctx context.Context, whom id.User, how moderation.How) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	if me == whom {
		return rpc.Empty{}, moderation.ErrSelf
	}
	key := boundID(me, whom, how)
	if b, err := c.bounds.Get(ctx, key); err == nil && !b.At.IsZero() {
		return rpc.Empty{}, nil
	}
	if _, err := c.person(ctx, whom); err != nil {
		return rpc.Empty{}, err
	}
	for range bindTries {
		slot, err := c.slot(ctx, me, how)
		if err != nil {
			return rpc.Empty{}, err
		}
		_, err = c.bounds.Upsert(ctx, key, func(b *bound) error {
			if !b.At.IsZero() {
				return errSame
			}
			b.ID, b.By, b.Whom, b.How, b.Slot, b.At = key, me, whom, how, slot, c.Now()
			b.announce(b.At)
			return nil
		})
		if _, taken := errors.AsType[docdb.Duplicate](err); taken {
			continue
		}
		return c.bounded(ctx, key, err)
	}
	return rpc.Empty{}, docdb.ErrBusy
}

func (c *Core) unbind(ctx context.Context, whom id.User, how moderation.How) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	key := boundID(me, whom, how)
	_, err = c.bounds.Update(ctx, key, func(b *bound) error {
		if b.At.IsZero() {
			return errSame
		}
		b.Slot, b.At = 0, time.Time{}
		b.announce(c.Now())
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, nil
	}
	return c.bounded(ctx, key, err)
}

func (c *Core) bounded(ctx context.Context, key string, err error) (rpc.Empty, error) {
	switch {
	case errors.Is(err, errSame):
		return rpc.Empty{}, nil
	case err != nil:
		return rpc.Empty{}, fmt.Errorf("boundary: %w", err)
	}
	c.tellBounds.Kick(key)
	return rpc.Empty{}, nil
}

// slot returns one of somebody's slots that is free, or ErrBoundaries: the one
// after the last, and once that is taken, the first that was given back.
func (c *Core) slot(ctx context.Context, by id.User, how moderation.How) (int64, error) {
	q := docdb.Query{Index: "slot", Equal: []any{string(by), string(how)}, Descending: true, Limit: 1}
	last, err := c.bounds.Find(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("boundary: %w", err)
	}
	if len(last.Items) == 0 || last.Items[0].Slot < moderation.MaxBounds {
		return 1 + most(last.Items), nil
	}
	q.Descending, q.Limit = false, moderation.MaxBounds
	all, err := c.bounds.Find(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("boundary: %w", err)
	}
	for i, b := range all.Items {
		if b.Slot != int64(i+1) {
			return int64(i + 1), nil
		}
	}
	return 0, moderation.ErrBoundaries
}

func most(last []bound) (slot int64) {
	for _, b := range last {
		slot = max(slot, b.Slot)
	}
	return slot
}

// announce tells that a bound began or ended.
func (b *bound) announce(now time.Time) {
	b.Rev++
	b.Add(now, moderation.Bounded.Event(now, b.ID+"/"+strconv.FormatInt(b.Rev, 10), moderation.BoundedData{
		By: b.By, Whom: b.Whom, How: b.How, On: !b.At.IsZero(), Rev: b.Rev, At: now,
	}))
}

// Bounds implements moderation.Service.
func (c *Core) Bounds(ctx context.Context, in moderation.AskBounds) (page.Page[moderation.Bound], error) {
	none := page.Page[moderation.Bound]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	if in.How != moderation.Blocking && in.How != moderation.Muting {
		return none, errs.ErrInvalid.With("how", "is block or mute")
	}
	found, err := c.bounds.Find(ctx, docdb.Query{
		Index: "by", Equal: []any{string(me), string(in.How)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("boundaries: %w", err)
	}
	var users []id.User
	for _, b := range found.Items {
		users = append(users, b.Whom)
	}
	people, err := c.known(ctx, users...)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(b bound) moderation.Bound {
		return moderation.Bound{User: b.Whom, Name: people[b.Whom].Name, How: b.How, At: b.At}
	}), nil
}

// MutedWords implements moderation.Service.
func (c *Core) MutedWords(ctx context.Context, _ rpc.Empty) (moderation.WordList, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return moderation.WordList{}, err
	}
	b, err := c.bounds.Get(ctx, boundID(me, "", muted))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return moderation.WordList{}, fmt.Errorf("words: %w", err)
	}
	return b.list(), nil
}

func (b bound) list() moderation.WordList {
	if b.Words == nil {
		return moderation.WordList{Words: []string{}}
	}
	return moderation.WordList{Words: b.Words}
}

// longestWord is how many characters a muted word has at most.
const longestWord = 40

// SetMutedWords implements moderation.Service.
func (c *Core) SetMutedWords(ctx context.Context, in moderation.WordList) (moderation.WordList, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return moderation.WordList{}, err
	}
	words, err := wanted(in.Words)
	if err != nil {
		return moderation.WordList{}, err
	}
	key := boundID(me, "", muted)
	b, err := c.bounds.Upsert(ctx, key, func(b *bound) error {
		b.ID, b.By, b.How, b.Words, b.At = key, me, muted, words, c.Now()
		return nil
	})
	if err != nil {
		return moderation.WordList{}, fmt.Errorf("words: %w", err)
	}
	return b.list(), nil
}

// wanted returns words as Shield tells them, each once. They are not folded as
// rules fold text: who mutes a word means that word, and readers compare with
// text in which nobody is suspected of hiding anything.
func wanted(words []string) ([]string, error) {
	seen, out := map[string]bool{}, []string{}
	for _, w := range words {
		w = strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(w)), " "))
		blank := strings.TrimSpace(plainly(w)) == ""
		if n := utf8.RuneCountInString(w); blank || n > longestWord {
			return nil, errs.ErrInvalid.With("words", "are of 1 to 40 characters")
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	if len(out) > moderation.MaxWords {
		return nil, errs.ErrInvalid.With("words", "are at most 100")
	}
	return out, nil
}

// Shield implements moderation.Service: two walks of an index, and no memory, so
// that a block acts on the next request of anybody, in any process.
func (c *Core) Shield(ctx context.Context, in moderation.AskShield) (moderation.Shield, error) {
	s := moderation.Shield{Hidden: []id.User{}, Silent: []id.User{}, Words: []string{}}
	if err := internal(ctx); err != nil {
		return s, err
	}
	err := c.each(ctx, "by", func(b kept) {
		switch b.How {
		case muted:
			s.Words = b.Words
			return
		case moderation.Blocking:
			s.Silent = append(s.Silent, b.Whom)
		}
		s.Hidden = append(s.Hidden, b.Whom)
	}, string(in.User))
	if err == nil {
		err = c.each(ctx, "whom", func(b kept) {
			s.Hidden, s.Silent = append(s.Hidden, b.By), append(s.Silent, b.By)
		}, string(in.User), string(moderation.Blocking))
	}
	s.Hidden, s.Silent = once(s.Hidden), once(s.Silent)
	if s.Words == nil {
		s.Words = []string{}
	}
	return s, err
}

// once returns users each once, in ascending order: readers search in them.
func once(users []id.User) []id.User {
	slices.Sort(users)
	return slices.Compact(users)
}

func (c *Core) each(ctx context.Context, index string, f func(kept), equal ...any) error {
	q := docdb.Query{Index: index, Equal: equal, Limit: 1000}
	for {
		found, err := c.kept.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("shield: %w", err)
		}
		for _, b := range found.Items {
			f(b)
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}
