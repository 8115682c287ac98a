package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

const (
	readingsMost = 256      // deliveries whose reading is kept
	readingBytes = 16 << 10 // a longer one is read by each consumer
)

// readings keeps what this process made of the deliveries that came last. The
// consumers of a topic get the same bytes one after the other: the first reads
// them, and the others take its reading. The bytes themselves are the key, so
// that nothing is ever taken for something else.
type readings struct {
	mu   sync.Mutex // guards what follows
	by   map[string]*reading
	ring [readingsMost]string // the keys of by, in order of arrival
	next int
}

// reading is what was made of one delivery.
type reading struct {
	once  sync.Once
	event Event
	err   error

	mu   sync.Mutex // guards data
	data any        // of the topic's type, once somebody wanted it and the topic is Shared
}

// read returns what body says.
func (r *readings) read(body []byte) (*reading, error) {
	x := r.of(body)
	x.once.Do(func() { x.err = json.Unmarshal(body, &x.event) })
	return x, x.err
}

func (r *readings) of(body []byte) *reading {
	if len(body) > readingBytes {
		return &reading{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.by[string(body)]; x != nil {
		return x
	}
	if r.by == nil {
		r.by = make(map[string]*reading, readingsMost)
	}
	x, key := &reading{}, string(body)
	delete(r.by, r.ring[r.next])
	r.by[key], r.ring[r.next] = x, key
	r.next = (r.next + 1) % readingsMost
	return x
}

type readingKey struct{}

// dataOf returns the data of e, whose handler runs under ctx.
func dataOf[T any](ctx context.Context, t Topic[T], e Event) (data T, err error) {
	x, ok := ctx.Value(readingKey{}).(*reading)
	if !ok || !t.Shared {
		return data, decode(e, &data)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if data, ok := x.data.(T); ok {
		return data, nil
	}
	if err := decode(e, &data); err != nil {
		return data, err
	}
	x.data = data
	return data, nil
}

func decode(e Event, data any) error {
	if err := json.Unmarshal([]byte(e.Data), data); err != nil {
		return fmt.Errorf("bus: %s %s: %w", e.Topic, e.Key, err)
	}
	return nil
}
