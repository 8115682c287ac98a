package accountcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// suspension is that somebody may read only. A zero Until is for good.
type suspension struct {
	On    bool      `bson:"on"`
	Until time.Time `bson:"until,omitempty"`
	Rev   int64     `bson:"rev"` // moderation's; a higher one is newer
}

func (s suspension) stands(now time.Time) bool {
	return s.On && (s.Until.IsZero() || now.Before(s.Until))
}

// self is the name under which accounts hear of what happens elsewhere.
const self = "account"

// listen takes over who is banned. Every request asks Resolve, or the gateway
// of its own within two seconds, so a ban acts on the next change.
func (c *Core) listen(ctx context.Context) error {
	return bus.On(ctx, c.Bus, self, moderation.Restricted, func(ctx context.Context, _ bus.Event, d moderation.RestrictedData) error {
		return c.suspend(ctx, d)
	})
}

// errKnown ends an update that says nothing new.
var errKnown = errors.New("account: known already")

func (c *Core) suspend(ctx context.Context, d moderation.RestrictedData) error {
	_, err := c.users.Update(ctx, string(d.User), func(u *user) error {
		if d.Rev <= u.Suspension.Rev {
			return errKnown
		}
		u.Suspension = suspension{On: d.On, Until: d.Until, Rev: d.Rev}
		return nil
	})
	switch {
	case errors.Is(err, errKnown):
		return nil
	case errors.Is(err, docdb.ErrNotFound): // the account is gone, and its sessions with it
		c.Log.InfoContext(ctx, "a ban of nobody", "user", d.User)
		return nil
	case err == nil:
		c.Log.InfoContext(ctx, "a suspension was set", "user", d.User, "on", d.On, "until", d.Until)
	}
	return err
}
