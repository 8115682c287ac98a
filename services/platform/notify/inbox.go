package notify

import (
	"context"
	"slices"
	"sync"
	"time"

	"meadow/services/kernel/clock"
)

// Received is a message in a DevInbox. N counts messages from 1.
type Received struct {
	Message
	N  int64     `json:"n"`
	At time.Time `json:"at"`
}

// inboxSize is how many messages a DevInbox keeps.
const inboxSize = 200

// DevInbox keeps the last messages in memory instead of sending them, for a
// developer or a test to read. It must not be used by a shop that is open.
type DevInbox struct {
	now clock.Now

	mu   sync.Mutex // guards what follows
	n    int64
	last []Received
	news chan struct{} // closed and replaced when a message arrives
}

var _ Notifier = (*DevInbox)(nil)

// NewDevInbox returns an empty inbox.
func NewDevInbox(now clock.Now) *DevInbox {
	return &DevInbox{now: now, news: make(chan struct{})}
}

// Send implements Notifier.
func (d *DevInbox) Send(_ context.Context, m Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	d.last = append(d.last, Received{Message: m, N: d.n, At: d.now()})
	if len(d.last) > inboxSize {
		d.last = slices.Delete(d.last, 0, len(d.last)-inboxSize)
	}
	close(d.news)
	d.news = make(chan struct{})
	return nil
}

// List returns the messages that are kept, the latest first.
func (d *DevInbox) List() []Received {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.last)
	slices.Reverse(out)
	return out
}

// Await returns the latest message to somebody that came after the n-th of
// all, as soon as there is one.
func (d *DevInbox) Await(ctx context.Context, to string, n int64) (Received, error) {
	for {
		d.mu.Lock()
		news := d.news
		for _, m := range slices.Backward(d.last) {
			if m.N > n && m.To == to {
				d.mu.Unlock()
				return m, nil
			}
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return Received{}, ctx.Err()
		case <-news:
		}
	}
}
