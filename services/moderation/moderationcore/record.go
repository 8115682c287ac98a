package moderationcore

import (
	"slices"
	"strconv"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/outbox"
)

// record is a thing that was checked or reported, and what became of it. The
// queue it waits in, the verdict that stands and its decision are one write.
type record struct {
	ID         id.Case `bson:"_id"`
	outbox.Box `bson:",inline"`
	Due        `bson:",inline"`

	Subject moderation.Subject `bson:"subject"`
	Author  id.User            `bson:"author"`
	Facts   moderation.Facts   `bson:"facts"`
	Rev     int64              `bson:"rev"`    // that Facts are of
	Checks  []answer           `bson:"checks"` // what was said of revisions
	Rule    string             `bson:"rule"`   // that doubted, last

	Verdict moderation.Verdict `bson:"verdict"` // as it stands
	Queue   moderation.Queue   `bson:"queue,omitempty"`
	Rank    int64              `bson:"rank"` // minus how many reported it since it was decided
	At      time.Time          `bson:"at"`   // since when it waits, or when it was decided

	// What stands was decided. Turn counts decisions, and the events about them.
	Turn      int64     `bson:"turn"`
	Decision  string    `bson:"decision,omitempty"`
	DecidedAt time.Time `bson:"decided_at,omitempty"`
	Of        int64     `bson:"of"` // the revision
	By        id.User   `bson:"by"` // "" is a rule
	Strike    bool      `bson:"strike"`
	Note      string    `bson:"note"`
	Seen      time.Time `bson:"seen"` // what its judge had looked at
	Appealed  string    `bson:"appealed"`
	Appeal    string    `bson:"appeal"`
	First     id.User   `bson:"first"` // whose decision was appealed
	Prior     *prior    `bson:"prior,omitempty"`
	Struck    []struck  `bson:"struck"`

	History  []moderation.Step `bson:"history"`
	Reported int64             `bson:"reported"`
}

// answer is what a check said of a revision.
type answer struct {
	Rev     int64              `bson:"rev"`
	Verdict moderation.Verdict `bson:"verdict"`
}

// prior is what stood before a decision, to go back to.
type prior struct {
	Verdict   moderation.Verdict `bson:"verdict"`
	Queue     moderation.Queue   `bson:"queue"`
	Rank      int64              `bson:"rank"`
	At        time.Time          `bson:"at"`
	Decision  string             `bson:"decision"`
	DecidedAt time.Time          `bson:"decided_at"`
	Of        int64              `bson:"of"`
	By        id.User            `bson:"by"`
	Strike    bool               `bson:"strike"`
	Note      string             `bson:"note"`
	Seen      time.Time          `bson:"seen"`
	Appealed  string             `bson:"appealed"`
	Appeal    string             `bson:"appeal"`
	First     id.User            `bson:"first"`
}

// struck is whether a decision is a strike now; a higher Turn is newer.
type struck struct {
	Decision string            `bson:"decision"`
	On       bool              `bson:"on"`
	Turn     int64             `bson:"turn"`
	Reason   moderation.Reason `bson:"reason"`
	At       time.Time         `bson:"at"`
}

const (
	mostChecks  = 20
	mostHistory = 20
	mostStruck  = 20
)

func caseID(s moderation.Subject) id.Case {
	return id.Case(id.Derive("cas", string(s.Kind), s.ID))
}

// severity orders outcomes by how much they take away.
func severity(o moderation.Outcome) int {
	return slices.Index([]moderation.Outcome{moderation.Approved, moderation.Limited, moderation.Pending, moderation.Rejected}, o)
}

// said returns what a revision is told. What was decided since counts for the
// one that stands.
func (r *record) said(rev int64) (moderation.Verdict, bool) {
	i := slices.IndexFunc(r.Checks, func(a answer) bool { return a.Rev == rev })
	switch {
	case i < 0:
		return moderation.Verdict{}, false
	case rev == r.Rev:
		return r.Verdict, true
	}
	return r.Checks[i].Verdict, true
}

// judged reports whether a person has decided what stands.
func (r *record) judged() bool { return !r.DecidedAt.IsZero() && r.By != "" }

// remember keeps what stands, for Undo.
func (r *record) remember() {
	r.Prior = &prior{
		Verdict: r.Verdict, Queue: r.Queue, Rank: r.Rank, At: r.At, Decision: r.Decision, DecidedAt: r.DecidedAt, Of: r.Of,
		By: r.By, Strike: r.Strike, Note: r.Note, Seen: r.Seen, Appealed: r.Appealed, Appeal: r.Appeal, First: r.First,
	}
}

// restore goes back to it.
func (r *record) restore() {
	p := r.Prior
	r.Verdict, r.Queue, r.Rank, r.At, r.Decision, r.DecidedAt = p.Verdict, p.Queue, p.Rank, p.At, p.Decision, p.DecidedAt
	r.Of, r.By, r.Strike, r.Note, r.Seen, r.Appealed, r.Appeal, r.First = p.Of, p.By, p.Strike, p.Note, p.Seen, p.Appealed, p.Appeal, p.First
	r.Prior = nil
}

// decision makes what stands a new decision of somebody's, or of a rule.
func (r *record) decision(at time.Time, by id.User) {
	r.Turn++
	r.Decision = id.Derive("dec", string(r.ID), strconv.FormatInt(r.Turn, 10))
	r.DecidedAt, r.Of, r.By, r.Strike, r.Note, r.Seen = at, r.Rev, by, false, "", time.Time{}
	r.Appealed, r.Appeal, r.First = "", "", ""
}

// undecide forgets what a rule decided.
func (r *record) undecide() {
	r.Decision, r.DecidedAt, r.Of, r.By, r.Strike = "", time.Time{}, 0, "", false
	r.Appealed, r.Appeal, r.First = "", "", ""
}

// noted adds a step to what is remembered.
func (r *record) noted(by id.User, note string, at time.Time) {
	r.History = slices.Insert(r.History, 0, moderation.Step{By: by, Verdict: r.Verdict, Note: note, At: at})
	r.History = r.History[:min(len(r.History), mostHistory)]
}

// strikes notes whether the decision that stands is a strike.
func (r *record) strikes(decision string, on bool, at time.Time) {
	i := slices.IndexFunc(r.Struck, func(s struck) bool { return s.Decision == decision })
	switch {
	case i >= 0 && r.Struck[i].On == on, i < 0 && !on:
		return
	case i < 0:
		r.Struck = append(r.Struck, struck{Decision: decision, Reason: r.Verdict.Reason, At: at})
		r.Struck = r.Struck[max(0, len(r.Struck)-mostStruck):]
		i = len(r.Struck) - 1
	}
	r.Struck[i].On, r.Struck[i].Turn = on, r.Turn
}

// announce tells of what stands now.
func (r *record) announce(now time.Time) { r.Add(now, r.event(now, r.Decision, r.Of)) }

func (r *record) event(now time.Time, decision string, of int64) bus.Event {
	return moderation.Decided.Event(now, string(r.ID)+"/"+strconv.FormatInt(r.Turn, 10), moderation.DecidedData{
		Decision: decision, Subject: r.Subject, Author: r.Author, Verdict: r.Verdict, Strike: r.Strike, Rev: r.Turn, Of: of, At: now,
	})
}

// wait puts it into a queue, from now on.
func (r *record) wait(q moderation.Queue, now time.Time) {
	r.Queue, r.At = q, after(now, r.At)
}
