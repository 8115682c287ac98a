package moderationtest

import (
	"sync"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
)

func notBanned(t *testing.T, s Shop, a actor.Actor) {
	t.Helper()
	if r := s.standing(t, a).Restriction; r != nil {
		t.Errorf("is restricted: %+v", r)
	}
}

func strikesBan(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	heard := hear(t, s, moderation.Restricted, func(d moderation.RestrictedData) bool { return d.User == amy.User })
	var last moderation.Case
	for i := range moderation.StrikeLimit {
		notBanned(t, s, amy)
		last = s.Reject(t, mod, s.Reported(t, mod, amy), true)
		if last.Strikes != int64(i+1) {
			t.Errorf("%d strikes after %d", last.Strikes, i+1)
		}
	}
	r := s.standing(t, amy).Restriction
	if r == nil || r.Reason != moderation.Spam || !r.Until.Equal(r.From.Add(moderation.StrikeBan)) {
		t.Fatalf("restricted: %+v", r)
	}
	got := heard("a ban", func(moderation.RestrictedData) bool { return true })
	if !got.On || got.Rev != 1 || !got.Until.Equal(r.Until) || got.Reason != moderation.Spam {
		t.Errorf("announced: %+v", got)
	}
	b := s.bansOf(t, mod, amy.User, "active")
	if len(b) != 1 || b[0].Proposed != "" || b[0].Confirmed != "" || b[0].Days != 7 || b[0].Name != "Amy" {
		t.Errorf("bans: %+v", b)
	}
	// The third strike is taken back, and with it the ban.
	must(s.Moderation.Undo(as(t, mod), moderation.ByCase{ID: last.ID}))(t)
	notBanned(t, s, amy)
	heard("its end", func(d moderation.RestrictedData) bool { return !d.On && d.Rev == 2 })
	if b := s.bansOf(t, mod, amy.User, "lifted"); len(b) != 1 {
		t.Errorf("bans: %+v", b)
	}
}

func (s Shop) bansOf(t *testing.T, by actor.Actor, u id.User, state string) []moderation.Ban {
	t.Helper()
	var out []moderation.Ban
	for ask := (moderation.AskBans{State: state}); ; {
		p := must(s.Moderation.Bans(as(t, by), ask))(t)
		for _, b := range p.Items {
			if b.User == u {
				out = append(out, b)
			}
		}
		if p.Next == "" {
			return out
		}
		ask.After = p.Next
	}
}

func bansTakeTwo(t *testing.T, s Shop) {
	amy, mod, other := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Other", actor.Operator)
	heard := hear(t, s, moderation.Restricted, func(d moderation.RestrictedData) bool { return d.User == amy.User })
	in := moderation.ProposeBan{User: amy.User, Reason: moderation.Fraud, Note: "takes money", Days: 0}
	b := must(s.Moderation.ProposeBan(as(t, mod), in))(t)
	if b.State != "proposed" || b.Name != "Amy" || b.Proposed != mod.User {
		t.Errorf("proposed: %+v", b)
	}
	notBanned(t, s, amy)
	_, err := s.Moderation.ConfirmBan(as(t, mod), moderation.ByBan{ID: b.ID})
	wantErr(t, "the same person", err, moderation.ErrSamePerson)
	_, err = s.Moderation.LiftBan(as(t, mod), moderation.ByBan{ID: b.ID})
	wantErr(t, "lifting what is proposed", err, moderation.ErrBanState)
	for range 2 {
		b = must(s.Moderation.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
		if b.State != "active" || b.Confirmed != other.User || !b.Until.IsZero() {
			t.Errorf("confirmed: %+v", b)
		}
	}
	r := s.standing(t, amy).Restriction
	if r == nil || r.Reason != moderation.Fraud || !r.Until.IsZero() || r.From.IsZero() {
		t.Fatalf("restricted: %+v", r)
	}
	if got := must(s.Moderation.Person(as(t, mod), moderation.AskPerson{ID: amy.User}))(t); got.Restriction == nil {
		t.Error("moderators do not see it")
	}
	heard("a ban", func(d moderation.RestrictedData) bool { return d.On && d.Rev == 1 && d.Until.IsZero() })
	_, err = s.Moderation.DeclineBan(as(t, mod), moderation.ByBan{ID: b.ID})
	wantErr(t, "declining what is active", err, moderation.ErrBanState)
	for range 2 {
		must(s.Moderation.LiftBan(as(t, mod), moderation.ByBan{ID: b.ID}))(t)
	}
	notBanned(t, s, amy)
	heard("its end", func(d moderation.RestrictedData) bool { return !d.On && d.Rev == 2 })
	_, err = s.Moderation.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID})
	wantErr(t, "confirming what was lifted", err, moderation.ErrBanState)
	_, err = s.Moderation.ConfirmBan(as(t, other), moderation.ByBan{ID: "ban_none"})
	wantErr(t, "no ban", err, moderation.ErrNoBan)

	b = must(s.Moderation.ProposeBan(as(t, mod), in))(t)
	for range 2 {
		must(s.Moderation.DeclineBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
	}
	_, err = s.Moderation.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID})
	wantErr(t, "confirming what was declined", err, moderation.ErrBanState)
	notBanned(t, s, amy)
}

