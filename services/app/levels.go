package app

import (
	"context"
	"sync"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
)

// memberSteps are what somebody has bought for good within memberYear from which
// on they are a member of level 2, 3 and 4, in minor units. Everybody who has
// signed in is of level 1.
var memberSteps = [...]int64{100_000, 500_000, 2_000_000}

const (
	memberYear = 365 * 24 * time.Hour
	// levelFor is how long a level is remembered: prices are asked for far more often
	// than anything is bought.
	levelFor = 10 * time.Minute
	// mostLevels bounds what is remembered.
	mostLevels = 50_000
)

// levels says how far members have got, by what they have bought and kept.
type levels struct {
	spent    func(ctx context.Context, buyer id.User, since time.Time) (map[string]int64, error)
	currency string
	now      clock.Now

	mu    sync.Mutex // guards known
	known map[id.User]levelAt
}

type levelAt struct {
	level int64
	until time.Time
}

// Level returns a member's level. One that cannot be worked out is an error, not
// a higher price.
func (l *levels) Level(ctx context.Context, who id.User) (int64, error) {
	now := l.now()
	l.mu.Lock()
	have, ok := l.known[who]
	l.mu.Unlock()
	if ok && now.Before(have.until) && !now.Before(have.until.Add(-levelFor)) {
		return have.level, nil
	}
	spent, err := l.spent(ctx, who, now.Add(-memberYear))
	if err != nil {
		return 0, err
	}
	level := int64(1)
	for _, step := range memberSteps {
		if spent[l.currency] >= step {
			level++
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= mostLevels {
		l.known = map[id.User]levelAt{}
	}
	l.known[who] = levelAt{level: level, until: now.Add(levelFor)}
	return level, nil
}
