// Package jobs runs the shop's background work: every so often, in one process
// at a time however many there are. A document leases each job to whoever runs
// it and remembers when it is due next, for all processes together.
//
// A lease keeps processes from doing the same work twice; it cannot stop one
// that lost it without noticing, such as one that was suspended. So a job is
// idempotent, or each of its steps is.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

const (
	leaseFor   = 30 * time.Second // a process that died is replaced after this
	renewEvery = 10 * time.Second
	storeWait  = 5 * time.Second // for one read or write of a lease
	lookMost   = time.Second     // between looks at whether a job is due
	lookLeast  = 20 * time.Millisecond
	firstRetry = 10 * time.Second // after a failure, if the interval is longer
)

var (
	// ErrHeld means that another process runs the job now.
	ErrHeld = errors.New("jobs: running elsewhere")
	// ErrUnknown means that no job has this name.
	ErrUnknown = errors.New("jobs: no such job")
	// ErrLost is the cause with which a job's context ends when its lease was
	// lost: another process may be running it.
	ErrLost = errors.New("jobs: lease lost")
)

// Func is the work. It returns soon after ctx ends.
type Func func(ctx context.Context) error

// Deps is what a Runner needs.
type Deps struct {
	DB  docdb.Driver
	Now clock.Now
	Log *slog.Logger
	// Sole says that no other process can use DB: then nothing is leased, and
	// what a process that died was doing is due at once when the next starts.
	Sole bool
}

// Runner runs jobs in this process, unless another one does.
type Runner struct {
	leases *docdb.Collection[lease]
	owner  string
	now    clock.Now
	log    *slog.Logger
	sole   bool

	mu   sync.Mutex // guards jobs
	jobs []*job
}

type job struct {
	name     string
	interval time.Duration
	work     Func

	mu   sync.Mutex // guards look
	look time.Time  // before this there is no need to read the lease
}

// New returns a runner without jobs.
func New(ctx context.Context, d Deps) (*Runner, error) {
	leases, err := docdb.Open[lease](ctx, d.DB, d.Now, docdb.Schema{Name: "jobs"})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &Runner{leases: leases, owner: id.New("prc", d.Now()), now: d.Now, log: d.Log, sole: d.Sole}, nil
}

// Every declares a job, before Run. A name is used once, an interval is
// positive. The first run is due at once.
func (r *Runner) Every(name string, interval time.Duration, work Func) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == "" || interval <= 0 || slices.ContainsFunc(r.jobs, func(j *job) bool { return j.name == name }) {
		panic(fmt.Sprintf("jobs: %q every %v is empty or declared twice", name, interval)) // a bug in a core
	}
	r.jobs = append(r.jobs, &job{name: name, interval: interval, work: work})
}

// Run runs the jobs that are due until ctx ends, and returns when the last has.
func (r *Runner) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, j := range r.list() {
		wg.Go(func() { r.loop(ctx, j) })
	}
	wg.Wait()
	return nil
}

// Tick runs each job that is due, once, and returns when they have ended. It is
// what Run does again and again.
func (r *Runner) Tick(ctx context.Context) {
	var wg sync.WaitGroup
	for _, j := range r.list() {
		wg.Go(func() { r.tick(ctx, j) })
	}
	wg.Wait()
}

// RunOnce runs a job now, due or not, and returns its error. ErrHeld or
// ErrUnknown.
func (r *Runner) RunOnce(ctx context.Context, name string) error {
	for _, j := range r.list() {
		if j.name == name {
			if r.sole {
				return r.alone(ctx, j)
			}
			return r.attempt(ctx, j, true)
		}
	}
	return fmt.Errorf("%w: %s", ErrUnknown, name)
}

// Names returns the jobs, in the order of their declaration.
func (r *Runner) Names() []string {
	var out []string
	for _, j := range r.list() {
		out = append(out, j.name)
	}
	return out
}

func (r *Runner) list() []*job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.jobs)
}

// loop looks at one job until ctx ends. The random part of the pause keeps
// processes that were started together from looking together.
func (r *Runner) loop(ctx context.Context, j *job) {
	every := min(max(j.interval/10, lookLeast), lookMost)
	timer := time.NewTimer(rand.N(every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r.tick(ctx, j)
		timer.Reset(every/2 + rand.N(every))
	}
}

// tick runs the job if it is due and free, and logs how it failed.
func (r *Runner) tick(ctx context.Context, j *job) {
	j.mu.Lock()
	early := r.now().Before(j.look)
	j.mu.Unlock()
	if early || ctx.Err() != nil {
		return
	}
	var err error
	if r.sole {
		err = r.alone(ctx, j)
	} else {
		err = r.attempt(ctx, j, false)
	}
	switch {
	case err == nil, errors.Is(err, errEarly), errors.Is(err, ErrHeld):
	case ctx.Err() != nil:
		r.log.InfoContext(ctx, "job stopped before its end", "job", j.name, "err", err)
	default:
		r.log.ErrorContext(ctx, "job failed", "job", j.name, "err", err)
	}
}

// alone runs a job that nobody else can be running.
func (r *Runner) alone(ctx context.Context, j *job) error {
	began := r.now()
	err := r.safely(actor.AsSystem(ctx, j.name), j)
	next := began.Add(j.interval)
	if err != nil {
		next = r.now().Add(min(j.interval, firstRetry))
	}
	j.lookAt(next)
	return err
}
