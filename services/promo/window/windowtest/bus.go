package windowtest

import (
	"context"
	"errors"

	"meadow/services/platform/bus"
)

// Bus hands events straight to who subscribed.
type Bus struct {
	bus.Bus
	heard map[string][]bus.Handler
}

// Subscribe remembers a handler of a topic.
func (b *Bus) Subscribe(_ context.Context, _, topic string, h bus.Handler) error {
	if b.heard == nil {
		b.heard = map[string][]bus.Handler{}
	}
	b.heard[topic] = append(b.heard[topic], h)
	return nil
}

// ErrUnheard says that nobody subscribed to an event's topic.
var ErrUnheard = errors.New("nobody subscribed")

// Tell delivers an event.
func (b *Bus) Tell(ctx context.Context, e bus.Event) error {
	if len(b.heard[e.Topic]) == 0 {
		return ErrUnheard
	}
	e.Confirm = nil // no outbox waits for it
	for _, h := range b.heard[e.Topic] {
		if err := h(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
