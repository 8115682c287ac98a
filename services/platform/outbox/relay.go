package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

const (
	workers    = 8
	sweepEvery = time.Second
	sweepPage  = 100
	sweepPages = 50 // in one sweep; what is left is due in the next
	stepWait   = 30 * time.Second
	pingWait   = 3 * time.Second
	flushWait  = 3 * time.Second // at the end of Run, for what was asked before it
	alarmTries = 5               // after which an event that stays in its box is worth a warning
)

// Deps is what a Relay needs.
type Deps struct {
	Bus bus.Bus
	Now clock.Now
	Log *slog.Logger
}

// Relay empties the boxes of one collection. Every process that writes the
// collection runs one; they do each other no harm.
type Relay[T any] struct {
	coll *docdb.Collection[T]
	name string
	box  func(*T) *Box
	id   func(*T) string
	deps Deps
	todo *todo

	mu   sync.Mutex // guards down
	down bool       // the bus did not answer lately
}

// NewRelay returns a relay for the collection called name. T has a string field
// tagged `bson:"_id"`; box returns the Box that a record embeds.
func NewRelay[T any](coll *docdb.Collection[T], name string, box func(*T) *Box, d Deps) *Relay[T] {
	d.Log = d.Log.With("collection", name)
	return &Relay[T]{coll: coll, name: name, box: box, id: idOf[T](), deps: d, todo: newTodo()}
}

// Kick asks to announce what the document has in its box now. Call it after the
// write that added an event. It never blocks; what it cannot take, or what a
// crash forgets, the sweeper finds.
func (r *Relay[T]) Kick(id string) { r.todo.kick(id) }

// Run announces, listens for confirmations and sweeps until ctx ends. Then it
// does what was asked before, for a short while, and returns.
func (r *Relay[T]) Run(ctx context.Context) error {
	ctx = actor.AsSystem(ctx, "outbox")
	stop, err := r.deps.Bus.Listen(bus.ConfirmSubject(r.name), r.confirmed)
	if err != nil {
		return fmt.Errorf("outbox %s: %w", r.name, err)
	}
	defer stop()

	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { r.work(work) })
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			if err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
				r.deps.Log.WarnContext(ctx, "outbox sweep failed", "err", err)
			}
		}
	}
	r.todo.release()
	r.todo.close()
	late := time.AfterFunc(flushWait, cancel)
	defer late.Stop()
	wg.Wait()
	return nil
}

// work takes documents until there are no more to come.
func (r *Relay[T]) work(ctx context.Context) {
	for {
		id, t, ok := r.todo.take()
		if !ok {
			return
		}
		if err := r.step(ctx, id, t); err != nil {
			r.deps.Log.WarnContext(ctx, "outbox not written", "id", id, "err", err)
		}
	}
}

// step does what is to do for one document: one write, if any.
func (r *Relay[T]) step(ctx context.Context, id string, t task) error {
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	var taken []string
	if t.kicked {
		v, err := r.coll.Get(ctx, id)
		if errors.Is(err, docdb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		taken = r.announce(ctx, id, r.box(&v).fresh(), false)
	}
	return r.settle(ctx, id, taken, t.confirmed)
}

// announce publishes events of one document and returns the ids of those that
// the bus has taken and nobody must confirm. It stops at the first that the bus
// does not take.
func (r *Relay[T]) announce(ctx context.Context, id string, events []bus.Event, again bool) (taken []string) {
	for _, e := range events {
		e.Source = bus.Source{Collection: r.name, ID: id}
		if len(e.Confirm) > 0 {
			r.todo.expect(id, e.ID, e.Confirm)
		}
		if err := r.deps.Bus.Publish(ctx, e, again && len(e.Confirm) > 0); err != nil {
			r.note(ctx, err)
			return taken
		}
		if len(e.Confirm) == 0 {
			taken = append(taken, e.ID)
		}
	}
	return taken
}

// errNothing ends an update that has nothing to change.
var errNothing = errors.New("outbox: nothing to change")

// settle writes down what was delivered and confirmed.
func (r *Relay[T]) settle(ctx context.Context, id string, taken []string, confirmed map[string][]string) error {
	if len(taken) == 0 && len(confirmed) == 0 {
		return nil
	}
	_, err := r.coll.Update(ctx, id, func(v *T) error {
		if !r.box(v).settle(taken, confirmed) {
			return errNothing
		}
		return nil
	})
	if errors.Is(err, errNothing) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}

// confirmed takes a confirmation from the bus. It must not block.
func (r *Relay[T]) confirmed(_ string, data []byte) {
	var c bus.Confirmation
	if err := json.Unmarshal(data, &c); err != nil {
		r.deps.Log.Warn("confirmation cannot be read", "err", err)
		return
	}
	if c.Source.Collection == r.name {
		r.todo.confirm(c)
	}
}
