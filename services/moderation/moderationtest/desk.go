package moderationtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

var nothing = rpc.Empty{}

func reportsCountOnce(t *testing.T, s Shop) {
	amy, fan, mod := s.User(t, "Amy"), s.User(t, "Fan"), s.User(t, "Mod", actor.Moderator)
	p := s.Post(t, amy)
	in := moderation.Report{Subject: p, Reason: moderation.Spam, Note: " first "}
	first := must(s.Moderation.Report(as(t, fan), in))(t)
	atOnce(200, func() {
		got, err := s.Moderation.Report(as(t, fan), in)
		if err != nil || !got.At.Equal(first.At) {
			t.Errorf("again: %+v, %v, want %+v", got, err, first)
		}
	})
	in.Reason, in.Note = moderation.Violence, "second"
	must(s.Moderation.Report(as(t, fan), in))(t)
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	if c.Reported != 1 || len(c.Reports) != 1 || c.Reports[0].Reason != moderation.Violence || c.Reports[0].Note != "second" || !c.Blur {
		t.Errorf("reported by one: %+v", c)
	}
}

func reportsAllCount(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	p := s.Post(t, amy)
	c0 := s.User(t, "First")
	s.Report(t, c0, p)
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	must(s.Moderation.Decide(as(t, mod), approves(c)))(t) // so that the number alone is at stake
	const people = 24
	var work sync.WaitGroup
	for i := range people {
		fan := s.User(t, fmt.Sprint("Fan ", i))
		work.Go(func() { s.Report(t, fan, p) })
	}
	work.Wait()
	c, _ = s.Waiting(t, mod, moderation.ToReview, p)
	if c.Reported != people+1 || len(c.Reports) != 20 {
		t.Errorf("%d counted and %d shown of %d", c.Reported, len(c.Reports), people+1)
	}
}

