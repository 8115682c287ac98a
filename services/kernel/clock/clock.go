// Package clock is the only source of the present. A process passes one Now
// to everything it builds; tests pass a Fake and move it.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Now returns the current instant.
type Now func() time.Time

// System is the machine's clock, in UTC and at the millisecond precision that
// documents keep.
func System() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Fake is a clock that stands still until it is moved. Safe for concurrent use.
type Fake struct {
	mu sync.Mutex
	at time.Time
}

// NewFake returns a clock that stands at t.
func NewFake(t time.Time) *Fake { return &Fake{at: t.UTC().Truncate(time.Millisecond)} }

// Now returns where the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// Advance moves the clock by d, which may be negative.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

// Shifted is the machine's clock moved by some span, for tests that run real
// servers and cannot wait, and for a demonstration that begins in the past. Safe
// for concurrent use.
type Shifted struct{ by atomic.Int64 }

// Now returns the machine's instant, shifted.
func (s *Shifted) Now() time.Time { return System().Add(time.Duration(s.by.Load())) }

// Advance shifts the clock by d more.
func (s *Shifted) Advance(d time.Duration) { s.by.Add(int64(d)) }

// By is how far it is before the machine's clock.
func (s *Shifted) By() time.Duration { return time.Duration(s.by.Load()) }
