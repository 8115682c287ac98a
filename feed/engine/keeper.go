package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
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
	Prefix string        // of keys; "" is "feed/<shard>-<shards>/"
	Gather time.Duration // how long events wait for company; 1 s
	Most   int           // events in a segment; 1,000
	Every  time.Duration // between snapshots; 15 min. Below 0: only at the end
	Forced time.Duration // at least, between those begun early for who is forgotten; 5 min
	// Epoch is of the claim that this process has on the shard: higher than that of
	// every claim before. What a Keeper stores carries it, so that two which keep
	// the same shard for a moment overwrite nothing of each other.
	Epoch int64
	// Held answers ErrLost once somebody claimed the shard after this process. It is
	// asked after events are stored and before they are acknowledged: so whoever
	// claims finds all that was acknowledged. nil: nobody else keeps the shard.
	Held func(ctx context.Context) error
	// Between is called by OpenKeeper when the last snapshot was read, with when it
	// was begun (zero if there is none), and before the events after it are
	// replayed: it has to Put what changed of posts since then, and to set
	// preferences.
	Between func(ctx context.Context, began time.Time) error
}

// mostWaiting events may wait for a store that is down.
const mostWaiting = 200_000

// ErrBehind answers events that cannot be kept, because the store did not take
// those before them.
var ErrBehind = errs.New(errs.Unavailable, "feed_behind", "The feed cannot remember anything right now. Please try again.")

// ErrLost answers events brought to a process whose shard another one claimed.
var ErrLost = errs.New(errs.Unavailable, "feed_moved", "The feed is moving to another machine. Please try again in a moment.")

// Keeper makes what an engine learns survive. Events act at once, and are
// acknowledged when they are stored.
type Keeper struct {
	engine  *Engine
	store   Store
	options KeeperOptions
	now     clock.Now
	wake    chan struct{} // somebody waits for a full segment

	lost   chan struct{} // closed when another process claimed the shard
	losing sync.Once

	snapping sync.Mutex // held by whoever makes a snapshot; before storing
	storing  sync.Mutex // held by whoever stores events; before mu

	mu      sync.Mutex // guards what follows
	waiting []byte     // events for the next segment
	first   int64      // number of the first of them
	many    int64
	stored  chan struct{} // closed when what is waiting now is stored
	sending *sending      // the segment that is being stored, until it is
	alone   bool          // the next snapshot leaves nothing old behind
	wanted  bool          // and is to be begun early
	begun   time.Time     // when the last one was
}

// sending is a segment on its way.
type sending struct {
	key    string
	object []byte
	stored chan struct{}
}

// OpenKeeper brings an engine to where its store has it: the newest good
// snapshot and the events after it; of events that it had before nothing stays.
// A store that is empty or spoiled is a start from nothing, said to the engine's
// Log. The shard has to be claimed before.
func OpenKeeper(ctx context.Context, e *Engine, s Store, now clock.Now, o KeeperOptions) (*Keeper, error) {
	if o.Prefix == "" {
		o.Prefix = fmt.Sprintf("feed/%d-%d/", e.Shard, e.Shards)
	}
	if o.Gather <= 0 {
		o.Gather = time.Second
	}
	if o.Most <= 0 {
		o.Most = 1000
	}
	if o.Every == 0 {
		o.Every = 15 * time.Minute
	}
	if o.Forced <= 0 {
		o.Forced = 5 * time.Minute
	}
	k := &Keeper{
		engine: e, store: s, options: o, now: now,
		wake: make(chan struct{}, 1), lost: make(chan struct{}), stored: make(chan struct{}),
	}
	if err := k.load(ctx); err != nil {
		return nil, fmt.Errorf("feed/engine: open: %w", err)
	}
	return k, nil
}

// Take takes events in and returns when they are stored, which may take as long
// as Gather says. After an error they may be sent again: what was taken in
// counts once.
func (k *Keeper) Take(ctx context.Context, events ...Event) error {
	e := k.engine
	select {
	case <-k.lost:
		return ErrLost
	default:
	}
	e.taking.Lock()
	k.mu.Lock()
	if k.many >= mostWaiting {
		k.mu.Unlock()
		e.taking.Unlock()
		return ErrBehind
	}
	k.mu.Unlock()
	e.take(k.now(), events, k.note)
	wait := k.pending()
	e.taking.Unlock()
	if wait == nil {
		return nil
	}
	select {
	case <-wait:
		return nil
	case <-k.lost:
		return ErrLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pending is closed when all that was taken in is stored; nil if it is.
func (k *Keeper) pending() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.many >= int64(k.options.Most) {
		k.nudge()
	}
	switch {
	case k.many > 0:
		return k.stored
	case k.sending != nil:
		return k.sending.stored
	}
	return nil
}

// note appends an event to what is waiting. The caller holds taking.
func (k *Keeper) note(ev *Event, number int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.many == 0 {
		k.first = number
	}
	k.waiting = appendEvent(k.waiting, ev)
	k.many++
}

func (k *Keeper) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Forget erases somebody's deeds, or with decisions everything about them, and
// returns when that is stored. Their events go from the store with the next
// snapshot, which is begun early for who is known, but never often.
func (k *Keeper) Forget(ctx context.Context, u id.User, decisions bool) error {
	kind := forgotDeeds
	if decisions {
		kind = forgotAll
	}
	known := k.engine.knows(u)
	k.mu.Lock()
	k.alone = true
	k.wanted = k.wanted || known
	k.mu.Unlock()
	return k.Take(ctx, Event{Kind: kind, User: u, At: k.now()})
}

// holds asks whether the claim is still this process's. Once it is not, nobody
// who waits is acknowledged any more.
func (k *Keeper) holds(ctx context.Context) error {
	if k.options.Held == nil {
		return nil
	}
	select {
	case <-k.lost:
		return ErrLost
	default:
	}
	err := k.options.Held(ctx)
	if errors.Is(err, ErrLost) {
		k.losing.Do(func() {
			close(k.lost)
			k.engine.Log("another process claimed this part of the feed; this one takes in nothing more",
				"shard", k.engine.Shard, "epoch", k.options.Epoch)
		})
	}
	return err
}

// Flush stores what is waiting now.
func (k *Keeper) Flush(ctx context.Context) error {
	k.storing.Lock()
	defer k.storing.Unlock()
	return k.flush(ctx)
}

// flush stores what is waiting, and first what could not be stored the last
// time. The caller holds storing.
func (k *Keeper) flush(ctx context.Context) error {
	for {
		next := k.next()
		if next == nil {
			return nil
		}
		if err := k.store.Put(ctx, next.key, next.object); err != nil {
			return fmt.Errorf("store events: %w", err)
		}
		if err := k.holds(ctx); err != nil {
			return fmt.Errorf("acknowledge events: %w", err)
		}
		k.mu.Lock()
		k.sending = nil
		k.mu.Unlock()
		close(next.stored)
	}
}

// next is the segment to store, or nil.
func (k *Keeper) next() *sending {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sending == nil && k.many > 0 {
		k.sending = &sending{k.segmentKey(k.first, k.many), segment(k.first, k.many, k.waiting), k.stored}
		k.waiting, k.many, k.stored = nil, 0, make(chan struct{})
	}
	return k.sending
}
