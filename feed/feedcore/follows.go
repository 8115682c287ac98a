package feedcore

import (
	"context"
	"sync"
	"time"

	"meadow/services/kernel/id"
)

// follows remembers for a moment whom people follow, for ranking. A list by
// time asks anew each time.
type follows struct {
	mu sync.Mutex // guards of
	of map[id.User]followed
}

type followed struct {
	whom []id.User
	at   time.Time
}

const (
	followsLast = time.Minute
	followsMost = 20_000 // people; then some are asked about again
)

// following is whom a user follows, or did a moment ago.
func (c *Core) following(ctx context.Context, me id.User) ([]id.User, error) {
	f, now := &c.follows, c.Now()
	f.mu.Lock()
	known, ok := f.of[me]
	f.mu.Unlock()
	if ok && now.Sub(known.at) < followsLast {
		return known.whom, nil
	}
	whom, err := c.followed(ctx, me)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[id.User]followed{}
	}
	for u := range f.of {
		if len(f.of) < followsMost {
			break
		}
		delete(f.of, u)
	}
	f.of[me] = followed{some(whom), now}
	return whom, nil
}

// forget drops what is remembered of a user who follows somebody else now.
func (f *follows) forget(u id.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, u)
}
