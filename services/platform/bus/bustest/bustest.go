// Package bustest says exactly what a bus.Bus promises. Its cases run on every
// way to build one.
package bustest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/platform/bus"
)

// Open returns the buses of that many processes of one shop. A way to build a
// bus that knows one process only returns its bus several times. Open closes
// them when the test ends; a case may close them earlier.
type Open func(t *testing.T, processes int) []bus.Bus

// patience is how long a case waits for what must happen, quiet how long it
// watches for what must not.
const (
	patience = 20 * time.Second
	quiet    = 300 * time.Millisecond
)

// Run runs every case.
func Run(t *testing.T, open Open) {
	for name, f := range map[string]func(*testing.T, Open){
		"EveryConsumerGetsEachEventAsItWasPublished": everyConsumerGetsEachEvent,
		"ProcessesThatShareAConsumerShareItsEvents":  processesShare,
		"AnEventPublishedBeforeItsConsumerIsKept":    eventsWaitForTheirConsumer,
		"AHandlerThatFailsIsTriedAgain":              failuresAreRetried,
		"AHandlerThatPanicsIsTriedAgain":             panicsAreRetried,
		"OneThatKeepsFailingDoesNotHoldUpOthers":     poisonDoesNotBlock,
		"AnEventIsHeldOnceUnlessPublishedAgain":      duplicatesAreHeldOnce,
		"AHandlerActsAsItsConsumerInTheRequest":      handlersActAsConsumers,
		"AHandledEventIsConfirmedToItsOutbox":        handledEventsAreConfirmed,
		"AFailedHandlerConfirmsNothing":              failuresConfirmNothing,
		"ACastReachesWhoListensAndNobodyElse":        castsReachListeners,
		"AWildcardHearsAllBelowIt":                   wildcardsHearAllBelow,
		"StoppedListenersHearNothing":                stoppedListenersHearNothing,
		"AListenerThatPanicsHurtsNobody":             panickingListenersHurtNobody,
		"CloseWaitsForHandlers":                      closeWaits,
		"AClosedBusRefuses":                          closedRefuses,
		"NamesThatNATSWouldMisreadAreRefused":        badNamesAreRefused,
		"AThousandEventsFromManyPublishersAllArrive": manyEventsAllArrive,
		"PingAnswers": pingAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open)
		})
	}
}

type sold struct{ N int }

var soldTopic = bus.Topic[sold]{Name: "shop.Sold"}

func event(key string) bus.Event {
	return soldTopic.Event(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), key, sold{N: 3})
}

// tally counts events by key.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
	more chan struct{} // receives after each
}

func newTally() *tally { return &tally{seen: map[string]int{}, more: make(chan struct{}, 10_000)} }

func (c *tally) add(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[key]++
	c.more <- struct{}{}
	return c.seen[key]
}

func (c *tally) count(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[key]
}

func (c *tally) keys() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// until waits for ok, which it asks after every count.
func (c *tally) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-c.more:
		case <-late:
			t.Fatalf("waited in vain: %s; seen %v", what, c.seen)
		}
	}
}

// still fails the test if anything more is counted for a while.
func (c *tally) still(t *testing.T, what string, ok func() bool) {
	t.Helper()
	<-time.After(quiet)
	if !ok() {
		t.Fatalf("%s; seen %v", what, c.seen)
	}
}

func (c *tally) handler(_ context.Context, e bus.Event) error {
	c.add(e.Key)
	return nil
}

func subscribe(t *testing.T, b bus.Bus, consumer, topic string, h bus.Handler) {
	t.Helper()
	if err := b.Subscribe(t.Context(), consumer, topic, h); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, b bus.Bus, e bus.Event, again bool) {
	t.Helper()
	if err := b.Publish(t.Context(), e, again); err != nil {
		t.Fatal(err)
	}
}

func listen(t *testing.T, b bus.Bus, subject string, f func(string, []byte)) (stop func()) {
	t.Helper()
	stop, err := b.Listen(subject, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return stop
}

func cast(t *testing.T, b bus.Bus, subject, data string) {
	t.Helper()
	if err := b.Cast(t.Context(), subject, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain: %s", what)
		panic("unreachable")
	}
}

func handlersActAsConsumers(t *testing.T, open Open) {
	b := open(t, 1)[0]
	type seen struct {
		actor.Actor
		request  string
		deadline bool
	}
	got := make(chan seen, 1)
	subscribe(t, b, "ledger", soldTopic.Name, func(ctx context.Context, _ bus.Event) error {
		_, deadline := ctx.Deadline()
		got <- seen{actor.From(ctx), actor.Request(ctx), deadline}
		return nil
	})
	e := event("o1")
	e.Request = "req_7"
	publish(t, b, e, false)
	s := receive(t, "the event", got)
	if s.System != "ledger" || s.User != "" || s.request != "req_7" || !s.deadline {
		t.Fatalf("handler ran as %+v, want system ledger in request req_7 with a deadline", s)
	}
}

func closeWaits(t *testing.T, open Open) {
	b := open(t, 1)[0]
	begun, finish, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	subscribe(t, b, "ledger", soldTopic.Name, func(ctx context.Context, _ bus.Event) error {
		close(begun)
		<-finish
		if ctx.Err() != nil {
			t.Error("a handler that runs was cut off by Close")
		}
		close(finished)
		return nil
	})
	publish(t, b, event("o1"), false)
	receive(t, "the handler", begun)
	closed := make(chan error, 1)
	go func() { closed <- b.Close() }()
	select {
	case <-closed:
		t.Fatal("Close returned while a handler ran")
	case <-time.After(quiet):
	}
	close(finish)
	if err := receive(t, "Close", closed); err != nil {
		t.Fatal(err)
	}
	select {
	case <-finished:
	default:
		t.Fatal("Close returned before the handler")
	}
}

func closedRefuses(t *testing.T, open Open) {
	b := open(t, 1)[0]
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if err := b.Publish(t.Context(), event("o1"), false); err == nil {
		t.Error("Publish on a closed bus succeeded")
	}
	if err := b.Subscribe(t.Context(), "ledger", soldTopic.Name, newTally().handler); err == nil {
		t.Error("Subscribe on a closed bus succeeded")
	}
	if err := b.Cast(t.Context(), "room.r1", nil); err == nil {
		t.Error("Cast on a closed bus succeeded")
	}
	if _, err := b.Listen("room.r1", func(string, []byte) {}); err == nil {
		t.Error("Listen on a closed bus succeeded")
	}
	if err := b.Ping(t.Context()); err == nil {
		t.Error("Ping of a closed bus succeeded")
	}
}

func badNamesAreRefused(t *testing.T, open Open) {
	b := open(t, 1)[0]
	for _, bad := range []string{"", "a.*", ">", "a..b", ".a", "a b", "a."} {
		e := event("o1")
		e.Topic = bad
		if err := b.Publish(t.Context(), e, false); err == nil {
			t.Errorf("Publish took the topic %q", bad)
		}
		if err := b.Subscribe(t.Context(), "ledger", bad, newTally().handler); err == nil {
			t.Errorf("Subscribe took the topic %q", bad)
		}
		if err := b.Cast(t.Context(), bad, nil); err == nil {
			t.Errorf("Cast took the subject %q", bad)
		}
		if _, err := b.Listen(bad, func(string, []byte) {}); err == nil {
			t.Errorf("Listen took the subject %q", bad)
		}
	}
}

func pingAnswers(t *testing.T, open Open) {
	for _, b := range open(t, 2) {
		if err := b.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

var errNotNow = errors.New("not now")
