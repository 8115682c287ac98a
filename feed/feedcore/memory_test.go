package feedcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/blob"
	"meadow/services/platform/blob/blobtest"
	"meadow/services/platform/bus"
)

// life is a feed that runs until it is stopped, on a bus that the test speaks
// through.
type life struct {
	*direct
	*feedcore.Core
	stop func()
}

func (tn *town) live(t *testing.T, store *blob.Store) life {
	t.Helper()
	deps := tn.deps
	d := &direct{Bus: tn.bus, handlers: map[string][]bus.Handler{}}
	deps.Bus, deps.Blob = d, store
	l := life{direct: d, Core: must(feedcore.New(t.Context(), deps))(t)}
	if err := tn.index.MarkBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	l.stop = sync.OnceFunc(func() { stop(); work.Wait() })
	t.Cleanup(l.stop)
	waitFor(t, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.handlers[feed.Erased.Name]) > 1 // of the last to be subscribed
	})
	return l
}

func liked(who, author id.User, post id.Post, at time.Time) bus.Event {
	return creator.Reacted.Event(at, fmt.Sprint(who, post, at.UnixNano()), creator.ReactedData{
		Kind: creator.Liked, On: true, User: who, Post: post, Author: author, At: at, Rev: 1,
	})
}

func (l life) did(t *testing.T, a actor.Actor) []string {
	t.Helper()
	out := []string{}
	for _, d := range must(l.History(actor.With(t.Context(), a), page.Ask{}))(t).Items {
		out = append(out, d.Kind+" "+string(d.Post))
	}
	return out
}

