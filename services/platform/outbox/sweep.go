package outbox

import (
	"context"
	"errors"
	"sync"

	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Sweep announces what is due in any box of the collection, once. Run does so
// every second. If the bus is down it changes nothing, so that everything is
// still due when the bus is back.
func (r *Relay[T]) Sweep(ctx context.Context) error {
	r.todo.release()
	q := docdb.Query{Index: Index.Name, Before: r.deps.Now(), Limit: sweepPage}
	for page := range sweepPages {
		due, err := r.coll.Find(ctx, q)
		if err != nil {
			return err
		}
		if page == 0 && len(due.Items) > 0 && !r.answers(ctx) {
			return nil
		}
		if err := r.retryAll(ctx, due.Items); err != nil {
			return err
		}
		if due.Next == "" {
			return nil
		}
		q.After = due.Next
	}
	return nil
}

// answers reports whether the bus does.
func (r *Relay[T]) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pingWait)
	defer cancel()
	err := r.deps.Bus.Ping(ctx)
	r.note(ctx, err)
	return err == nil
}

// note logs when the bus stops taking events and when it answers again, instead
// of every event meanwhile.
func (r *Relay[T]) note(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && !r.down:
		r.deps.Log.WarnContext(ctx, "bus takes no events, they stay in their boxes", "err", err)
	case err == nil && r.down:
		r.deps.Log.InfoContext(ctx, "bus answers again")
	}
	r.down = err != nil
}

// retryAll retries several documents, a few at a time.
func (r *Relay[T]) retryAll(ctx context.Context, due []T) error {
	var wg sync.WaitGroup
	ids := make(chan string)
	errs := make(chan error, len(due))
	for range min(workers, len(due)) {
		wg.Go(func() {
			for id := range ids {
				errs <- r.retry(ctx, id)
			}
		})
	}
	for i := range due {
		ids <- r.id(&due[i])
	}
	close(ids)
	wg.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// retry announces what is due in one box. Claiming it first keeps other
// sweepers away, and is what survives if this process dies here.
func (r *Relay[T]) retry(ctx context.Context, id string) error {
	var claimed []attempt
	_, err := r.coll.Update(ctx, id, func(v *T) error {
		b, now := r.box(v), r.deps.Now()
		if b.OutboxDue.After(now) {
			return errNothing // another sweeper was faster
		}
		claimed = b.claim(now)
		return nil
	})
	if errors.Is(err, errNothing) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var taken []string
	for _, a := range claimed {
		if a.tries == alarmTries {
			r.deps.Log.WarnContext(ctx, "event stays in its box for long", "id", id,
				"event", a.event.ID, "topic", a.event.Topic, "confirm", a.event.Confirm)
		}
		// A first try here may be the second publication: the bus sees that. A
		// later one must get past the copy that the bus holds.
		taken = append(taken, r.announce(ctx, id, []bus.Event{a.event}, a.tries > 1)...)
	}
	return r.settle(ctx, id, taken, nil)
}
