package insightcore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"meadow/services/kernel/id"
)

// salt is a day's secret. Without it nobody can tell who a visitor was, and after
// the day nobody can tell that it was the same one: it is thrown away.
type salt struct {
	ID     string    `bson:"_id"` // the day in UTC
	Secret string    `bson:"secret"`
	Until  time.Time `bson:"until"`
}

// today is the salt of the latest day that was asked for.
type today struct {
	mu   sync.Mutex // guards salt
	salt salt
}

// saltOf is the salt of a day: whoever asks first makes it.
func (c *Core) saltOf(ctx context.Context, at time.Time) (string, error) {
	day := at.UTC().Format(time.DateOnly)
	c.today.mu.Lock()
	defer c.today.mu.Unlock()
	if c.today.salt.ID == day {
		return c.today.salt.Secret, nil
	}
	s, err := c.salts.Upsert(ctx, day, func(s *salt) error {
		if s.ID == "" {
			*s = salt{ID: day, Secret: id.Secret(), Until: at.Add(24 * time.Hour)}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	c.today.salt = s
	return s.Secret, nil
}

// looker is who is said to have looked: a user who allows it, and else somebody
// who is told apart from others for a day.
func (c *Core) looker(ctx context.Context, at time.Time, me id.User, visitor string) (id.User, string) {
	if me != "" {
		ok, err := c.Allows(ctx, me)
		if ok && err == nil {
			return me, ""
		}
		if err != nil {
			c.Log.WarnContext(ctx, "nobody knows whether somebody may be named, so they are not", "err", err)
		}
	}
	who := viewer(me, visitor, "")
	if who == "e" {
		return "", ""
	}
	secret, err := c.saltOf(ctx, at)
	if err != nil {
		c.Log.WarnContext(ctx, "visitors are not told apart", "err", err)
		return "", ""
	}
	return "", id.Derive("vis", secret, who)
}
