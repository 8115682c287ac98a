package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Counting exactly once, across two documents.
//
// A source (somebody's like) is one document, its count lies in another, the
// target (the post). The source's tally says what the target counts for it so
// far, and how often that changed (Turn). To change it:
//
//  1. leave a note at the target, under the source's id: the source's Turn, and
//     a word nobody else has. A target holds one note for each source.
//  2. in the source, if its Turn is still the note's: set the tally to what the
//     source stands for now, remember the difference and the note, Turn++.
//  3. at the target, if the note is still there: take it away and add the
//     difference, in one atomic step.
//
// Whoever finds a note may do 2 and 3 for it. Nobody counts twice: a note's
// difference is added when the note goes, and it goes once. Nobody counts a
// note that was never acted on, or acted on by a straggler after it has gone: a
// note goes only after Turn has passed it, and Turn only grows, so that step 2
// can no longer happen under it. A source owes (Owed) from its change until
// step 3 is known to be done; sweeping settles what a kill left owing.

// tally is the source's side.
type tally struct {
	Turn int64            `bson:"turn"`
	Note string           `bson:"note,omitempty"` // under which Sum was last changed
	Step map[string]int64 `bson:"step,omitempty"` // and by how much
	Sum  map[string]int64 `bson:"sum,omitempty"`  // what the target counts for this source
	// Owed is when the source changed, absent once that is counted. Changes
	// counts its changes, so that a later one is not cleared with an earlier.
	Owed    time.Time `bson:"owed,omitempty"`
	Changes int64     `bson:"changes"`
}

func (t *tally) owe(now time.Time) {
	t.Owed = now
	t.Changes++
}

// tell is step 2.
func (t *tally) tell(note string, want map[string]int64) {
	if turnOf(note) != t.Turn {
		return // done under this note already, or never to be
	}
	t.Step = map[string]int64{}
	for field := range merged(want, t.Sum) {
		if d := want[field] - t.Sum[field]; d != 0 {
			t.Step[field] = d
		}
	}
	t.Turn, t.Note, t.Sum = t.Turn+1, note, want
}

func (t *tally) counts(want map[string]int64) bool {
	for field := range merged(want, t.Sum) {
		if want[field] != t.Sum[field] {
			return false
		}
	}
	return true
}

func merged(a, b map[string]int64) map[string]int64 {
	out := maps.Clone(b)
	if out == nil {
		out = map[string]int64{}
	}
	maps.Copy(out, a)
	return out
}

// notes is the target's side: source id → note.
type notes map[string]string

func newNote(turn int64) string { return fmt.Sprintf("%d.%s", turn, id.Secret()) }

func turnOf(note string) int64 {
	var turn int64 = -1
	_, _ = fmt.Sscanf(note, "%d.", &turn) // a note that is none is of no turn
	return turn
}

// counter counts sources S in targets T.
type counter[S, T any] struct {
	sources *docdb.Collection[S]
	targets *docdb.Collection[T]
	now     clock.Now
	path    string // of the tally in S
	index   string // of its Owed
	tally   func(*S) *tally
	want    func(S) map[string]int64 // field of T → what S stands for; none for a zero S
	target  func(S) string
	notes   func(T) notes
	// also is what else changes at the target with a step; may be nil.
	also func(step map[string]int64) []docdb.Change
	// finish ends what a source owes beside being counted; it may answer with a
	// change that the source must make first. May be nil.
	finish func(ctx context.Context, s S) (func(*S), error)
}

// settleTries bounds how many others' notes one call helps along.
const settleTries = 64

// settle makes change to the source, if any, and counts it. It returns source
// and target as they are then. The target must exist; the source need not if
// change makes it one.
func (c *counter[S, T]) settle(ctx context.Context, source, target string, change func(*S)) (S, T, error) {
	var s S
	var t T
	for range settleTries {
		note, err := c.note(ctx, source, target)
		if err != nil {
			return s, t, err
		}
		if s, err = c.tell(ctx, source, note, change); err != nil {
			return s, t, err
		}
		change = nil
		if t, err = c.add(ctx, source, target, note, c.tally(&s)); err != nil {
			return s, t, err
		}
		if !c.tally(&s).counts(c.want(s)) {
			continue
		}
		if c.finish != nil {
			if change, err = c.finish(ctx, s); err != nil {
				return s, t, err
			}
			if change != nil {
				continue
			}
		}
		return s, t, c.clear(ctx, source, c.tally(&s).Changes)
	}
	return s, t, docdb.ErrBusy
}

// note is step 1: it returns the note to act on, ours or one that was there.
func (c *counter[S, T]) note(ctx context.Context, source, target string) (string, error) {
	for range settleTries {
		s, err := c.sources.Get(ctx, source)
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return "", err
		}
		note := newNote(c.tally(&s).Turn)
		field := "notes." + source
		_, err = c.targets.UpdateIf(ctx, target,
			[]docdb.Cond{{Field: field, Op: docdb.Absent}},
			[]docdb.Change{{Field: field, Verb: docdb.Set, Value: note}})
		if err == nil {
			return note, nil
		}
		if !errors.Is(err, docdb.ErrRefused) {
			return "", err
		}
		t, err := c.targets.Get(ctx, target)
		if err != nil {
			return "", err
		}
		if note := c.notes(t)[source]; note != "" {
			return note, nil
		}
	}
	return "", docdb.ErrBusy
}

func (c *counter[S, T]) tell(ctx context.Context, source, note string, change func(*S)) (S, error) {
	return c.sources.Upsert(ctx, source, func(s *S) error {
		if change != nil {
			change(s)
			c.tally(s).owe(c.now())
		}
		c.tally(s).tell(note, c.want(*s))
		return nil
	})
}

// add is step 3. A refusal means that somebody did it for us.
func (c *counter[S, T]) add(ctx context.Context, source, target, note string, told *tally) (T, error) {
	field := "notes." + source
	changes := []docdb.Change{{Field: field, Verb: docdb.Remove}}
	if told.Note == note {
		for count, d := range told.Step {
			changes = append(changes, docdb.Change{Field: count, Verb: docdb.Add, Value: d})
		}
		if c.also != nil && len(told.Step) > 0 {
			changes = append(changes, c.also(told.Step)...)
		}
	}
	t, err := c.targets.UpdateIf(ctx, target, []docdb.Cond{{Field: field, Op: docdb.Eq, Value: note}}, changes)
	if errors.Is(err, docdb.ErrRefused) {
		return c.targets.Get(ctx, target)
	}
	return t, err
}

// clear says that the source owes nothing since its change of this number.
func (c *counter[S, T]) clear(ctx context.Context, source string, changes int64) error {
	_, err := c.sources.UpdateIf(ctx, source,
		[]docdb.Cond{{Field: c.path + ".changes", Op: docdb.Eq, Value: changes}},
		[]docdb.Change{{Field: c.path + ".owed", Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil // it changed again, and whoever changed it settles that
	}
	return err
}

// sweepMost is how many sources of one kind a sweep settles.
const sweepMost = 500

// sweep settles sources that have owed since before an instant.
func (c *counter[S, T]) sweep(ctx context.Context, before time.Time, ids func(S) string) error {
	found, err := c.sources.Find(ctx, docdb.Query{Index: c.index, Before: before, Limit: sweepMost})
	if err != nil {
		return err
	}
	var failed []error
	for _, s := range found.Items {
		if _, _, err := c.settle(ctx, ids(s), c.target(s), nil); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
