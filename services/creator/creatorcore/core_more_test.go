package creatorcore_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
)

func TestAPurchaseLinkIsGoodForAWeekAfterItWasShown(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	cream := tn.AddProduct("Cream", money.CNY(9900), 5)
	lin := tn.AddUser("Lin", actor.Creator)
	link := tn.publish(t, tn, lin, "week", cream).Tags[0].Link
	open := func() error {
		_, err := tn.OpenLink(inside(t), creator.OpenLink{Link: link})
		return err
	}
	for _, step := range []struct {
		by   time.Duration
		want error
	}{
		{0, nil}, {-time.Minute, nil}, {-time.Second, creator.ErrBadLink}, // from the future
		{time.Minute + time.Second + creator.LinkTTL - time.Second, nil}, {time.Second, creator.ErrBadLink},
	} {
		tn.clock.Advance(step.by)
		if err := open(); !errors.Is(err, step.want) {
			t.Errorf("at %s: got %v, want %v", tn.clock.Now(), err, step.want)
		}
	}
}

func TestAShopWithAnotherKeyMadeNoneOfOurLinks(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	link := tn.publish(t, tn, tn.AddUser("Lin", actor.Creator), "key", tn.AddProduct("Cream", money.CNY(9900), 5)).Tags[0].Link
	key := make([]byte, 32)
	key[31] = 1
	deps := tn.Deps
	deps.LinkKey = key
	other := must(creatorcore.New(t.Context(), deps))(t)
	if _, err := other.OpenLink(inside(t), creator.OpenLink{Link: link}); !errors.Is(err, creator.ErrBadLink) {
		t.Errorf("got %v, want %v", err, creator.ErrBadLink)
	}
	deps.LinkKey = key[:31]
	if _, err := creatorcore.New(t.Context(), deps); err == nil {
		t.Error("a short key was taken")
	}
}

// removed stands for a revision of a post that is gone.
const removed = -1

// heard collects what is announced.
type heard struct {
	mu   sync.Mutex
	revs map[string]int64 // event id → revision
	more chan struct{}
}

func listen(t *testing.T, b bus.Bus) *heard {
	h := &heard{revs: map[string]int64{}, more: make(chan struct{}, 100)}
	add := func(e bus.Event, rev int64) error {
		h.mu.Lock()
		h.revs[e.ID] = rev
		h.mu.Unlock()
		h.more <- struct{}{}
		return nil
	}
	err := errors.Join(
		bus.On(t.Context(), b, "test", creator.Published, func(_ context.Context, e bus.Event, d creator.PublishedData) error { return add(e, d.Rev) }),
		bus.On(t.Context(), b, "test", creator.Removed, func(_ context.Context, e bus.Event, _ creator.RemovedData) error { return add(e, removed) }),
	)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// wait returns the revisions announced, once there are n events.
func (h *heard) wait(t *testing.T, n int) map[int64]int {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		out := map[int64]int{}
		for _, rev := range h.revs {
			out[rev]++
		}
		count := len(h.revs)
		h.mu.Unlock()
		if count >= n {
			return out
		}
		select {
		case <-h.more:
		case <-patience:
			t.Fatalf("%d events, want %d", count, n)
		}
	}
}

func TestEveryVersionOfAPostIsAnnouncedOnce(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	h := listen(t, tn.bus)
	lin := tn.AddUser("Lin", actor.Creator)
	p := tn.publish(t, tn, lin, "versions") // before anything runs: the event waits in its box
	tn.clock.Advance(time.Minute)
	run(t, tn.Core)
	edit := creator.EditPost{ID: p.ID, DraftContent: creator.DraftContent{Title: "Edited", Lang: "en", Pictures: wanted(p)}}
	for range 2 { // the second changes nothing
		must(tn.Edit(as(t, lin), edit))(t)
	}
	must(tn.Remove(as(t, lin), creator.ByPost{ID: p.ID}))(t)
	if d := cmp.Diff(map[int64]int{1: 1, 2: 1, removed: 1}, h.wait(t, 3)); d != "" {
		t.Error(d)
	}
}

func wanted(p creator.Post) []picture.Wanted {
	var out []picture.Wanted
	for _, x := range p.Pictures {
		out = append(out, picture.Wanted{ID: x.ID, Alt: x.Alt})
	}
	return out
}

