package bustest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/bus"
)

func everyConsumerGetsEachEvent(t *testing.T, open Open) {
	buses := open(t, 2)
	ledger, feed := make(chan bus.Event, 10), make(chan bus.Event, 10)
	into := func(c chan bus.Event) bus.Handler {
		return func(_ context.Context, e bus.Event) error {
			c <- e
			return nil
		}
	}
	subscribe(t, buses[0], "ledger", soldTopic.Name, into(ledger))
	subscribe(t, buses[1], "feed", soldTopic.Name, into(feed))
	want := event("o1")
	want.Request, want.Confirm = "req_1", []string{"stock"}
	want.Source = bus.Source{Collection: "orders", ID: "o1"}
	publish(t, buses[0], want, false)
	for name, c := range map[string]chan bus.Event{"ledger": ledger, "feed": feed} {
		if diff := cmp.Diff(receive(t, name, c), want); diff != "" {
			t.Errorf("%s got -, want +:\n%s", name, diff)
		}
	}
}

func processesShare(t *testing.T, open Open) {
	buses := open(t, 2)
	all := newTally()
	for _, b := range buses {
		subscribe(t, b, "ledger", soldTopic.Name, all.handler)
	}
	const n = 60
	for i := range n {
		publish(t, buses[i%2], event(fmt.Sprint("o", i)), false)
	}
	all.until(t, "every event", func() bool { return all.keys() == n })
	all.still(t, "an event reached one consumer in both processes", func() bool {
		for i := range n {
			if all.count(fmt.Sprint("o", i)) != 1 {
				return false
			}
		}
		return true
	})
}

func eventsWaitForTheirConsumer(t *testing.T, open Open) {
	buses := open(t, 2)
	publish(t, buses[0], event("o1"), false)
	late := newTally()
	subscribe(t, buses[1], "ledger", soldTopic.Name, late.handler)
	late.until(t, "the earlier event", func() bool { return late.count("o1") == 1 })
}

func failuresAreRetried(t *testing.T, open Open) {
	b := open(t, 1)[0]
	got := newTally()
	subscribe(t, b, "ledger", soldTopic.Name, func(_ context.Context, e bus.Event) error {
		if got.add(e.Key) < 3 {
			return errNotNow
		}
		return nil
	})
	publish(t, b, event("o1"), false)
	got.until(t, "a third try", func() bool { return got.count("o1") == 3 })
	got.still(t, "delivered again after it was handled", func() bool { return got.count("o1") == 3 })
}

func panicsAreRetried(t *testing.T, open Open) {
	b := open(t, 1)[0]
	got := newTally()
	subscribe(t, b, "ledger", soldTopic.Name, func(_ context.Context, e bus.Event) error {
		if got.add(e.Key) == 1 {
			panic("a bug")
		}
		return nil
	})
	publish(t, b, event("o1"), false)
	got.until(t, "a second try", func() bool { return got.count("o1") == 2 })
}

func poisonDoesNotBlock(t *testing.T, open Open) {
	b := open(t, 1)[0]
	got := newTally()
	subscribe(t, b, "ledger", soldTopic.Name, func(_ context.Context, e bus.Event) error {
		if len(e.Key) > 6 && e.Key[:6] == "poison" {
			return errNotNow
		}
		return got.handler(context.Background(), e)
	})
	for i := range 40 {
		publish(t, b, event(fmt.Sprint("poison", i)), false)
	}
	publish(t, b, event("good"), false)
	got.until(t, "the event behind those that fail", func() bool { return got.count("good") == 1 })
}

func duplicatesAreHeldOnce(t *testing.T, open Open) {
	buses := open(t, 2)
	got := newTally()
	subscribe(t, buses[0], "ledger", soldTopic.Name, got.handler)
	for _, b := range append(buses, buses...) {
		publish(t, b, event("o1"), false)
	}
	got.until(t, "the event", func() bool { return got.count("o1") == 1 })
	got.still(t, "one fact was delivered twice", func() bool { return got.count("o1") == 1 })
	publish(t, buses[1], event("o1"), true)
	got.until(t, "the event again", func() bool { return got.count("o1") == 2 })
	publish(t, buses[1], event("o1"), true)
	got.until(t, "the event a third time", func() bool { return got.count("o1") == 3 })
}

func handledEventsAreConfirmed(t *testing.T, open Open) {
	buses := open(t, 2)
	topic := bus.Topic[sold]{Name: "shop.Sold", Confirm: []string{"ledger"}}
	confirmed := make(chan bus.Confirmation, 10)
	listen(t, buses[0], bus.ConfirmSubject("orders"), func(_ string, data []byte) {
		var c bus.Confirmation
		if err := json.Unmarshal(data, &c); err != nil {
			t.Error(err)
		}
		confirmed <- c
	})
	handled := make(chan sold, 10)
	for _, consumer := range []string{"ledger", "feed"} {
		err := bus.On(t.Context(), buses[1], consumer, topic, func(_ context.Context, _ bus.Event, s sold) error {
			handled <- s
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	e := topic.Event(time.Unix(1_900_000_000, 0).UTC(), "o1", sold{N: 3})
	e.Source = bus.Source{Collection: "orders", ID: "o1"}
	publish(t, buses[0], e, false)
	for range 2 {
		if got := receive(t, "a handler", handled); got.N != 3 {
			t.Errorf("handler got %+v, want N 3", got)
		}
	}
	want := bus.Confirmation{Event: e.ID, Consumer: "ledger", Source: e.Source}
	if diff := cmp.Diff(receive(t, "the confirmation", confirmed), want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	select {
	case c := <-confirmed:
		t.Errorf("a consumer that nobody waits for confirmed: %+v", c)
	case <-time.After(quiet):
	}
}

func failuresConfirmNothing(t *testing.T, open Open) {
	b := open(t, 1)[0]
	topic := bus.Topic[sold]{Name: "shop.Sold", Confirm: []string{"ledger"}}
	confirmed := make(chan string, 10)
	listen(t, b, bus.ConfirmSubject("orders"), func(_ string, data []byte) { confirmed <- string(data) })
	tries := make(chan struct{}, 100)
	err := bus.On(t.Context(), b, "ledger", topic, func(context.Context, bus.Event, sold) error {
		tries <- struct{}{}
		return errNotNow
	})
	if err != nil {
		t.Fatal(err)
	}
	e := topic.Event(time.Unix(1_900_000_000, 0).UTC(), "o1", sold{})
	e.Source = bus.Source{Collection: "orders", ID: "o1"}
	publish(t, b, e, false)
	receive(t, "a try", tries)
	receive(t, "another try", tries)
	select {
	case c := <-confirmed:
		t.Fatalf("an event that was not handled was confirmed: %s", c)
	default:
	}
}

func manyEventsAllArrive(t *testing.T, open Open) {
	buses := open(t, 2)
	got := newTally()
	for _, b := range buses {
		subscribe(t, b, "ledger", soldTopic.Name, got.handler)
	}
	const publishers, each = 10, 100
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				if err := buses[p%2].Publish(t.Context(), event(fmt.Sprintf("o%d-%d", p, i)), false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got.until(t, "every event", func() bool { return got.keys() == publishers*each })
}
