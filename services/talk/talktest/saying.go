package talktest

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

const nobody = "cmt_00000000000000000000000000"

func listed(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, ann := s.User(t, "Fan"), s.User(t, "Ann")
	first := s.say(t, fan, p, "", "Is it <b>good</b>?\u202e\r\n")
	if first.Body != "Is it <b>good</b>?" || !first.Mine || first.Author.Name != "Fan" || first.Post != p || !first.First || first.State != talk.Shown || first.ByAuthor {
		t.Errorf("said %+v", first)
	}
	reply := s.say(t, lin, p, first.ID, "Very")
	below := s.say(t, ann, p, reply.ID, "Indeed")
	last := s.say(t, fan, p, first.ID, "Thanks")
	if reply.Parent != first.ID || below.Parent != first.ID || last.Parent != first.ID {
		t.Errorf("replies answer %s, %s and %s, want %s", reply.Parent, below.Parent, last.Parent, first.ID)
	}
	if !reply.ByAuthor || reply.To.ID != "" || below.To.Name != "Lin" || below.First {
		t.Errorf("replies are %+v and %+v", reply, below)
	}
	got := s.all(t, actor.Actor{}, talk.Comments{ID: p}, 10)
	if len(got) != 1 || got[0].Replies != 3 || got[0].Mine || !got[0].First {
		t.Fatalf("listed %+v", got)
	}
	if d := cmp.Diff([]string{"Very", "Indeed"}, bodies(got[0].Latest)); d != "" {
		t.Errorf("first replies: %s", d)
	}
	if d := cmp.Diff([]string{"Very", "Indeed", "Thanks"}, s.heard(t, ann, p, first.ID, "")); d != "" {
		t.Errorf("replies: %s", d)
	}
	elsewhere := s.Post(t, lin)
	_, err := s.try(t, fan, talk.Say{ID: elsewhere, Parent: first.ID, Body: "Hm"})
	wantErr(t, "a reply under another post", err, talk.ErrNoSuchComment)
	_, err = s.Talk.Comments(t.Context(), talk.Comments{ID: p, Parent: nobody})
	wantErr(t, "replies to nothing", err, talk.ErrNoSuchComment)
	_, err = s.Talk.Comments(t.Context(), talk.Comments{ID: elsewhere, Parent: first.ID})
	wantErr(t, "replies under another post", err, talk.ErrNoSuchComment)
	if got := s.heard(t, fan, elsewhere, "", talk.New); len(got) != 0 {
		t.Errorf("elsewhere: %v", got)
	}
}

func saidOnce(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	_, p := s.author(t)
	in := talk.Say{ID: p, Body: "Hello", RequestID: key()}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			if _, err := s.Talk.Say(as(t, fan), in); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got := s.heard(t, fan, p, "", ""); len(got) != 1 {
		t.Errorf("heard %v", got)
	}
	in.Body = "Goodbye"
	_, err := s.Talk.Say(as(t, fan), in)
	wantErr(t, "other words", err, rpc.ErrReused)
}

func nothingIsNone(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	_, p := s.author(t)
	for what, in := range map[string]talk.Say{
		"nothing": {}, "spaces": {Body: " \n\t"}, "no shape": {Body: "\u200b\u2060 \u3164"},
	} {
		in.ID = p
		_, err := s.try(t, fan, in)
		wantErr(t, what, err, talk.ErrEmpty)
	}
	_, err := s.try(t, fan, talk.Say{ID: p, Body: strings.Repeat("好", talk.MaxBody+1)})
	wantErr(t, "too much", err, errs.ErrInvalid)
	if got := s.say(t, fan, p, "", strings.Repeat("好", talk.MaxBody)); len([]rune(got.Body)) != talk.MaxBody {
		t.Errorf("%d characters", len([]rune(got.Body)))
	}
	if got := s.say(t, fan, p, "", "a\r\n\r\n\r\n\r\nb"); got.Body != "a\n\nb" {
		t.Errorf("empty lines: %q", got.Body)
	}
}

