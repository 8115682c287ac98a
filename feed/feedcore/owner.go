package feedcore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"meadow/feed/engine"
	"meadow/services/platform/docdb"
)

// owner is the document that says which process keeps a part of the posts: the
// one that claimed it last. Two may think so for a moment, as when a new version
// starts before the old one has ended.
type owner struct {
	ID    string    `bson:"_id"`
	Epoch int64     `bson:"epoch"` // rises with each claim
	At    time.Time `bson:"at"`
}

// claim is this process's. It is made once: who lost it does not take it back
// from who came later.
type claim struct {
	mu     sync.Mutex
	owners *docdb.Collection[owner]
	id     string
	epoch  int64 // 0 until it is made
}

// claimed makes the claim, unless it is made, and returns its epoch.
func (c *Core) claimed(ctx context.Context) (int64, error) {
	k := &c.claim
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch != 0 {
		return k.epoch, nil
	}
	owners, err := docdb.Open[owner](ctx, c.DB, c.Now, docdb.Schema{Name: "feed_owners"})
	if err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	k.owners, k.id = owners, fmt.Sprintf("%d-%d", c.Shard, c.shards())
	o, err := owners.Upsert(ctx, k.id, func(o *owner) error {
		now := c.Now()
		// Not below the time: where records are lost, and not what memory stored, the
		// next claim is still the highest.
		o.Epoch, o.At = max(o.Epoch+1, now.UnixMilli()), now
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	k.epoch = o.Epoch
	return k.epoch, nil
}

// stillOwner is engine.ErrLost once another process claimed after this one.
func (c *Core) stillOwner(ctx context.Context) error {
	o, err := c.claim.owners.Get(ctx, c.claim.id)
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	if o.Epoch != c.claim.epoch {
		return engine.ErrLost
	}
	return nil
}
