package engagecore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/engage/webpush"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

func TestACommentIsPushedInTheLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	s.subscribe(t, lin, "en")
	s.says(t, lin, 1)
	s.await(t, pushes(1))
	got := s.pushed[0]
	if got.Title != "Lin commented on your post" || got.Body != "hello" || !strings.HasPrefix(got.URL, "/p/pst_a?comment=cmt_") {
		t.Errorf("%+v", got)
	}
}

func TestNothingIsPushedInQuietHoursAndOneWordOfItAfterwards(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	s.subscribe(t, lin, "zh-CN")
	s.clock.Advance(11 * time.Hour) // 23:00 in Shanghai
	for n := range 3 {
		s.says(t, lin, n+1)
	}
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	if len(s.pushed) != 0 {
		t.Errorf("pushed in the night: %+v", s.pushed)
	}
	s.mu.Unlock()
	s.clock.Advance(9 * time.Hour) // 08:00
	s.await(t, pushes(1))
	if got := s.pushed[0]; got.Title != "你有 3 条新消息" {
		t.Errorf("%+v", got)
	}
}

func TestADayHasNoMorePushesThanOneWants(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	p := engage.Default()
	p.Daily, p.QuietFrom, p.QuietTo = 3, 0, 0
	p.Push[engage.Likes] = true
	if _, err := s.SetPreferences(actor.With(t.Context(), lin), p); err != nil {
		t.Fatal(err)
	}
	s.subscribe(t, lin, "en")
	for n := range 4 { // likes may have two of three
		who := person()
		s.happen(t, creator.Reacted.Event(s.clock.Now(), id.Secret(), creator.ReactedData{
			Kind: creator.Liked, On: true, User: who.User, Post: id.Post("pst_" + id.Secret()[:26]), Author: lin.User, At: s.clock.Now(), Rev: 1,
		}))
		s.heard(t, lin, n+1)
	}
	s.await(t, pushes(2))
	s.says(t, lin, 5)
	s.await(t, pushes(3))
	s.says(t, lin, 6)
	// A day later there is room again: had the one before come late, there were 5.
	s.clock.Advance(24 * time.Hour)
	s.says(t, lin, 7)
	s.await(t, pushes(4))
	s.mu.Lock()
	defer s.mu.Unlock()
	likes := 0
	for _, x := range s.pushed {
		if strings.Contains(x.Title, "liked") {
			likes++
		}
	}
	if likes != 2 {
		t.Errorf("%d pushes of likes, want 2", likes)
	}
}

func TestABrowserThatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	s.subscribe(t, lin, "en")
	s.mu.Lock()
	s.fail = webpush.ErrGone
	s.mu.Unlock()
	s.says(t, lin, 1)
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	s.clock.Advance(time.Hour)
	s.says(t, lin, 2)
	s.subscribe(t, lin, "en")
	s.says(t, lin, 3)
	s.await(t, pushes(1)) // only of the new browser's time
}

func TestAPushServiceThatStumblesIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	s.subscribe(t, lin, "en")
	s.mu.Lock()
	s.fail = errors.New("503")
	s.mu.Unlock()
	s.says(t, lin, 1)
	_ = s.SendDue(t.Context()) // says that it failed, or that Run was first
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	s.clock.Advance(10 * time.Minute)
	s.await(t, pushes(1))
}

func TestWhomOneKeepsAwayIsNoNews(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin, bad, good := person(), person(), person()
	s.mu.Lock()
	s.hidden[lin.User] = []id.User{bad.User}
	s.mu.Unlock()
	for _, by := range []actor.Actor{bad, good} {
		s.happen(t, creator.Reacted.Event(s.clock.Now(), id.Secret(), creator.ReactedData{Kind: creator.Followed, On: true, User: by.User, Author: lin.User, At: s.clock.Now(), Rev: 1}))
	}
	s.heard(t, lin, 1)
	p, err := s.Notices(actor.With(t.Context(), lin), engage.AskNotices{})
	if err != nil || p.Items[0].Count != 1 || p.Items[0].Actors[0].ID != good.User {
		t.Errorf("%+v %v", p.Items, err)
	}
}

