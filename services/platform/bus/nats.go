package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrClosed is what a bus answers once Close has begun.
var ErrClosed = errors.New("bus: closed")

const (
	dialWait     = 5 * time.Second // for a connection, and for an answer without a deadline
	redialWait   = 250 * time.Millisecond
	closeGrace   = 10 * time.Second // for handlers at Close, before their contexts end
	flushAtClose = 2 * time.Second
)

// NATS is a Bus on NATS and JetStream. Embedded and Connect make one.
type NATS struct {
	log    *slog.Logger
	conn   *nats.Conn
	js     jetstream.JetStream
	server *server.Server // nil if it runs elsewhere
	unlock func()         // lets another process have the embedded folder
	hub    *hub

	readings readings

	// handling is the context of every handler; stopHandling ends it.
	handling     context.Context
	stopHandling context.CancelFunc
	// pulling ends when Close begins.
	pulling     context.Context
	stopPulling context.CancelFunc
	gone        chan struct{} // closed when the connection has ended
	loops       sync.WaitGroup
	handlers    sync.WaitGroup

	mu   sync.Mutex // guards what follows
	shut bool
	subs []*subscription
}

var _ Bus = (*NATS)(nil)

// Connect joins the NATS at url, which may list several servers separated by
// commas and carry a token (nats://token@host:4222). It fails if none answers
// now; a connection lost later is restored.
func Connect(ctx context.Context, url string, log *slog.Logger) (*NATS, error) {
	return dial(ctx, url, log)
}

// dial connects and makes sure of the stream.
func dial(ctx context.Context, url string, log *slog.Logger, more ...nats.Option) (*NATS, error) {
	n := &NATS{log: log, gone: make(chan struct{}), unlock: func() {}}
	n.handling, n.stopHandling = context.WithCancel(context.WithoutCancel(ctx))
	n.pulling, n.stopPulling = context.WithCancel(n.handling)
	conn, err := nats.Connect(url, append(n.options(), more...)...)
	if err != nil {
		n.stopHandling()
		return nil, fmt.Errorf("bus: connect: %w", err)
	}
	n.conn = conn
	n.hub = newHub(conn, log)
	if n.js, err = jetstream.New(conn, jetstream.WithDefaultTimeout(dialWait)); err == nil {
		err = n.ensureStream(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bus: connect: %w", err), n.Close())
	}
	return n, nil
}

func (n *NATS) options() []nats.Option {
	return []nats.Option{
		nats.Name("meadow"),
		nats.Timeout(dialWait),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(redialWait),
		nats.ReconnectJitter(redialWait, redialWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				n.log.Warn("bus connection lost", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			n.log.Info("bus connection restored")
			n.renew() // the server may have come back without our stream
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(n.gone) }),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			n.log.Warn("bus fault", "subject", subject, "err", err)
		}),
	}
}

// Ping implements Bus.
func (n *NATS) Ping(ctx context.Context) error {
	if err := n.usable(); err != nil {
		return err
	}
	if _, err := n.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("bus: ping: %w", err)
	}
	return nil
}

// usable fails at once where waiting for the server would be in vain.
func (n *NATS) usable() error {
	if n.pulling.Err() != nil {
		return ErrClosed
	}
	if !n.conn.IsConnected() {
		return fmt.Errorf("bus: %w", nats.ErrDisconnected)
	}
	return nil
}

// Close implements Bus. Handlers have closeGrace to finish; then their contexts
// end, and Close still waits for them to return.
func (n *NATS) Close() error {
	if !n.shutOnce() {
		<-n.gone
		return nil
	}
	n.stopPulling()
	n.loops.Wait()
	grace := time.AfterFunc(closeGrace, n.stopHandling)
	n.handlers.Wait()
	grace.Stop()
	n.stopHandling()
	n.hub.close()
	if n.conn.IsConnected() {
		if err := n.conn.FlushTimeout(flushAtClose); err != nil {
			n.log.Warn("last acknowledgements not sent, their events will come again", "err", err)
		}
	}
	n.conn.Close()
	<-n.gone
	if n.server != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
	}
	n.unlock()
	return nil
}

// shutOnce reports whether this call is the first to close.
func (n *NATS) shutOnce() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	first := !n.shut
	n.shut = true
	return first
}
