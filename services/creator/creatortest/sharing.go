package creatortest

import (
	"strings"
	"sync"
	"testing"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
)

func everybodySharesOnce(t *testing.T, s Shop) {
	lin, fan, other := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.User(t, "Other")
	p := s.Publish(t, lin, "Shared")
	by := creator.ByPost{ID: p.ID}
	first := must2(s.Creator.SharePost(as(t, fan), by))(t)
	if again := must2(s.Creator.SharePost(as(t, fan), by))(t); again != first {
		t.Errorf("again: %+v, want %+v", again, first)
	}
	if first.URL != "/s/"+first.Code || first.Post != p.ID || first.By.ID != fan.User || len(first.Code) > 200 {
		t.Errorf("the share is %+v", first)
	}
	if theirs := must2(s.Creator.SharePost(as(t, other), by))(t); theirs.Code == first.Code {
		t.Error("two people have one code")
	}
	if got := must2(s.read(t, actor.Actor{}, p.ID))(t); got.Shares != 2 {
		t.Errorf("%d shares, want 2", got.Shares)
	}
	if got := must2(s.Creator.OpenShare(t.Context(), creator.OpenShare{Code: first.Code}))(t); got != first {
		t.Errorf("opened: %+v, want %+v", got, first)
	}
	_, err := s.Creator.SharePost(t.Context(), by)
	wantErr(t, "a visitor", err, actor.ErrNobody)
	must2(s.Creator.Remove(as(t, lin), by))(t)
	_, err = s.Creator.OpenShare(t.Context(), creator.OpenShare{Code: first.Code})
	wantErr(t, "of a post that is gone", err, creator.ErrBadShare)
}

func linksKnowSharers(t *testing.T, s Shop) {
	lin, fan, cream := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.product(t, "Cream", 9900)
	p, elsewhere := s.Publish(t, lin, "Shared", cream), s.Publish(t, lin, "Elsewhere", cream)
	code := must2(s.Creator.SharePost(as(t, fan), creator.ByPost{ID: p.ID}))(t).Code
	for what, x := range map[string]struct {
		reader actor.Actor
		post   creator.Post
		via    string
		want   actor.Actor
	}{
		"a visitor":      {actor.Actor{}, p, code, fan},
		"the author":     {lin, p, code, fan},
		"the sharer":     {fan, p, code, actor.Actor{}},
		"another post":   {lin, elsewhere, code, actor.Actor{}},
		"a forged code":  {lin, p, code + "A", actor.Actor{}},
		"without a code": {lin, p, "", actor.Actor{}},
	} {
		got := must2(s.Creator.Post(as(t, x.reader), creator.ReadPost{ID: x.post.ID, Via: x.via}))(t)
		if a := s.opened(t, got.Tags[0].Link); a.Via != x.want.User || a.Creator != lin.User || len(got.Tags[0].Link) > 200 {
			t.Errorf("%s: the link proves %+v", what, a)
		}
	}
}

func forgedShares(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	p := s.Publish(t, lin, "Shared", cream)
	code := must2(s.Creator.SharePost(as(t, lin), creator.ByPost{ID: p.ID}))(t).Code
	cut := strings.LastIndexByte(code, '.')
	for what, forged := range map[string]string{
		"nothing": "x", "no signature": code[:cut], "more": code + "A", "less": code[:len(code)-4],
		"a purchase link": p.Tags[0].Link, "other words": "x" + code,
	} {
		_, err := s.Creator.OpenShare(t.Context(), creator.OpenShare{Code: forged})
		wantErr(t, what, err, creator.ErrBadShare)
	}
	_, err := s.Creator.OpenLink(inside(t), creator.OpenLink{Link: code})
	wantErr(t, "as a purchase link", err, creator.ErrBadLink)
}

func countedOnce(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p := s.Publish(t, lin, "Loved")
	const times = 200
	for _, do := range []func() error{
		func() error { _, err := s.Creator.Like(as(t, fan), creator.ByPost{ID: p.ID}); return err },
		func() error { _, err := s.Creator.Save(as(t, fan), creator.Save{ID: p.ID}); return err },
		func() error { _, err := s.Creator.SharePost(as(t, fan), creator.ByPost{ID: p.ID}); return err },
		func() error { _, err := s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}); return err },
	} {
		var work sync.WaitGroup
		for range times {
			work.Go(func() {
				if err := do(); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
	}
	got := must2(s.read(t, fan, p.ID))(t)
	who := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	if got.Likes != 1 || got.Saves != 1 || got.Shares != 1 || who.Followers != 1 || !got.Liked || !got.Saved || !got.Followed {
		t.Errorf("likes %d, saves %d, shares %d, followers %d", got.Likes, got.Saves, got.Shares, who.Followers)
	}
}
