// Package engine holds the feed in memory: which posts there are, what people
// did with them, and what to show to whom next. It decides; documents, cards
// and other services are its caller's.
//
// The map of the package:
//
//   - engine.go: the engine, its options and what guards what
//   - post.go, table.go, names.go, ring.go, hash.go: posts come and go; dense
//     numbers for everything that has a name; posts of each author by time
//   - following.go: the posts of many authors merged by time
//   - event.go, take.go, apply.go, dedupe.go: what people did, once each
//   - viewer.go, seen.go, lean.go, forget.go: what is kept of it for each who
//     allows it
//   - learn.go: an impression becomes an example for the heads of feed/rank, a
//     touch a lesson for feed/recommend; refit.go: learning taste as a whole, and
//     dropping posts that nobody needs
//   - hot.go, list.go: what is popular, by language, place and topic
//   - ask.go, gather.go, score.go, order.go: candidates, and the sum that ranks
//     them
//   - page.go, walk.go, promo.go, claims.go, person.go: a page out of candidates,
//     the caps of promotion, and who counts as one more person
//   - about.go, bytes.go: why, profile, history, stages, health
//   - snapshot.go, restore.go, sound.go, codec.go: a snapshot while events go on;
//     segment.go, keeper.go, keep.go: events that survive a kill, and doubled none
//
// Numbers of posts are dense and small: 64 bytes of a post lie together, since
// ranking visits a thousand posts at random and pays for every line of cache.
package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"meadow/feed/pool"
	"meadow/feed/rank"
	"meadow/feed/recommend"
)

// Options are fixed for the life of an engine. The zero value works.
type Options struct {
	Shard, Shards int    // of Shards engines this is number Shard, from 0; Shards 0 is 1
	Seed          uint64 // the same seed, events and asks give the same answers
	MaxPosts      int    // posts kept; beyond it those without interest go at Refit. 0: 1,200,000
	MaxViewers    int    // people remembered; beyond it who was away longest goes. 0: 200,000
	MaxBytes      int64  // reported in Health, and the bound of fitted tables. 0: 2.5 GiB
	// Log is told of what an operator may want to know: a constant sentence, then
	// names and values in turn.
	Log func(message string, facts ...any)
}

func (o Options) orDefault() Options {
	o.Shards = max(1, o.Shards)
	if o.MaxPosts <= 0 {
		o.MaxPosts = 1_200_000
	}
	if o.MaxViewers <= 0 {
		o.MaxViewers = 200_000
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 5 << 29
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return o
}

// Engine is the feed's memory. All methods may be called at the same time.
type Engine struct {
	Options

	// mu guards every field below that is not said to guard itself. Asks hold it
	// for reading, events for writing, a few at a time. Where learning.mu is held
	// with it, mu was taken first.
	mu       sync.RWMutex
	posts    table
	authors  names // of creators
	topics   names
	words    names // languages, places and genres
	products names
	people   viewers
	rings    [][]uint32 // by author: numbers of posts, oldest first
	tagged   [][]uint32 // by topic: numbers of posts for everybody, oldest first
	placed   map[uint32][]uint32
	recent   []uint32 // the latest posts for everybody, oldest first
	charts   map[chartKey]*chart
	months   []*month // by author
	window   window
	events   int64 // taken in since the beginning
	since    int64 // unix milliseconds; of posts before it some were dropped. 0: none
	fitted   time.Time
	moved    []chartKey       // charts whose order may have changed
	charted  time.Time        // when they were put in order
	ticked   time.Time        // when tick last looked at the clock
	restored time.Time        // when the snapshot that this began with was begun
	weights  [sources]float64 // of the sources, chosen on what was held out

	fitting sync.Mutex // one Refit at a time; before shaping
	shaping sync.Mutex // held while numbers are written down or given anew; before taking and mu
	taking  sync.Mutex // held by whoever takes in events; before mu
	lessons []lesson   // guarded by taking

	persons  persons  // guarded by mu, but for who
	visitors visitors // guarded by mu
	quiet    quiet    // guarded by mu

	crowds   crowds                          // guards itself
	served   served                          // guards itself
	claims   claims                          // guards itself
	placings placings                        // guards itself
	pool     *pool.Pool                      // guards itself
	heads    atomic.Pointer[rank.Heads]      // guards itself
	model    atomic.Pointer[recommend.Model] // guards itself
	kept     atomic.Int64                    // unix seconds of the last snapshot stored
	shown    [sources]atomic.Int64           // by first hint

	scratches sync.Pool
}

// New returns an empty engine.
func New(o Options) *Engine {
	e := &Engine{Options: o.orDefault(), placed: map[uint32][]uint32{}, charts: map[chartKey]*chart{}}
	e.window.most = windowMost
	e.persons = newPersons()
	e.posts.names.number("") // 0 is no post
	e.posts.all, e.posts.revs = make([]record, 1), make([]int64, 1)
	e.pool = pool.New(pool.Options{Seed: e.Seed})
	e.heads.Store(rank.NewHeads(rank.Options{}))
	e.model.Store(recommend.New(0))
	return e
}
