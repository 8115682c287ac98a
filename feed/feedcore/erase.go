package feedcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

// EraseHistory forgets what the caller did until now, in every process, and
// whatever is stored of it: the instant is written down first, and what is read
// back after a stop is held against it.
func (c *Core) EraseHistory(ctx context.Context, _ feed.Empty) (feed.Empty, error) {
	p, err := c.decide(ctx, func(me id.User, now time.Time, p *person) error {
		p.erase(me, now, false)
		return nil
	})
	if err != nil {
		return feed.Empty{}, err
	}
	return feed.Empty{}, c.forgetAll(ctx, id.User(p.ID))
}

// Reset forgets what the caller did and what they chose.
func (c *Core) Reset(ctx context.Context, _ feed.Empty) (feed.Preferences, error) {
	p, err := c.decide(ctx, func(me id.User, now time.Time, p *person) error {
		p.erase(me, now, true)
		if !p.personal() {
			p.OffAt = time.Time{}
			p.announcePersonal(now, true)
		}
		p.Chosen, p.Wishes, p.Hidden, p.ResetAt = false, feed.Preferences{}, nil, now
		return nil
	})
	if err != nil {
		return feed.Preferences{}, err
	}
	who := id.User(p.ID)
	c.engine.Allow(who, true)
	if err := c.pardon(ctx, who, fmt.Sprintf("%s/%d", p.ID, p.Rev), p.ErasedAt); err != nil && !errors.Is(err, errAsleep) {
		return feed.Preferences{}, err
	}
	return p.preferences(), c.forgetAll(ctx, who)
}

func (p *person) erase(me id.User, now time.Time, decisions bool) {
	p.ErasedAt = now
	p.Add(now, feed.Erased.Event(now, fmt.Sprintf("%s/%d", p.ID, p.Rev), feed.ErasedData{User: me, At: now, Decisions: decisions}))
}

// erased does in this process what somebody wanted to be forgotten, and what is
// left of it in the records, however late it is heard of.
func (c *Core) erased(ctx context.Context, event string, d feed.ErasedData) error {
	c.find.counts().Forget(personHash(d.User))
	if err := c.eraseBuyer(ctx, d.User, d.At); err != nil {
		return err
	}
	if d.Decisions {
		if err := c.pardon(ctx, d.User, event, d.At); err != nil {
			return err
		}
	}
	return c.forget(ctx, d.User, d.At)
}

// pardon takes back in memory every post that somebody did not want, but for
// those that they do not want by now.
func (c *Core) pardon(ctx context.Context, who id.User, key string, at time.Time) error {
	p, err := c.person(ctx, who)
	if err != nil {
		return err
	}
	var all []engine.Event
	for _, post := range c.engine.Unwanted(who) {
		if !p.unwanted(post) {
			all = append(all, engine.Event{ID: key + "." + string(post), Kind: engine.Unhide, Post: post, At: at})
		}
	}
	return c.did(ctx, who, all...)
}