// copied is another store that holds what this one holds now: what a kill at
// this instant would leave.
func copied(t *testing.T, from *blob.Store) *blob.Store {
	t.Helper()
	to := blobtest.Store(t)
	for _, i := range must(from.List(t.Context(), "", "", 1000))(t) {
		o := must(from.Get(t.Context(), i.Key))(t)
		must(to.Put(t.Context(), i.Key, o, o.Size, i.Type))(t)
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestWhatWasAcknowledgedOutlivesAKillAndWhatWasNotComesAgain(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p, q := s.Publish(t, lin, "one"), s.Publish(t, lin, "two")
	store := blobtest.Store(t)
	first := tn.live(t, store)
	one, two := liked(fan.User, lin.User, p.ID, tn.clock.Now()), liked(fan.User, lin.User, q.ID, tn.clock.Now().Add(time.Second))
	if err := first.tell(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	killed := copied(t, store)
	hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := first.tell(hasty, two); err == nil {
		t.Error("an event was acknowledged before it can have been stored")
	}
	if got := first.did(t, fan); !slices.Equal(got, []string{"like " + string(q.ID), "like " + string(p.ID)}) {
		t.Errorf("not in memory at once: %v", got)
	}
	first.stop()

	second := tn.live(t, killed)
	if got := second.did(t, fan); !slices.Equal(got, []string{"like " + string(p.ID)}) {
		t.Errorf("after the kill: %v", got)
	}
	for _, e := range []bus.Event{one, two, two} { // the bus tells again what it does not know was heard
		if err := second.tell(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	second.stop()
	third := tn.live(t, killed)
	if got := third.did(t, fan); !slices.Equal(got, []string{"like " + string(q.ID), "like " + string(p.ID)}) {
		t.Errorf("after a stop: %v", got)
	}
}

func TestOfTwoFeedsOfOneShardTheLaterTakesInWhatPeopleDo(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p, q, r := s.Publish(t, lin, "one"), s.Publish(t, lin, "two"), s.Publish(t, lin, "three")
	store := blobtest.Store(t)
	tell := func(l life, post id.Post) error {
		tn.clock.Advance(time.Second)
		return l.tell(t.Context(), liked(fan.User, lin.User, post, tn.clock.Now()))
	}
	first := tn.live(t, store)
	if err := tell(first, p.ID); err != nil {
		t.Fatal(err)
	}
	second := tn.live(t, store)
	if err := tell(first, q.ID); err == nil {
		t.Error("an event was acknowledged by who lost the shard")
	}
	for _, post := range []id.Post{q.ID, r.ID} {
		if err := tell(second, post); err != nil {
			t.Fatal(err)
		}
	}
	first.stop() // it stores nothing on its way
	killed := copied(t, store)
	third := tn.live(t, killed)
	want := []string{"like " + string(r.ID), "like " + string(q.ID), "like " + string(p.ID)}
	if got := third.did(t, fan); !slices.Equal(slices.Compact(got), want) {
		t.Errorf("after a kill: %v, want %v", got, want)
	}
}

func TestFollowingGoesOnInTheRecordsWhereMemoryIsFull(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	must(tn.creator.Follow(actor.With(t.Context(), fan), creator.ByUser{ID: lin.User}))(t)
	var want []id.Post
	d := tn.deaf(t)
	for range 12 {
		tn.clock.Advance(time.Minute)
		p := s.Publish(t, lin, "post")
		if err := d.tell(t.Context(), published(p, "post", 1)); err != nil {
			t.Fatal(err)
		}
		want = append([]id.Post{p.ID}, want...)
	}
	tn.deps.MaxPosts = 8
	l := tn.live(t, blobtest.Store(t))
	operator := actor.With(t.Context(), tn.AddUser("Operator", actor.Operator))
	if n := must(l.Health(operator, feed.Empty{}))(t).Posts; n == 0 || n > 8 {
		t.Fatalf("%d posts in memory", n)
	}
	for _, order := range []string{"", "ranked"} {
		got := followingAll(t, l.Core, fan, order)
		if order != "" {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("order %q: %d posts of %d: %v", order, len(got), len(want), got)
		}
	}
}

func TestWhatIsErasedStaysErasedAfterAKill(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan, other := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan"), tn.AddUser("Other")
	p := s.Publish(t, lin, "one")
	store := blobtest.Store(t)
	l := tn.live(t, store)
	late := liked(fan.User, lin.User, p.ID, tn.clock.Now())
	for _, e := range []bus.Event{late, liked(other.User, lin.User, p.ID, tn.clock.Now())} {
		if err := l.tell(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	tn.clock.Advance(time.Minute)
	killed := copied(t, store) // the store does not know of the wish yet
	must(l.EraseHistory(actor.With(t.Context(), fan), feed.Empty{}))(t)
	if got := l.did(t, fan); len(got) != 0 {
		t.Errorf("erased, and there: %v", got)
	}
	l.stop()
	again := tn.live(t, killed)
	if got := again.did(t, fan); len(got) != 0 {
		t.Errorf("erased, and back after a kill: %v", got)
	}
	if got := again.did(t, other); len(got) != 1 {
		t.Errorf("somebody else's: %v", got)
	}
	if err := again.tell(t.Context(), liked(fan.User, lin.User, p.ID, late.At.Add(time.Second))); err != nil {
		t.Fatal(err)
	}
	if got := again.did(t, fan); len(got) != 0 {
		t.Errorf("done before it was erased, heard of after: %v", got)
	}
	tn.clock.Advance(time.Minute)
	if err := again.tell(t.Context(), liked(fan.User, lin.User, p.ID, tn.clock.Now())); err != nil {
		t.Fatal(err)
	}
	if got := again.did(t, fan); len(got) != 1 {
		t.Errorf("done since: %v", got)
	}
}

func TestWhatWasDoneWhileNotRememberedIsNotRememberedLater(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := s.Publish(t, lin, "one")
	l := tn.live(t, blobtest.Store(t))
	ctx := actor.With(t.Context(), fan)
	must(l.SetPreferences(ctx, feed.Preferences{}))(t)
	meanwhile := liked(fan.User, lin.User, p.ID, tn.clock.Now())
	tn.clock.Advance(time.Minute)
	must(l.SetPreferences(ctx, feed.Preferences{Personal: true}))(t)
	if err := l.tell(t.Context(), meanwhile); err != nil {
		t.Fatal(err)
	}
	if got := l.did(t, fan); len(got) != 0 {
		t.Errorf("remembered: %v", got)
	}
}

func TestLooksOfScreensCountForPostsAndForWhoIsRemembered(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := s.Publish(t, lin, "one")
	l := tn.live(t, blobtest.Store(t))
	if err := l.tell(t.Context(), published(p, "one", 1)); err != nil {
		t.Fatal(err)
	}
	look := func(user id.User, visitor string) {
		t.Helper()
		at := tn.clock.Now()
		e := insight.Seen.Event(at, string(user)+visitor, insight.SeenData{User: user, Visitor: visitor, At: at, Events: []insight.Event{
			{ID: "event-01", Kind: insight.Impression, Post: p.ID, Source: insight.Discover},
			{ID: "event-02", Kind: insight.View, Post: p.ID, Source: insight.Discover},
			{ID: "event-03", Kind: insight.Dwell, Post: p.ID, Source: insight.Discover, Millis: 5000, Percent: 90},
		}})
		for range 2 { // told twice
			if err := l.tell(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	look(fan.User, "")
	look("", "visit-a")
	look("", "visit-b")
	if got := l.did(t, fan); !slices.Equal(got, []string{"dwell " + string(p.ID), "view " + string(p.ID)}) {
		t.Errorf("remembered: %v", got)
	}
	rows := must(l.Pools(actor.With(t.Context(), lin), feed.AskPools{}))(t).Items
	if len(rows) != 1 || rows[0].Stage.Impressions != 3 || rows[0].Stage.Guaranteed != 197 {
		t.Errorf("the creator sees %+v, want 3 impressions", rows)
	}
	balance := must(l.Balance(actor.With(t.Context(), lin), feed.OfAccount{}))(t)
	if balance.Impressions != 3 || balance.Promoted != 0 {
		t.Errorf("balance: %+v", balance)
	}
	if got := must(l.ForYou(actor.With(t.Context(), fan), feed.AskForYou{}))(t); len(got.Items) != 1 {
		t.Errorf("who has seen everything is shown %d posts, want it again", len(got.Items))
	}
}

func TestEventsThatComeBeforeMemoryIsAwakeComeAgain(t *testing.T) {
	t.Parallel()
	tn := build(t)
	fan := tn.AddUser("Fan")
	d := tn.deaf(t) // it never wakes
	if err := d.tell(t.Context(), liked(fan.User, "usr_lin", "pst_x", tn.clock.Now())); err == nil {
		t.Error("an event was acknowledged that nothing keeps")
	} else if errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
