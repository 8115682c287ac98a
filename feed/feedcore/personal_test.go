package feedcore_test

import (
	"strings"
	"testing"
	"time"

	"meadow/feed"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/blob/blobtest"
	"meadow/services/platform/bus"
)

func preferred(who id.User, personal bool, at time.Time) bus.Event {
	return feed.Preferred.Event(at, string(who)+at.String(), feed.PreferredData{User: who, Personal: personal, At: at})
}

func TestNothingIsLearnedFromWhoSwitchedItOff(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := tn.shop().Publish(t, lin, "one")
	store := blobtest.Store(t)
	tn.deps.Shards, tn.deps.Peers = 2, []feed.Parts{mute{}, mute{}}
	asked := tn.live(t, store)
	tn.deps.Shard = 1
	other := tn.live(t, blobtest.Store(t))
	tn.deps.Shard = 0
	for _, l := range []life{asked, other} {
		if err := l.tell(t.Context(), liked(fan.User, lin.User, p.ID, tn.clock.Now())); err != nil {
			t.Fatal(err)
		}
		if !l.Learns(fan.User) {
			t.Error("nothing is learned from who allows it")
		}
	}
	killed := copied(t, store)
	ctx := actor.With(t.Context(), fan)
	must(asked.SetPreferences(ctx, feed.Preferences{}))(t)
	if err := other.tell(t.Context(), preferred(fan.User, false, tn.clock.Now())); err != nil {
		t.Fatal(err)
	}
	asked.stop()
	again := tn.live(t, killed)
	for what, l := range map[string]life{"who was asked": asked, "another": other, "after a kill": again} {
		if l.Learns(fan.User) {
			t.Errorf("%s: still learned from", what)
		}
	}
	again.stop()
	must(other.SetPreferences(ctx, feed.Preferences{Personal: true}))(t)
	if err := other.tell(t.Context(), preferred(fan.User, false, tn.clock.Now())); err != nil { // heard late
		t.Fatal(err)
	}
	if back := tn.live(t, killed); !back.Learns(fan.User) || !other.Learns(fan.User) {
		t.Error("nothing is learned from who allows it again")
	}
}

func TestWhatWasBoughtIsForgottenWithTheRest(t *testing.T) {
	t.Parallel()
	tn := build(t)
	fan := tn.AddUser("Fan")
	ctx := actor.With(t.Context(), fan)
	l := tn.live(t, blobtest.Store(t))
	has := func(what string, n int) {
		t.Helper()
		if got := must(l.Bought(t.Context(), fan.User))(t); len(got) != n {
			t.Errorf("%s: %v are remembered, want %d", what, got, n)
		}
	}
	tell := func(e bus.Event) {
		t.Helper()
		if err := l.tell(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	buys := func(order id.Order) bus.Event {
		return checkout.OrderPaid.Event(tn.clock.Now(), string(order), checkout.OrderData{
			Order: order, Buyer: fan.User, PaidAt: tn.clock.Now(), Lines: []checkout.LineData{{Product: id.Product("prd_" + order), N: 1}},
		})
	}
	late := buys("ord_late")
	tell(buys("ord_one"))
	has("bought", 1)
	tn.clock.Advance(time.Minute)
	erased := tn.clock.Now()
	must(l.EraseHistory(ctx, feed.Empty{}))(t)
	has("erased", 0)
	tell(late)
	has("bought before, heard of after", 0)
	tn.clock.Advance(time.Minute)
	tell(buys("ord_two"))
	tell(feed.Erased.Event(erased, "again", feed.ErasedData{User: fan.User, At: erased}))
	has("bought since", 1)
	tell(feed.Erased.Event(tn.clock.Now(), "other", feed.ErasedData{User: fan.User, At: tn.clock.Now()}))
	has("erased by way of another process", 0)
	tn.clock.Advance(time.Minute)
	tell(buys("ord_three"))
	must(l.SetPreferences(ctx, feed.Preferences{}))(t)
	has("switched off", 0)
}

func TestAResetTakesBackWhatWasNotWantedOrReported(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p, q := tn.shop().Publish(t, lin, "one"), tn.shop().Publish(t, lin, "two")
	ctx := actor.With(t.Context(), fan)
	waitFor(t, func() bool { return len(tn.newest(t)) == 2 })
	sees := func() int { return len(must(tn.feed.Newest(ctx, page.Ask{}))(t).Items) }
	complains := func(p id.Post) {
		t.Helper()
		tn.clock.Advance(time.Minute)
		e := moderation.Complained.Event(tn.clock.Now(), string(p)+tn.clock.Now().String(), moderation.ComplainedData{
			By: fan.User, Subject: moderation.Subject{Kind: moderation.Post, ID: string(p)}, Author: lin.User, At: tn.clock.Now(),
		})
		if err := tn.bus.Publish(t.Context(), e, false); err != nil {
			t.Fatal(err)
		}
	}
	must(tn.feed.Hide(ctx, feed.Hide{ID: p.ID}))(t)
	complains(q.ID)
	waitFor(t, func() bool { return len(tn.feed.Unwanted(fan.User)) == 2 && sees() == 0 })
	tn.clock.Advance(time.Minute)
	must(tn.feed.Reset(ctx, feed.Empty{}))(t)
	waitFor(t, func() bool { return len(tn.feed.Unwanted(fan.User)) == 0 && sees() == 2 })
	complains(q.ID)
	waitFor(t, func() bool { return len(tn.feed.Unwanted(fan.User)) == 1 && sees() == 1 })
	must(tn.feed.Unhide(ctx, feed.OfPost{ID: q.ID}))(t)
	waitFor(t, func() bool { return len(tn.feed.Unwanted(fan.User)) == 0 && sees() == 2 })
}

func TestNobodyIsToldTheTitlesOfWhoBlocksThem(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := tn.shop().Publish(t, lin, "secret")
	l, ctx := tn.live(t, blobtest.Store(t)), actor.With(t.Context(), fan)
	if err := l.tell(t.Context(), published(p, "secret", 1)); err != nil {
		t.Fatal(err)
	}
	if err := l.tell(t.Context(), liked(fan.User, lin.User, p.ID, tn.clock.Now())); err != nil {
		t.Fatal(err)
	}
	told := func() int {
		return strings.Count(must(l.ExportHistory(ctx, feed.Empty{}))(t).Text+must(l.History(ctx, page.Ask{}))(t).Items[0].Title, "secret")
	}
	if n := told(); n != 2 {
		t.Errorf("before the block the title is told %d times, want 2", n)
	}
	tn.Shielded(fan.User, moderation.Shield{Hidden: []id.User{lin.User}})
	if n := told(); n != 0 {
		t.Errorf("who is blocked is told the title %d times", n)
	}
}
