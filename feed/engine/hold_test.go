package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/feed/engine"
	"meadow/services/kernel/clock"
)

func TestEventsWaitForAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	store, now := newShelf(), clock.NewFake(start)
	e := stocked(engine.Options{})
	k, err := engine.OpenKeeper(t.Context(), e, store, now.Now, engine.KeeperOptions{Every: -1})
	if err != nil {
		t.Fatal(err)
	}
	down := errors.New("down")
	store.failing(down)
	taken := make(chan error, 1)
	go func() { taken <- k.Take(t.Context(), deed(0), deed(1)) }()
	for deadline := time.Now().Add(5 * time.Second); e.Health().Events < 2; {
		if time.Now().After(deadline) {
			t.Fatal("the events do not act")
		}
		time.Sleep(time.Millisecond)
	}
	if err := k.Flush(t.Context()); !errors.Is(err, down) {
		t.Fatalf("got %v, want what the store says", err)
	}
	e.Take(start, deed(2)) // not for the keeper
	select {
	case err := <-taken:
		t.Fatalf("acknowledged, though not stored: %v", err)
	default:
	}
	hasty, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Take(hasty, deed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("an event known, but not stored: got %v", err)
	}
	store.failing(nil)
	if err := k.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Errorf("stored, and got %v", err)
	}
	if err := k.Take(t.Context(), deed(0), deed(1)); err != nil || e.Health().Events != 3 {
		t.Errorf("sent again: %v, %d events", err, e.Health().Events)
	}
}
