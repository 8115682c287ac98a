// Package engagetest says what news promises, as a suite that runs over every
// way the shop can be cut into processes.
package engagetest

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// Shop is news and what it needs around it.
type Shop struct {
	Engage engage.Service
	// Person makes somebody with an account and a profile.
	Person func(t *testing.T) actor.Actor
	// Happen tells the shop of something.
	Happen func(t *testing.T, e bus.Event)
	Now    func() time.Time
}

// Run runs every case; each has people of its own.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"LikesOfADayAreOneNotice":              testGrouped,
		"AnEventToldTwiceIsNewsOnce":           testOnce,
		"WhoReadsHasNothingUnread":             testRead,
		"WhatIsSwitchedOffIsNotTold":           testOff,
		"AReplyIsToldOnceToEachWhomItConcerns": testReply,
		"NobodyHearsOfThemselves":              testSelf,
		"ACommentThatGoesTakesItsNewsAlong":    testGone,
		"NoticesArePagedLatestFirst":           testPaged,
		"PreferencesAreKeptAndChecked":         testPreferences,
		"OnlyPushServicesCanBeSubscribed":      testSubscribe,
		"VisitorsHaveNoInbox":                  testVisitors,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func (s Shop) like(by, author actor.Actor, post id.Post, rev int64) bus.Event {
	return creator.Reacted.Event(s.Now(), id.Secret(), creator.ReactedData{Kind: creator.Liked, On: true, User: by.User, Post: post, Author: author.User, At: s.Now(), Rev: rev})
}

func (s Shop) post() id.Post { return id.Post(id.New("pst", s.Now())) }

func (s Shop) notices(t *testing.T, who actor.Actor) []engage.Notice {
	t.Helper()
	p, err := s.Engage.Notices(as(t, who), engage.AskNotices{})
	if err != nil {
		t.Fatal(err)
	}
	out := []engage.Notice{}
	for _, n := range p.Items {
		if n.Kind != engage.Welcome { // real accounts have been welcomed
			out = append(out, n)
		}
	}
	return out
}

// await asks until ok likes the notices.
func (s Shop) await(t *testing.T, who actor.Actor, ok func([]engage.Notice) bool) []engage.Notice {
	t.Helper()
	var got []engage.Notice
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got = s.notices(t, who); ok(got) {
			return got
		}
	}
	t.Fatalf("still %+v", got)
	return nil
}

func count(n int) func([]engage.Notice) bool {
	return func(all []engage.Notice) bool { return len(all) == n }
}

func testGrouped(t *testing.T, s Shop) {
	author, post := s.Person(t), s.post()
	lin, wang := s.Person(t), s.Person(t)
	s.Happen(t, s.like(lin, author, post, 1))
	s.await(t, author, count(1))
	s.Happen(t, s.like(wang, author, post, 1))
	got := s.await(t, author, func(all []engage.Notice) bool { return len(all) == 1 && all[0].Count == 2 })[0]
	if got.Kind != engage.PostLiked || got.Category != engage.Likes || got.Post != post || got.Read {
		t.Errorf("%+v", got)
	}
	if len(got.Actors) != 2 || got.Actors[0].ID != wang.User || got.Actors[1].ID != lin.User {
		t.Errorf("actors %+v, want the latest first", got.Actors)
	}
}

func testOnce(t *testing.T, s Shop) {
	author, lin := s.Person(t), s.Person(t)
	e := s.like(lin, author, s.post(), 1)
	for range 3 {
		s.Happen(t, e)
	}
	s.Happen(t, s.like(lin, author, s.post(), 1)) // another post: when it is told, so were the others
	for _, n := range s.await(t, author, count(2)) {
		if n.Count != 1 {
			t.Errorf("%d of one person", n.Count)
		}
	}
}

