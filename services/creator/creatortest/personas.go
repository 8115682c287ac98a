package creatortest

import (
	"context"
	"errors"
	"fmt"
	"meadow/services/moderation"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

func (s Shop) persona(t *testing.T, a actor.Actor, traits ...string) creator.Profile {
	t.Helper()
	return must2(s.Creator.EditPersona(as(t, a), creator.EditPersona{Style: "minimalist", Story: "I walk.", Traits: traits}))(t)
}

func personaIsEdited(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	got := must2(s.Creator.EditPersona(as(t, lin), creator.EditPersona{
		Style: " minimalist\n outdoor ", Story: "I walk.\r\nAnd\u202e climb. ", Traits: []string{" trained  barista ", "三年园丁"},
	}))(t)
	want := creator.Persona{
		Style: "minimalist outdoor", Story: "I walk.\nAnd climb.",
		Traits: []creator.Trait{{Label: "trained barista"}, {Label: "三年园丁"}},
	}
	if d := cmp.Diff(want, got.Persona); d != "" {
		t.Error(d)
	}
	seen := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	if d := cmp.Diff(want, seen.Persona); d != "" {
		t.Error(d)
	}
	many := strings.Split(strings.Repeat("x,", creator.MaxTraits)+"x", ",")
	for i := range many {
		many[i] = fmt.Sprint("trait ", i)
	}
	for what, in := range map[string]creator.EditPersona{
		"a long style":    {Style: strings.Repeat("字", 61)},
		"a long story":    {Story: strings.Repeat("字", 1001)},
		"a long trait":    {Traits: []string{strings.Repeat("字", 41)}},
		"an empty trait":  {Traits: []string{"good", " \u202e "}},
		"a trait twice":   {Traits: []string{"Barista", "barista"}},
		"too many traits": {Traits: many},
	} {
		if _, err := s.Creator.EditPersona(as(t, lin), in); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: got %v, want invalid", what, err)
		}
	}
	_, err := s.Creator.EditPersona(t.Context(), creator.EditPersona{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
	if seen = must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t); !cmp.Equal(want, seen.Persona) {
		t.Errorf("after refusals: %+v", seen.Persona)
	}
}

func (s Shop) verify(t *testing.T, by, whom actor.Actor, label, proof string) creator.Profile {
	t.Helper()
	return must2(s.Creator.VerifyTrait(as(t, by), creator.VerifyTrait{ID: whom.User, Label: label, Proof: proof}))(t)
}

var noTimes = cmpopts.IgnoreTypes(time.Time{})

func traitsStayVerified(t *testing.T, s Shop) {
	lin, mod := s.User(t, "Lin"), s.User(t, "Mod", actor.Moderator)
	s.persona(t, lin, "barista", "gardener")
	got := s.verify(t, mod, lin, "barista", "certificate of 2024").Persona.Traits
	if len(got) != 2 || !got[0].Verified || got[0].Proof != "certificate of 2024" || got[0].At.IsZero() || got[1].Verified {
		t.Errorf("after verification: %+v", got)
	}
	got = s.persona(t, lin, "gardener", "barista").Persona.Traits
	want := []creator.Trait{{Label: "gardener"}, {Label: "barista", Verified: true, Proof: "certificate of 2024"}}
	if d := cmp.Diff(want, got, noTimes); d != "" {
		t.Errorf("in another order: %s", d)
	}
	s.persona(t, lin, "Barista", "gardener")
	got = s.persona(t, lin, "barista", "gardener").Persona.Traits
	if got[0].Verified || got[0].Proof != "" {
		t.Errorf("changed words, and changed back: %+v", got[0])
	}
}

func traitsAreVerified(t *testing.T, s Shop) {
	lin, mod, op := s.User(t, "Lin"), s.User(t, "Mod", actor.Moderator), s.User(t, "Op", actor.Operator)
	s.persona(t, lin, "barista")
	s.persona(t, mod, "judge")
	in := creator.VerifyTrait{ID: lin.User, Label: "barista", Proof: "seen"}
	for _, tt := range []struct {
		what string
		who  actor.Actor
		want error
	}{{"a visitor", actor.Actor{}, actor.ErrNobody}, {"its owner", lin, actor.ErrForbidden}} {
		_, err := s.Creator.VerifyTrait(as(t, tt.who), in)
		wantErr(t, tt.what, err, tt.want)
	}
	_, err := s.Creator.VerifyTrait(as(t, mod), creator.VerifyTrait{ID: mod.User, Label: "judge", Proof: "me"})
	wantErr(t, "for oneself", err, actor.ErrForbidden)
	_, err = s.Creator.VerifyTrait(as(t, mod), creator.VerifyTrait{ID: "usr_0000000000000000000000000", Label: "x"})
	wantErr(t, "nobody's", err, creator.ErrNoSuchProfile)
	if _, err = s.Creator.VerifyTrait(as(t, mod), creator.VerifyTrait{ID: lin.User, Label: "pilot", Proof: "x"}); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("a trait they do not have: %v", err)
	}
	if got := s.verify(t, op, lin, "barista", "seen").Persona.Traits[0]; !got.Verified {
		t.Errorf("by an operator: %+v", got)
	}
	if got := s.verify(t, mod, lin, "barista", "").Persona.Traits[0]; got.Verified || got.Proof != "" || !got.At.IsZero() {
		t.Errorf("withdrawn: %+v", got)
	}
}

