package feedcore

import (
	"context"
	"fmt"
	"time"

	"meadow/feed"
	"meadow/services/kernel/id"
)

// EraseHistory forgets what the caller did until now, in every process, and
// whatever is stored of it: the instant is written down first, and what is read
// back after a stop is held against it.
func (c *Core) EraseHistory(ctx context.Context, _ feed.Empty) (feed.Empty, error) {
	p, err := c.decide(ctx, func(me id.User, now time.Time, p *person) error {
		p.erase(me, now)
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
		p.erase(me, now)
		p.Chosen, p.Wishes, p.Hidden = false, feed.Preferences{}, nil
		return nil
	})
	if err != nil {
		return feed.Preferences{}, err
	}
	return p.preferences(), c.forgetAll(ctx, id.User(p.ID))
}

func (p *person) erase(me id.User, now time.Time) {
	p.ErasedAt = now
	p.Add(now, feed.Erased.Event(now, fmt.Sprintf("%s/%d", p.ID, p.Rev), feed.ErasedData{User: me, At: now}))
}
