package creatortest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

func everybodyLikesOnce(t *testing.T, s Shop) {
	p := s.Publish(t, s.creatorNamed(t, "Lin"), "Liked")
	const people, twins = 6, 4
	var work sync.WaitGroup
	for i := range people {
		u := s.User(t, fmt.Sprint("Fan ", i))
		for range twins {
			work.Go(func() {
				got, err := s.Creator.Like(as(t, u), creator.ByPost{ID: p.ID})
				if err != nil || !got.Liked {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		}
	}
	work.Wait()
	if got := must2(s.Creator.Post(t.Context(), creator.ByPost{ID: p.ID}))(t); got.Likes != people || got.Liked {
		t.Errorf("%d people: %d likes; liked by a visitor: %t", people, got.Likes, got.Liked)
	}
	_, err := s.Creator.Like(t.Context(), creator.ByPost{ID: p.ID})
	wantErr(t, "a visitor", err, actor.ErrNobody)
	_, err = s.Creator.Like(as(t, s.User(t, "Fan")), creator.ByPost{ID: "pst_0000000000000000000000000"})
	wantErr(t, "no post", err, creator.ErrNoSuchPost)
}

func reactionsAreTakenBack(t *testing.T, s Shop) {
	p, fan := s.Publish(t, s.creatorNamed(t, "Lin"), "Liked"), s.User(t, "Fan")
	by, ctx := creator.ByPost{ID: p.ID}, as(t, fan)
	for _, step := range []struct {
		what string
		got  func() (creator.Reaction, error)
		want creator.Reaction
	}{
		{"unlike before", func() (creator.Reaction, error) { return s.Creator.Unlike(ctx, by) }, creator.Reaction{}},
		{"like", func() (creator.Reaction, error) { return s.Creator.Like(ctx, by) }, creator.Reaction{Likes: 1, Liked: true}},
		{"like again", func() (creator.Reaction, error) { return s.Creator.Like(ctx, by) }, creator.Reaction{Likes: 1, Liked: true}},
		{"save", func() (creator.Reaction, error) { return s.Creator.Save(ctx, by) }, creator.Reaction{Likes: 1, Liked: true, Saves: 1, Saved: true}},
		{"unlike", func() (creator.Reaction, error) { return s.Creator.Unlike(ctx, by) }, creator.Reaction{Saves: 1, Saved: true}},
		{"unlike again", func() (creator.Reaction, error) { return s.Creator.Unlike(ctx, by) }, creator.Reaction{Saves: 1, Saved: true}},
		{"unsave", func() (creator.Reaction, error) { return s.Creator.Unsave(ctx, by) }, creator.Reaction{}},
		{"like after", func() (creator.Reaction, error) { return s.Creator.Like(ctx, by) }, creator.Reaction{Likes: 1, Liked: true}},
	} {
		if got := must2(step.got())(t); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
		}
	}
	if got := must2(s.Creator.Post(ctx, by))(t); !got.Liked || got.Saved || got.Likes != 1 {
		t.Errorf("the post says %+v", got)
	}
}

func savedIsListed(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	want := map[id.Post]bool{}
	for i := range 4 {
		p := s.Publish(t, lin, "Kept")
		must2(s.Creator.Save(as(t, fan), creator.ByPost{ID: p.ID}))(t)
		if i%2 == 0 {
			must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: p.ID}))(t)
			continue
		}
		want[p.ID] = true
	}
	got := map[id.Post]bool{}
	ask := page.Ask{Limit: 1}
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.Saved(as(t, fan), ask))(t)
		for _, k := range p.Items {
			got[k.ID] = true
		}
		if ask.After = p.Next; pages > 5 {
			t.Fatal("the list does not end")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Saved(t.Context(), page.Ask{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func (s Shop) say(t *testing.T, who actor.Actor, p id.Post, parent id.Comment, body string) creator.Comment {
	t.Helper()
	return must2(s.Creator.Say(as(t, who), creator.Say{ID: p, Parent: parent, Body: body, RequestID: key()}))(t)
}

func (s Shop) heard(t *testing.T, who actor.Actor, p id.Post, parent id.Comment) []string {
	t.Helper()
	got := must2(s.Creator.Comments(as(t, who), creator.Comments{ID: p, Parent: parent}))(t)
	out := []string{}
	for _, k := range got.Items {
		out = append(out, k.Body)
	}
	return out
}

func commentsAreListed(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p := s.Publish(t, lin, "Talked about")
	first := s.say(t, fan, p.ID, "", " Is it <b>good</b>? ")
	if first.Body != "Is it <b>good</b>?" || !first.Mine || first.Author.Name != "Fan" || first.Post != p.ID {
		t.Errorf("said %+v", first)
	}
	reply := s.say(t, lin, p.ID, first.ID, "Very")
	below := s.say(t, fan, p.ID, reply.ID, "Thanks")
	if reply.Parent != first.ID || below.Parent != first.ID {
		t.Errorf("replies answer %s and %s, want both %s", reply.Parent, below.Parent, first.ID)
	}
	if d := cmp.Diff([]string{"Is it <b>good</b>?"}, s.heard(t, lin, p.ID, "")); d != "" {
		t.Error(d)
	}
	if got := s.heard(t, lin, p.ID, first.ID); len(got) != 2 {
		t.Errorf("replies: %v", got)
	}
	if got := must2(s.Creator.Post(t.Context(), creator.ByPost{ID: p.ID}))(t); got.Comments != 3 {
		t.Errorf("%d comments, want 3", got.Comments)
	}
	elsewhere := s.Publish(t, lin, "Elsewhere")
	_, err := s.Creator.Say(as(t, fan), creator.Say{ID: elsewhere.ID, Parent: first.ID, Body: "?", RequestID: key()})
	wantErr(t, "a reply under another post", err, creator.ErrNoSuchComment)
	_, err = s.Creator.Comments(t.Context(), creator.Comments{ID: p.ID, Parent: "cmt_0000000000000000000000000"})
	wantErr(t, "replies to nothing", err, creator.ErrNoSuchComment)
	for what, body := range map[string]string{"nothing": " ", "too much": strings.Repeat("x", 501)} {
		_, err = s.Creator.Say(as(t, fan), creator.Say{ID: p.ID, Body: body, RequestID: key()})
		wantErr(t, what, err, errs.ErrInvalid)
	}
}

func saidOnce(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	p := s.Publish(t, s.creatorNamed(t, "Lin"), "Talked about")
	in := creator.Say{ID: p.ID, Body: "Hello", RequestID: key()}
	var work sync.WaitGroup
	for range 5 {
		work.Go(func() {
			if _, err := s.Creator.Say(as(t, fan), in); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got := s.heard(t, fan, p.ID, ""); len(got) != 1 {
		t.Errorf("heard %v", got)
	}
	if got := must2(s.Creator.Post(t.Context(), creator.ByPost{ID: p.ID}))(t); got.Comments != 1 {
		t.Errorf("%d comments, want 1", got.Comments)
	}
	in.Body = "Goodbye"
	_, err := s.Creator.Say(as(t, fan), in)
	wantErr(t, "other words", err, rpc.ErrReused)
}

func commentsAreRemoved(t *testing.T, s Shop) {
	lin, fan, eve := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.User(t, "Eve")
	p := s.Publish(t, lin, "Talked about")
	one, two := s.say(t, fan, p.ID, "", "One"), s.say(t, fan, p.ID, "", "Two")
	_, err := s.Creator.Unsay(as(t, eve), creator.ByComment{ID: one.ID})
	wantErr(t, "somebody else", err, actor.ErrForbidden)
	for _, x := range []struct {
		who actor.Actor
		k   creator.Comment
	}{{fan, one}, {lin, two}} {
		must2(s.Creator.Unsay(as(t, x.who), creator.ByComment{ID: x.k.ID}))(t)
		_, err := s.Creator.Unsay(as(t, x.who), creator.ByComment{ID: x.k.ID})
		wantErr(t, "again", err, creator.ErrNoSuchComment)
	}
	if got := s.heard(t, fan, p.ID, ""); len(got) != 0 {
		t.Errorf("still heard: %v", got)
	}
	if got := must2(s.Creator.Post(t.Context(), creator.ByPost{ID: p.ID}))(t); got.Comments != 0 {
		t.Errorf("%d comments, want 0", got.Comments)
	}
}

func repliesGoWithComment(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p := s.Publish(t, lin, "Talked about")
	top, other := s.say(t, fan, p.ID, "", "Top"), s.say(t, fan, p.ID, "", "Other")
	reply := s.say(t, lin, p.ID, top.ID, "Reply")
	s.say(t, fan, p.ID, top.ID, "And back")
	must2(s.Creator.Unsay(as(t, fan), creator.ByComment{ID: top.ID}))(t)
	if d := cmp.Diff([]string{other.Body}, s.heard(t, fan, p.ID, "")); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Unsay(as(t, lin), creator.ByComment{ID: reply.ID})
	wantErr(t, "the reply", err, creator.ErrNoSuchComment)
	_, err = s.Creator.Say(as(t, lin), creator.Say{ID: p.ID, Parent: top.ID, Body: "Late", RequestID: key()})
	wantErr(t, "a late reply", err, creator.ErrNoSuchComment)
	if got := must2(s.Creator.Post(t.Context(), creator.ByPost{ID: p.ID}))(t); got.Comments != 1 {
		t.Errorf("%d comments, want 1", got.Comments)
	}
}