func signedInOnly(t *testing.T, s Shop) {
	_, p := s.author(t)
	k := s.say(t, s.User(t, "Fan"), p, "", "Hello")
	by, ctx := talk.ByComment{ID: k.ID}, t.Context()
	for what, f := range map[string]func() error{
		"say":       func() error { _, err := s.Talk.Say(ctx, talk.Say{ID: p, Body: "x", RequestID: key()}); return err },
		"unsay":     func() error { _, err := s.Talk.Unsay(ctx, by); return err },
		"like":      func() error { _, err := s.Talk.LikeComment(ctx, by); return err },
		"unlike":    func() error { _, err := s.Talk.UnlikeComment(ctx, by); return err },
		"pin":       func() error { _, err := s.Talk.Pin(ctx, by); return err },
		"rules":     func() error { _, err := s.Talk.Rules(ctx, rpc.Empty{}); return err },
		"questions": func() error { _, err := s.Talk.Questions(ctx, talk.Questions{}); return err },
		"response":  func() error { _, err := s.Talk.Response(ctx, talk.AskResponse{}); return err },
	} {
		wantErr(t, what, f(), actor.ErrNobody)
	}
}

func picturesAreOwn(t *testing.T, s Shop) {
	fan, eve := s.User(t, "Fan"), s.User(t, "Eve")
	_, p := s.author(t)
	mine := s.Picture(t, fan)
	k := must(s.try(t, fan, talk.Say{ID: p, Pictures: []picture.Wanted{{ID: mine, Alt: "A cup"}}}))(t)
	if len(k.Pictures) != 1 || k.Pictures[0].ID != mine || k.Pictures[0].Alt != "A cup" || k.Pictures[0].Thumb == "" {
		t.Errorf("shows %+v", k.Pictures)
	}
	_, err := s.try(t, eve, talk.Say{ID: p, Pictures: []picture.Wanted{{ID: mine}}})
	wantErr(t, "another's", err, creator.ErrNoPicture)
	_, err = s.try(t, eve, talk.Say{ID: p, Pictures: []picture.Wanted{{ID: "med_00000000000000000000000000"}}})
	wantErr(t, "none", err, creator.ErrNoPicture)
	many := make([]picture.Wanted, talk.MaxPictures+1)
	for i := range many {
		many[i].ID = mine
	}
	_, err = s.try(t, fan, talk.Say{ID: p, Pictures: many})
	wantErr(t, "too many", err, errs.ErrInvalid)
}

func mentionsAreNamed(t *testing.T, s Shop) {
	fan, ann, eve := s.User(t, "Fan"), s.User(t, "Ann"), s.User(t, "Eve")
	_, p := s.author(t)
	k := must(s.try(t, fan, talk.Say{ID: p, Body: "@Ann look", Mentions: []id.User{ann.User, ann.User}}))(t)
	if d := cmp.Diff([]creator.Mention{{ID: ann.User, Name: "Ann"}}, k.Mentions); d != "" {
		t.Error(d)
	}
	_, err := s.try(t, fan, talk.Say{ID: p, Body: "@Nobody", Mentions: []id.User{"usr_00000000000000000000000000"}})
	wantErr(t, "nobody", err, creator.ErrMention)
	s.Block(t, eve, fan)
	_, err = s.try(t, fan, talk.Say{ID: p, Body: "@Eve", Mentions: []id.User{eve.User}})
	wantErr(t, "somebody who blocks", err, creator.ErrMention)
}

