package talktest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/page"
	"meadow/services/talk"
)

func likedOnce(t *testing.T, s Shop) {
	_, p := s.author(t)
	k := s.say(t, s.User(t, "Fan"), p, "", "Liked")
	const people, twins = 6, 4
	var work sync.WaitGroup
	for i := range people {
		u := s.User(t, fmt.Sprint("Fan ", i))
		for range twins {
			work.Go(func() {
				got, err := s.Talk.LikeComment(as(t, u), talk.ByComment{ID: k.ID})
				if err != nil || !got.Liked || got.Likes < 1 {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		}
	}
	work.Wait()
	if got := must(s.Talk.Comments(t.Context(), talk.Comments{ID: p}))(t).Items[0]; got.Likes != people || got.Liked {
		t.Errorf("%d people: %d likes; liked by a visitor: %t", people, got.Likes, got.Liked)
	}
	_, err := s.Talk.LikeComment(as(t, s.User(t, "Fan")), talk.ByComment{ID: nobody})
	wantErr(t, "nothing", err, talk.ErrNoSuchComment)
}

func likesTakenBack(t *testing.T, s Shop) {
	_, p := s.author(t)
	fan := s.User(t, "Fan")
	k := s.say(t, fan, p, "", "Liked")
	by, ctx := talk.ByComment{ID: k.ID}, as(t, fan)
	for i, step := range []struct {
		do   func() (talk.CommentLikes, error)
		want talk.CommentLikes
	}{
		{func() (talk.CommentLikes, error) { return s.Talk.UnlikeComment(ctx, by) }, talk.CommentLikes{}},
		{func() (talk.CommentLikes, error) { return s.Talk.LikeComment(ctx, by) }, talk.CommentLikes{Likes: 1, Liked: true}},
		{func() (talk.CommentLikes, error) { return s.Talk.LikeComment(ctx, by) }, talk.CommentLikes{Likes: 1, Liked: true}},
		{func() (talk.CommentLikes, error) { return s.Talk.UnlikeComment(ctx, by) }, talk.CommentLikes{}},
		{func() (talk.CommentLikes, error) { return s.Talk.UnlikeComment(ctx, by) }, talk.CommentLikes{}},
		{func() (talk.CommentLikes, error) { return s.Talk.LikeComment(ctx, by) }, talk.CommentLikes{Likes: 1, Liked: true}},
	} {
		if got := must(step.do())(t); got != step.want {
			t.Errorf("step %d: got %+v, want %+v", i, got, step.want)
		}
	}
	if got := s.all(t, fan, talk.Comments{ID: p}, 10)[0]; !got.Liked || got.Likes != 1 {
		t.Errorf("listed %+v", got)
	}
}

func orders(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan := s.User(t, "Fan")
	plain, answered, liked := s.say(t, fan, p, "", "Plain"), s.say(t, fan, p, "", "Answered"), s.say(t, fan, p, "", "Liked")
	for range 2 {
		s.say(t, lin, p, answered.ID, "Reply")
	}
	for range 9 {
		must(s.Talk.LikeComment(as(t, s.User(t, "One of many")), talk.ByComment{ID: liked.ID}))(t)
	}
	last := s.say(t, fan, p, "", "Last")
	if got := s.heard(t, fan, p, "", talk.Hot); len(got) != 4 || !slices.Equal(got[:2], []string{"Liked", "Answered"}) {
		t.Errorf("hot: %v", got)
	}
	if d := cmp.Diff(s.heard(t, fan, p, "", ""), s.heard(t, fan, p, "", talk.Hot)); d != "" {
		t.Errorf("not said is not hot: %s", d)
	}
	got := s.heard(t, fan, p, "", talk.New)
	if len(got) != 4 {
		t.Fatalf("new: %v", got)
	}
	if got[0] != last.Body || got[3] != plain.Body {
		t.Errorf("new: %v", got)
	}
}

func paged(t *testing.T, s Shop) {
	lin, p := s.author(t)
	want := []string{}
	top := s.say(t, lin, p, "", "0")
	want = append(want, "0")
	for i := range 13 {
		want = append(want, s.say(t, s.User(t, "Somebody"), p, "", fmt.Sprint(i+1)).Body)
	}
	slices.Sort(want)
	for _, o := range []talk.Order{talk.Hot, talk.New} {
		for _, size := range []int{1, 3, 50} {
			got := bodies(s.all(t, lin, talk.Comments{ID: p, Order: o}, size))
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s in pages of %d: %s", o, size, d)
			}
		}
	}
	var replies []string
	for i := range 7 {
		replies = append(replies, s.say(t, s.User(t, "Somebody"), p, top.ID, fmt.Sprint("reply ", i)).Body)
	}
	got := bodies(s.all(t, lin, talk.Comments{ID: p, Parent: top.ID}, 2))
	if d := cmp.Diff(replies, got); d != "" {
		t.Errorf("replies: %s", d)
	}
	_, err := s.Talk.Comments(t.Context(), talk.Comments{ID: p, Ask: page.Ask{After: "nonsense"}})
	wantErr(t, "a cursor nobody gave", err, page.ErrCursor)
}

func pinned(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan := s.User(t, "Fan")
	one, two := s.say(t, fan, p, "", "One"), s.say(t, fan, p, "", "Two")
	for i := range 5 {
		s.say(t, s.User(t, "Somebody"), p, "", fmt.Sprint("Other ", i))
	}
	reply := s.say(t, fan, p, one.ID, "Reply")
	_, err := s.Talk.Pin(as(t, fan), talk.ByComment{ID: one.ID})
	wantErr(t, "not the author", err, talk.ErrNotAuthor)
	_, err = s.Talk.Pin(as(t, lin), talk.ByComment{ID: reply.ID})
	wantErr(t, "a reply", err, errs.ErrInvalid)
	for _, k := range []talk.Comment{one, two, two} {
		if got := must(s.Talk.Pin(as(t, lin), talk.ByComment{ID: k.ID}))(t); !got.Pinned || got.ID != k.ID {
			t.Errorf("pinned %+v", got)
		}
	}
	for _, o := range []talk.Order{talk.Hot, talk.New} {
		got := s.all(t, fan, talk.Comments{ID: p, Order: o}, 2)
		if len(got) != 7 || got[0].ID != two.ID || !got[0].Pinned {
			t.Errorf("%s: %v", o, bodies(got))
		}
		if slices.ContainsFunc(got[1:], func(k talk.Comment) bool { return k.Pinned || k.ID == two.ID }) {
			t.Errorf("%s: pinned twice: %v", o, bodies(got))
		}
	}
	must(s.Talk.Unpin(as(t, lin), talk.ByComment{ID: one.ID}))(t) // it is not pinned any more
	if got := s.all(t, fan, talk.Comments{ID: p}, 10); !got[0].Pinned {
		t.Error("unpinning one unpinned another")
	}
	if got := must(s.Talk.Unpin(as(t, lin), talk.ByComment{ID: two.ID}))(t); got.Pinned {
		t.Errorf("unpinned %+v", got)
	}
	must(s.Talk.Pin(as(t, lin), talk.ByComment{ID: two.ID}))(t)
	must(s.Talk.Unsay(as(t, fan), talk.ByComment{ID: two.ID}))(t)
	if got := s.all(t, fan, talk.Comments{ID: p}, 10); len(got) != 6 || got[0].Pinned {
		t.Errorf("after it went: %v", bodies(got))
	}
}

func blocked(t *testing.T, s Shop) {
	lin, p := s.author(t)
	fan, eve := s.User(t, "Fan"), s.User(t, "Eve")
	k := s.say(t, fan, p, "", "Mine")
	s.say(t, eve, p, "", "Eve's")
	s.Block(t, fan, eve)
	_, err := s.try(t, eve, talk.Say{ID: p, Parent: k.ID, Body: "Hey"})
	wantErr(t, "a reply to who blocks", err, errBlocked)
	if got := s.heard(t, fan, p, "", ""); !slices.Equal(got, []string{"Mine"}) {
		t.Errorf("who blocks reads %v", got)
	}
	if got := s.heard(t, eve, p, "", ""); !slices.Equal(got, []string{"Eve's"}) {
		t.Errorf("who is blocked reads %v", got)
	}
	if got := s.heard(t, lin, p, "", ""); len(got) != 2 {
		t.Errorf("others read %v", got)
	}
	ann := s.User(t, "Ann")
	s.Block(t, lin, ann)
	if _, err = s.try(t, ann, talk.Say{ID: p, Body: "Hello"}); err == nil {
		t.Error("who is blocked comments")
	}
}

func muted(t *testing.T, s Shop) {
	_, p := s.author(t)
	fan, loud := s.User(t, "Fan"), s.User(t, "Loud")
	var want []string
	for i := range 7 {
		s.say(t, loud, p, "", fmt.Sprint("Loud ", i))
		want = append(want, s.say(t, s.User(t, "Somebody"), p, "", fmt.Sprint("Quiet ", i)).Body)
	}
	s.Mute(t, fan, loud)
	in := talk.Comments{ID: p, Order: talk.New}
	in.Limit = 5
	if got := must(s.Talk.Comments(as(t, fan), in))(t); len(got.Items) != 5 || got.Next == "" {
		t.Errorf("a page of 5 holds %v", bodies(got.Items))
	}
	got := bodies(s.all(t, fan, in, 5))
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
