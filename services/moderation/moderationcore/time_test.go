package moderationcore_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationcore"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestARuleThatFiresTooOftenOnlyDoubtsUntilItsBreakerIsClosed(t *testing.T) {
	t.Parallel()
	tn := build(t, map[string]int64{"contact": 3})
	procs := []moderation.Service{tn.Core, tn.core(t, nil)}
	mod, n := tn.Add("Mod", actor.Moderator), 0
	check := func() (moderation.Subject, moderation.Verdict) {
		t.Helper()
		n++
		p := moderationtest.NewPost()
		in := moderation.Check{Subject: p, Rev: 1, Author: tn.Add("Amy").User, Facts: moderation.Facts{Text: fmt.Sprint("加微信聊 ", n)}}
		v := must(procs[n%2].Check(inside(t), in))(t)
		// Asking again counts nothing.
		if again := must(procs[(n+1)%2].Check(inside(t), in))(t); again != v {
			t.Fatalf("first %+v, then %+v", v, again)
		}
		return p, v
	}
	state := func() moderation.Rule {
		for _, r := range must(tn.RuleList(as(t, mod), rpc.Empty{}))(t).Items {
			if r.Name == "contact" {
				return r
			}
		}
		return moderation.Rule{}
	}
	for range 3 {
		if _, v := check(); v.Outcome != moderation.Pending {
			t.Fatalf("within the quota: %+v", v)
		}
	}
	if r := state(); r.Open || r.Hour != 3 || r.Quota != 3 {
		t.Errorf("within the quota: %+v", r)
	}
	p, v := check()
	if v != (moderation.Verdict{Outcome: moderation.Approved, Rule: "contact"}) {
		t.Errorf("beyond the quota: %+v", v)
	}
	if c, _ := tn.shop(tn.Core).Waiting(t, mod, moderation.ToReview, p); c.Verdict.Outcome != moderation.Approved || c.Rule != "contact" {
		t.Errorf("waits as %+v", c)
	}
	tn.clock.Advance(3 * time.Hour)
	if _, v := check(); v.Outcome != moderation.Approved {
		t.Errorf("a breaker closed by itself: %+v", v)
	}
	if r := state(); !r.Open || r.Since.IsZero() || r.Total != 5 || r.Hour != 1 {
		t.Errorf("open: %+v", r)
	}
	for range 2 {
		if r := must(tn.CloseBreaker(as(t, mod), moderation.ByRule{Name: "contact"}))(t); r.Open || !r.Since.IsZero() {
			t.Errorf("closed: %+v", r)
		}
	}
	if _, v := check(); v.Outcome != moderation.Pending {
		t.Errorf("after it was closed: %+v", v)
	}
	var did []string
	for _, r := range must(tn.Audit(as(t, mod), moderation.AskAudit{About: "contact"}))(t).Items {
		did = append(did, r.Did)
	}
	if fmt.Sprint(did) != "[close breaker open breaker]" {
		t.Errorf("on record: %q", did)
	}
}

func TestReportsOnlyQueueWhileTheirBreakerIsOpen(t *testing.T) {
	t.Parallel()
	tn := build(t, map[string]int64{"many_reports": 0})
	s, mod := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator)
	p := s.Post(t, tn.Add("Amy"))
	for range moderation.SwarmLimit + 1 {
		s.Report(t, tn.Add("Fan"), p)
	}
	if c, _ := s.Waiting(t, mod, moderation.ToReview, p); c.Verdict.Outcome != moderation.Approved || c.Reported != moderation.SwarmLimit+1 {
		t.Errorf("waits as %+v", c)
	}
}

func TestTwoHundredWhoReportAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator)
	p := s.Post(t, tn.Add("Amy"))
	procs := []moderation.Service{tn.Core, tn.core(t, nil)}
	const people = 200
	var work sync.WaitGroup
	for i := range 2 * people { // each says it twice
		fan := actor.Actor{User: id.User(fmt.Sprint("usr_fan", i%people))}
		work.Go(func() {
			if _, err := procs[i%2].Report(as(t, fan), moderation.Report{Subject: p, Reason: moderation.Hate}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	tn.settled(t)
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	if c.Reported != people || c.Verdict.Outcome != moderation.Limited || len(c.History) != 1 {
		t.Errorf("%d of %d counted, %s, limited %d times", c.Reported, people, c.Verdict.Outcome, len(c.History))
	}
}

func TestReportsOfManyDaysDoNotLimit(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator)
	p := s.Post(t, tn.Add("Amy"))
	for range 2 * moderation.SwarmLimit {
		s.Report(t, tn.Add("Fan"), p)
		tn.clock.Advance(moderation.SwarmTime / (moderation.SwarmLimit - 1))
	}
	if c, _ := s.Waiting(t, mod, moderation.ToReview, p); c.Verdict.Outcome != moderation.Approved {
		t.Errorf("waits as %+v", c)
	}
}

func TestADecisionIsUndoneForTenSeconds(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator)
	c := s.Reported(t, mod, tn.Add("Amy"))
	for wait, want := range map[time.Duration]error{moderation.UndoTTL - time.Second: nil, moderation.UndoTTL + time.Second: moderation.ErrUndoLate} {
		s.Reject(t, mod, c, false)
		tn.clock.Advance(wait)
		_, err := tn.Undo(as(t, mod), moderation.ByCase{ID: c.ID})
		wantErr(t, wait.String(), err, want)
		c = must(tn.Case(as(t, mod), moderation.ByCase{ID: c.ID}))(t)
	}
}

func TestADecisionIsAppealedForThirtyDays(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod, amy := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator), tn.Add("Amy")
	for wait, want := range map[time.Duration]error{moderation.AppealTTL - time.Minute: nil, moderation.AppealTTL + time.Minute: moderation.ErrAppealLate} {
		s.Reject(t, mod, s.Reported(t, mod, amy), false)
		d := tn.standing(t, amy).Decisions.Items[0]
		tn.clock.Advance(wait)
		_, err := tn.Appeal(as(t, amy), moderation.Appeal{ID: d.ID, Text: "Please"})
		wantErr(t, wait.String(), err, want)
	}
}

func TestStrikesAreForgottenAfterNinetyDays(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod, amy := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator), tn.Add("Amy")
	strike := func() { s.Reject(t, mod, s.Reported(t, mod, amy), true) }
	strike()
	strike()
	tn.clock.Advance(moderation.StrikeTTL + time.Second) // a decision is a moment after what was looked at
	strike()
	if st := tn.standing(t, amy); st.Strikes != 1 || st.Restriction != nil {
		t.Errorf("stands with %+v", st)
	}
	strike()
	strike()
	if st := tn.standing(t, amy); st.Strikes != 3 || st.Restriction == nil {
		t.Errorf("stands with %+v", st)
	}
	tn.clock.Advance(moderation.StrikeBan)
	if st := tn.standing(t, amy); st.Strikes != 3 || st.Restriction != nil {
		t.Errorf("a week later: %+v", st)
	}
	strike() // one more bans again
	if st := tn.standing(t, amy); st.Restriction == nil {
		t.Errorf("a week later: %+v", st)
	}
}