func personaHistory(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	ask := creator.Follows{ID: lin.User, Ask: page.Ask{Limit: 2}}
	if got := must2(s.Creator.PersonaHistory(t.Context(), ask))(t); len(got.Items) != 0 || got.Items == nil {
		t.Errorf("before anything: %+v", got)
	}
	var want []string
	for i := range 6 {
		trait := fmt.Sprint("trait ", i)
		for range 2 { // the second changes nothing
			s.persona(t, lin, trait)
		}
		if i < 5 {
			want = append([]string{trait}, want...)
		}
	}
	var got []string
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.PersonaHistory(t.Context(), ask))(t)
		for _, x := range p.Items {
			got = append(got, x.Persona.Traits[0].Label)
			if x.Until.IsZero() {
				t.Errorf("%+v does not say until when", x)
			}
		}
		if ask.After = p.Next; pages > 5 {
			t.Fatal("the list does not end")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.PersonaHistory(t.Context(), creator.Follows{ID: "usr_0000000000000000000000000"})
	wantErr(t, "nobody's", err, creator.ErrNoSuchProfile)
}

func tierGoals(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	s.Publish(t, lin, "One")
	want := creator.TierView{Next: []creator.TierGoal{
		{Tier: creator.KOC, Fact: "verified", Have: 0, Need: creator.KOCVerified},
		{Tier: creator.KOC, Fact: "posts", Have: 1, Need: creator.KOCPosts},
		{Tier: creator.KOL, Fact: "followers", Have: 0, Need: creator.KOLFollowers},
		{Tier: creator.KOL, Fact: "posts", Have: 1, Need: creator.KOLPosts},
	}}
	Eventually(t, "goals", func() (string, bool) {
		got := must2(s.Creator.MyTier(as(t, lin), rpc.Empty{}))(t)
		return sprint(got), cmp.Equal(want, got)
	})
	_, err := s.Creator.MyTier(t.Context(), rpc.Empty{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func peopleAreFound(t *testing.T, s Shop) {
	w := id.Secret()[:20]
	fan := s.User(t, w+" me")
	var all []actor.Actor
	for i := range 13 {
		a := s.User(t, fmt.Sprintf("%s %02d", strings.ToUpper(w), i))
		must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: a.User}))(t)
		all = append(all, a)
	}
	far := all[12]
	must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: far.User}))(t)
	got := must2(s.Creator.FindPeople(as(t, fan), creator.FindPeople{Name: w[:18]}))(t).Items
	if len(got) != 10 || got[0].ID != far.User || got[1].ID != all[0].User || got[9].ID != all[8].User {
		t.Errorf("got %+v, want %s first", got, far.User)
	}
	if got = must2(s.Creator.FindPeople(as(t, fan), creator.FindPeople{Name: w + "  0"}))(t).Items; len(got) != 10 {
		t.Errorf("with a space: %d, want 10", len(got))
	}
	if got = must2(s.Creator.FindPeople(as(t, fan), creator.FindPeople{Name: w[1:]}))(t).Items; len(got) != 0 {
		t.Errorf("from the middle of a name: %+v", got)
	}
	_, err := s.Creator.FindPeople(t.Context(), creator.FindPeople{Name: w})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func followersArePaged(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	want := map[id.User]bool{}
	for range 5 {
		fan := s.User(t, "Fan")
		must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
		want[fan.User] = true
	}
	got := map[id.User]bool{}
	ask := creator.Follows{ID: lin.User, Ask: page.Ask{Limit: 2}}
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.Followers(inside(t), ask))(t)
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
	fan, eve := s.User(t, "Fan"), s.User(t, "Eve")
	among := creator.AskAmong{User: fan.User, Accounts: []id.User{eve.User, lin.User, "usr_0000000000000000000000000"}}
	for _, u := range []id.User{lin.User, eve.User} {
		must2(s.Creator.Follow(as(t, fan), creator.ByUser{ID: u}))(t)
	}
	must2(s.Creator.Unfollow(as(t, fan), creator.ByUser{ID: eve.User}))(t)
	if d := cmp.Diff([]id.User{lin.User}, must2(s.Creator.FollowsAmong(inside(t), among))(t).Items); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.FollowsAmong(as(t, fan), among)
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
	for _, ctx := range []context.Context{t.Context(), as(t, lin)} {
		_, err := s.Creator.Followers(ctx, creator.Follows{ID: lin.User})
		wantErr(t, "from outside", err, rpc.ErrNoRoute)
	}
}

