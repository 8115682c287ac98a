package bus

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

const castPrefix = "cast."

// hub spreads live messages among the listeners of this process. However many
// listen, the server sees one subscription for each first token of a subject
// ("room" of "room.r1.chat"), because it fans out to thousands of processes
// worse than we do to thousands of listeners.
//
// Where both locks are held, roots was taken first.
type hub struct {
	conn *nats.Conn
	log  *slog.Logger

	rootsMu sync.Mutex // guards roots
	roots   map[string]*root

	calls sync.RWMutex // held to read while listeners are called

	mu        sync.RWMutex           // guards listeners
	listeners map[string][]*listener // by subject or "prefix.>"; a slice is never changed, only replaced
}

// root is the one subscription of this process below a first token.
type root struct {
	sub  *nats.Subscription
	uses int
}

type listener struct {
	f       func(subject string, data []byte)
	stopped atomic.Bool
}

func newHub(conn *nats.Conn, log *slog.Logger) *hub {
	return &hub{conn: conn, log: log, roots: map[string]*root{}, listeners: map[string][]*listener{}}
}

// Cast implements Bus.
func (n *NATS) Cast(_ context.Context, subject string, data []byte) error {
	if !plain(subject) {
		return fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	if err := n.usable(); err != nil {
		return err
	}
	if err := n.conn.Publish(castPrefix+subject, data); err != nil {
		return fmt.Errorf("bus: cast: %w", err)
	}
	return nil
}

// Listen implements Bus. Once it returns, what any process casts arrives. A
// call of f that is under way when stop is called may still end after it.
func (n *NATS) Listen(subject string, f func(subject string, data []byte)) (stop func(), err error) {
	if !plain(strings.TrimSuffix(subject, ".>")) {
		return nil, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.hub.listen(subject, f)
}

func (h *hub) listen(subject string, f func(string, []byte)) (stop func(), err error) {
	name := rootOf(subject)
	if err := h.acquire(name); err != nil {
		return nil, fmt.Errorf("bus: listen: %w", err)
	}
	l := &listener{f: f}
	h.mu.Lock()
	h.listeners[subject] = append(slices.Clip(h.listeners[subject]), l)
	h.mu.Unlock()
	var once sync.Once
	return func() {
		once.Do(func() {
			l.stopped.Store(true)
			h.remove(subject, l)
			h.release(name)
		})
	}, nil
}

func (h *hub) remove(subject string, l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := make([]*listener, 0, len(h.listeners[subject]))
	for _, other := range h.listeners[subject] {
		if other != l {
			rest = append(rest, other)
		}
	}
	if len(rest) == 0 {
		delete(h.listeners, subject)
		return
	}
	h.listeners[subject] = rest
}

// acquire makes sure that this process gets what is cast below a root.
func (h *hub) acquire(name string) error {
	h.rootsMu.Lock()
	defer h.rootsMu.Unlock()
	if r := h.roots[name]; r != nil {
		r.uses++
		return nil
	}
	sub, err := h.conn.Subscribe(castPrefix+name, h.dispatch)
	if err != nil {
		return err
	}
	if err := h.conn.FlushTimeout(dialWait); err != nil { // until the server knows
		_ = sub.Unsubscribe()
		return err
	}
	h.roots[name] = &root{sub: sub, uses: 1}
	return nil
}

func (h *hub) release(name string) {
	h.rootsMu.Lock()
	defer h.rootsMu.Unlock()
	r := h.roots[name]
	if r == nil {
		return // the bus has closed
	}
	if r.uses--; r.uses == 0 {
		_ = r.sub.Unsubscribe() // fails only if the connection is closed, which ends it too
		delete(h.roots, name)
	}
}

// close ends all listening and waits for the calls that run.
func (h *hub) close() {
	h.rootsMu.Lock()
	defer h.rootsMu.Unlock()
	for name, r := range h.roots {
		_ = r.sub.Unsubscribe()
		delete(h.roots, name)
	}
	h.mu.Lock()
	clear(h.listeners)
	h.mu.Unlock()
	h.calls.Lock()
	defer h.calls.Unlock()
}

// dispatch runs on the subscription's own goroutine.
func (h *hub) dispatch(m *nats.Msg) {
	h.calls.RLock()
	defer h.calls.RUnlock()
	subject := strings.TrimPrefix(m.Subject, castPrefix)
	h.call(subject, subject, m.Data)
	for i, c := range []byte(subject) {
		if c == '.' {
			h.call(subject[:i]+".>", subject, m.Data)
		}
	}
}

func (h *hub) call(pattern, subject string, data []byte) {
	h.mu.RLock()
	ls := h.listeners[pattern]
	h.mu.RUnlock()
	for _, l := range ls {
		if !l.stopped.Load() {
			h.guard(l, subject, data)
		}
	}
}

func (h *hub) guard(l *listener, subject string, data []byte) {
	defer func() {
		if r := recover(); r != nil {
			h.log.Error("listener panicked", "subject", subject, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	l.f(subject, data)
}

// rootOf returns the NATS subject that covers subject: its first token with all
// below it, or the subject itself if it is one token.
func rootOf(subject string) string {
	if i := strings.IndexByte(subject, '.'); i >= 0 {
		return subject[:i] + ".>"
	}
	return subject
}
