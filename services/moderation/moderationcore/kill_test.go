package moderationcore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/docdb"
)

var errKilled = errors.New("killed")

// mortal is a driver whose process dies at a write: before it, or after it was
// stored but before anybody heard.
type mortal struct {
	docdb.Driver
	writes, last atomic.Int64 // writes made, and the one to die at
	stored       bool
}

func (m *mortal) die(write func() error) error {
	n, last := m.writes.Add(1), m.last.Load()
	switch {
	case last == 0 || n < last:
		return write()
	case n == last && m.stored:
		if err := write(); err != nil {
			return err
		}
	}
	return errKilled
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.die(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.die(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func (m *mortal) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (doc docdb.Doc, err error) {
	err = m.die(func() (e error) {
		doc, e = m.Driver.UpdateIf(ctx, coll, id, conds, changes)
		return e
	})
	return doc, err
}

// settled sweeps after whoever was at work has had the time for it.
func (tn *town) settled(t *testing.T) {
	t.Helper()
	tn.clock.Advance(4 * time.Second)
	for range 3 {
		if err := tn.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		tn.clock.Advance(time.Second)
	}
	if _, err := tn.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// deed is something that may be cut short. It is prepared while all is well;
// undone and done say whether the shop is as it was, or as it shall be.
type deed struct {
	do   func(c moderation.Service) error
	done func() bool
	// whole reports what does not fit together, whether it was done or not.
	whole func() string
}

// standing is how somebody stands.
func (tn *town) standing(t *testing.T, a actor.Actor) moderation.Standing {
	t.Helper()
	return must(tn.Standing(as(t, a), page.Ask{}))(t)
}

// deeds prepares each of them for people and things of their own.
func deeds(t *testing.T, tn *town, mod, other actor.Actor) map[string]func() deed {
	shop := tn.shop(tn.Core)
	did := func(about, what string) int {
		n := 0
		for _, r := range must(tn.Audit(as(t, mod), moderation.AskAudit{About: about}))(t).Items {
			if r.Did == what {
				n++
			}
		}
		return n
	}
	get := func(c moderation.Case) moderation.Case {
		return must(tn.Case(as(t, mod), moderation.ByCase{ID: c.ID}))(t)
	}
	once := func(is bool, what string, n int) string {
		if want := map[bool]int{true: 1}[is]; n != want {
			return fmt.Sprintf("%s: is %t, on record %d times", what, is, n)
		}
		return ""
	}
	return map[string]func() deed{
		"third strike": func() deed {
			amy := tn.Add("Amy")
			for range moderation.StrikeLimit - 1 {
				shop.Reject(t, mod, shop.Reported(t, mod, amy), true)
			}
			c := shop.Reported(t, mod, amy)
			in := moderation.Decide{ID: c.ID, Seen: c.At, Outcome: moderation.Rejected, Reason: moderation.Spam, Strike: true}
			done := func() bool { return get(c).Verdict.Outcome == moderation.Rejected }
			return deed{
				do:   func(s moderation.Service) error { _, err := s.Decide(as(t, mod), in); return err },
				done: done,
				whole: func() string {
					st := tn.standing(t, amy)
					is := done()
					if want := map[bool]int64{true: 3, false: 2}[is]; st.Strikes != want || (st.Restriction != nil) != is {
						return fmt.Sprintf("decided %t, stands with %+v", is, st)
					}
					bans := 0
					for _, b := range must(tn.Bans(as(t, mod), moderation.AskBans{State: "active"}))(t).Items {
						if b.User == amy.User {
							bans++
						}
					}
					if (bans == 1) != is || bans > 1 {
						return fmt.Sprintf("decided %t, %d bans", is, bans)
					}
					return once(is, "decision", did(string(c.ID), "decide"))
				},
			}
		},
		"undo of a third strike": func() deed {
			amy := tn.Add("Amy")
			var c moderation.Case
			for range moderation.StrikeLimit {
				c = shop.Reject(t, mod, shop.Reported(t, mod, amy), true)
			}
			done := func() bool { return get(c).Verdict.Outcome == moderation.Approved }
			return deed{
				do: func(s moderation.Service) error {
					_, err := s.Undo(as(t, mod), moderation.ByCase{ID: c.ID})
					if errors.Is(err, moderation.ErrUndoLate) && done() {
						return nil // it was done, and is not done twice
					}
					return err
				},
				done: done,
				whole: func() string {
					st := tn.standing(t, amy)
					is := done()
					if want := map[bool]int64{true: 2, false: 3}[is]; st.Strikes != want || (st.Restriction == nil) != is {
						return fmt.Sprintf("undone %t, stands with %+v", is, st)
					}
					return once(is, "undoing", did(string(c.ID), "undo"))
				},
			}
		},
		"report": func() deed {
			amy, fan := tn.Add("Amy"), tn.Add("Fan")
			c := shop.Reported(t, mod, amy)
			in := moderation.Report{Subject: c.Subject, Reason: moderation.Hate}
			done := func() bool { return get(c).Reported == 2 }
			return deed{
				do:   func(s moderation.Service) error { _, err := s.Report(as(t, fan), in); return err },
				done: done,
				whole: func() string {
					if x := get(c); int64(len(x.Reports)) != x.Reported {
						return fmt.Sprintf("%d reports, %d counted", len(x.Reports), x.Reported)
					}
					return ""
				},
			}
		},
		"fifth report": func() deed {
			amy, fan := tn.Add("Amy"), tn.Add("Fan")
			c := shop.Reported(t, mod, amy)
			for range moderation.SwarmLimit - 2 {
				shop.Report(t, tn.Add("Fan"), c.Subject)
			}
			done := func() bool { return get(c).Reported == moderation.SwarmLimit }
			return deed{
				do: func(s moderation.Service) error {
					_, err := s.Report(as(t, fan), moderation.Report{Subject: c.Subject, Reason: moderation.Spam})
					return err
				},
				done: done,
				whole: func() string {
					x, is := get(c), done()
					if want := map[bool]moderation.Outcome{true: moderation.Limited, false: moderation.Approved}[is]; x.Verdict.Outcome != want {
						return fmt.Sprintf("reported by %d, %s", x.Reported, x.Verdict.Outcome)
					}
					return once(is, "limit", did(string(c.ID), "limit"))
				},
			}
		},
		"confirmed ban": func() deed {
			amy := tn.Add("Amy")
			b := must(tn.ProposeBan(as(t, mod), moderation.ProposeBan{User: amy.User, Reason: moderation.Hate, Note: "n", Days: 3}))(t)
			done := func() bool { return tn.standing(t, amy).Restriction != nil }
			return deed{
				do: func(s moderation.Service) error {
					_, err := s.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID})
					return err
				},
				done: done,
				whole: func() string {
					for _, x := range must(tn.Bans(as(t, mod), moderation.AskBans{State: "active"}))(t).Items {
						if x.ID == b.ID {
							if !done() {
								return "the ban is active and nobody is restricted"
							}
							return once(true, "ban", did(b.ID, "confirm ban"))
						}
					}
					if done() {
						return "restricted without a ban"
					}
					return once(false, "ban", did(b.ID, "confirm ban"))
				},
			}
		},
		"word on the list": func() deed {
			w := "forbidden" + string(tn.Add("x").User[4:])
			say := func() bool {
				v := shop.Check(t, moderationtest.NewPost(), 1, tn.Add("Amy"), moderation.Facts{Text: "I say " + w})
				return v.Outcome == moderation.Rejected
			}
			say() // the lists are read, and remembered
			return deed{
				do: func(s moderation.Service) error {
					_, err := s.AddEntry(as(t, mod), moderation.AddEntry{List: moderation.Words, Value: w, Outcome: moderation.Rejected, Reason: moderation.Hate})
					return err
				},
				done: say,
				whole: func() string {
					for _, e := range must(tn.Entries(as(t, mod), moderation.AskEntries{List: moderation.Words}))(t).Items {
						if e.Value == w {
							if !say() {
								return "it is on the list and passes"
							}
							return once(true, "entry", did(e.ID, "add to list"))
						}
					}
					if say() {
						return "it is not on the list and is stopped"
					}
					return ""
				},
			}
		},
	}
}

func TestAKillBetweenAnyTwoWritesLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	const most = 12 // more writes than any deed takes
	tn := build(t, map[string]int64{"many_reports": 1000, "banned_words": 1000})
	mod, other := tn.Add("Mod", actor.Moderator), tn.Add("Other", actor.Moderator)
	for name, prepare := range deeds(t, tn, mod, other) {
		deaths := 0
		for _, stored := range []bool{false, true} {
			for at := int64(1); at <= most; at++ {
				m := &mortal{stored: stored}
				dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
				d := prepare()
				m.writes.Store(0)
				m.last.Store(at)
				err := d.do(dying)
				when := fmt.Sprintf("%s dies at write %d, stored %t: %v", name, at, stored, err)
				if err != nil && !errors.Is(err, errKilled) {
					t.Fatal(when)
				}
				if m.writes.Load() >= at {
					deaths++
				}
				tn.settled(t)
				if err == nil && !d.done() {
					t.Errorf("%s: it was said to be done", when)
				}
				if what := d.whole(); what != "" {
					t.Errorf("%s: %s", when, what)
				}
				if err := d.do(tn); err != nil {
					t.Fatalf("%s; then again: %v", when, err)
				}
				tn.settled(t)
				if what := d.whole(); what != "" || !d.done() {
					t.Errorf("%s; then done again: %s", when, what)
				}
			}
		}
		if deaths < 6 {
			t.Errorf("%s died %d times only: the test does not test", name, deaths)
		}
	}
}
