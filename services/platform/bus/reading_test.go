package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"
)

type cups struct {
	N []int `json:"n"`
}

func encoded(t *testing.T, e Event) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConsumersOfASharedTopicAreGivenWhatTheFirstOfThemRead(t *testing.T) {
	t.Parallel()
	var rs readings
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, shared := range []bool{true, false} {
		topic := Topic[cups]{Name: "shop.Sold", Shared: shared}
		body := encoded(t, topic.Event(at, fmt.Sprint("o", shared), cups{N: []int{1, 2}}))
		var wg sync.WaitGroup
		got := make([]cups, 8)
		for i := range got {
			wg.Go(func() {
				r, err := rs.read(append([]byte(nil), body...))
				if err != nil {
					t.Error(err)
					return
				}
				if got[i], err = dataOf(context.WithValue(t.Context(), readingKey{}, r), topic, r.event); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, c := range got {
			if len(c.N) != 2 || c.N[1] != 2 {
				t.Fatalf("shared %v: read %v", shared, c)
			}
		}
		if one := &got[0].N[0] == &got[7].N[0]; one != shared {
			t.Errorf("shared %v: one value for all is %v", shared, one)
		}
	}
}

func TestAReadingIsOfTheVeryBytes(t *testing.T) {
	t.Parallel()
	var rs readings
	for round := range 3 {
		for i := range 2 * readingsMost {
			want := fmt.Sprint(i, " in ", round)
			r, err := rs.read(encoded(t, Event{ID: fmt.Sprint(i), Data: want}))
			if err != nil {
				t.Fatal(err)
			}
			if r.event.Data != want {
				t.Fatalf("read %q of what says %q", r.event.Data, want)
			}
			if len(rs.by) > readingsMost {
				t.Fatalf("%d readings are kept", len(rs.by))
			}
		}
	}
	if _, err := rs.read([]byte("{")); err == nil {
		t.Error("half an event was read")
	}
	if _, err := rs.read([]byte("{")); err == nil {
		t.Error("half an event was read at the second try")
	}
	if _, err := rs.read(encoded(t, Event{Data: string(make([]byte, readingBytes))})); err != nil || len(rs.by) > readingsMost {
		t.Errorf("a long one: %v", err)
	}
}

// Two topics may give one event's data different types.
func TestDataAreOfTheTypeThatATopicNames(t *testing.T) {
	t.Parallel()
	var rs readings
	a, b := Topic[cups]{Name: "x.Y", Shared: true}, Topic[struct{ N []int }]{Name: "x.Y", Shared: true}
	r, err := rs.read(encoded(t, a.Event(time.Time{}, "k", cups{N: []int{7}})))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), readingKey{}, r)
	for range 2 {
		x, err := dataOf(ctx, a, r.event)
		y, err2 := dataOf(ctx, b, r.event)
		if err != nil || err2 != nil || x.N[0] != 7 || y.N[0] != 7 {
			t.Fatal(x, y, err, err2)
		}
	}
}
