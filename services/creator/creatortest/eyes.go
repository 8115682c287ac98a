package creatortest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
)

// seen is what somebody gets of a post, and whether lists show it to them.
type seen struct{ Reads, Lists, OfAuthor, Likes bool }

func (s Shop) seenBy(t *testing.T, a actor.Actor, p creator.Post) seen {
	t.Helper()
	out := seen{Reads: s.sees(t, a, p.ID), Lists: s.listed(t, a.User, p.ID)}
	facts := must2(s.Creator.Facts(inside(t), creator.Cards{IDs: []id.Post{p.ID}, For: a.User}))(t).Items
	if len(facts) != 1 || facts[0].Visible != out.Reads {
		t.Errorf("facts say %+v to who reads it: %t", facts, out.Reads)
	}
	by := must2(s.Creator.PostsBy(as(t, a), creator.PostsBy{ID: p.Author.ID}))(t).Items
	out.OfAuthor = slices.ContainsFunc(by, func(k creator.Card) bool { return k.ID == p.ID })
	if a.User == "" {
		return out
	}
	_, like := s.Creator.Like(as(t, a), creator.ByPost{ID: p.ID})
	_, save := s.Creator.Save(as(t, a), creator.Save{ID: p.ID})
	_, share := s.Creator.SharePost(as(t, a), creator.ByPost{ID: p.ID})
	out.Likes = like == nil
	for what, err := range map[string]error{"like": like, "save": save, "share": share} {
		if (err == nil) != out.Reads {
			t.Errorf("%s: got %v from who reads it: %t", what, err, out.Reads)
		}
		if err != nil {
			wantErr(t, what, err, creator.ErrNoSuchPost)
		}
	}
	saved := must2(s.Creator.Saved(as(t, a), page.Ask{}))(t).Items
	if slices.ContainsFunc(saved, func(k creator.Card) bool { return k.ID == p.ID }) != out.Reads {
		t.Errorf("the saved ones are %+v for who reads it: %t", saved, out.Reads)
	}
	return out
}

func eachSeesTheirOwn(t *testing.T, s Shop) {
	lin, fan, other := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.User(t, "Other")
	must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	all, none := seen{true, true, true, true}, seen{}
	closed := seen{Reads: true, Likes: true} // to its author: not in lists
	address := seen{Reads: true, Likes: true}
	word := map[moderation.Outcome]string{}
	for _, o := range []moderation.Outcome{moderation.Pending, moderation.Limited, moderation.Rejected} {
		word[o] = id.Secret()
		s.Judge(t, word[o], moderation.Verdict{Outcome: o, Reason: moderation.Spam})
	}
	for what, x := range map[string]struct {
		visibility         creator.Visibility
		outcome            moderation.Outcome
		off                bool
		author, fan, other seen
		state              creator.State
	}{
		"public":      {author: all, fan: all, other: all, state: creator.Approved},
		"followers":   {visibility: creator.FollowersOnly, author: all, fan: all, other: none, state: creator.Approved},
		"private":     {visibility: creator.OnlyMe, author: all, fan: none, other: none, state: creator.Approved},
		"pending":     {outcome: moderation.Pending, author: closed, fan: none, other: none, state: creator.Pending},
		"rejected":    {outcome: moderation.Rejected, author: closed, fan: none, other: none, state: creator.Rejected},
		"limited":     {outcome: moderation.Limited, author: all, fan: all, other: address, state: creator.Limited},
		"unpublished": {off: true, author: closed, fan: none, other: none, state: creator.Unpublished},
	} {
		d := s.draft(t, lin, what)
		d.Visibility, d.Body = x.visibility, "Words "+word[x.outcome]
		p := s.post(t, lin, d)
		if x.off {
			p = must2(s.Creator.Unpublish(as(t, lin), creator.ByPost{ID: p.ID}))(t)
		}
		if p.State != x.state || !p.Mine || (p.Reason != "") != (x.outcome != "") {
			t.Errorf("%s: its author sees state %q for %q", what, p.State, p.Reason)
		}
		for who, y := range map[string]struct {
			a    actor.Actor
			want seen
		}{"author": {lin, x.author}, "fan": {fan, x.fan}, "other": {other, x.other}} {
			if diff := cmp.Diff(y.want, s.seenBy(t, y.a, p)); diff != "" {
				t.Errorf("%s, %s: %s", what, who, diff)
			}
		}
		visitor := x.other
		visitor.Likes = false
		if diff := cmp.Diff(visitor, s.seenBy(t, actor.Actor{}, p)); diff != "" {
			t.Errorf("%s, a visitor: %s", what, diff)
		}
		if got := s.announced(t, p.ID); got != x.fan.Reads {
			t.Errorf("%s: among all posts: %t", what, got)
		}
	}
}