func authorsComeInOrder(t *testing.T, s Shop) {
	lin, eve := s.User(t, "Lin"), s.User(t, "Eve")
	got := must2(s.Creator.Authors(inside(t), creator.Authors{IDs: []id.User{eve.User, "usr_0000000000000000000000000", lin.User}}))(t)
	want := []creator.Author{{ID: eve.User, Name: "Eve"}, {ID: lin.User, Name: "Lin"}}
	if d := cmp.Diff(want, got.Items); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Authors(as(t, lin), creator.Authors{})
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

func refusedWords(t *testing.T, s Shop) {
	lin, word := s.User(t, "Lin"), id.Secret()
	s.Judge(t, word, moderation.Verdict{Outcome: moderation.Rejected, Reason: moderation.Hate})
	must2(s.Creator.EditProfile(as(t, lin), creator.EditProfile{Bio: "cups"}))(t)
	if _, err := s.Creator.EditProfile(as(t, lin), creator.EditProfile{Bio: "cups and " + word}); !errors.Is(err, creator.ErrWords) {
		t.Errorf("bio: %v", err)
	}
	if _, err := s.Creator.EditPersona(as(t, lin), creator.EditPersona{Story: "about " + word}); !errors.Is(err, creator.ErrWords) {
		t.Errorf("story: %v", err)
	}
	if _, err := s.Creator.EditPersona(as(t, lin), creator.EditPersona{Traits: []string{word}}); !errors.Is(err, creator.ErrWords) {
		t.Errorf("trait: %v", err)
	}
	p := must2(s.Creator.Profile(as(t, lin), creator.ByUser{ID: lin.User}))(t)
	if p.Bio != "cups" || p.Persona.Story != "" || len(p.Persona.Traits) != 0 {
		t.Errorf("%+v", p)
	}
}
