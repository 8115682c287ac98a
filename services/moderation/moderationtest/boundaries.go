package moderationtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

func (s Shop) shield(t *testing.T, a actor.Actor) moderation.Shield {
	t.Helper()
	return must(s.Moderation.Shield(inside(t), moderation.AskShield{User: a.User}))(t)
}

func (s Shop) wantShield(t *testing.T, what string, a actor.Actor, hidden, silent []id.User) {
	t.Helper()
	got := s.shield(t, a)
	slices.Sort(hidden)
	slices.Sort(silent)
	if diff := cmp.Diff([][]id.User{hidden, silent}, [][]id.User{got.Hidden, got.Silent}); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

var nobody = []id.User{}

func blockIsMutual(t *testing.T, s Shop) {
	amy, bob, eve := s.User(t, "Amy"), s.User(t, "Bob"), s.User(t, "Eve")
	s.wantShield(t, "nobody blocks", amy, nobody, nobody)
	for range 2 {
		must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
		s.wantShield(t, "who blocks", amy, []id.User{bob.User}, []id.User{bob.User})
		s.wantShield(t, "who is blocked", bob, []id.User{amy.User}, []id.User{amy.User})
	}
	s.wantShield(t, "somebody else", eve, nobody, nobody)
	must(s.Moderation.Block(as(t, bob), moderation.ByPerson{ID: amy.User}))(t)
	must(s.Moderation.Unblock(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	s.wantShield(t, "the other's block stands", amy, []id.User{bob.User}, []id.User{bob.User})
	for range 2 {
		must(s.Moderation.Unblock(as(t, bob), moderation.ByPerson{ID: amy.User}))(t)
		s.wantShield(t, "no block stands", amy, nobody, nobody)
		s.wantShield(t, "no block stands", bob, nobody, nobody)
	}
}

func shieldIsInOrder(t *testing.T, s Shop) {
	amy := s.User(t, "Amy")
	var hidden, silent []id.User
	for i := range 8 {
		u := s.User(t, fmt.Sprint("Person ", i))
		hidden = append(hidden, u.User)
		switch i % 3 {
		case 0:
			must(s.Moderation.Mute(as(t, amy), moderation.ByPerson{ID: u.User}))(t)
			continue
		case 1:
			must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: u.User}))(t)
			fallthrough
		case 2:
			must(s.Moderation.Block(as(t, u), moderation.ByPerson{ID: amy.User}))(t)
		}
		silent = append(silent, u.User)
	}
	s.wantShield(t, "people in order, once", amy, hidden, silent)
}

func muteIsOnesOwn(t *testing.T, s Shop) {
	amy, bob := s.User(t, "Amy"), s.User(t, "Bob")
	must(s.Moderation.Mute(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	s.wantShield(t, "who mutes", amy, []id.User{bob.User}, nobody)
	s.wantShield(t, "who is muted", bob, nobody, nobody)
	must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	s.wantShield(t, "who does both", amy, []id.User{bob.User}, []id.User{bob.User})
	must(s.Moderation.Unmute(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	s.wantShield(t, "the block stands", amy, []id.User{bob.User}, []id.User{bob.User})
}

func blockOnce(t *testing.T, s Shop) {
	amy, bob := s.User(t, "Amy"), s.User(t, "Bob")
	heard := hear(t, s, moderation.Bounded, func(d moderation.BoundedData) bool { return d.By == amy.User })
	atOnce(200, func() {
		if _, err := s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: bob.User}); err != nil {
			t.Error(err)
		}
	})
	if got := s.bounds(t, amy, moderation.Blocking); len(got) != 1 || got[0].User != bob.User || got[0].Name != "Bob" {
		t.Errorf("listed: %+v", got)
	}
	must(s.Moderation.Unblock(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	off := heard("the end", func(d moderation.BoundedData) bool { return !d.On })
	if off.Rev != 2 {
		t.Errorf("the end is change %d, want 2", off.Rev)
	}
}

func (s Shop) bounds(t *testing.T, a actor.Actor, how moderation.How) []moderation.Bound {
	t.Helper()
	var all []moderation.Bound
	for ask := (moderation.AskBounds{How: how, Ask: page.Ask{Limit: 2}}); ; {
		p := must(s.Moderation.Bounds(as(t, a), ask))(t)
		all = append(all, p.Items...)
		if p.Next == "" {
			return all
		}
		ask.After = p.Next
	}
}

func blocksSomebody(t *testing.T, s Shop) {
	amy := s.User(t, "Amy")
	for what, f := range map[string]func(id.User) error{
		"block": func(u id.User) error {
			_, err := s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: u})
			return err
		},
		"mute": func(u id.User) error {
			_, err := s.Moderation.Mute(as(t, amy), moderation.ByPerson{ID: u})
			return err
		},
	} {
		wantErr(t, what+" oneself", f(amy.User), moderation.ErrSelf)
		wantErr(t, what+" nobody", f("usr_nobody"), moderation.ErrNoPerson)
	}
	_, err := s.Moderation.Block(t.Context(), moderation.ByPerson{ID: amy.User})
	wantErr(t, "a visitor", err, actor.ErrNobody)
	must(s.Moderation.Unblock(as(t, amy), moderation.ByPerson{ID: "usr_nobody"}))(t)
	s.wantShield(t, "nothing came of it", amy, nobody, nobody)
}

func boundsAreListed(t *testing.T, s Shop) {
	amy := s.User(t, "Amy")
	var want []id.User
	for i := range 5 {
		u := s.User(t, fmt.Sprint("Person ", i))
		must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: u.User}))(t)
		want = append(want, u.User)
	}
	must(s.Moderation.Mute(as(t, amy), moderation.ByPerson{ID: want[0]}))(t)
	got := s.bounds(t, amy, moderation.Blocking)
	if len(got) != len(want) {
		t.Fatalf("%d listed, want %d", len(got), len(want))
	}
	for i, b := range got {
		if !slices.Contains(want, b.User) || b.How != moderation.Blocking || b.At.IsZero() || i > 0 && b.At.After(got[i-1].At) {
			t.Errorf("%d is %+v after %+v", i, b, got[max(0, i-1)])
		}
	}
	if got := s.bounds(t, amy, moderation.Muting); len(got) != 1 || got[0].User != want[0] || got[0].Name != "Person 0" {
		t.Errorf("muted: %+v", got)
	}
}

