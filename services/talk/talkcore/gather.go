package talkcore

import (
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"time"

	"meadow/services/platform/docdb"
)

// Counting exactly once, across documents.
//
// A source (somebody's like, a reply, a comment) is one document; what it stands
// for is a number counted in another, the target (a comment, a post's thread).
// The source's tally says what the target counts for it (Told), how often that
// changed (Turn), and since when it may stand for something else (Owed). The
// target decides, in one write that holds only if it was not written since it
// was read:
//
//  1. read the target, and acknowledge in each source what its last round took:
//     if the source's Turn is still the one taken, Told is set and Turn grows.
//  2. read the sources that owe it, oldest first, some at a time.
//  3. write the target: add what those stand for more than was told, and note as
//     its round whom it took at which Turn. Then acknowledge, as in 1.
//
// Nobody is counted twice: whoever reads a source in 2 has acknowledged the
// round before, and if another round came between, 3 does not hold. A straggler
// acknowledges nothing, because the Turn has moved on. Nothing is lost: a source
// owes until the round that took its last change is acknowledged, and sweeping
// finds who owes. Sources that owe at one time are counted in one write.

// tally is the source's side.
type tally struct {
	Under string `bson:"under"` // the target
	Told  int64  `bson:"told"`
	Turn  int64  `bson:"turn"`
	// Owed is absent once counted. Changes numbers the source's changes, so that
	// a later one is not cleared with an earlier.
	Owed    time.Time `bson:"owed,omitempty"`
	Changes int64     `bson:"changes"`
}

func (t *tally) owe(now time.Time) {
	t.Owed = now
	t.Changes++
}

// acknowledge reports whether it changed anything.
func (t *tally) acknowledge(k taken) bool {
	if t.Turn != k.Turn {
		return false
	}
	t.Turn, t.Told = t.Turn+1, k.Told
	if t.Changes == k.Changes {
		t.Owed = time.Time{}
	}
	return true
}

// taken is one source in a round, the target's side.
type taken struct {
	ID      string `bson:"id"`
	Turn    int64  `bson:"turn"`
	Told    int64  `bson:"told"`
	Changes int64  `bson:"changes"`
}

const (
	roundMost = 50 // sources that one round takes
	// A round longer than roundKept is taken out of the target once it is
	// acknowledged; a shorter one waits for the next to replace it.
	roundKept   = 4
	settleTries = 64
	stripeCount = 64
)

// gather counts sources S in targets T.
type gather[S, T any] struct {
	sources *docdb.Collection[S]
	targets *docdb.Collection[T]
	tally   func(*S) *tally
	id      func(S) string
	want    func(S) int64 // what a source stands for
	rev     func(T) int64
	round   func(*T) *[]taken
	// look reads what else a round changes at the target; may be nil.
	look func(ctx context.Context, t T) (func(*T), error)
	// add adds to the target what a round took.
	add func(t *T, more int64, round []taken)

	stripes [stripeCount]chan struct{} // one round of a target at a time, in this process
	seed    maphash.Seed
}

func (g *gather[S, T]) open() {
	g.seed = maphash.MakeSeed()
	for i := range g.stripes {
		g.stripes[i] = make(chan struct{}, 1)
	}
}

// settle counts a source, and others that owe the same target, and returns the
// target as it is then.
func (g *gather[S, T]) settle(ctx context.Context, source, target string) (T, error) {
	stripe := g.stripes[maphash.String(g.seed, target)%stripeCount]
	select {
	case stripe <- struct{}{}:
		defer func() { <-stripe }()
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	for try := range settleTries {
		s, err := g.sources.Get(ctx, source)
		if err != nil {
			var none T
			return none, err
		}
		if g.tally(&s).Owed.IsZero() {
			return g.targets.Get(ctx, target)
		}
		err = g.once(ctx, target)
		if errors.Is(err, errMoved) {
			err = pause(ctx, try)
		}
		if err != nil {
			var none T
			return none, err
		}
	}
	var none T
	return none, docdb.ErrBusy
}

// errMoved ends a round whose target was written meanwhile, errSame a change
// that changes nothing.
var (
	errMoved = errors.New("talk: changed meanwhile")
	errSame  = errors.New("talk: nothing to change")
)

// once is one round.
func (g *gather[S, T]) once(ctx context.Context, target string) error {
	t, err := g.targets.Get(ctx, target)
	if err != nil {
		return err
	}
	if err := g.acknowledge(ctx, *g.round(&t)); err != nil {
		return err
	}
	found, err := g.sources.Find(ctx, docdb.Query{Index: owing.Name, Equal: []any{target}, Limit: roundMost})
	if err != nil || len(found.Items) == 0 {
		return err
	}
	var more int64
	round := make([]taken, len(found.Items))
	for i, s := range found.Items {
		y := g.tally(&s)
		round[i] = taken{ID: g.id(s), Turn: y.Turn, Told: g.want(s), Changes: y.Changes}
		more += round[i].Told - y.Told
	}
	var also func(*T)
	if g.look != nil {
		if also, err = g.look(ctx, t); err != nil {
			return err
		}
	}
	seen := g.rev(t)
	if _, err := g.targets.Update(ctx, target, func(t *T) error {
		if g.rev(*t) != seen {
			return errMoved
		}
		*g.round(t) = round
		if also != nil {
			also(t)
		}
		g.add(t, more, round)
		return nil
	}); err != nil {
		return err
	}
	if err := g.acknowledge(ctx, round); err != nil {
		return err
	}
	return g.trim(ctx, target, seen+1, round)
}

// acknowledge tells each source of a round that it was counted.
func (g *gather[S, T]) acknowledge(ctx context.Context, round []taken) error {
	if len(round) == 0 {
		return nil
	}
	ids := make([]string, len(round))
	turns := make(map[string]taken, len(round))
	for i, k := range round {
		ids[i], turns[k.ID] = k.ID, k
	}
	sources, err := g.sources.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	for _, s := range sources {
		k := turns[g.id(s)]
		if g.tally(&s).Turn != k.Turn {
			continue
		}
		_, err := g.sources.Update(ctx, k.ID, func(s *S) error {
			if !g.tally(s).acknowledge(k) {
				return errSame
			}
			return nil
		})
		if err != nil && !errors.Is(err, errSame) {
			return err
		}
	}
	return nil
}

// trim takes a long round out of a target that nobody wrote since.
func (g *gather[S, T]) trim(ctx context.Context, target string, rev int64, round []taken) error {
	if len(round) <= roundKept {
		return nil
	}
	_, err := g.targets.Update(ctx, target, func(t *T) error {
		if g.rev(*t) != rev {
			return errSame
		}
		*g.round(t) = nil
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// owing and owed are the indexes of a collection of sources.
var (
	owing = docdb.Index{Name: "owing", Keys: []string{"tally.under", "tally.owed"}}
	owed  = docdb.Index{Name: "owed", Keys: []string{"tally.owed"}}
)

// pause lets others go first: a random part of a span that grows to 26 ms.
func pause(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(200 * time.Microsecond << min(try, 7)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