func (tn *town) banned(t *testing.T, u id.User, mod, other actor.Actor, days int64) moderation.Ban {
	t.Helper()
	b := must(tn.ProposeBan(as(t, mod), moderation.ProposeBan{User: u, Reason: moderation.Spam, Note: "n", Days: days}))(t)
	return must(tn.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
}

func TestABanEndsByItselfAndTheLongestHolds(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	mod, other, amy := tn.Add("Mod", actor.Moderator), tn.Add("Other", actor.Moderator), tn.Add("Amy")
	start := tn.clock.Now()
	long, short := tn.banned(t, amy.User, mod, other, 10), tn.banned(t, amy.User, mod, other, 3)
	ends := func(want time.Time) {
		t.Helper()
		if r := tn.standing(t, amy).Restriction; r == nil || !r.Until.Equal(want) {
			t.Errorf("restricted: %+v, want until %v", r, want)
		}
	}
	state := func(b moderation.Ban, want string) {
		t.Helper()
		for _, x := range must(tn.Bans(as(t, mod), moderation.AskBans{}))(t).Items {
			if x.ID == b.ID && x.State != want {
				t.Errorf("%d days: %s, want %s", x.Days, x.State, want)
			}
		}
	}
	ends(start.Add(10 * 24 * time.Hour))
	tn.clock.Advance(3 * 24 * time.Hour)
	for range 2 {
		if err := tn.EndBans(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	state(short, "over")
	state(long, "active")
	ends(start.Add(10 * 24 * time.Hour))
	tn.clock.Advance(7*24*time.Hour - time.Second)
	ends(start.Add(10 * 24 * time.Hour))
	tn.clock.Advance(time.Second)
	if r := tn.standing(t, amy).Restriction; r != nil {
		t.Errorf("its time is over: %+v", r)
	}
	if err := tn.EndBans(t.Context()); err != nil {
		t.Fatal(err)
	}
	state(long, "over")
	_, err := tn.LiftBan(as(t, mod), moderation.ByBan{ID: long.ID})
	wantErr(t, "lifting what is over", err, moderation.ErrBanState)
	forever := tn.banned(t, amy.User, mod, other, 0)
	tn.banned(t, amy.User, mod, other, 5)
	ends(time.Time{})
	must(tn.LiftBan(as(t, mod), moderation.ByBan{ID: forever.ID}))(t)
	ends(tn.clock.Now().Add(5 * 24 * time.Hour))
}

func TestWhoeverBecameStaffIsNotBannedAfterAll(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	mod, other, amy := tn.Add("Mod", actor.Moderator), tn.Add("Other", actor.Moderator), tn.Add("Amy")
	b := must(tn.ProposeBan(as(t, mod), moderation.ProposeBan{User: amy.User, Reason: moderation.Spam, Note: "n", Days: 1}))(t)
	tn.Grant(amy.User, actor.Operator)
	_, err := tn.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID})
	wantErr(t, "confirm", err, moderation.ErrStaffBan)
	if r := tn.standing(t, amy).Restriction; r != nil {
		t.Errorf("restricted: %+v", r)
	}
}

func TestPostingFastIsHeldAndTimeHeals(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, amy := tn.shop(tn.Core), tn.Add("Amy")
	post := func(text string) moderation.Verdict {
		return s.Check(t, moderationtest.NewPost(), 1, amy, moderation.Facts{Text: text})
	}
	for i := range 10 {
		if v := post(fmt.Sprint("a walk number ", i)); v.Outcome != moderation.Approved {
			t.Fatalf("post %d: %+v", i, v)
		}
	}
	if v := post("one more walk"); v.Rule != "burst" || v.Outcome != moderation.Pending {
		t.Errorf("the eleventh: %+v", v)
	}
	tn.clock.Advance(time.Hour)
	for i := range 4 {
		want := map[bool]string{true: "repeated_text"}[i == 3]
		if v := post("the very same words"); v.Rule != want {
			t.Errorf("an hour later, %d: %+v", i, v)
		}
	}
	tn.clock.Advance(24 * time.Hour)
	if v := post("the very same words"); v.Outcome != moderation.Approved {
		t.Errorf("a day later: %+v", v)
	}
}

func TestANewAccountPostsNoLinks(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s := tn.shop(tn.Core)
	for age, want := range map[time.Duration]string{time.Hour: "new_account_links", 25 * time.Hour: ""} {
		amy := tn.AddAged(age, "Amy")
		if v := s.Check(t, moderationtest.NewPost(), 1, amy, moderation.Facts{Text: "look at https://somewhere.example now"}); v.Rule != want {
			t.Errorf("%v old: %+v", age, v)
		}
		if v := s.Check(t, moderationtest.NewPost(), 1, amy, moderation.Facts{Text: "look at nothing in particular"}); v.Outcome != moderation.Approved {
			t.Errorf("%v old: %+v", age, v)
		}
	}
}

func TestNobodyHasMoreBoundariesThanTheyMay(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	amy := tn.Add("Amy")
	const room = 5
	var last id.User
	for range moderation.MaxBounds - room {
		last = tn.Add("Somebody").User
		must(tn.Block(as(t, amy), moderation.ByPerson{ID: last}))(t)
	}
	var done, full atomic.Int64
	var work sync.WaitGroup
	for i := range 4 * room {
		u, proc := tn.Add("Somebody").User, []moderation.Service{tn.Core, tn.core(t, nil)}[i%2]
		work.Go(func() {
			_, err := proc.Block(as(t, amy), moderation.ByPerson{ID: u})
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, moderation.ErrBoundaries):
				full.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	work.Wait()
	if done.Load() != room || full.Load() != 3*room {
		t.Errorf("%d blocked and %d refused, where there was room for %d", done.Load(), full.Load(), room)
	}
	must(tn.Block(as(t, amy), moderation.ByPerson{ID: last}))(t) // was blocked before
	must(tn.Unblock(as(t, amy), moderation.ByPerson{ID: last}))(t)
	must(tn.Mute(as(t, amy), moderation.ByPerson{ID: last}))(t)
	must(tn.Block(as(t, amy), moderation.ByPerson{ID: tn.Add("Bob").User}))(t)
	_, err := tn.Block(as(t, amy), moderation.ByPerson{ID: last})
	wantErr(t, "one too many", err, moderation.ErrBoundaries)
	if n := len(must(tn.Shield(inside(t), moderation.AskShield{User: amy.User}))(t).Silent); n != moderation.MaxBounds {
		t.Errorf("%d are kept away", n)
	}
}

func TestTheLogShowsWhenItWasChanged(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	procs := []moderation.Service{tn.Core, tn.core(t, nil), tn.core(t, nil)}
	mod := tn.Add("Mod", actor.Moderator)
	var work sync.WaitGroup
	const each = 8
	for _, p := range procs {
		work.Go(func() {
			for range each {
				_, err := p.AddEntry(as(t, mod), moderation.AddEntry{List: moderation.Words, Value: string(tn.Add("x").User), Outcome: moderation.Pending, Reason: moderation.Spam})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	if n, err := tn.Verify(t.Context()); n != int64(len(procs)*each) || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	const coll = "moderation_log"
	docs, err := tn.db.Scan(t.Context(), coll, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 7, len(docs) - 1} {
		d := docs[i]
		for _, at := range []int{len(d.Body) - 10, len(d.Body) - 80} { // within the hash, within what was done
			bad := docdb.Doc{ID: d.ID, Rev: 1, Body: append([]byte(nil), d.Body...)}
			bad.Body[at] ^= 1
			tn.swap(t, coll, bad)
			if n, err := tn.Verify(t.Context()); !errors.Is(err, moderationcore.ErrTampered) || n > int64(i) {
				t.Errorf("byte %d of entry %d changed: %d are sound, %v", at, i+1, n, err)
			}
		}
		tn.swap(t, coll, docdb.Doc{ID: d.ID, Rev: 1, Body: d.Body})
		if _, err := tn.Verify(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := tn.db.Delete(t.Context(), coll, docs[5].ID, 0); err != nil {
		t.Fatal(err)
	}
	if n, err := tn.Verify(t.Context()); !errors.Is(err, moderationcore.ErrTampered) || n != 5 {
		t.Errorf("entry 6 is gone: %d are sound, %v", n, err)
	}
}

// swap stores a document in another's place.
func (tn *town) swap(t *testing.T, coll string, d docdb.Doc) {
	t.Helper()
	if err := tn.db.Delete(t.Context(), coll, d.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := tn.db.Insert(t.Context(), coll, d); err != nil {
		t.Fatal(err)
	}
}

func TestAListChangesInEveryProcessAtOnce(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	here, there := tn.shop(tn.Core), tn.shop(tn.core(t, nil))
	mod, word := tn.Add("Mod", actor.Moderator), "unheardof"
	stops := func() bool {
		return there.Check(t, moderationtest.NewPost(), 1, tn.Add("Amy"), moderation.Facts{Text: word}).Outcome == moderation.Rejected
	}
	for range 3 {
		e := must(here.Moderation.AddEntry(as(t, mod), moderation.AddEntry{List: moderation.Words, Value: word, Outcome: moderation.Rejected, Reason: moderation.Hate}))(t)
		if !stops() {
			t.Error("it passes in another process")
		}
		must(here.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: e.ID}))(t)
		if stops() {
			t.Error("it is still stopped in another process")
		}
	}
}

func TestAnAppealStaysAnAppealThroughEditsAndReports(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	s, mod, amy := tn.shop(tn.Core), tn.Add("Mod", actor.Moderator), tn.Add("Amy")
	c := s.Reported(t, mod, amy)
	c = must(tn.Decide(as(t, mod), moderation.Decide{ID: c.ID, Seen: c.At, Outcome: moderation.Limited, Reason: moderation.Spam}))(t)
	d := must(tn.Standing(as(t, amy), page.Ask{}))(t).Decisions.Items[0]
	must(tn.Appeal(as(t, amy), moderation.Appeal{ID: d.ID, Text: "Please"}))(t)
	tn.clock.Advance(time.Minute)
	s.Report(t, tn.Add("Fan"), c.Subject)
	if v := s.Check(t, c.Subject, 2, amy, moderation.Facts{Text: "now call 13800138000"}); v.Outcome != moderation.Pending {
		t.Errorf("edited: %+v", v)
	}
	got, _ := s.Waiting(t, mod, moderation.Appeals, c.Subject)
	if got.Appeal != "Please" || got.Rev != 2 {
		t.Errorf("waits as %+v", got)
	}
	_, err := tn.Decide(as(t, mod), moderation.Decide{ID: c.ID, Seen: got.At, Outcome: moderation.Approved})
	wantErr(t, "who decided before", err, moderation.ErrSamePerson)
}
