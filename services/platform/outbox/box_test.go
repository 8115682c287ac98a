package outbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/platform/bus"
)

// A box is driven at random, beside a model that knows only what was put in and
// who has spoken up.
func TestABoxNeitherLosesNorKeepsAnEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b Box
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		open := map[string][]string{} // event → whom it still waits for; "bus" for one that names nobody
		tried := map[string]time.Time{}
		events := rapid.SampledFrom([]string{"e1", "e2", "e3", "e4"})
		consumers := rapid.SampledFrom([]string{"a", "b", "nobody"})
		confirm := map[string][]string{"e1": nil, "e2": {"a"}, "e3": {"a", "b"}, "e4": {"b"}}

		strike := func(id, who string) {
			open[id] = slices.DeleteFunc(slices.Clone(open[id]), func(w string) bool { return w == who })
			if len(open[id]) == 0 {
				delete(open, id)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id := events.Draw(t, "event")
				b.Add(now, bus.Event{ID: id, Confirm: confirm[id]})
				if _, held := open[id]; !held {
					open[id] = slices.Clone(confirm[id])
					if confirm[id] == nil {
						open[id] = []string{"bus"}
					}
					delete(tried, id)
				}
			},
			"wait": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "s")) * time.Second) },
			"claim": func(t *rapid.T) {
				for _, a := range b.claim(now) {
					if at, again := tried[a.event.ID]; again && now.Sub(at) < firstBackoff {
						t.Fatalf("%s claimed twice within %v", a.event.ID, now.Sub(at))
					}
					tried[a.event.ID] = now
				}
				for id := range open {
					if at, ok := tried[id]; !ok && !b.OutboxDue.After(now) || ok && now.Sub(at) > longBackoff {
						t.Fatalf("%s is due and was not claimed", id)
					}
				}
			},
			"taken": func(t *rapid.T) {
				id := events.Draw(t, "event")
				b.settle([]string{id}, nil)
				strike(id, "bus")
			},
			"confirmed": func(t *rapid.T) {
				id, who := events.Draw(t, "event"), consumers.Draw(t, "consumer")
				b.settle(nil, map[string][]string{id: {who}})
				strike(id, who)
			},
			"": func(t *rapid.T) {
				if err := sound(b, open); err != nil {
					t.Fatalf("%v\n%+v", err, b)
				}
			},
		})
	})
}

func sound(b Box, open map[string][]string) error {
	if len(b.Outbox) != len(open) {
		return fmt.Errorf("the box holds %d events, %v are open", len(b.Outbox), open)
	}
	for _, e := range b.Outbox {
		if len(open[e.ID]) == 0 {
			return fmt.Errorf("%s is still in the box", e.ID)
		}
	}
	if b.OutboxDue.IsZero() != (len(b.Outbox) == 0) {
		return fmt.Errorf("due at %v", b.OutboxDue)
	}
	for _, t := range b.OutboxTold {
		if open[t.Event] == nil {
			return fmt.Errorf("remembers %s, which is gone", t.Event)
		}
		if t.Due.Before(b.OutboxDue) {
			return fmt.Errorf("sleeps past %s", t.Event)
		}
	}
	return nil
}