func removed(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, eve, editor := s.User(t, "Fan"), s.User(t, "Eve"), s.User(t, "Editor")
	s.Hire(t, lin, editor)
	one, two, three := s.say(t, fan, p, "", "One"), s.say(t, fan, p, "", "Two"), s.say(t, fan, p, "", "Three")
	_, err := s.Talk.Unsay(as(t, eve), talk.ByComment{ID: one.ID})
	wantErr(t, "somebody else", err, actor.ErrForbidden)
	for _, x := range []struct {
		who actor.Actor
		k   talk.Comment
	}{{fan, one}, {lin, two}, {editor, three}} {
		must(s.Talk.Unsay(as(t, x.who), talk.ByComment{ID: x.k.ID}))(t)
		_, err := s.Talk.Unsay(as(t, x.who), talk.ByComment{ID: x.k.ID})
		wantErr(t, "again", err, talk.ErrNoSuchComment)
		_, err = s.Talk.LikeComment(as(t, x.who), talk.ByComment{ID: x.k.ID})
		wantErr(t, "a like of it", err, talk.ErrNoSuchComment)
	}
	if got := s.heard(t, fan, p, "", ""); len(got) != 0 {
		t.Errorf("still heard: %v", got)
	}
}

func repliesGo(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan := s.User(t, "Fan")
	top, other := s.say(t, fan, p, "", "Top"), s.say(t, fan, p, "", "Other")
	reply := s.say(t, lin, p, top.ID, "Reply")
	second := s.say(t, fan, p, top.ID, "And back")
	must(s.Talk.Unsay(as(t, fan), talk.ByComment{ID: second.ID}))(t)
	if got := s.all(t, lin, talk.Comments{ID: p, Order: talk.New}, 10); got[1].Replies != 1 || len(got[1].Latest) != 1 {
		t.Errorf("after one reply went: %+v", got[1])
	}
	must(s.Talk.Unsay(as(t, fan), talk.ByComment{ID: top.ID}))(t)
	if d := cmp.Diff([]string{other.Body}, s.heard(t, fan, p, "", "")); d != "" {
		t.Error(d)
	}
	_, err := s.Talk.Unsay(as(t, lin), talk.ByComment{ID: reply.ID})
	wantErr(t, "the reply", err, talk.ErrNoSuchComment)
	_, err = s.try(t, lin, talk.Say{ID: p, Parent: top.ID, Body: "Late"})
	wantErr(t, "a late reply", err, talk.ErrNoSuchComment)
}

func postsGo(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan := s.User(t, "Fan")
	k := s.say(t, fan, p, "", "How much is it?")
	s.Remove(t, lin, p)
	_, err := s.Talk.Comments(as(t, fan), talk.Comments{ID: p})
	wantErr(t, "reading", err, creator.ErrNoSuchPost)
	_, err = s.try(t, fan, talk.Say{ID: p, Body: "Gone?"})
	wantErr(t, "saying", err, creator.ErrNoSuchPost)
	_, err = s.Talk.LikeComment(as(t, fan), talk.ByComment{ID: k.ID})
	wantErr(t, "liking", err, talk.ErrNoSuchComment)
	if got := must(s.Talk.Questions(as(t, lin), talk.Questions{}))(t); len(got.Items) != 0 {
		t.Errorf("asked: %+v", got.Items)
	}
	_, err = s.try(t, fan, talk.Say{ID: "pst_00000000000000000000000000", Body: "Hello?"})
	wantErr(t, "no post", err, creator.ErrNoSuchPost)
}

func fast(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	_, p := s.author(t)
	in := talk.Say{ID: p, Body: "Again", RequestID: key()}
	first := must(s.Talk.Say(as(t, fan), in))(t)
	refused := false
	for range 10 {
		if _, err := s.try(t, fan, talk.Say{ID: p, Body: "More"}); err != nil {
			wantErr(t, "fast", err, talk.ErrFast)
			refused = true
		}
	}
	if !refused {
		t.Error("eleven at once were taken")
	}
	if got := must(s.Talk.Say(as(t, fan), in))(t); got.ID != first.ID {
		t.Errorf("said again: %+v", got)
	}
	s.say(t, s.User(t, "Another"), p, "", "Slowly")
}