func bansOneByOne(t *testing.T, s Shop) {
	amy, mod, other := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Other", actor.Moderator)
	in := moderation.ProposeBan{User: amy.User, Reason: moderation.Spam, Note: "n", Days: 7}
	ids := make(chan string, 20)
	var work sync.WaitGroup
	for range cap(ids) {
		work.Go(func() {
			b, err := s.Moderation.ProposeBan(as(t, mod), in)
			if err != nil {
				t.Error(err)
			}
			ids <- b.ID
		})
	}
	work.Wait()
	close(ids)
	one := <-ids
	for b := range ids {
		if b != one {
			t.Fatalf("%s and %s wait", one, b)
		}
	}
	_, err := s.Moderation.ProposeBan(as(t, other), in)
	wantErr(t, "somebody else's", err, moderation.ErrBanOpen)
	in.User = "usr_nobody"
	_, err = s.Moderation.ProposeBan(as(t, mod), in)
	wantErr(t, "nobody", err, moderation.ErrNoPerson)
	_, err = s.Moderation.Person(as(t, mod), moderation.AskPerson{ID: "usr_nobody"})
	wantErr(t, "nobody", err, moderation.ErrNoPerson)
}

func staffIsNotBanned(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	for _, r := range []actor.Role{actor.Moderator, actor.Operator} {
		staff := s.User(t, "Staff", r)
		_, err := s.Moderation.ProposeBan(as(t, mod), moderation.ProposeBan{User: staff.User, Reason: moderation.Spam, Note: "n", Days: 7})
		wantErr(t, string(r), err, moderation.ErrStaffBan)
		for range moderation.StrikeLimit {
			s.Reject(t, mod, s.Reported(t, mod, staff), true)
		}
		if st := s.standing(t, staff); st.Restriction != nil || st.Strikes != moderation.StrikeLimit {
			t.Errorf("%s stands with %+v", r, st)
		}
	}
}

