package creatorcore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// counts sets what a profile counts.
func (tn *town) counts(t *testing.T, a actor.Actor, followers, posts, verified int64) {
	t.Helper()
	must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t)
	type any struct{}
	profiles := must(docdb.Open[any](t.Context(), tn.db, tn.clock.Now, docdb.Schema{Name: "profiles"}))(t)
	must(profiles.UpdateIf(t.Context(), string(a.User), nil, []docdb.Change{
		{Field: "followers", Verb: docdb.Set, Value: followers},
		{Field: "posts", Verb: docdb.Set, Value: posts},
		{Field: "verified", Verb: docdb.Set, Value: verified},
	}))(t)
}

func TestATierIsGivenForFactsAndKeptWhileTheyHold(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	var given time.Time
	for _, step := range []struct {
		followers, posts, verified int64
		want                       creator.TierName
		since                      bool // anew
		facts                      [3]int64
		next                       int
	}{
		{999, 10, 0, "", false, [3]int64{}, 4},
		{0, 3, 1, creator.KOC, true, [3]int64{0, 3, 1}, 2},
		{5, 4, 2, creator.KOC, false, [3]int64{0, 3, 1}, 2}, // still for what it was given
		{1000, 10, 2, creator.KOL, true, [3]int64{1000, 10, 2}, 0},
		{1000, 9, 2, creator.KOC, true, [3]int64{1000, 9, 2}, 2},
		{1000, 2, 2, "", false, [3]int64{}, 4},
		{1000, 10, 0, creator.KOL, true, [3]int64{1000, 10, 0}, 0},
	} {
		tn.clock.Advance(time.Hour)
		if step.since {
			given = tn.clock.Now()
		}
		tn.counts(t, lin, step.followers, step.posts, step.verified)
		var want creator.Tier
		if step.want != "" {
			want = creator.Tier{Name: step.want, Followers: step.facts[0], Posts: step.facts[1], Verified: step.facts[2], Since: given}
		}
		got := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t).Tier
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v: %s", step, d)
		}
		mine := must(tn.MyTier(as(t, lin), rpc.Empty{}))(t)
		if d := cmp.Diff(want, mine.Tier); d != "" || len(mine.Next) != step.next {
			t.Errorf("%+v: %s, %d goals", step, d, len(mine.Next))
		}
		author := must(tn.Authors(inside(t), creator.Authors{IDs: []id.User{lin.User}}))(t).Items[0]
		if author.Tier != step.want {
			t.Errorf("%+v: in a line %q", step, author.Tier)
		}
	}
}

func TestATierIsGivenWhenTheLastFollowerOrPostThatItAsksForIsCounted(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin, may := tn.AddUser("Lin", actor.Creator), tn.AddUser("May", actor.Creator)
	tn.counts(t, lin, creator.KOLFollowers-1, creator.KOLPosts, 0)
	tn.counts(t, may, creator.KOLFollowers, creator.KOLPosts-1, 0)
	must(tn.Follow(as(t, tn.AddUser("Fan")), creator.ByUser{ID: lin.User}))(t)
	tn.publish(t, tn, may, "the tenth")
	if err := tn.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	given := tn.clock.Now()
	tn.clock.Advance(time.Hour) // whoever looks later does not give it then
	for _, a := range []actor.Actor{lin, may} {
		if got := must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t).Tier; got.Name != creator.KOL || !got.Since.Equal(given) {
			t.Errorf("got %+v, want since %s", got, given)
		}
	}
}