func testRead(t *testing.T, s Shop) {
	author := s.Person(t)
	s.Happen(t, s.like(s.Person(t), author, s.post(), 1))
	got := s.await(t, author, count(1))
	counts, err := s.Engage.Unread(as(t, author), rpc.Empty{})
	if err != nil || counts.Categories[engage.Likes] != 1 {
		t.Fatalf("%+v %v", counts, err)
	}
	counts, err = s.Engage.MarkRead(as(t, author), engage.MarkRead{Category: engage.Comments, Until: got[0].At})
	if err != nil || counts.Categories[engage.Likes] != 1 {
		t.Errorf("reading comments reads likes: %+v %v", counts, err)
	}
	counts, err = s.Engage.MarkRead(as(t, author), engage.MarkRead{Until: got[0].At})
	if err != nil || counts.Categories[engage.Likes] != 0 {
		t.Errorf("after reading: %+v %v", counts, err)
	}
	if got := s.notices(t, author); !got[0].Read {
		t.Error("it is still unread")
	}
}

func testOff(t *testing.T, s Shop) {
	author := s.Person(t)
	p := engage.Default()
	p.App[engage.Likes], p.App[engage.Safety] = false, false
	p, err := s.Engage.SetPreferences(as(t, author), p)
	if err != nil || p.App[engage.Likes] || !p.App[engage.Safety] {
		t.Fatalf("%+v %v", p.App, err)
	}
	lin := s.Person(t)
	s.Happen(t, s.like(lin, author, s.post(), 1))
	s.Happen(t, creator.Reacted.Event(s.Now(), id.Secret(), creator.ReactedData{Kind: creator.Followed, On: true, User: lin.User, Author: author.User, At: s.Now(), Rev: 1}))
	if got := s.await(t, author, count(1)); got[0].Kind != engage.Followed {
		t.Errorf("%+v", got)
	}
}

func (s Shop) comment(by, author, to actor.Actor, mentions ...id.User) talk.SaidData {
	return talk.SaidData{
		Comment: id.Comment(id.New("cmt", s.Now())), Post: s.post(), Author: author.User, By: by.User, To: to.User,
		Mentions: mentions, Body: "words", At: s.Now(),
	}
}

func testReply(t *testing.T, s Shop) {
	author, lin, wang, zhao := s.Person(t), s.Person(t), s.Person(t), s.Person(t)
	d := s.comment(lin, author, wang, wang.User, zhao.User, author.User)
	s.Happen(t, talk.Said.Event(s.Now(), string(d.Comment), d))
	for who, want := range map[*actor.Actor]engage.Kind{&wang: engage.Answered, &zhao: engage.Mentioned, &author: engage.Mentioned} {
		if got := s.await(t, *who, count(1)); got[0].Kind != want || got[0].Text != "words" || got[0].Comment != d.Comment {
			t.Errorf("%+v, want %s", got[0], want)
		}
	}
	if got := s.notices(t, lin); len(got) != 0 {
		t.Errorf("who said it hears %+v", got)
	}
}

func testSelf(t *testing.T, s Shop) {
	author := s.Person(t)
	s.Happen(t, s.like(author, author, s.post(), 1))
	s.Happen(t, s.like(s.Person(t), author, s.post(), 1))
	if got := s.await(t, author, func(all []engage.Notice) bool { return len(all) > 0 }); len(got) != 1 || got[0].Actors[0].ID == author.User {
		t.Errorf("%+v", got)
	}
}

func testGone(t *testing.T, s Shop) {
	author, lin, wang := s.Person(t), s.Person(t), s.Person(t)
	d := s.comment(lin, author, wang)
	s.Happen(t, talk.Said.Event(s.Now(), string(d.Comment), d))
	s.await(t, wang, count(1))
	s.Happen(t, talk.Unsaid.Event(s.Now(), string(d.Comment), talk.UnsaidData{Comment: d.Comment, Post: d.Post, By: lin.User, Told: []id.User{wang.User, author.User}}))
	s.await(t, wang, count(0))
	s.await(t, author, count(0))
}

