package creatortest

import (
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

func profileIsAsAccount(t *testing.T, s Shop) {
	lin := s.User(t, "Lin Yue")
	got := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	if d := cmp.Diff(creator.Profile{ID: lin.User, Name: "Lin Yue", Persona: creator.Persona{Traits: []creator.Trait{}}}, got); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Profile(t.Context(), creator.ByUser{ID: "usr_0000000000000000000000000"})
	wantErr(t, "nobody's profile", err, creator.ErrNoSuchProfile)
}

func profileIsEdited(t *testing.T, s Shop) {
	lin, eve := s.User(t, "Lin"), s.User(t, "Eve")
	avatar := s.Picture(t, lin)
	got := must2(s.Creator.EditProfile(as(t, lin), creator.EditProfile{Bio: " Tea and hills. ", Avatar: avatar}))(t)
	if got.Bio != "Tea and hills." || got.Avatar.ID != avatar {
		t.Errorf("got %+v", got)
	}
	got = must2(s.Creator.EditProfile(as(t, lin), creator.EditProfile{Bio: "Tea."}))(t)
	if got.Bio != "Tea." || got.Avatar.ID != avatar {
		t.Errorf("without an avatar: %+v, want the one before", got)
	}
	_, err := s.Creator.EditProfile(as(t, eve), creator.EditProfile{Avatar: avatar})
	wantErr(t, "another's picture", err, creator.ErrNoPicture)
	_, err = s.Creator.EditProfile(t.Context(), creator.EditProfile{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func followersCountOnce(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	const fans, twins = 4, 3
	var crowd []actor.Actor
	var work sync.WaitGroup
	for range fans {
		crowd = append(crowd, s.User(t, "Fan"))
	}
	for _, fan := range crowd {
		for range twins {
			work.Go(func() {
				if _, err := s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	work.Wait()
	got := must2(s.Creator.Profile(as(t, crowd[0]), creator.ByUser{ID: lin.User}))(t)
	if got.Followers != fans || !got.Followed {
		t.Errorf("after %d fans: %d followers, followed %t", fans, got.Followers, got.Followed)
	}
	for range twins {
		got = must2(s.Creator.Unfollow(as(t, crowd[0]), creator.ByUser{ID: lin.User}))(t)
	}
	if got.Followers != fans-1 || got.Followed {
		t.Errorf("after one left: %d followers, followed %t", got.Followers, got.Followed)
	}
	for i, want := range []int64{0, 1} {
		fan := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: crowd[i].User}))(t)
		if fan.Following != want || fan.Followed {
			t.Errorf("fan %d follows %d, want %d; followed by a visitor: %t", i, fan.Following, want, fan.Followed)
		}
	}
}

func followsSomebody(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	_, err := s.Creator.Follow(as(t, lin), creator.ByUser{ID: lin.User})
	wantErr(t, "oneself", err, creator.ErrFollowSelf)
	_, err = s.Creator.Follow(as(t, lin), creator.ByUser{ID: "usr_0000000000000000000000000"})
	wantErr(t, "nobody", err, creator.ErrNoSuchProfile)
	_, err = s.Creator.Follow(t.Context(), creator.ByUser{ID: lin.User})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func followsAreListed(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	want := map[id.User]bool{}
	for range 3 {
		u := s.User(t, "Creator").User
		want[u] = true
		must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: u}))(t)
	}
	left := s.User(t, "Left").User
	must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: left}))(t)
	must2(s.Creator.Unfollow(as(t, fan), creator.ByUser{ID: left}))(t)

	got := map[id.User]bool{}
	ask := creator.Follows{ID: fan.User, Ask: page.Ask{Limit: 2}}
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.Follows(inside(t), ask))(t)
		for _, u := range p.Items {
			got[u] = true
		}
		if ask.After = p.Next; pages > 5 {
			t.Fatal("the list does not end")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Follows(as(t, fan), creator.Follows{ID: fan.User})
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

func uploadsByRole(t *testing.T, s Shop) {
	viewer, maker := s.User(t, "Viewer"), s.creatorNamed(t, "Lin")
	for _, tt := range []struct {
		who     actor.Actor
		purpose string
		want    error
	}{
		{viewer, "avatar", nil},
		{viewer, "post", nil},
		{viewer, "product", actor.ErrForbidden},
		{maker, "post", nil},
		{actor.Actor{}, "avatar", actor.ErrNobody},
	} {
		got, err := s.Creator.Upload(as(t, tt.who), creator.Upload{Purpose: tt.purpose, Bytes: 1000})
		wantErr(t, tt.purpose, err, tt.want)
		if err == nil && (got.URL == "" || got.Token == "" || got.Upload == "" || got.MaxBytes < 1000) {
			t.Errorf("%s: ticket %+v", tt.purpose, got)
		}
	}
	_, err := s.Creator.Upload(as(t, maker), creator.Upload{Purpose: "post", Bytes: 1 << 40})
	if errs.CodeOf(err) != errs.TooLarge {
		t.Errorf("a terabyte: got %v, want too large", err)
	}
}

func profileSums(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	sums := func(posts, likes int64) {
		t.Helper()
		Eventually(t, "sums", func() (string, bool) {
			p := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
			return sprint(p), p.Posts == posts && p.Likes == likes
		})
	}
	one, two := s.Publish(t, lin, "One"), s.Publish(t, lin, "Two")
	for _, p := range []creator.Post{one, two} {
		for _, who := range []actor.Actor{fan, lin} {
			must2(s.Creator.Like(as(t, who), creator.ByPost{ID: p.ID}))(t)
		}
	}
	sums(2, 4)
	must2(s.Creator.Unlike(as(t, fan), creator.ByPost{ID: one.ID}))(t)
	sums(2, 3)
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: two.ID}))(t)
	sums(1, 1)
}
