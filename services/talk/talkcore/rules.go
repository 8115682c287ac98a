package talkcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// rules are what an author lets others say. Folded are their words, to compare.
type rules struct {
	talk.Rules `bson:",inline"`
	Folded     []string `bson:"folded,omitempty"`
}

const (
	maxWords = 200
	maxWord  = 40 // characters
)

// Rules are the caller's.
func (c *Core) Rules(ctx context.Context, _ rpc.Empty) (talk.Rules, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return talk.Rules{}, err
	}
	r, err := c.rulesOf(ctx, me)
	return r.Rules, err
}

// SetRules replaces them.
func (c *Core) SetRules(ctx context.Context, in talk.Rules) (talk.Rules, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return talk.Rules{}, err
	}
	words, folded, err := wordsOf(in.Words)
	if err != nil {
		return talk.Rules{}, err
	}
	in.Words = words
	r, err := c.rules.Upsert(ctx, string(me), func(r *rules) error {
		*r = rules{Rules: in, Folded: folded}
		return nil
	})
	if err != nil {
		return talk.Rules{}, fmt.Errorf("set rules: %w", err)
	}
	return r.Rules, nil
}

func wordsOf(in []string) (words, folded []string, err error) {
	words = []string{}
	seen := map[string]bool{}
	for _, w := range in {
		w = strings.Join(strings.Fields(plain(w)), " ")
		key := fold(w)
		if key == "" || seen[key] {
			continue
		}
		if utf8.RuneCountInString(w) > maxWord {
			return nil, nil, errs.ErrInvalid.With("words", fmt.Sprintf("must be at most %d characters each", maxWord))
		}
		seen[key] = true
		words, folded = append(words, w), append(folded, key)
	}
	if len(words) > maxWords {
		return nil, nil, errs.ErrInvalid.With("words", fmt.Sprintf("must be at most %d", maxWords))
	}
	return words, folded, nil
}

// rulesOf returns an author's rules, or those of who has set none.
func (c *Core) rulesOf(ctx context.Context, author id.User) (rules, error) {
	r, err := c.rules.Get(ctx, string(author))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return rules{Rules: talk.Rules{Who: talk.Everybody, Hold: talk.HoldNothing, Words: []string{}}}, nil
	case err != nil:
		return r, fmt.Errorf("rules: %w", err)
	}
	if r.Words == nil {
		r.Words = []string{}
	}
	return r, nil
}

// holds reports whether a comment waits for the author.
func (r rules) holds(body string) bool {
	switch {
	case r.Hold == talk.HoldEverything, r.Hold == talk.HoldLinks && hasLink(body):
		return true
	}
	return holdsAny(body, r.Folded)
}
