package accountcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/platform/docdb"
)

// window counts what somebody tried since it began. It lives in the database,
// so that all processes count together.
type window struct {
	ID    string    `bson:"_id"`
	N     int64     `bson:"n"`
	Until time.Time `bson:"until"`
}

// meter is something that is counted per key.
type meter struct {
	name  string
	limit int64
	span  time.Duration
}

// take counts one try against m, or returns ErrThrottled. It counts before the
// try is made, so that tries made at once cannot pass together.
func (c *Core) take(ctx context.Context, m meter, key string) (giveBack func(), err error) {
	wid := m.name + "_" + c.Vault.Blind("throttle."+m.name, key)
	for range 8 {
		_, err := c.windows.UpdateIf(ctx, wid,
			[]docdb.Cond{{Field: "n", Op: docdb.Lte, Value: m.limit - 1}, {Field: "until", Op: docdb.Gte, Value: c.later()}},
			[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: int64(1)}})
		if errors.Is(err, docdb.ErrRefused) {
			// Full, or over: then it cannot be read, or another has begun since.
			var w window
			switch w, err = c.windows.Get(ctx, wid); {
			case err == nil && w.N >= m.limit:
				return nil, account.ErrThrottled
			case err == nil:
				continue
			}
		}
		if errors.Is(err, docdb.ErrNotFound) {
			err = c.windows.Insert(ctx, wid, window{N: 1, Until: c.Now().Add(m.span)})
		}
		switch {
		case err == nil:
			return func() { c.giveBack(ctx, wid) }, nil
		case !errors.Is(err, docdb.ErrExists):
			return nil, fmt.Errorf("throttle: %w", err)
		}
	}
	return nil, docdb.ErrBusy
}

// giveBack takes back a try that was not a failure after all. If that fails
// the person has one try less, which is no reason to refuse this one.
func (c *Core) giveBack(ctx context.Context, wid string) {
	_, err := c.windows.Inc(context.WithoutCancel(ctx), wid, "n", -1, 0)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) && !errors.Is(err, docdb.ErrRefused) {
		c.Log.WarnContext(ctx, "a try was not given back", "err", err)
	}
}

func (c *Core) loginFailures() meter {
	return meter{"login_failures", c.Limits.FailuresPerLogin, account.ThrottleWindow}
}

func (c *Core) clientFailures() meter {
	return meter{"client_failures", c.Limits.FailuresPerClient, account.ThrottleWindow}
}