func TestFollowersHearOfANewPostOnce(t *testing.T) {
	t.Parallel()
	s := build(t)
	var fans []actor.Actor
	for range 5 {
		fans = append(fans, person())
	}
	s.mu.Lock()
	for _, f := range fans {
		s.fans = append(s.fans, f.User)
	}
	s.mu.Unlock()
	d := creator.PublishedData{Post: "pst_new", Author: person().User, Title: "fresh", Visibility: creator.Public, At: s.clock.Now(), Rev: 1}
	s.happen(t, creator.Published.Event(s.clock.Now(), "pst_new.1", d))
	for _, f := range fans {
		s.heard(t, f, 1)
	}
	d.Rev = 2
	s.happen(t, creator.Published.Event(s.clock.Now(), "pst_new.2", d))
	s.clock.Advance(time.Minute)
	if err := s.FanDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range fans {
		s.heard(t, f, 1)
	}
}

func TestADigestSaysOnceADayWhatIsUnread(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin, calm := person(), person()
	p := engage.Default()
	p.Digest = false
	if _, err := s.SetPreferences(actor.With(t.Context(), calm), p); err != nil {
		t.Fatal(err)
	}
	s.says(t, lin, 1)
	s.says(t, calm, 1)
	s.clock.Advance(6*time.Hour + time.Minute) // 18:01 in Shanghai
	s.await(t, func(p *post) bool { return len(p.letters) == 1 })
	got := s.letters[0]
	if got.User != lin.User || !strings.Contains(got.English.Text, "Comments and replies: 1") || !strings.Contains(got.Chinese.Text, "评论和回复: 1") ||
		!strings.Contains(got.English.Text, "https://shop.example/preferences") ||
		!strings.Contains(got.English.Text, "[Ad] A lamp\nhttps://shop.example/p/"+string(adPost)) {
		t.Errorf("%+v", got)
	}
	s.clock.Advance(24 * time.Hour)
	if err := s.DigestDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.says(t, lin, 2)
	s.clock.Advance(24 * time.Hour)
	s.await(t, func(p *post) bool { return len(p.letters) == 2 })
	if !slices.ContainsFunc(s.letters, func(w account.Write) bool { return strings.Contains(w.English.Subject, "1 unread") }) {
		t.Errorf("%+v", s.letters)
	}
}

func TestADecisionIsToldOnceAndNotAtAllIfTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	decide := func(of string, rev int64, o moderation.Outcome) {
		s.happen(t, moderation.Decided.Event(s.clock.Now(), of+string(o)+id.Secret(), moderation.DecidedData{
			Decision: "dec_" + of, Subject: moderation.Subject{Kind: moderation.Post, ID: of}, Author: lin.User,
			Verdict: moderation.Verdict{Outcome: o, Reason: moderation.Spam}, Rev: rev, At: s.clock.Now(),
		}))
	}
	decide("pst_a", 1, moderation.Approved) // nobody had said otherwise
	decide("pst_b", 1, moderation.Rejected)
	s.heard(t, lin, 1)
	s.clock.Advance(3 * time.Second)
	decide("pst_b", 2, moderation.Approved)
	s.heard(t, lin, 0)
	decide("pst_c", 1, moderation.Limited)
	s.heard(t, lin, 1)
	s.clock.Advance(time.Hour)
	decide("pst_c", 2, moderation.Approved)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		p, err := s.Notices(actor.With(t.Context(), lin), engage.AskNotices{})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Items) == 1 && p.Items[0].Text == "approved:spam" && p.Items[0].Count == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", p.Items)
		}
	}
}

func TestAPostOneMayNotReadIsNoNewsAndAnAdIsLabelled(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	p := engage.Default()
	p.Push[engage.Creators] = true
	if _, err := s.SetPreferences(actor.With(t.Context(), lin), p); err != nil {
		t.Fatal(err)
	}
	s.subscribe(t, lin, "en")
	s.mu.Lock()
	s.fans = []id.User{lin.User}
	s.mu.Unlock()
	for _, x := range []id.Post{hiddenPost, adPost} {
		d := creator.PublishedData{Post: x, Author: person().User, Title: "fresh", Visibility: creator.FollowersOnly, Mentions: []id.User{lin.User}, At: s.clock.Now(), Rev: 1}
		s.happen(t, creator.Published.Event(s.clock.Now(), string(x), d))
	}
	s.heard(t, lin, 2) // of the second: a mention, and that it is new
	got, err := s.Notices(actor.With(t.Context(), lin), engage.AskNotices{})
	if err != nil || !got.Items[0].Ad || !got.Items[1].Ad {
		t.Errorf("%+v %v", got.Items, err)
	}
	s.await(t, pushes(2))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(s.pushed[0].Body, "广告 Ad · ") {
		t.Errorf("%+v", s.pushed[0])
	}
}
