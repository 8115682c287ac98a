package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"meadow/services/kernel/actor"
)

const (
	inFlight      = 16 // deliveries of one subscription handled at a time
	ackWait       = 30 * time.Second
	handlerWait   = 25 * time.Second // less than ackWait: a slow handler ends before its event is given away
	pendingMost   = 10_000           // deliveries that may be waiting for another try
	pullExpiry    = 30 * time.Second
	pullHeartbeat = 5 * time.Second
	reopenWait    = 2 * time.Second // a question that a dying server took is never answered
	drainWait     = 200 * time.Millisecond
	firstRetry    = 250 * time.Millisecond
	lastRetry     = time.Minute
)

// subscription delivers one topic to one consumer. A loop of its own feeds at
// most inFlight handlers.
type subscription struct {
	bus             *NATS
	consumer, topic string
	handle          Handler
	log             *slog.Logger
	slots           chan struct{}

	mu  sync.Mutex // guards end
	end context.CancelFunc
}

// source is what a subscription pulls from until ctx ends.
type source struct {
	ctx      context.Context
	messages jetstream.MessagesContext
}

// Subscribe implements Bus. A handler has handlerWait for one event. A new
// consumer also gets the facts that the bus still holds.
func (n *NATS) Subscribe(ctx context.Context, consumer, topic string, h Handler) error {
	if !plain(consumer) || !plain(topic) {
		return fmt.Errorf("%w: consumer %q, topic %q", ErrSubject, consumer, topic)
	}
	if err := n.usable(); err != nil {
		return err
	}
	s := &subscription{bus: n, consumer: consumer, topic: topic, handle: h, slots: make(chan struct{}, inFlight),
		log: n.log.With("consumer", consumer, "topic", topic)}
	src, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("bus: subscribe %s to %s: %w", consumer, topic, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shut {
		src.messages.Stop()
		s.end()
		return ErrClosed
	}
	n.subs = append(n.subs, s)
	n.loops.Go(func() { s.run(n.handling, src) })
	return nil
}

// renew ends what every subscription is pulling from, so that it opens its
// consumer again.
func (n *NATS) renew() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.subs {
		s.mu.Lock()
		s.end()
		s.mu.Unlock()
	}
}

// open makes sure of the consumer, and of the stream it reads, and starts
// pulling from it.
func (s *subscription) open(ctx context.Context) (*source, error) {
	cfg := jetstream.ConsumerConfig{
		Durable:       s.consumer + "@" + strings.ReplaceAll(s.topic, ".", "="),
		FilterSubject: factPrefix + s.topic,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: pendingMost,
	}
	cfg.Durable = strings.ReplaceAll(cfg.Durable, ".", "=")
	c, err := s.bus.js.CreateOrUpdateConsumer(ctx, stream, cfg)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if err = s.bus.ensureStream(ctx); err == nil {
			c, err = s.bus.js.CreateOrUpdateConsumer(ctx, stream, cfg)
		}
	}
	if err != nil {
		return nil, err
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(inFlight),
		jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return nil, err
	}
	src := &source{messages: messages}
	s.mu.Lock()
	defer s.mu.Unlock()
	src.ctx, s.end = context.WithCancel(s.bus.pulling)
	return src, nil
}

// run delivers until the bus closes. Whatever ends the pulling before that is
// answered by opening it again.
func (s *subscription) run(ctx context.Context, src *source) {
	for try := 0; ; {
		if src != nil {
			s.pull(ctx, src)
			s.giveBack(src)
			try = 0
		}
		if s.closing() {
			return
		}
		var err error
		if src, err = s.reopen(); err != nil {
			s.bus.log.WarnContext(ctx, "cannot subscribe, trying again", "consumer", s.consumer, "topic", s.topic, "err", err)
			s.pause(backoff(try))
			try++
		}
	}
}

func (s *subscription) reopen() (*source, error) {
	if err := s.bus.usable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(s.bus.pulling, reopenWait)
	defer cancel()
	return s.open(ctx)
}

// pull hands out messages until there are no more to be had from this source.
func (s *subscription) pull(ctx context.Context, src *source) {
	stale := 0 // how many of what is fetched may have waited for a slot
	for {
		m, err := src.messages.Next(jetstream.NextContext(src.ctx))
		if err != nil {
			if src.ctx.Err() == nil {
				s.bus.log.WarnContext(ctx, "deliveries interrupted", "consumer", s.consumer, "topic", s.topic, "err", err)
				s.pause(firstRetry)
			}
			return
		}
		if !s.slot() {
			stale = inFlight
		}
		if s.closing() {
			_ = m.Nak()
			return
		}
		if stale > 0 {
			stale--
			_ = m.InProgress() // its ackWait begins now, not when it was fetched
		}
		s.bus.handlers.Go(func() {
			defer func() { <-s.slots }()
			s.deliver(ctx, m)
		})
	}
}

// giveBack ends a source and returns what was fetched and not begun, for
// another process to have at once; one that slips through comes back after
// ackWait.
func (s *subscription) giveBack(src *source) {
	if s.bus.conn.IsConnected() {
		src.messages.Drain()
		for {
			// A server that dies just now never says that it is done.
			m, err := src.messages.Next(jetstream.NextMaxWait(drainWait))
			if err != nil {
				break
			}
			_ = m.Nak()
		}
	}
	src.messages.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// slot waits for a free handler, unless the bus closes. It reports whether one
// was free at once.
func (s *subscription) slot() bool {
	select {
	case s.slots <- struct{}{}:
		return true
	default:
	}
	select {
	case s.slots <- struct{}{}:
	case <-s.bus.pulling.Done():
	}
	return false
}

// deliver runs the handler on one message and tells the server how it went.
func (s *subscription) deliver(ctx context.Context, m jetstream.Msg) {
	r, err := s.bus.readings.read(m.Data())
	if err != nil {
		s.log.ErrorContext(ctx, "event cannot be read, dropped", "err", err)
		_ = m.Term()
		return
	}
	e := r.event
	ctx = actor.WithRequest(actor.AsSystem(ctx, s.consumer), e.Request)
	err = s.attempt(context.WithValue(ctx, readingKey{}, r), e)
	if err == nil {
		err = m.Ack()
		if err != nil {
			s.log.WarnContext(ctx, "event handled but not acknowledged", "event", e.ID, "err", err)
		}
		return
	}
	tries := 1
	if meta, merr := m.Metadata(); merr == nil {
		tries = int(min(meta.NumDelivered, 1000))
	}
	after := backoff(tries - 1)
	s.log.WarnContext(ctx, "event not handled, will be delivered again",
		"event", e.ID, "key", e.Key, "tries", tries, "after", after, "err", err)
	_ = m.NakWithDelay(after) // a lost one comes back after ackWait
}

// attempt runs the handler under its time limit; a panic in it is an error.
func (s *subscription) attempt(ctx context.Context, e Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handlerWait)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			s.bus.log.ErrorContext(ctx, "event handler panicked", "consumer", s.consumer, "topic", s.topic,
				"event", e.ID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("bus: handler panicked: %v", r)
		}
	}()
	return s.handle(ctx, e)
}

func (s *subscription) closing() bool { return s.bus.pulling.Err() != nil }

func (s *subscription) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.bus.pulling.Done():
	}
}

// backoff is how long to wait after that many failures before this one.
func backoff(failures int) time.Duration {
	if failures >= 8 {
		return lastRetry
	}
	return min(firstRetry<<max(failures, 0), lastRetry)
}
