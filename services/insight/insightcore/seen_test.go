package insightcore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// ear is what somebody heard of what screens saw.
type ear struct {
	mu  sync.Mutex
	all []insight.SeenData
}

func (s *street) listens(t *testing.T) *ear {
	t.Helper()
	e := new(ear)
	err := bus.On(context.WithoutCancel(t.Context()), s.bus, "ear", insight.Seen, func(_ context.Context, _ bus.Event, d insight.SeenData) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// until waits for what was heard, up to an event that is said last.
func (e *ear) until(t *testing.T, last string) []insight.SeenData {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		e.mu.Lock()
		all := e.all
		e.mu.Unlock()
		for i, d := range all {
			if d.Events[0].ID == last {
				return append(all[:i:i], all[i+1:]...)
			}
		}
	}
	t.Fatalf("never heard of %s", last)
	return nil
}

func (s *street) reports(t *testing.T, who actor.Actor, visitor string, all ...insight.Event) {
	t.Helper()
	if _, err := s.Record(actor.With(t.Context(), who), insight.Record{Events: all, Visitor: visitor}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAScreenSawIsToldOnceInItsOrder(t *testing.T) {
	t.Parallel()
	s := build(t)
	heard := s.listens(t)
	lin, fan := person(), person()
	var all []insight.Event
	for i := range 12 { // over several cells
		p := s.post(lin.User)
		all = append(all, insight.Event{ID: "event-" + string(rune('a'+i)), Kind: insight.View, Post: p, Source: insight.Nearby})
	}
	click := insight.Event{ID: "click-it", Kind: insight.Click, Post: all[0].Post, Source: insight.Nearby, Product: "prd_not_there"}
	nowhere := insight.Event{ID: "nowhere-", Kind: insight.View, Post: "pst_00000000000000000000000000", Source: insight.Search}
	batch := append([]insight.Event{all[0], nowhere, click}, all...) // one of them twice
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() { s.reports(t, fan, "ignored", batch...) })
	}
	work.Wait()
	s.reports(t, lin, "", insight.Event{ID: "her-own-look", Kind: insight.View, Post: all[0].Post, Source: insight.OnProfile})
	s.reports(t, person(), "", insight.Event{ID: "the-last", Kind: insight.View, Post: all[0].Post, Source: insight.OnProfile})
	click.Product = "" // the post does not show it
	want := map[string]insight.Event{click.ID: click}
	for _, e := range all {
		want[e.ID] = e
	}
	got := map[string]insight.Event{}
	for _, d := range heard.until(t, "the-last") {
		if d.User != fan.User || d.Visitor != "" || !d.At.Equal(s.clock.Now()) {
			t.Errorf("heard of %+v", d)
		}
		last := ""
		for _, e := range d.Events {
			if _, twice := got[e.ID]; twice {
				t.Errorf("heard of %s twice", e.ID)
			}
			if got[e.ID] = e; e.ID < last && e.ID != click.ID {
				t.Errorf("heard of %s after %s", e.ID, last)
			}
			last = e.ID
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNobodyHearsWhatAVisitorIsCalled(t *testing.T) {
	t.Parallel()
	s := build(t)
	heard := s.listens(t)
	post, called := s.post(person().User), "visit-"+id.Secret()
	for i, v := range []string{called, called, "visit-of-another"} {
		s.reports(t, actor.Actor{}, v, insight.Event{ID: id.Secret() + string(rune('a'+i)), Kind: insight.View, Post: post, Source: insight.InShop})
	}
	s.reports(t, actor.Actor{}, "", insight.Event{ID: "the-last", Kind: insight.View, Post: post, Source: insight.Related})
	all := heard.until(t, "the-last")
	if len(all) != 3 {
		t.Fatalf("heard %+v", all)
	}
	visits := map[string]int{}
	for _, d := range all {
		visits[d.Visitor]++
		if d.User != "" || d.Visitor == "" || strings.Contains(d.Visitor, called) {
			t.Errorf("heard of %+v", d)
		}
	}
	if len(visits) != 2 {
		t.Errorf("visits %v", visits)
	}
}

func TestWhoDoesNotAllowItIsNotNamed(t *testing.T) {
	t.Parallel()
	s := build(t)
	heard := s.listens(t)
	post, shy, open := s.post(person().User), person(), person()
	unknown := false
	s.allows = func(u id.User) (bool, error) {
		if unknown {
			return true, errors.New("no answer")
		}
		return u != shy.User, nil
	}
	look := func(who actor.Actor, visitor string) {
		t.Helper()
		s.reports(t, who, visitor, insight.Event{ID: id.Secret(), Kind: insight.View, Post: post, Source: insight.InShop})
	}
	look(open, "")
	look(shy, "")
	look(shy, "x")
	look(person(), "x")
	unknown = true
	look(open, "")
	unknown = false
	s.clock.Advance(24 * time.Hour)
	look(shy, "")
	look(actor.Actor{}, "word")
	s.reports(t, actor.Actor{}, "word", insight.Event{ID: "the-last", Kind: insight.View, Post: post, Source: insight.Related})
	all := heard.until(t, "the-last")
	if len(all) != 7 {
		t.Fatalf("heard %+v", all)
	}
	seen := map[string]int{}
	for _, d := range all {
		if d.User == shy.User || d.User == "" && d.Visitor == "" {
			t.Errorf("heard of %+v", d)
		}
		seen[string(d.User)+d.Visitor]++
	}
	// Of the first day: one by name, the shy one twice, another by name, and one of
	// whom nothing is known; of the second the shy one and a visitor.
	if len(seen) != 6 || seen[string(open.User)] != 1 {
		t.Errorf("told apart as %v", seen)
	}
}