func TestAProfileFollowsItsAccountInWhateverOrderItHears(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	lin, other := tn.AddUser("Lin"), tn.AddUser("Other")
	avatar := tn.AddPicture(lin.User)
	send := func(d account.ChangedData) {
		t.Helper()
		e := account.Changed.Event(tn.clock.Now(), id.Secret(), d)
		if err := tn.bus.Publish(t.Context(), e, false); err != nil {
			t.Fatal(err)
		}
	}
	name := func(a actor.Actor) creator.Profile {
		t.Helper()
		return must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t)
	}
	until := func(a actor.Actor, want string) {
		t.Helper()
		patience, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
		defer tick.Stop()
		for name(a).Name != want {
			select {
			case <-tick.C:
			case <-patience:
				t.Fatalf("named %q, want %q", name(a).Name, want)
			}
		}
	}
	if got := name(lin).Name; got != "Lin" {
		t.Errorf("before any event: %q", got)
	}
	send(account.ChangedData{User: lin.User, Name: "Third", Avatar: avatar, Version: 3})
	until(lin, "Third")
	send(account.ChangedData{User: lin.User, Name: "Second", Version: 2})
	send(account.ChangedData{User: other.User, Name: "Marker", Version: 1})
	until(other, "Marker")
	until(lin, "Third")
	if got := name(lin); got.Avatar.ID != avatar {
		t.Errorf("avatar %+v", got.Avatar)
	}
	send(account.ChangedData{User: lin.User, Name: "Fourth", Version: 4})
	until(lin, "Fourth")
	if got := name(lin); got.Avatar.ID != "" {
		t.Errorf("avatar %+v, want none", got.Avatar)
	}
}

// down is a catalogue that does not answer.
type down struct{ catalog.Service }

func (down) ProductsByID(context.Context, catalog.ProductsByID) (catalog.ProductList, error) {
	return catalog.ProductList{}, errs.New(errs.Unavailable, "down", "")
}

func TestPostsAreReadWhileTheCatalogueIsDown(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	p := tn.publish(t, tn, lin, "down", tn.AddProduct("Cream", money.CNY(9900), 5))
	deps := tn.Deps
	deps.Catalog, deps.Log = down{}, slog.New(slog.DiscardHandler)
	c := must(creatorcore.New(t.Context(), deps))(t)
	got := must(c.Post(t.Context(), creator.ReadPost{ID: p.ID}))(t)
	if len(got.Tags) != 1 || got.Tags[0].Title != "Cream" || got.Tags[0].OnSale || got.Tags[0].Available != 0 {
		t.Errorf("tags %+v", got.Tags)
	}
	cards := must(c.Cards(inside(t), creator.Cards{IDs: []id.Post{p.ID}}))(t).Items
	if len(cards) != 1 || cards[0].Price != (money.Money{}) {
		t.Errorf("cards %+v", cards)
	}
	in := creator.Publish{RequestID: "another", DraftContent: creator.DraftContent{Title: "T", Lang: "en", Ad: true, Pictures: wanted(p), Tags: []creator.NewTag{{Product: p.Tags[0].Product}}}}
	if _, err := c.Publish(as(t, lin), in); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("publishing: got %v, want unavailable", err)
	}
}

func TestWhoIsNoCreatorAnyMoreEarnsByNoLink(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin, cream := tn.AddUser("Lin", actor.Creator), tn.AddProduct("Cream", money.CNY(9900), 5)
	links := []string{
		tn.publish(t, tn, lin, "earns", cream).Tags[0].Link,
		must(tn.Show(as(t, lin), creator.Show{Product: cream.ID}))(t).Link,
	}
	check := func(want bool) {
		t.Helper()
		for _, link := range links {
			if a := must(tn.OpenLink(inside(t), creator.OpenLink{Link: link}))(t); a.Reward != want || a.Creator != lin.User {
				t.Errorf("%s proves %+v, want a reward: %t", link, a, want)
			}
		}
		if got := must(tn.Showcase(t.Context(), creator.Follows{ID: lin.User}))(t).Items; len(got) != 1 || got[0].Ad != want {
			t.Errorf("the showcase is %+v, want an ad: %t", got, want)
		}
	}
	check(true)
	tn.Demote(lin.User)
	check(false)
}