// announced reports whether a post is among those that everything is rebuilt
// from.
func (s Shop) announced(t *testing.T, p id.Post) bool {
	t.Helper()
	for ask := (page.Ask{Limit: 500}); ; {
		got := must2(s.Creator.AllPosts(inside(t), ask))(t)
		if slices.ContainsFunc(got.Items, func(d creator.PublishedData) bool { return d.Post == p }) {
			return true
		}
		if ask.After = got.Next; ask.After == "" {
			return false
		}
	}
}

func estrangedSeeNothing(t *testing.T, s Shop) {
	lin, mei := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei")
	hers, his := s.Publish(t, lin, "Hers"), s.Publish(t, mei, "His")
	must2(s.Creator.Like(as(t, mei), creator.ByPost{ID: hers.ID}))(t)
	s.Estrange(t, lin.User, mei.User)
	for _, x := range []struct {
		a actor.Actor
		p creator.Post
	}{{lin, his}, {mei, hers}} {
		if got := s.seenBy(t, x.a, x.p); got != (seen{}) {
			t.Errorf("%s of the other: %+v", x.p.Title, got)
		}
	}
	got := must2(s.Creator.Unlike(as(t, mei), creator.ByPost{ID: hers.ID}))(t)
	if got.Likes != 0 || got.Liked {
		t.Errorf("a like cannot be taken back: %+v", got)
	}
}

func mutedWordsAreLeftOut(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	s.Mute(t, fan.User, "ART", "茶", "Earl grey", "café")
	for text, hidden := range map[string]bool{
		"Modern art is fine": true, "Wide ａｒｔ": true, "My cafe\u0301": true, "Starting over": false, "ART!": true, "a cart": false, "绿茶好": true, "earl Grey tea": true, "earl": false,
	} {
		lin := s.creatorNamed(t, "Lin") // another each time: who posts much is held back
		for _, spot := range []func(*creator.DraftContent){
			func(d *creator.DraftContent) { d.Title = text },
			func(d *creator.DraftContent) { d.Body = "Before. " + text },
			func(d *creator.DraftContent) { d.Topics = []string{text} },
		} {
			d := s.draft(t, lin, "Plain")
			spot(&d)
			p := s.post(t, lin, d)
			if got := s.sees(t, fan, p.ID) || s.listed(t, fan.User, p.ID); got == hidden {
				t.Errorf("%q: seen %t", text, got)
			}
			if !s.sees(t, actor.Actor{}, p.ID) || !s.sees(t, lin, p.ID) {
				t.Errorf("%q is hidden from others", text)
			}
		}
	}
	if own := s.Publish(t, fan, "My art"); !s.sees(t, fan, own.ID) {
		t.Error("one's own words are hidden")
	}
}

func bannedAuthorsAreNotSeen(t *testing.T, s Shop) {
	lin, fan, cream := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.product(t, "Cream", 9900)
	p := s.Publish(t, lin, "Mine", cream)
	until := func(rev int64, on bool) {
		t.Helper()
		s.Ban(t, lin.User, rev, on)
		Eventually(t, "the ban is known", func() (string, bool) { return "not", s.sees(t, fan, p.ID) != on })
	}
	until(3, true)
	s.Ban(t, lin.User, 2, false) // older
	if got := s.seenBy(t, fan, p); got != (seen{}) || s.announced(t, p.ID) {
		t.Errorf("while banned: %+v", got)
	}
	if !s.sees(t, lin, p.ID) {
		t.Error("its author does not see it")
	}
	_, err := s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[0].Link})
	wantErr(t, "its link", err, creator.ErrBadLink)
	s.refused(t, "publishing", lin, s.draft(t, lin, "More"), moderation.ErrSuspended)
	until(4, false)
	if !s.listed(t, fan.User, p.ID) {
		t.Error("it does not come back")
	}
}