func testPaged(t *testing.T, s Shop) {
	author, lin := s.Person(t), s.Person(t)
	var want []id.Post
	for range 5 {
		p := s.post()
		want = append([]id.Post{p}, want...)
		s.Happen(t, s.like(lin, author, p, 1))
		s.await(t, author, count(len(want)))
	}
	var got []id.Post
	in := engage.AskNotices{Category: engage.Likes, Ask: page.Ask{Limit: 2}}
	for {
		p, err := s.Engage.Notices(as(t, author), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Items {
			got = append(got, n.Post)
		}
		if in.After = p.Next; p.Next == "" {
			break
		}
	}
	less := func(a, b id.Post) bool { return a > b } // notices of one instant have no order of their own
	if d := cmp.Diff(sorted(want, less), sorted(got, less)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func sorted(all []id.Post, less func(a, b id.Post) bool) []id.Post {
	out := append([]id.Post{}, all...)
	for i := range out {
		for j := i; j > 0 && less(out[j], out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func testPreferences(t *testing.T, s Shop) {
	who := s.Person(t)
	p, err := s.Engage.Preferences(as(t, who), rpc.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(engage.Default(), p); d != "" {
		t.Errorf("default (-want +got):\n%s", d)
	}
	p.Zone, p.QuietFrom, p.QuietTo, p.Daily, p.Push[engage.Likes] = "Europe/Paris", 0, 0, 3, true
	want, err := s.Engage.SetPreferences(as(t, who), p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Engage.Preferences(as(t, who), rpc.Empty{})
	if err != nil || !cmp.Equal(got, want) || got.Daily != 3 || !got.Push[engage.Likes] {
		t.Errorf("%+v %v", got, err)
	}
	for _, zone := range []string{"", "Local", "Mars/Olympus", "../etc/passwd"} {
		p.Zone = zone
		if _, err := s.Engage.SetPreferences(as(t, who), p); !errors.Is(err, engage.ErrZone) {
			t.Errorf("zone %q: %v", zone, err)
		}
	}
}

// Browser is a subscription that a browser could have made at endpoint.
func Browser(t testing.TB, endpoint string) engage.Subscription {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return engage.Subscription{
		Endpoint: endpoint, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(auth), Device: "Chrome",
	}
}

func testSubscribe(t *testing.T, s Shop) {
	who := s.Person(t)
	key, err := s.Engage.PushKey(t.Context(), rpc.Empty{})
	if b, bad := base64.RawURLEncoding.DecodeString(key.Key); err != nil || bad != nil || len(b) != 65 {
		t.Fatalf("%q %v %v", key.Key, err, bad)
	}
	good := Browser(t, "https://push.example.com/send/abc")
	for range 2 {
		if _, err := s.Engage.Subscribe(as(t, who), good); err != nil {
			t.Fatal(err)
		}
	}
	for _, endpoint := range []string{
		"http://push.example.com/x", "https://", "ftp://push.example.com/x", "https://a:b@push.example.com/x",
		"https://push.example.com:8443/x", "//push.example.com/x", "javascript:alert(1)",
	} {
		bad := good
		bad.Endpoint = endpoint
		if _, err := s.Engage.Subscribe(as(t, who), bad); !errors.Is(err, engage.ErrEndpoint) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	for _, spoil := range []func(*engage.Subscription){
		func(b *engage.Subscription) { b.Auth = "AAAA" }, func(b *engage.Subscription) { b.P256dh = "AAAA" },
		func(b *engage.Subscription) { b.P256dh = "?" },
	} {
		bad := good
		spoil(&bad)
		if _, err := s.Engage.Subscribe(as(t, who), bad); !errors.Is(err, engage.ErrEndpoint) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for range 2 {
		if _, err := s.Engage.Unsubscribe(as(t, who), engage.Unsubscribe{Endpoint: good.Endpoint}); err != nil {
			t.Error(err)
		}
	}
}

func testVisitors(t *testing.T, s Shop) {
	if _, err := s.Engage.Notices(t.Context(), engage.AskNotices{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("notices: %v", err)
	}
	if _, err := s.Engage.Unread(t.Context(), rpc.Empty{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("unread: %v", err)
	}
	if _, err := s.Engage.MarkRead(t.Context(), engage.MarkRead{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("read: %v", err)
	}
}
