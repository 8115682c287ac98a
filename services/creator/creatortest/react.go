package creatortest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
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
	if got := must2(s.Creator.Post(t.Context(), creator.ReadPost{ID: p.ID}))(t); got.Likes != people || got.Liked {
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
		{"save", func() (creator.Reaction, error) { return s.Creator.Save(ctx, creator.Save{ID: p.ID}) }, creator.Reaction{Likes: 1, Liked: true, Saves: 1, Saved: true}},
		{"unlike", func() (creator.Reaction, error) { return s.Creator.Unlike(ctx, by) }, creator.Reaction{Saves: 1, Saved: true}},
		{"unlike again", func() (creator.Reaction, error) { return s.Creator.Unlike(ctx, by) }, creator.Reaction{Saves: 1, Saved: true}},
		{"unsave", func() (creator.Reaction, error) { return s.Creator.Unsave(ctx, by) }, creator.Reaction{}},
		{"like after", func() (creator.Reaction, error) { return s.Creator.Like(ctx, by) }, creator.Reaction{Likes: 1, Liked: true}},
	} {
		if got := must2(step.got())(t); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
		}
	}
	if got := must2(s.Creator.Post(ctx, creator.ReadPost{ID: p.ID}))(t); !got.Liked || got.Saved || got.Likes != 1 {
		t.Errorf("the post says %+v", got)
	}
}

func savedIsListed(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	want := map[id.Post]bool{}
	for i := range 4 {
		p := s.Publish(t, lin, "Kept")
		must2(s.Creator.Save(as(t, fan), creator.Save{ID: p.ID}))(t)
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
