package creatorcore_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/creator/creatortest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

func TestWhatIsSaidWithinOneMillisecondIsJudgedEachForItself(t *testing.T) {
	t.Parallel()
	tn := build(t, nil) // its clock stands still
	lin := tn.AddUser("Lin")
	for _, bio := range []string{"cups", "bowls", "cups and bowls"} {
		must(tn.EditProfile(as(t, lin), creator.EditProfile{Bio: bio}))(t)
	}
	seen := map[int64]bool{}
	for _, k := range tn.Checked(string(lin.User)) {
		if seen[k.Rev] || k.Rev <= 0 {
			t.Errorf("%q is revision %d", k.Facts.Text, k.Rev)
		}
		seen[k.Rev] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d things were judged, want 3", len(seen))
	}
}

// decide tells of a decision about somebody's profile.
func (tn *town) decide(t *testing.T, u id.User, rev, of int64, o moderation.Outcome) {
	t.Helper()
	say(t, tn, moderation.Decided, moderation.DecidedData{
		Subject: moderation.Subject{Kind: moderation.Profile, ID: string(u)}, Author: u,
		Verdict: moderation.Verdict{Outcome: o, Reason: moderation.Spam}, Rev: rev, Of: of,
	})
}

// lastSaid is the revision under which somebody's words were last judged.
func (tn *town) lastSaid(u id.User) int64 {
	all := tn.Checked(string(u))
	return all[len(all)-1].Rev
}

func TestWhatAModeratorRejectsOfAProfileIsTakenAway(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	lin, other := tn.AddUser("Lin"), tn.AddUser("Other")
	says := func(a actor.Actor, bio, story string) {
		t.Helper()
		must(tn.EditPersona(as(t, a), creator.EditPersona{Style: "plain", Story: story, Traits: []string{"barista"}}))(t)
		must(tn.EditProfile(as(t, a), creator.EditProfile{Bio: bio}))(t)
	}
	bio := func(a actor.Actor) string { return must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t).Bio }
	until := func(a actor.Actor, want string) {
		t.Helper()
		creatortest.Eventually(t, "a bio becomes "+want, func() (string, bool) { return bio(a), bio(a) == want })
	}
	history := func(a actor.Actor) []creator.PersonaChange {
		t.Helper()
		return must(tn.PersonaHistory(as(t, a), creator.Follows{ID: lin.User}))(t).Items
	}
	says(lin, "Old", "Old")
	old := tn.lastSaid(lin.User)
	says(lin, "Bad", "Bad")
	says(other, "Marker", "")
	bad := tn.lastSaid(lin.User)
	tn.decide(t, lin.User, 1, old, moderation.Rejected) // says nothing of what is there
	tn.decide(t, other.User, 1, tn.lastSaid(other.User), moderation.Rejected)
	until(other, "")
	until(lin, "Bad")
	tn.decide(t, lin.User, 3, bad, moderation.Rejected)
	until(lin, "")
	got := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	want := creator.Profile{ID: lin.User, Name: "Lin", Persona: creator.Persona{Traits: []creator.Trait{}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if mine := history(lin); len(mine) != 2 || mine[0].Bio != "Bad" || mine[0].Persona.Story != "Bad" || len(history(other)) != 0 {
		t.Errorf("kept %+v, others read %+v", mine, history(other))
	}
	tn.decide(t, lin.User, 4, bad, moderation.Approved) // undone
	until(lin, "Bad")
	tn.decide(t, lin.User, 3, bad, moderation.Rejected) // again, and older
	must(tn.EditProfile(as(t, other), creator.EditProfile{Bio: "Marker"}))(t)
	tn.decide(t, other.User, 2, tn.lastSaid(other.User), moderation.Rejected)
	until(other, "")
	if got := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t); got.Bio != "Bad" || got.Persona.Story != "Bad" || len(got.Persona.Traits) != 1 {
		t.Errorf("after an older one: %+v", got)
	}
}

func TestModerationSeesAllThatAProfileSaysWhateverChanges(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin")
	face := tn.AddPicture(lin.User)
	tn.ChangePicture(face, func(p *media.Picture) { p.Likeness = "00ff00ff00ff00ff" })
	must(tn.EditPersona(as(t, lin), creator.EditPersona{Style: "Style", Story: "Story", Traits: []string{"Trait"}}))(t)
	must(tn.EditProfile(as(t, lin), creator.EditProfile{Avatar: face}))(t)
	must(tn.EditProfile(as(t, lin), creator.EditProfile{Bio: "Bio"}))(t)
	all := tn.Checked(string(lin.User))
	if len(all) != 3 {
		t.Fatalf("judged %+v", all)
	}
	if d := cmp.Diff([]string{"00ff00ff00ff00ff"}, all[1].Facts.Likenesses); d != "" {
		t.Error(d)
	}
	want := moderation.Facts{
		Text: "Lin\nBio\nStyle\nStory\nTrait", Thumb: all[2].Facts.Thumb, Link: "/u/" + string(lin.User), Likenesses: []string{"00ff00ff00ff00ff"},
	}
	if d := cmp.Diff(want, all[2].Facts); d != "" || want.Thumb == "" {
		t.Errorf("%s, thumb %q", d, want.Thumb)
	}
}

func TestWhatAnAccountSaysIsJudgedAndItsPictureIsItsOwn(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	lin, eve := tn.AddUser("Lin"), tn.AddUser("Eve")
	mine, bad := tn.AddPicture(lin.User), tn.AddPicture(lin.User)
	tn.Judge("Awful", moderation.Verdict{Outcome: moderation.Rejected, Reason: moderation.Hate})
	version := int64(0)
	become := func(a actor.Actor, name string, avatar id.Media) creator.Profile {
		t.Helper()
		version++
		say(t, tn, account.Changed, account.ChangedData{User: a.User, Name: name, Avatar: avatar, Version: version})
		var got creator.Profile
		creatortest.Eventually(t, "a name becomes "+name, func() (string, bool) {
			got = must(tn.Profile(t.Context(), creator.ByUser{ID: a.User}))(t)
			return got.Name, got.Name == name
		})
		return got
	}
	if got := become(eve, "Thief", mine); got.Avatar.ID != "" || tn.Claimed(mine) {
		t.Errorf("another's picture: %+v", got)
	}
	if got := become(lin, "Lin Yue", mine); got.Avatar.ID != mine || !tn.Claimed(mine) {
		t.Errorf("their own: %+v", got)
	}
	if got := become(lin, "Awful", bad); got.Avatar.ID != "" {
		t.Errorf("with a name that is refused: %+v", got)
	}
	all := tn.Checked(string(lin.User))
	if len(all) != 2 || all[0].Facts.Text != "Lin Yue\n\n\n" || all[0].Facts.Thumb == "" || all[1].Facts.Text != "Awful\n\n\n" {
		t.Errorf("judged %+v", all)
	}
}
