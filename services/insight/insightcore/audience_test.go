package insightcore_test

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/talk"
)

// hears waits for an audience.
func (s *street) hears(t *testing.T, who actor.Actor, ok func(insight.Audience) bool) insight.Audience {
	t.Helper()
	var a insight.Audience
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var err error
		if a, err = s.Audience(actor.With(t.Context(), who), insight.AskAudience{}); err != nil {
			t.Fatal(err)
		}
		if ok(a) {
			return a
		}
	}
	t.Fatalf("still %+v", a)
	return a
}

func TestAnAudienceIsWhoDidSomethingWithinThirtyDays(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	post := s.post(lin.User)
	fans := make([]id.User, 30)
	s.mu.Lock()
	for i := range fans {
		fans[i] = person().User
		if i < 20 {
			s.follows[[2]id.User{fans[i], lin.User}] = true
		}
	}
	s.mu.Unlock()
	like := func(key string, by id.User, on bool, kind creator.ReactionKind) {
		now := s.clock.Now()
		s.tell(t, creator.Reacted.Event(now, key, creator.ReactedData{Kind: kind, On: on, User: by, Post: post, Author: lin.User, At: now, Rev: 1}), false)
	}
	buy := func(key string, by id.User) {
		now := s.clock.Now()
		s.tell(t, checkout.OrderPaid.Event(now, key, checkout.OrderData{Buyer: by, PaidAt: now, Lines: []checkout.LineData{
			{Product: "prd_a", Post: post, Creator: lin.User, N: 1, Amount: money.CNY(500), Commission: money.CNY(50)},
		}}), false)
	}
	for i, u := range fans {
		key := fmt.Sprint("k", i)
		switch i % 3 {
		case 0:
			like(key, u, true, creator.SavedIt)
		case 1:
			s.tell(t, talk.Said.Event(s.clock.Now(), key, talk.SaidData{Comment: id.Comment(key), Post: post, Author: lin.User, By: u, At: s.clock.Now()}), false)
		default:
			buy(key, u)
		}
		like("again"+key, u, true, creator.Liked) // the same person, once more
	}
	like("taken back", person().User, false, creator.Liked)
	like("only followed", person().User, true, creator.Followed)
	buy("her own", lin.User)
	s.await(t, lin, func(r insight.Report) bool { // all of it, and one like was taken back
		return r.Sum.Likes == 29 && r.Sum.Orders == 11 && r.Sum.Comments == 10 && r.Sum.Saves == 10 && r.Sum.Follows == 1
	})
	shown := func(n int64) insight.Headcount { return insight.Headcount{N: n} }
	want := insight.Audience{Followers: shown(20), Engaged: shown(30), Both: shown(20), Buyers: shown(10), At: s.clock.Now()}
	if got := s.hears(t, lin, func(insight.Audience) bool { return true }); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// Eleven of thirty bought: nineteen did not. 21 follow: nine do not, too few.
	buy("an eleventh", fans[0])
	s.mu.Lock()
	s.follows[[2]id.User{fans[29], lin.User}] = true
	s.mu.Unlock()
	like("as a fan", fans[29], true, creator.Shared)
	want.Followers, want.Both, want.Buyers = shown(21), insight.Headcount{Hidden: true}, shown(11)
	s.hears(t, lin, func(a insight.Audience) bool { return a == want })

	s.clock.Advance((insight.AudienceDays - 1) * 24 * time.Hour)
	want.At = s.clock.Now()
	s.hears(t, lin, func(a insight.Audience) bool { return a == want })
	s.clock.Advance(24 * time.Hour)
	want = insight.Audience{Followers: shown(21), At: s.clock.Now()}
	s.hears(t, lin, func(a insight.Audience) bool { return a == want })
}
