package talktest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

var errBlocked = creator.ErrBlocked

func (s Shop) rule(t *testing.T, a actor.Actor, r talk.Rules) {
	t.Helper()
	if r.Who == "" {
		r.Who = talk.Everybody
	}
	if r.Hold == "" {
		r.Hold = talk.HoldNothing
	}
	must(s.Talk.SetRules(as(t, a), r))(t)
}

func rulesKept(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	got := must(s.Talk.Rules(as(t, lin), rpc.Empty{}))(t)
	if d := cmp.Diff(talk.Rules{Who: talk.Everybody, Hold: talk.HoldNothing, Words: []string{}}, got); d != "" {
		t.Errorf("at first: %s", d)
	}
	in := talk.Rules{Who: talk.Followers, Hold: talk.HoldLinks, Words: []string{" Cheap  stuff", "ＣＨＥＡＰ STUFF", "", "假货"}}
	want := talk.Rules{Who: talk.Followers, Hold: talk.HoldLinks, Words: []string{"Cheap stuff", "假货"}}
	for range 2 {
		if d := cmp.Diff(want, must(s.Talk.SetRules(as(t, lin), in))(t)); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff(want, must(s.Talk.Rules(as(t, lin), rpc.Empty{}))(t)); d != "" {
		t.Error(d)
	}
}

func whoMay(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, stranger := s.User(t, "Fan"), s.User(t, "Stranger")
	s.Follow(t, fan, lin)
	s.rule(t, lin, talk.Rules{Who: talk.Followers})
	s.say(t, fan, p, "", "A follower")
	_, err := s.try(t, stranger, talk.Say{ID: p, Body: "Hello"})
	wantErr(t, "a stranger", err, talk.ErrClosed)
	s.rule(t, lin, talk.Rules{Who: talk.Nobody})
	_, err = s.try(t, fan, talk.Say{ID: p, Body: "Still here"})
	wantErr(t, "a follower", err, talk.ErrClosed)
	s.say(t, lin, p, "", "The author")
}

func held(t *testing.T, s Shop) {
	lin := s.Old(t)
	fan, eve, p := s.Old(t), s.User(t, "Eve"), s.Post(t, lin)
	s.rule(t, lin, talk.Rules{Hold: talk.HoldLinks, Words: []string{"FAKE"}})
	s.say(t, fan, p, "", "Fine")
	link := s.say(t, fan, p, "", "Look at shop.example.com")
	word := s.say(t, fan, p, "", "This is a ｆａｋｅ one")
	own := s.say(t, lin, p, "", "Mine: www.example.com")
	if link.State != talk.Held || word.State != talk.Held || own.State != talk.Shown {
		t.Errorf("%s, %s and %s", link.State, word.State, own.State)
	}
	if got := s.heard(t, eve, p, "", ""); len(got) != 2 {
		t.Errorf("others read %v", got)
	}
	if got := s.heard(t, fan, p, "", ""); len(got) != 4 {
		t.Errorf("who wrote them reads %v", got)
	}
	wait := must(s.Talk.Held(as(t, lin), page.Ask{}))(t)
	if len(wait.Items) != 2 || wait.Items[0].State != talk.Held {
		t.Fatalf("waiting: %v", bodies(wait.Items))
	}
	if got := must(s.Talk.Held(as(t, eve), page.Ask{}))(t); len(got.Items) != 0 {
		t.Errorf("waiting for somebody else: %v", bodies(got.Items))
	}
	_, err := s.Talk.Let(as(t, eve), talk.ByComment{ID: link.ID})
	wantErr(t, "somebody else lets it", err, talk.ErrNotAuthor)
	_, err = s.try(t, eve, talk.Say{ID: p, Parent: link.ID, Body: "Hm"})
	wantErr(t, "a reply to what is held", err, talk.ErrNoSuchComment)
	for range 2 {
		if got := must(s.Talk.Let(as(t, lin), talk.ByComment{ID: link.ID}))(t); got.State != talk.Shown {
			t.Errorf("let: %+v", got)
		}
	}
	must(s.Talk.Unsay(as(t, lin), talk.ByComment{ID: word.ID}))(t)
	if got := must(s.Talk.Held(as(t, lin), page.Ask{}))(t); len(got.Items) != 0 {
		t.Errorf("still waiting: %v", bodies(got.Items))
	}
	if got := s.heard(t, eve, p, "", ""); len(got) != 3 || !slices.Contains(got, link.Body) {
		t.Errorf("others read %v", got)
	}
}

func (s Shop) asked(t *testing.T, a actor.Actor, in talk.Questions) []string {
	t.Helper()
	var out []string
	for _, q := range must(s.Talk.Questions(as(t, a), in))(t).Items {
		out = append(out, q.Comment.Body)
		if q.Title == "" || q.Waiting < 0 {
			t.Errorf("a question %+v", q)
		}
	}
	return out
}

func questions(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, ann := s.User(t, "Fan"), s.User(t, "Ann")
	price, size := s.say(t, fan, p, "", "How much is it?"), s.say(t, ann, p, "", "有没有小号的")
	s.say(t, fan, p, "", "Lovely")
	s.say(t, lin, p, "", "Any questions?")
	below := s.say(t, ann, p, price.ID, "And where is it from?")
	if got := s.asked(t, lin, talk.Questions{}); len(got) != 3 {
		t.Errorf("asked: %v", got)
	}
	s.say(t, fan, p, size.ID, "I think so") // not the author
	if got := s.asked(t, lin, talk.Questions{}); len(got) != 3 {
		t.Errorf("after another's reply: %v", got)
	}
	s.say(t, lin, p, below.ID, "From here, and 20") // answers the thread
	if d := cmp.Diff([]string{size.Body}, s.asked(t, lin, talk.Questions{})); d != "" {
		t.Errorf("after an answer: %s", d)
	}
	got := must(s.Talk.Response(as(t, lin), talk.AskResponse{}))(t)
	if got.Days != 30 || got.Asked != 3 || got.Answered != 2 || got.Waiting != 1 || got.Within != 2 || got.Target != talk.AnswerTarget {
		t.Errorf("response %+v", got)
	}
	_, err := s.Talk.Settle(as(t, ann), talk.ByComment{ID: size.ID})
	wantErr(t, "settled by who asked", err, talk.ErrNotAuthor)
	for range 2 {
		must(s.Talk.Settle(as(t, lin), talk.ByComment{ID: size.ID}))(t)
	}
	if got := s.asked(t, lin, talk.Questions{}); len(got) != 0 {
		t.Errorf("after settling: %v", got)
	}
	if got := must(s.Talk.Response(as(t, lin), talk.AskResponse{}))(t); got.Waiting != 0 || got.Answered != 2 {
		t.Errorf("after settling: %+v", got)
	}
}

func staff(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, editor := s.User(t, "Fan"), s.User(t, "Editor")
	k := s.say(t, fan, p, "", "Does it fit?")
	_, err := s.Talk.Questions(as(t, editor), talk.Questions{As: lin.User})
	wantErr(t, "not hired", err, creator.ErrNotStaff)
	_, err = s.Talk.Response(as(t, editor), talk.AskResponse{As: lin.User})
	wantErr(t, "not hired", err, creator.ErrNotStaff)
	s.Hire(t, lin, editor)
	if got := s.asked(t, editor, talk.Questions{As: lin.User}); len(got) != 1 {
		t.Errorf("asked: %v", got)
	}
	if got := s.say(t, editor, p, k.ID, "It does"); !got.ByAuthor {
		t.Errorf("answered %+v", got)
	}
	if got := s.asked(t, lin, talk.Questions{}); len(got) != 0 {
		t.Errorf("still asked: %v", got)
	}
	if got := must(s.Talk.Pin(as(t, editor), talk.ByComment{ID: k.ID}))(t); !got.Pinned {
		t.Errorf("pinned %+v", got)
	}
	if got := must(s.Talk.Response(as(t, editor), talk.AskResponse{As: lin.User}))(t); got.Answered != 1 {
		t.Errorf("response %+v", got)
	}
}