func onRecord(t *testing.T, s Shop) {
	amy, mod, other := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Other", actor.Moderator)
	c := s.Reported(t, mod, amy)
	must(s.Moderation.Escalate(as(t, mod), moderation.Escalate{ID: c.ID, Note: "hm"}))(t)
	op := s.User(t, "Op", actor.Operator)
	c, _ = s.Waiting(t, op, moderation.Escalated, c.Subject)
	s.Reject(t, op, c, true)
	must(s.Moderation.Undo(as(t, op), moderation.ByCase{ID: c.ID}))(t)
	s.recorded(t, mod, string(c.ID), []step{{op.User, "undo"}, {op.User, "decide"}, {mod.User, "escalate"}})

	b := must(s.Moderation.ProposeBan(as(t, mod), moderation.ProposeBan{User: amy.User, Reason: moderation.Spam, Note: "n", Days: 1}))(t)
	must(s.Moderation.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
	must(s.Moderation.LiftBan(as(t, mod), moderation.ByBan{ID: b.ID}))(t)
	s.recorded(t, mod, b.ID, []step{{mod.User, "lift ban"}, {other.User, "confirm ban"}, {mod.User, "propose ban"}})

	e := s.list(t, mod, moderation.Words, word(), moderation.Pending)
	must(s.Moderation.DropEntry(as(t, other), moderation.ByEntry{ID: e.ID}))(t)
	s.recorded(t, mod, e.ID, []step{{other.User, "drop from list"}, {mod.User, "add to list"}})

	all := must(s.Moderation.Audit(as(t, mod), moderation.AskAudit{Ask: page.Ask{Limit: 3}}))(t)
	if len(all.Items) != 3 || all.Next == "" {
		t.Fatalf("in all: %+v", all)
	}
	for i, r := range all.Items {
		if r.Hash == "" || i > 0 && r.Seq != all.Items[i-1].Seq-1 {
			t.Errorf("out of order: %+v", all.Items)
		}
	}
}

type step struct {
	by  id.User
	did string
}

func (s Shop) recorded(t *testing.T, by actor.Actor, about string, want []step) {
	t.Helper()
	got := must(s.Moderation.Audit(as(t, by), moderation.AskAudit{About: about}))(t).Items
	if len(got) != len(want) {
		t.Fatalf("%s: on record is %+v, want %v", about, got, want)
	}
	for i, w := range want {
		if got[i].By != w.by || got[i].Did != w.did || got[i].About != about {
			t.Errorf("%s: %d is %+v, want %v", about, i, got[i], w)
		}
	}
}

func deskIsClosed(t *testing.T, s Shop) {
	for who, a := range map[string]actor.Actor{
		"a visitor": {}, "a viewer": s.User(t, "Amy"), "a creator": s.User(t, "Cleo", actor.Creator), "a merchant": s.User(t, "Max", actor.Merchant),
	} {
		ctx, want := as(t, a), actor.ErrForbidden
		if a.User == "" {
			want = actor.ErrNobody
		}
		m := s.Moderation
		for what, f := range map[string]func() error{
			"queue": func() error { _, err := m.Queue(ctx, moderation.AskQueue{}); return err },
			"case":  func() error { _, err := m.Case(ctx, moderation.ByCase{ID: "cas_x"}); return err },
			"decide": func() error {
				_, err := m.Decide(ctx, moderation.Decide{ID: "cas_x", Outcome: moderation.Approved})
				return err
			},
			"undo":     func() error { _, err := m.Undo(ctx, moderation.ByCase{ID: "cas_x"}); return err },
			"escalate": func() error { _, err := m.Escalate(ctx, moderation.Escalate{ID: "cas_x", Note: "n"}); return err },
			"propose": func() error {
				_, err := m.ProposeBan(ctx, moderation.ProposeBan{User: "usr_x", Reason: moderation.Spam, Note: "n"})
				return err
			},
			"confirm": func() error { _, err := m.ConfirmBan(ctx, moderation.ByBan{ID: "ban_x"}); return err },
			"decline": func() error { _, err := m.DeclineBan(ctx, moderation.ByBan{ID: "ban_x"}); return err },
			"lift":    func() error { _, err := m.LiftBan(ctx, moderation.ByBan{ID: "ban_x"}); return err },
			"bans":    func() error { _, err := m.Bans(ctx, moderation.AskBans{}); return err },
			"person":  func() error { _, err := m.Person(ctx, moderation.AskPerson{ID: "usr_x"}); return err },
			"entries": func() error { _, err := m.Entries(ctx, moderation.AskEntries{List: moderation.Words}); return err },
			"add": func() error {
				_, err := m.AddEntry(ctx, moderation.AddEntry{List: moderation.Words, Value: "word", Outcome: moderation.Pending, Reason: moderation.Spam})
				return err
			},
			"drop":  func() error { _, err := m.DropEntry(ctx, moderation.ByEntry{ID: "ent_x"}); return err },
			"rules": func() error { _, err := m.RuleList(ctx, nothing); return err },
			"close": func() error { _, err := m.CloseBreaker(ctx, moderation.ByRule{Name: "burst"}); return err },
			"audit": func() error { _, err := m.Audit(ctx, moderation.AskAudit{}); return err },
		} {
			wantErr(t, who+": "+what, f(), want)
		}
	}
}

func standingPages(t *testing.T, s Shop) {
	amy, bob, mod := s.User(t, "Amy"), s.User(t, "Bob"), s.User(t, "Mod", actor.Moderator)
	const n = 5
	for range n {
		s.Reject(t, mod, s.Reported(t, mod, amy), false)
	}
	var got []moderation.Decision
	for ask := (page.Ask{Limit: 2}); ; {
		st := must(s.Moderation.Standing(as(t, amy), ask))(t)
		got = append(got, st.Decisions.Items...)
		if st.Decisions.Next == "" {
			break
		}
		ask.After = st.Decisions.Next
	}
	seen := map[string]bool{}
	for i, d := range got {
		seen[d.ID] = true
		if i > 0 && d.At.After(got[i-1].At) {
			t.Errorf("%v comes after %v", d.At, got[i-1].At)
		}
	}
	if len(got) != n || len(seen) != n {
		t.Errorf("%d decisions, %d different", len(got), len(seen))
	}
	if st := s.standing(t, bob); len(st.Decisions.Items) != 0 || st.Strikes != 0 {
		t.Errorf("somebody else: %+v", st)
	}
	_, err := s.Moderation.Standing(t.Context(), page.Ask{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}