func wordsAreReplaced(t *testing.T, s Shop) {
	amy := s.User(t, "Amy")
	if got := must(s.Moderation.MutedWords(as(t, amy), rpc.Empty{}))(t); got.Words == nil || len(got.Words) != 0 {
		t.Errorf("at first: %+v", got)
	}
	want := []string{"spoilers", "减肥", "big sale"}
	got := must(s.Moderation.SetMutedWords(as(t, amy), moderation.WordList{Words: []string{" Spoilers ", "减肥", "BIG  sale", "spoilers"}}))(t)
	if diff := cmp.Diff(want, got.Words); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(want, s.shield(t, amy).Words); diff != "" {
		t.Errorf("shield: -want +got\n%s", diff)
	}
	// Words stay what they are in their own script, with their marks.
	want = []string{"скидка", "café", "が", "sale"}
	must(s.Moderation.SetMutedWords(as(t, amy), moderation.WordList{Words: []string{"СКИДКА", "Cafe\u0301", "café", "が", "ＳＡＬＥ", "sale"}}))(t)
	if diff := cmp.Diff(want, s.shield(t, amy).Words); diff != "" {
		t.Errorf("of all scripts: -want +got\n%s", diff)
	}
	for what, words := range map[string][]string{"empty": {" "}, "nothing to see": {"\u200b\u0301"}, "long": {fmt.Sprintf("%041d", 1)}} {
		_, err := s.Moderation.SetMutedWords(as(t, amy), moderation.WordList{Words: words})
		wantErr(t, what, err, errs.ErrInvalid)
	}
	must(s.Moderation.SetMutedWords(as(t, amy), moderation.WordList{Words: []string{"one"}}))(t)
	if got := must(s.Moderation.MutedWords(as(t, amy), rpc.Empty{}))(t).Words; len(got) != 1 || got[0] != "one" {
		t.Errorf("replaced: %q", got)
	}
	must(s.Moderation.SetMutedWords(as(t, amy), moderation.WordList{}))(t)
	if got := s.shield(t, amy).Words; len(got) != 0 {
		t.Errorf("taken back: %q", got)
	}
}

func boundsAreAnnounced(t *testing.T, s Shop) {
	amy, bob := s.User(t, "Amy"), s.User(t, "Bob")
	heard := hear(t, s, moderation.Bounded, func(d moderation.BoundedData) bool { return d.By == amy.User })
	must(s.Moderation.Mute(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	got := heard("a mute", func(moderation.BoundedData) bool { return true })
	if !got.On || got.Whom != bob.User || got.How != moderation.Muting || got.Rev != 1 {
		t.Errorf("a mute: %+v", got)
	}
	must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	heard("a block", func(d moderation.BoundedData) bool { return d.On && d.How == moderation.Blocking && d.Rev == 1 })
	must(s.Moderation.Unblock(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	must(s.Moderation.Block(as(t, amy), moderation.ByPerson{ID: bob.User}))(t)
	heard("another block", func(d moderation.BoundedData) bool { return d.On && d.Rev == 3 })
}

func insideOnly(t *testing.T, s Shop) {
	amy := s.User(t, "Amy", actor.Operator)
	_, err := s.Moderation.Shield(as(t, amy), moderation.AskShield{User: amy.User})
	wantErr(t, "shield", err, rpc.ErrNoRoute)
	_, err = s.Moderation.Check(as(t, amy), moderation.Check{Subject: NewPost(), Rev: 1, Author: amy.User})
	wantErr(t, "check", err, rpc.ErrNoRoute)
}
