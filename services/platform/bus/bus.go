// Package bus carries facts between services, and live messages between the
// processes of a room, on NATS: in this process by default, a cluster by URL.
//
// A fact is delivered at least once to every durable consumer of its topic, in
// no promised order; handlers are idempotent by Event.ID. The outbox of the
// document that changed is the truth of what must still be told (package
// outbox): the bus may lose everything it holds.
package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"meadow/services/kernel/id"
)

// Event is a fact that has happened. Topic is "<service>.<Fact>".
type Event struct {
	ID      string    `json:"id" bson:"id"` // equal for every delivery of one fact
	Topic   string    `json:"topic" bson:"topic"`
	Key     string    `json:"key" bson:"key"` // of what it happened to
	At      time.Time `json:"at" bson:"at"`
	Data    string    `json:"data" bson:"data"`                           // JSON of the topic's type
	Request string    `json:"request,omitempty" bson:"request,omitempty"` // the request that caused it
	// Confirm names the consumers without whom the fact is not finished: the
	// outbox keeps it until each has handled it.
	Confirm []string `json:"confirm,omitempty" bson:"confirm,omitempty"`
	// Source says which outbox holds the event, for confirmations.
	Source Source `json:"source,omitzero" bson:"-"`
}

// Source is a document whose outbox holds an event.
type Source struct {
	Collection string `json:"collection,omitempty"`
	ID         string `json:"id,omitempty"`
}

// Topic names a fact and fixes the type of its data. A contract declares it.
type Topic[T any] struct {
	Name string
	// Confirm names the consumers that must handle each event, see Event.Confirm.
	Confirm []string
	// Shared says that no consumer changes what the data point to: those of one
	// process are then given one and the same value, which is read once.
	Shared bool
}

// Event returns the fact about key; the same topic and key are the same fact.
func (t Topic[T]) Event(at time.Time, key string, data T) Event {
	b, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("bus: %T cannot be encoded: %v", data, err)) // a bug in the contract
	}
	return Event{ID: id.Derive("evt", t.Name, key), Topic: t.Name, Key: key, At: at, Data: string(b), Confirm: t.Confirm}
}

// Handler acts on an event. An error means: deliver it again later.
type Handler func(ctx context.Context, e Event) error

// Bus is where services meet.
type Bus interface {
	// Publish hands e to the bus and returns once it is on disk there. Publishing
	// an event that the bus took within the last ten minutes delivers it again only
	// if again is set.
	Publish(ctx context.Context, e Event, again bool) error
	// Subscribe starts delivering the topic to the named consumer. Processes that
	// use one name share its deliveries. It ends with the bus.
	Subscribe(ctx context.Context, consumer, topic string, h Handler) error
	// Cast sends bytes to whoever listens on the subject now, in any process. It
	// is neither stored nor retried.
	Cast(ctx context.Context, subject string, data []byte) error
	// Listen calls f with what is cast on subject, or on all below it when it
	// ends in ".>", until stop is called. f must not block.
	Listen(subject string, f func(subject string, data []byte)) (stop func(), err error)
	// Ping reports whether the bus answers.
	Ping(ctx context.Context) error
	// Close stops deliveries, waits for the handlers that run, and leaves.
	Close() error
}

// On subscribes consumer to t with a handler of its type. Once f has handled an
// event that asks for it, the event's outbox is told (ConfirmSubject).
func On[T any](ctx context.Context, b Bus, consumer string, t Topic[T], f func(context.Context, Event, T) error) error {
	return b.Subscribe(ctx, consumer, t.Name, func(ctx context.Context, e Event) error {
		data, err := dataOf(ctx, t, e)
		if err != nil {
			return err
		}
		if err := f(ctx, e, data); err != nil {
			return err
		}
		return confirm(ctx, b, consumer, e)
	})
}

// Confirmation says that a consumer has handled an event.
type Confirmation struct {
	Event    string `json:"event"`
	Consumer string `json:"consumer"`
	Source   Source `json:"source"`
}

// ConfirmSubject is where confirmations for a collection are cast. A lost one
// costs a second delivery, nothing else.
func ConfirmSubject(collection string) string { return "confirm." + collection }

func confirm(ctx context.Context, b Bus, consumer string, e Event) error {
	for _, c := range e.Confirm {
		if c == consumer && e.Source.Collection != "" {
			data, err := json.Marshal(Confirmation{Event: e.ID, Consumer: consumer, Source: e.Source})
			if err != nil {
				return fmt.Errorf("bus: confirm: %w", err)
			}
			return b.Cast(ctx, ConfirmSubject(e.Source.Collection), data)
		}
	}
	return nil
}