// follows collects what is told of follows.
func followEvents(t *testing.T, b bus.Bus) func(n int) []creator.ReactedData {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]bool{}
	var all []creator.ReactedData
	more := make(chan struct{}, 100)
	err := bus.On(t.Context(), b, "test", creator.Reacted, func(_ context.Context, e bus.Event, d creator.ReactedData) error {
		mu.Lock()
		defer mu.Unlock()
		if d.Kind == creator.Followed && !seen[e.ID] {
			seen[e.ID] = true
			all = append(all, d)
			more <- struct{}{}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(n int) []creator.ReactedData {
		t.Helper()
		patience := time.After(20 * time.Second)
		for range n {
			select {
			case <-more:
			case <-patience:
				t.Fatalf("heard %+v only", all)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		out := all
		all = nil
		return out
	}
}

func TestEveryTurnOfAFollowIsToldOnce(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	heard := followEvents(t, tn.bus)
	lin, fan := tn.AddUser("Lin"), tn.AddUser("Fan")
	by := creator.ByUser{ID: lin.User}
	want := creator.ReactedData{Kind: creator.Followed, User: fan.User, Author: lin.User, At: tn.clock.Now()}
	for turn := range 4 {
		do := tn.Follow
		if want.On, want.Rev = turn%2 == 0, int64(turn+1); !want.On {
			do = tn.Unfollow
		}
		for range 3 { // again changes nothing
			must(do(as(t, fan), by))(t)
		}
		if d := cmp.Diff([]creator.ReactedData{want}, heard(1)); d != "" {
			t.Error(d)
		}
	}
}

func TestABlockEndsFollowsBothWaysAndShutsTheDoor(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	heard := followEvents(t, tn.bus)
	lin, eve, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Eve"), tn.AddUser("Fan")
	must(tn.Follow(as(t, lin), creator.ByUser{ID: eve.User}))(t)
	must(tn.Follow(as(t, eve), creator.ByUser{ID: lin.User}))(t)
	must(tn.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	heard(3)
	tn.clock.Advance(time.Second)
	blocked := tn.clock.Now()
	tn.Bind(lin.User, eve.User, moderation.Blocking)

	// At once, before anybody hears of it:
	for _, x := range []struct{ who, of actor.Actor }{{lin, eve}, {eve, lin}} {
		if got := must(tn.Follows(inside(t), creator.Follows{ID: x.who.User}))(t).Items; len(got) != 0 {
			t.Errorf("still follows %v", got)
		}
		_, err := tn.Follow(as(t, x.who), creator.ByUser{ID: x.of.User})
		if !errors.Is(err, creator.ErrBlocked) {
			t.Errorf("follow: got %v, want %v", err, creator.ErrBlocked)
		}
		_, err = tn.Hire(as(t, x.who), creator.Hire{ID: x.of.User, Role: creator.Editor})
		if !errors.Is(err, creator.ErrBlocked) {
			t.Errorf("hire: got %v, want %v", err, creator.ErrBlocked)
		}
	}
	if _, err := tn.Profile(as(t, eve), creator.ByUser{ID: lin.User}); !errors.Is(err, creator.ErrNoSuchProfile) {
		t.Errorf("the blocked one: got %v, want %v", err, creator.ErrNoSuchProfile)
	}
	if _, err := tn.Showcase(as(t, eve), creator.Follows{ID: lin.User}); !errors.Is(err, creator.ErrNoSuchProfile) {
		t.Errorf("the blocked one's showcase: got %v, want %v", err, creator.ErrNoSuchProfile)
	}
	if got := must(tn.Profile(as(t, lin), creator.ByUser{ID: eve.User}))(t); !got.Blocked || got.Followed || got.Muted {
		t.Errorf("who blocks sees %+v", got)
	}

	tell := func(at time.Time, rev int64) {
		t.Helper()
		e := moderation.Bounded.Event(at, fmt.Sprint(rev), moderation.BoundedData{
			By: lin.User, Whom: eve.User, How: moderation.Blocking, On: true, Rev: rev, At: at,
		})
		if err := tn.bus.Publish(t.Context(), e, true); err != nil {
			t.Fatal(err)
		}
	}
	tell(blocked, 1)
	for _, d := range heard(2) {
		if d.On {
			t.Errorf("heard %+v", d)
		}
	}
	// Both ends are counted before a process has handled the event, and told a
	// moment before the second is.
	settled(t, tn)
	for _, a := range []actor.Actor{lin, eve} {
		got := must(tn.Profile(as(t, a), creator.ByUser{ID: a.User}))(t)
		if want := map[id.User]int64{lin.User: 1}[a.User]; got.Followers != want || got.Following != 0 {
			t.Errorf("%s has %d followers and follows %d", got.Name, got.Followers, got.Following)
		}
	}

	// They made up: an old event that is told again changes nothing.
	tn.Shielded(lin.User, moderation.Shield{})
	tn.Shielded(eve.User, moderation.Shield{})
	tn.clock.Advance(time.Second)
	must(tn.Follow(as(t, eve), creator.ByUser{ID: lin.User}))(t)
	heard(1)
	tell(blocked, 2)
	must(tn.Unfollow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	heard(1)
	if got := must(tn.Profile(as(t, eve), creator.ByUser{ID: lin.User}))(t); !got.Followed || got.Followers != 1 {
		t.Errorf("after an old event: %+v", got)
	}
}

func TestWhoIsMutedIsNotOfferedAndStillThere(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin, eve, fan := tn.AddUser("Wen Lin"), tn.AddUser("Wen Eve"), tn.AddUser("Fan")
	other := tn.AddUser("Wen Other")
	for _, a := range []actor.Actor{lin, eve, other} {
		must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t)
	}
	tn.Bind(fan.User, other.User, moderation.Muting)
	tn.Bind(fan.User, eve.User, moderation.Muting)
	got := must(tn.FindPeople(as(t, fan), creator.FindPeople{Name: "wen"}))(t).Items
	if len(got) != 1 || got[0].ID != lin.User {
		t.Errorf("found %+v", got)
	}
	if p := must(tn.Profile(as(t, fan), creator.ByUser{ID: eve.User}))(t); !p.Muted || p.Blocked {
		t.Errorf("who mutes sees %+v", p)
	}
	if p := must(tn.Profile(as(t, eve), creator.ByUser{ID: fan.User}))(t); p.Muted || p.Blocked {
		t.Errorf("who is muted sees %+v", p)
	}
}

func TestFollowedPeopleComeFirstAmongMoreThanCanBeLookedThrough(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	fan := tn.AddUser("Fan")
	var last actor.Actor
	for i := range 230 {
		last = tn.AddUser(fmt.Sprintf("Zed %03d", i))
		must(tn.Profile(t.Context(), creator.ByUser{ID: last.User}))(t)
	}
	must(tn.Follow(as(t, fan), creator.ByUser{ID: last.User}))(t)
	got := must(tn.FindPeople(as(t, fan), creator.FindPeople{Name: "ZED"}))(t).Items
	if len(got) != 10 || got[0].ID != last.User || got[1].Name != "Zed 000" {
		t.Errorf("found %+v", got)
	}
}

func TestAProfileSaysWhoseShopItIs(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	lin := tn.AddUser("Lin")
	must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	e := account.Changed.Event(tn.clock.Now(), id.Secret(), account.ChangedData{User: lin.User, Name: "Lin", Merchant: "mer_lin", Version: 1})
	if err := tn.bus.Publish(t.Context(), e, false); err != nil {
		t.Fatal(err)
	}
	patience, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t).Merchant != "mer_lin" {
		select {
		case <-tick.C:
		case <-patience:
			t.Fatal("the profile has not heard of it")
		}
	}
}

func TestTwoHundredAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := tn.publish(t, tn, lin, "crowd")
	k := must(tn.NewCollection(as(t, fan), creator.NewCollection{Name: "Kept", RequestID: "kept"}))(t)
	const repeats = 200
	var work sync.WaitGroup
	for range repeats {
		work.Go(func() {
			_, saved := tn.Save(as(t, fan), creator.Save{ID: p.ID, Collections: []id.Collection{k.ID}})
			_, followed := tn.Follow(as(t, fan), creator.ByUser{ID: lin.User})
			for _, err := range []error{saved, followed} {
				if err != nil && !errors.Is(err, docdb.ErrBusy) {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	settled(t, tn)
	got := must(tn.Collections(as(t, fan), creator.AskCollections{Post: p.ID}))(t).Items[0]
	if got.Posts != 1 || !got.Holds {
		t.Errorf("%+v", got)
	}
	if x := must(tn.Profile(as(t, fan), creator.ByUser{ID: lin.User}))(t); x.Followers != 1 || !x.Followed {
		t.Errorf("%+v", x)
	}
}

func TestAKillLosesNothingThatAPersonaSaidBefore(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		m := &mortal{stored: stored}
		tn := build(t, nil)
		dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
		lin := tn.AddUser("Lin")
		edit := func(c creator.Service, style string) error {
			_, err := c.EditPersona(as(t, lin), creator.EditPersona{Style: style})
			return err
		}
		if err := edit(tn, "first"); err != nil {
			t.Fatal(err)
		}
		want, deaths := []string{}, 0
		for at := int64(1); at <= 4; at++ {
			style := fmt.Sprint("style ", at)
			m.writes.Store(0)
			m.last.Store(at)
			before := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t).Persona.Style
			if err := edit(dying, style); errors.Is(err, errKilled) {
				deaths++
			} else if err != nil {
				t.Fatal(err)
			}
			if now := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t).Persona.Style; now != before {
				want = append([]string{before}, want...)
			}
			var got []string
			for _, x := range must(tn.PersonaHistory(t.Context(), creator.Follows{ID: lin.User}))(t).Items {
				got = append(got, x.Persona.Style)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("dead at write %d, stored %t: history %v, want %v", at, stored, got, want)
			}
		}
		if deaths < 3 {
			t.Errorf("died %d times only", deaths)
		}
	}
}

func TestAProfileOfBeforeNamesWereSearchedForIsFound(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	old, fan := tn.AddUser("Quentin"), tn.AddUser("Fan")
	type before struct {
		Name string `bson:"name"`
	}
	profiles := must(docdb.Open[before](t.Context(), tn.db, tn.clock.Now, docdb.Schema{Name: "profiles"}))(t)
	if err := profiles.Insert(t.Context(), string(old.User), before{Name: "Quentin"}); err != nil {
		t.Fatal(err)
	}
	must(tn.Profile(t.Context(), creator.ByUser{ID: old.User}))(t)
	if got := must(tn.FindPeople(as(t, fan), creator.FindPeople{Name: "quen"}))(t).Items; len(got) != 1 || got[0].ID != old.User {
		t.Errorf("found %+v", got)
	}
}

func TestAShowcaseHoldsSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	var all []id.Product
	for range creator.MaxShowcase + 1 {
		all = append(all, tn.AddProduct("Product", money.CNY(100), 1).ID)
	}
	show := func(p id.Product) error {
		_, err := tn.Show(as(t, lin), creator.Show{Product: p})
		return err
	}
	var work sync.WaitGroup
	for w := range 4 {
		work.Go(func() {
			for i := w; i < creator.MaxShowcase; i += 4 {
				if err := show(all[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	last := all[creator.MaxShowcase]
	if err := show(last); !errors.Is(err, creator.ErrShowcaseFull) {
		t.Errorf("one more: got %v, want %v", err, creator.ErrShowcaseFull)
	}
	if err := show(all[7]); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	must(tn.Hide(as(t, lin), creator.Hide{Product: all[0]}))(t)
	if err := show(last); err != nil {
		t.Errorf("in the place of another: %v", err)
	}
	if got := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t).Showcase; got != creator.MaxShowcase {
		t.Errorf("%d products", got)
	}
}

func TestAShowcaseIsShownWhileTheCatalogueIsDown(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	must(tn.Show(as(t, lin), creator.Show{Product: tn.AddProduct("Cream", money.CNY(100), 1).ID, Note: "Good"}))(t)
	deps := tn.Deps
	deps.Catalog = down{}
	c := must(creatorcore.New(t.Context(), deps))(t)
	got := must(c.Showcase(t.Context(), creator.Follows{ID: lin.User}))(t).Items
	if len(got) != 1 || got[0].Title != "Cream" || got[0].Note != "Good" || got[0].OnSale {
		t.Errorf("got %+v", got)
	}
}
