package feedcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meadow/feed"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// person is what somebody decided about their feed. It is read with every
// request and every batch of events, so that a decision acts on the next one,
// in every process.
type person struct {
	ID     string           `bson:"_id"`
	Chosen bool             `bson:"chosen"` // Wishes are theirs, not the usual ones
	Wishes feed.Preferences `bson:"wishes"`
	// OnAt is when they let themselves be remembered again. What was done before is
	// not, however late it is heard of.
	OnAt time.Time `bson:"on_at,omitempty"`
	// OffAt is when they stopped letting what they do be used, absent while they do.
	OffAt time.Time `bson:"off_at,omitempty"`
	// ErasedAt is until when what they did is to be forgotten.
	ErasedAt time.Time `bson:"erased_at,omitempty"`
	// ResetAt is when they last took back all that they had chosen.
	ResetAt    time.Time  `bson:"reset_at,omitempty"`
	Hidden     []unwanted `bson:"hidden,omitempty"` // oldest first
	Rev        int64      `bson:"rev"`
	outbox.Box `bson:",inline"`
}

// unwanted is a post that somebody does not want, and what about it.
type unwanted struct {
	Post   id.Post `bson:"post"`
	Author id.User `bson:"author"`
	Reason string  `bson:"reason,omitempty"`
}

const (
	peopleName = "feed_people"
	// mostHidden is how many posts are remembered as unwanted; by then the oldest
	// have gone under.
	mostHidden = 500
)

var peopleIndexes = []docdb.Index{outbox.Index, {Name: "erased", Keys: []string{"erased_at"}}, {Name: "off", Keys: []string{"off_at"}}}

// person returns what a user decided; nobody, and who decided nothing, has the
// usual.
func (c *Core) person(ctx context.Context, u id.User) (person, error) {
	if u == "" {
		return person{}, nil
	}
	p, err := c.people.Get(ctx, string(u))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return person{}, fmt.Errorf("preferences: %w", err)
	}
	return p, nil
}

// decide changes what the caller decided.
func (c *Core) decide(ctx context.Context, change func(me id.User, now time.Time, p *person) error) (person, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return person{}, err
	}
	p, err := c.people.Upsert(ctx, string(me), func(p *person) error {
		p.ID = string(me)
		p.Rev++
		return change(me, c.Now().UTC().Truncate(time.Millisecond), p)
	})
	if err != nil {
		return person{}, fmt.Errorf("feed: %w", err)
	}
	if len(p.Outbox) > 0 {
		c.tell.Kick(p.ID)
	}
	return p, nil
}

// preferences are the person's, or the usual ones.
func (p person) preferences() feed.Preferences {
	out := p.Wishes
	if !p.Chosen {
		out = feed.Preferences{Personal: true}
	}
	out.Topics, out.Muted = some(out.Topics), some(out.Muted)
	return out
}

// personal reports whether what the person does may be used.
func (p person) personal() bool { return !p.Chosen || p.Wishes.Personal }

// allows reports whether what the person did at an instant may be remembered.
func (p person) allows(at time.Time) bool {
	return p.personal() && !at.Before(p.OnAt) && at.After(p.ErasedAt)
}

// hides reports whether a post is one that the person does not want.
func (p person) hides(post id.Post, author id.User) bool {
	return slices.ContainsFunc(p.Hidden, func(u unwanted) bool {
		return u.Post == post || u.Reason == "author" && u.Author == author
	})
}

// mutes reports whether any of the topics is muted.
func (p person) mutes(topics []string) bool {
	return slices.ContainsFunc(topics, func(t string) bool { return has(p.Wishes.Muted, t) })
}

// has reports whether a topic is in a list, however it is written.
func has(all []string, topic string) bool {
	return slices.ContainsFunc(all, func(t string) bool { return strings.EqualFold(t, topic) })
}

// without is a list but for one topic.
func without(all []string, topic string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(t string) bool { return strings.EqualFold(t, topic) })
}

// some is a list that is never nil.
func some[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// personal reports whether what somebody does may be used.
func (c *Core) personal(ctx context.Context, who id.User) (bool, error) {
	p, err := c.person(ctx, who)
	return who != "" && p.personal(), err
}
