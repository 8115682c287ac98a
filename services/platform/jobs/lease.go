package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"meadow/services/kernel/actor"
)

// lease is the document of one job, under its name.
type lease struct {
	Name     string    `bson:"_id"`
	Owner    string    `bson:"owner,omitempty"` // which process runs it now
	Run      int64     `bson:"run"`             // counts the runs; whoever began a later one holds the lease
	Until    time.Time `bson:"until,omitempty"` // when the owner is given up
	Next     time.Time `bson:"next"`            // when it is due
	Began    time.Time `bson:"began"`
	Ended    time.Time `bson:"ended,omitempty"`
	Failures int       `bson:"failures"` // since the last success
}

// errEarly means that the job is not due.
var errEarly = errors.New("jobs: not due")

// attempt takes the lease, runs the job and gives the lease back.
func (r *Runner) attempt(ctx context.Context, j *job, force bool) error {
	l, err := r.acquire(ctx, j, force)
	if err != nil {
		return err
	}
	err = r.hold(ctx, j, l)
	if rerr := r.release(ctx, j, l, err); rerr != nil {
		r.log.WarnContext(ctx, "lease not given back, it will run out", "job", j.name, "err", rerr)
	}
	return err
}

// acquire takes the lease if the job is free and due. It notes when to look
// again.
func (r *Runner) acquire(ctx context.Context, j *job, force bool) (lease, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	l, err := r.leases.Upsert(ctx, j.name, func(l *lease) error {
		now := r.now()
		switch {
		case l.Owner != "" && now.Before(l.Until):
			return ErrHeld
		case !force && now.Before(l.Next):
			return errEarly
		}
		l.Owner, l.Until, l.Began = r.owner, now.Add(leaseFor), now
		l.Run++
		return nil
	})
	switch {
	case errors.Is(err, ErrHeld):
		// It may end sooner, but then it is not due for an interval.
		soon := r.now().Add(j.interval)
		if l.Until.Before(soon) {
			soon = l.Until
		}
		j.lookAt(soon)
	case errors.Is(err, errEarly):
		j.lookAt(l.Next)
	}
	return l, err
}

func (j *job) lookAt(at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.look = at
}

// hold runs the job while it renews the lease. The job's context ends when the
// lease cannot be kept.
func (r *Runner) hold(ctx context.Context, j *job, held lease) error {
	ctx, cancel := context.WithCancelCause(actor.AsSystem(ctx, j.name))
	defer cancel(nil)
	var renewal sync.WaitGroup
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while the job comes to its end
	renewal.Go(func() {
		if err := r.renew(renewing, j, held); err != nil {
			cancel(err)
		}
	})
	err := r.safely(ctx, j)
	stop()
	renewal.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, ErrLost) {
		return errors.Join(cause, err)
	}
	return err
}

// renew extends the lease until ctx ends, or returns ErrLost.
func (r *Runner) renew(ctx context.Context, j *job, held lease) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		until, err := r.extend(ctx, j, held.Run)
		switch {
		case err == nil:
			held.Until = until
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrLost):
			return err
		case !r.now().Before(held.Until.Add(-renewEvery)): // no try is left before others may take it
			return fmt.Errorf("%w: %w", ErrLost, err)
		default:
			r.log.WarnContext(ctx, "lease not renewed, trying again", "job", j.name, "err", err)
		}
	}
}

func (r *Runner) extend(ctx context.Context, j *job, run int64) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	l, err := r.leases.Update(ctx, j.name, func(l *lease) error {
		if l.Run != run {
			return ErrLost
		}
		l.Until = r.now().Add(leaseFor)
		return nil
	})
	return l.Until, err
}

// release gives the lease back and says when the job is due again: an interval
// after it began, or sooner if it failed, or at once if it was interrupted.
func (r *Runner) release(ctx context.Context, j *job, held lease, failure error) error {
	interrupted := ctx.Err() != nil && failure != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWait)
	defer cancel()
	l, err := r.leases.Update(ctx, j.name, func(l *lease) error {
		if l.Run != held.Run {
			return ErrLost // who took it over says what is next
		}
		now := r.now()
		l.Owner, l.Until, l.Ended, l.Next = "", time.Time{}, now, held.Began.Add(j.interval)
		switch {
		case failure == nil:
			l.Failures = 0
		case interrupted:
			l.Next = now
		default:
			l.Failures++
			l.Next = now.Add(min(j.interval, firstRetry<<min(l.Failures-1, 20)))
		}
		return nil
	})
	if errors.Is(err, ErrLost) {
		return nil
	}
	if err == nil {
		j.lookAt(l.Next)
	}
	return err
}

// safely runs the work; a panic in it is an error.
func (r *Runner) safely(ctx context.Context, j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "job panicked", "job", j.name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("jobs: %s panicked: %v", j.name, p)
		}
	}()
	return j.work(ctx)
}