func reportsOfSomething(t *testing.T, s Shop) {
	amy, fan := s.User(t, "Amy"), s.User(t, "Fan")
	p := s.Post(t, amy)
	report := func(a actor.Actor, of moderation.Subject, why moderation.Reason) error {
		_, err := s.Moderation.Report(as(t, a), moderation.Report{Subject: of, Reason: why})
		return err
	}
	wantErr(t, "one's own", report(amy, p, moderation.Spam), moderation.ErrReportSelf)
	wantErr(t, "oneself", report(amy, moderation.Subject{Kind: moderation.Profile, ID: string(amy.User)}, moderation.Spam), moderation.ErrReportSelf)
	wantErr(t, "nothing", report(fan, NewPost(), moderation.Spam), moderation.ErrNoSubject)
	wantErr(t, "nobody", report(fan, moderation.Subject{Kind: moderation.Profile, ID: "usr_nobody"}, moderation.Spam), moderation.ErrNoSubject)
	wantErr(t, "for no reason", report(fan, p, "because"), errs.ErrInvalid)
	_, err := s.Moderation.Report(t.Context(), moderation.Report{Subject: p, Reason: moderation.Spam})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func profilesAreReported(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Rude Name"), s.User(t, "Mod", actor.Moderator)
	of := moderation.Subject{Kind: moderation.Profile, ID: string(amy.User)}
	s.Report(t, s.User(t, "Fan"), of)
	c, _ := s.Waiting(t, mod, moderation.ToReview, of)
	// Of a profile that says nothing else yet, the name is all.
	if strings.TrimSpace(c.Facts.Text) != "Rude Name" || c.Author != amy.User || c.Verdict.Outcome != moderation.Approved || c.Reported != 1 {
		t.Errorf("got %+v", c)
	}
}

func queueOrder(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	few, many := s.Post(t, amy), s.Post(t, amy)
	fans := []actor.Actor{s.User(t, "A"), s.User(t, "B"), s.User(t, "C")}
	s.Report(t, fans[0], few)
	for _, f := range fans {
		s.Report(t, f, many)
	}
	_, a := s.Waiting(t, mod, moderation.ToReview, many)
	_, b := s.Waiting(t, mod, moderation.ToReview, few)
	if a >= b {
		t.Errorf("what three reported is behind what one did")
	}
}

func (s Shop) swarm(t *testing.T, p moderation.Subject) {
	t.Helper()
	for i := range moderation.SwarmLimit {
		s.Report(t, s.User(t, fmt.Sprint("Fan ", i)), p)
	}
}

func swarms(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	p := s.Post(t, amy)
	heard := hear(t, s, moderation.Decided, func(d moderation.DecidedData) bool { return d.Subject == p })
	s.swarm(t, p)
	got := heard("a limit", func(moderation.DecidedData) bool { return true })
	want := moderation.Verdict{Outcome: moderation.Limited, Reason: moderation.Spam, Rule: "many_reports"}
	if got.Verdict != want || got.Author != amy.User || got.Of != 1 || got.Strike {
		t.Errorf("announced: %+v", got)
	}
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	if c.Verdict != want || c.Reported != moderation.SwarmLimit {
		t.Errorf("waits as %+v", c)
	}
	st := s.standing(t, amy)
	if len(st.Decisions.Items) != 1 || st.Decisions.Items[0].Verdict != want || st.Decisions.Items[0].ID != got.Decision {
		t.Errorf("its author sees %+v", st.Decisions)
	}
	if v := s.Check(t, p, 2, amy, moderation.Facts{Text: harmless()}); v != want {
		t.Errorf("an edit makes it %+v", v)
	}
	c, _ = s.Waiting(t, mod, moderation.ToReview, p)
	must(s.Moderation.Decide(as(t, mod), approves(c)))(t)
	if got := heard("its end", func(d moderation.DecidedData) bool { return d.Verdict.Outcome == moderation.Approved }); got.Rev != 2 || got.Of != 2 {
		t.Errorf("announced: %+v", got)
	}
}

func swarmsEnd(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	c := s.Reported(t, mod, amy)
	must(s.Moderation.Decide(as(t, mod), approves(c)))(t)
	s.swarm(t, c.Subject)
	c, _ = s.Waiting(t, mod, moderation.ToReview, c.Subject)
	if c.Verdict.Outcome != moderation.Approved || c.Reported != moderation.SwarmLimit+1 {
		t.Errorf("got %+v", c)
	}
}

func oneDecides(t *testing.T, s Shop) {
	amy := s.User(t, "Amy")
	mods := []actor.Actor{s.User(t, "Mod", actor.Moderator), s.User(t, "Mod", actor.Operator)}
	for range 8 {
		c := s.Reported(t, mods[0], amy)
		var won, lost atomic.Int64
		var work sync.WaitGroup
		for i, m := range mods {
			work.Go(func() {
				in := approves(c)
				if i == 1 {
					in = rejects(c, false)
				}
				_, err := s.Moderation.Decide(as(t, m), in)
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, moderation.ErrDecided):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		work.Wait()
		if won.Load() != 1 || lost.Load() != 1 {
			t.Fatalf("%d decided, %d were told so", won.Load(), lost.Load())
		}
	}
	c := s.Reported(t, mods[0], amy)
	first, again := s.Reject(t, mods[0], c, false), s.Reject(t, mods[0], c, false)
	if len(again.History) != 1 || !again.At.Equal(first.At) {
		t.Errorf("sent twice: %+v", again)
	}
	for what, in := range map[string]moderation.Decide{
		"without a reason":   {ID: c.ID, Seen: first.At, Outcome: moderation.Rejected},
		"a strike for good":  {ID: c.ID, Seen: first.At, Outcome: moderation.Approved, Strike: true},
		"nothing decided":    {ID: c.ID, Seen: first.At, Outcome: moderation.Pending, Reason: moderation.Spam},
		"an unknown outcome": {ID: c.ID, Seen: first.At, Outcome: "gone", Reason: moderation.Spam},
	} {
		_, err := s.Moderation.Decide(as(t, mods[0]), in)
		wantErr(t, what, err, errs.ErrInvalid)
	}
	_, err := s.Moderation.Decide(as(t, mods[0]), moderation.Decide{ID: "cas_none", Outcome: moderation.Approved})
	wantErr(t, "no case", err, moderation.ErrNoCase)
	_, err = s.Moderation.Case(as(t, mods[0]), moderation.ByCase{ID: "cas_none"})
	wantErr(t, "no case", err, moderation.ErrNoCase)
}

func undoing(t *testing.T, s Shop) {
	amy, mod, other := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Other", actor.Moderator)
	c := s.Reported(t, mod, amy)
	heard := hear(t, s, moderation.Decided, func(d moderation.DecidedData) bool { return d.Subject == c.Subject })
	s.Reject(t, mod, c, true)
	got := heard("a rejection", func(moderation.DecidedData) bool { return true })
	if got.Verdict != (moderation.Verdict{Outcome: moderation.Rejected, Reason: moderation.Spam}) || !got.Strike || got.Rev != 1 || got.Author != amy.User || got.Of != 1 {
		t.Errorf("announced: %+v", got)
	}
	if n := s.standing(t, amy).Strikes; n != 1 {
		t.Errorf("%d strikes", n)
	}
	_, err := s.Moderation.Undo(as(t, other), moderation.ByCase{ID: c.ID})
	wantErr(t, "somebody else's", err, moderation.ErrUndoLate)
	back := must(s.Moderation.Undo(as(t, mod), moderation.ByCase{ID: c.ID}))(t)
	if back.Verdict.Outcome != moderation.Approved || back.Queue != moderation.ToReview || !back.At.Equal(c.At) {
		t.Errorf("back to %+v", back)
	}
	if got := heard("its undoing", func(d moderation.DecidedData) bool { return d.Rev == 2 }); got.Verdict.Outcome != moderation.Approved || got.Strike {
		t.Errorf("announced: %+v", got)
	}
	if st := s.standing(t, amy); st.Strikes != 0 || len(st.Decisions.Items) != 0 {
		t.Errorf("stands with %+v", st)
	}
	_, err = s.Moderation.Undo(as(t, mod), moderation.ByCase{ID: c.ID})
	wantErr(t, "twice", err, moderation.ErrUndoLate)
	s.Reject(t, other, back, false)
}

func editsDoNotEscape(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	c := s.Reported(t, mod, amy)
	s.Reject(t, mod, c, false)
	for rev := range int64(3) {
		if v := s.Check(t, c.Subject, rev+2, amy, moderation.Facts{Text: harmless()}); v.Outcome != moderation.Pending {
			t.Errorf("rejected, then edited: %+v", v)
		}
	}
	c, _ = s.Waiting(t, mod, moderation.ToReview, c.Subject)
	must(s.Moderation.Decide(as(t, mod), moderation.Decide{ID: c.ID, Seen: c.At, Outcome: moderation.Limited, Reason: moderation.Hidden}))(t)
	if v := s.Check(t, c.Subject, 5, amy, moderation.Facts{Text: harmless()}); v.Outcome != moderation.Limited || v.Reason != moderation.Hidden {
		t.Errorf("limited, then edited: %+v", v)
	}
	_, err := s.Moderation.Decide(as(t, s.User(t, "Late", actor.Moderator)), rejects(c, false))
	wantErr(t, "of an earlier revision", err, moderation.ErrDecided)
}

func notTheirOwn(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	c := s.Reported(t, mod, mod)
	_, err := s.Moderation.Decide(as(t, mod), approves(c))
	wantErr(t, "one's own", err, moderation.ErrSamePerson)
	s.Reject(t, s.User(t, "Other", actor.Moderator), c, false)
}

func escalation(t *testing.T, s Shop) {
	amy, mod, op := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Op", actor.Operator)
	c := s.Reported(t, mod, amy)
	for range 2 {
		must(s.Moderation.Escalate(as(t, mod), moderation.Escalate{ID: c.ID, Note: "what is this?"}))(t)
	}
	got, _ := s.Waiting(t, op, moderation.Escalated, c.Subject)
	if len(got.History) != 1 || got.History[0].Note != "what is this?" {
		t.Errorf("escalated as %+v", got)
	}
	_, err := s.Moderation.Decide(as(t, mod), approves(got))
	wantErr(t, "a moderator", err, actor.ErrForbidden)
	must(s.Moderation.Decide(as(t, op), approves(got)))(t)
	_, err = s.Moderation.Escalate(as(t, mod), moderation.Escalate{ID: c.ID, Note: "again"})
	wantErr(t, "what is done", err, moderation.ErrDecided)
}

func appeals(t *testing.T, s Shop) {
	amy, mod, other := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator), s.User(t, "Other", actor.Moderator)
	for outcome, want := range map[moderation.Outcome]string{moderation.Approved: "reversed", moderation.Limited: "reversed", moderation.Rejected: "upheld"} {
		c := s.Reported(t, mod, amy)
		heard := hear(t, s, moderation.Decided, func(d moderation.DecidedData) bool { return d.Subject == c.Subject })
		s.Reject(t, mod, c, true)
		strikes := s.standing(t, amy).Strikes
		d := s.standing(t, amy).Decisions.Items[0]
		if d.Subject != c.Subject || !d.Strike || d.Appealed != "" || d.Excerpt != c.Facts.Text || !d.Until.Equal(d.At.Add(moderation.AppealTTL)) {
			t.Fatalf("decided: %+v", d)
		}
		got := must(s.Moderation.Appeal(as(t, amy), moderation.Appeal{ID: d.ID, Text: "It was a joke."}))(t)
		if got.Appealed != "open" || got.ID != d.ID {
			t.Errorf("appealed: %+v", got)
		}
		waits, _ := s.Waiting(t, other, moderation.Appeals, c.Subject)
		if waits.Appeal != "It was a joke." {
			t.Errorf("waits as %+v", waits)
		}
		in := moderation.Decide{ID: c.ID, Seen: waits.At, Outcome: outcome}
		if outcome != moderation.Approved {
			in.Reason = moderation.Spam
		}
		_, err := s.Moderation.Decide(as(t, mod), in)
		wantErr(t, "who decided before", err, moderation.ErrSamePerson)
		done := must(s.Moderation.Decide(as(t, other), in))(t)
		heard("the answer", func(d moderation.DecidedData) bool {
			return d.Rev == 2 && d.Verdict.Outcome == outcome && d.Decision == got.ID
		})
		st := s.standing(t, amy)
		if st.Decisions.Items[0].Appealed != want || st.Decisions.Items[0].ID != d.ID || st.Decisions.Items[0].Verdict.Outcome != outcome {
			t.Errorf("%s: its author sees %+v", outcome, st.Decisions.Items[0])
		}
		if lost := strikes - st.Strikes; lost != map[string]int64{"reversed": 1, "upheld": 0}[want] {
			t.Errorf("%s: %d strikes fewer", outcome, lost)
		}
		_, err = s.Moderation.Decide(as(t, mod), rejects(done, true))
		wantErr(t, "the first judge, after the appeal", err, moderation.ErrSamePerson)
		_, err = s.Moderation.Appeal(as(t, amy), moderation.Appeal{ID: d.ID, Text: "Once more."})
		if outcome == moderation.Approved {
			wantErr(t, "what was won", err, moderation.ErrNoDecision)
		} else {
			wantErr(t, "twice", err, moderation.ErrAppealed)
		}
	}
}

func appealsOnce(t *testing.T, s Shop) {
	amy, bob, mod := s.User(t, "Amy"), s.User(t, "Bob"), s.User(t, "Mod", actor.Moderator)
	c := s.Reported(t, mod, amy)
	s.Reject(t, mod, c, false)
	d := s.standing(t, amy).Decisions.Items[0]
	appeal := func(a actor.Actor, of, text string) error {
		_, err := s.Moderation.Appeal(as(t, a), moderation.Appeal{ID: of, Text: text})
		return err
	}
	wantErr(t, "somebody else", appeal(bob, d.ID, "Please"), moderation.ErrNoDecision)
	wantErr(t, "no decision", appeal(amy, "dec_none", "Please"), moderation.ErrNoDecision)
	wantErr(t, "without words", appeal(amy, d.ID, "  "), errs.ErrInvalid)
	for range 2 { // sent twice
		if err := appeal(amy, d.ID, "Please"); err != nil {
			t.Error(err)
		}
	}
	wantErr(t, "other words", appeal(amy, d.ID, "Please!"), moderation.ErrAppealed)
}

func ruleAppeals(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	p := NewPost()
	s.Check(t, p, 1, amy, moderation.Facts{Text: "THIS IS HOW MY GRANDMOTHER ALWAYS WRITES HER LETTERS TO ME"})
	d := s.standing(t, amy).Decisions.Items
	if len(d) != 1 || d[0].Verdict.Rule != "shouting" || d[0].Strike {
		t.Fatalf("decided: %+v", d)
	}
	must(s.Moderation.Appeal(as(t, amy), moderation.Appeal{ID: d[0].ID, Text: "It is a quotation."}))(t)
	c, _ := s.Waiting(t, mod, moderation.Appeals, p)
	must(s.Moderation.Decide(as(t, mod), approves(c)))(t)
	if d := s.standing(t, amy).Decisions.Items; d[0].Appealed != "reversed" || d[0].Verdict.Outcome != moderation.Approved {
		t.Errorf("its author sees %+v", d)
	}
}
