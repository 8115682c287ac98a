// Package moderation decides what may stay: by rules when something is posted,
// by moderators after a report or a rule's doubt, with strikes, bans that two
// people agree on, appeals, and a log of everything that was done. It also keeps
// what each person does not want to see: whom they block and mute, and words.
//
// The contract is read file by file: moderation.go (judging), desk.go (what
// moderators do), boundary.go (what everybody does for themselves).
package moderation

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
)

// SubjectKind is what can be judged.
type SubjectKind string

const (
	Post    SubjectKind = "post"
	Comment SubjectKind = "comment"
	Profile SubjectKind = "profile"
)

// Subject is a thing to be judged, by its id in its service.
type Subject struct {
	Kind SubjectKind `json:"kind" bson:"kind" min:"1" enum:"post,comment,profile"`
	ID   string      `json:"id" bson:"id" min:"1" max:"64"`
}

// Outcome is what may become of it.
type Outcome string

const (
	Pending  Outcome = "pending"  // nobody but its author sees it until somebody has looked
	Approved Outcome = "approved" // everybody may see it
	Limited  Outcome = "limited"  // it is not recommended
	Rejected Outcome = "rejected" // nobody but its author sees it
)

// Reason is why. The screens have words for each.
type Reason string

const (
	Spam       Reason = "spam"
	Fraud      Reason = "fraud"
	Counter    Reason = "counterfeit"
	Hidden     Reason = "hidden_ad" // a reward without the Ad label
	Hate       Reason = "hate"
	Harassment Reason = "harassment"
	Violence   Reason = "violence"
	Sexual     Reason = "sexual"
	Minors     Reason = "minors"
	Privacy    Reason = "privacy"
	Copyright  Reason = "copyright"
	False      Reason = "false_claim"
	Banned     Reason = "banned_content" // on a list of words, links or pictures
	Other      Reason = "other"
)

// Facts are what rules judge by. Links are found in Text by the service itself.
type Facts struct {
	Text   string `json:"text" max:"20000"`
	Lang   string `json:"lang"`
	Thumb  string `json:"thumb"` // for a moderator to look at
	Link   string `json:"link"`  // path of the page it shows on
	Ad     bool   `json:"ad"`
	Tagged int    `json:"tagged"` // products
	// Likenesses are of its pictures, see media.Picture.
	Likenesses []string `json:"likenesses,omitempty" max:"20"`
}

// Verdict is what a check or a moderator says. Rule names the rule of a check.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason,omitempty"`
	Rule    string  `json:"rule,omitempty"`
}

// Service is moderation.
type Service interface {
	Judging
	Desk
	Boundaries
}

// Judging is what other parts ask and what everybody may do about content.
type Judging interface {
	// Check judges a revision of something by the rules before others see it, and
	// queues it where they doubt. The same revision gets the same answer, or what
	// was decided about it since. For other parts of the shop.
	Check(ctx context.Context, in Check) (Verdict, error)
	// Listed reports whether a text holds a word on the list; nothing is counted and
	// nothing queued. For other parts of the shop.
	Listed(ctx context.Context, in AskListed) (Listed, error)
	// Report tells moderators of something, once for each person and subject: saying
	// it again changes the reason. ErrReportSelf, ErrNoSubject.
	Report(ctx context.Context, in Report) (Reported, error)
	// Standing is the caller's own: strikes, limits, and what was decided about
	// their content, latest first.
	Standing(ctx context.Context, in page.Ask) (Standing, error)
	// Appeal asks for another look, once for each decision: ErrNoDecision,
	// ErrAppealed, ErrAppealLate.
	Appeal(ctx context.Context, in Appeal) (Decision, error)
}

type (
	AskListed struct {
		Text string `json:"text" max:"200"`
	}
	Listed struct {
		OK bool `json:"ok"`
	}
)

// Decision is what was decided about something of somebody's.
type Decision struct {
	ID      string    `json:"id"`
	Subject Subject   `json:"subject"`
	Excerpt string    `json:"excerpt"`
	Verdict Verdict   `json:"verdict"`
	Strike  bool      `json:"strike"`
	At      time.Time `json:"at"`
	// Appealed is what became of an appeal: "", "open", "upheld" or "reversed".
	Appealed string    `json:"appealed,omitempty"`
	Until    time.Time `json:"appeal_until"`
}

// Standing is how somebody stands.
type Standing struct {
	Strikes     int64               `json:"strikes"` // of the last StrikeTTL
	Restriction *Restriction        `json:"restriction,omitempty"`
	Decisions   page.Page[Decision] `json:"decisions"`
}

// Restriction is a ban and when it ends; a zero Until is for good.
type Restriction struct {
	Reason Reason    `json:"reason"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until,omitzero"`
}

const (
	// StrikeTTL is how long a strike counts, StrikeLimit how many of them ban.
	StrikeTTL   = 90 * 24 * time.Hour
	StrikeLimit = 3
	// StrikeBan is how long three strikes ban.
	StrikeBan = 7 * 24 * time.Hour
	// AppealTTL is how long one may appeal.
	AppealTTL = 30 * 24 * time.Hour
	// UndoTTL is how long a moderator may take a decision back.
	UndoTTL = 10 * time.Second
	// SwarmLimit is how many people must report something within SwarmTime for it
	// to be limited before anybody has looked. What a moderator has approved, reports
	// alone do not limit.
	SwarmLimit = 5
	SwarmTime  = 24 * time.Hour
)

var (
	ErrNoSubject  = errs.New(errs.NotFound, "nothing_to_report", "This is no longer here.")
	ErrReportSelf = errs.New(errs.Invalid, "report_self", "You cannot report yourself.")
	ErrNoDecision = errs.New(errs.NotFound, "no_such_decision", "There is no such decision about your content.")
	ErrAppealed   = errs.New(errs.Conflict, "already_appealed", "This decision was appealed already.")
	ErrAppealLate = errs.New(errs.Precondition, "appeal_too_late", "It is too late to appeal this decision.")
	ErrNoCase     = errs.New(errs.NotFound, "no_such_case", "This case does not exist.")
	ErrDecided    = errs.New(errs.Conflict, "case_decided", "Somebody else has decided this case.")
	ErrUndoLate   = errs.New(errs.Precondition, "undo_too_late", "It is too late to take this back. Open the case again.")
	ErrSamePerson = errs.New(errs.Forbidden, "second_person_needed", "Somebody else must confirm this.")
	ErrNoBan      = errs.New(errs.NotFound, "no_such_ban", "This ban does not exist.")
	ErrBanState   = errs.New(errs.Conflict, "ban_state", "This ban was confirmed, lifted or turned down already.")
	ErrBanOpen    = errs.New(errs.Conflict, "ban_proposed", "A ban of this person waits for somebody to confirm it.")
	ErrStaffBan   = errs.New(errs.Precondition, "ban_of_staff", "Take this person's role away before you ban them.")
	ErrNoRule     = errs.New(errs.NotFound, "no_such_rule", "This rule does not exist.")
	ErrEntry      = errs.New(errs.Invalid, "bad_list_entry", "This entry cannot be put on the list.")
	ErrSelf       = errs.New(errs.Invalid, "block_self", "You cannot block or mute yourself.")
	ErrBoundaries = errs.New(errs.Exhausted, "boundaries_full", "Your list is full. Please remove somebody first.")
	ErrSuspended  = errs.New(errs.Forbidden, "suspended", "Your account is suspended. You can read, and appeal under Account status.")
	ErrNoPerson   = errs.New(errs.NotFound, "no_such_person", "This person does not exist.")
)

type (
	Check struct {
		Subject Subject `json:"subject"`
		Rev     int64   `json:"rev"`
		Author  id.User `json:"author" min:"1" max:"64"`
		Facts   Facts   `json:"facts"`
	}
	Report struct {
		Subject Subject `json:"subject"`
		Reason  Reason  `json:"reason" min:"1" enum:"spam,fraud,counterfeit,hidden_ad,hate,harassment,violence,sexual,minors,privacy,copyright,false_claim,other"`
		Note    string  `json:"note" max:"500"`
	}
	Reported struct {
		At time.Time `json:"at"`
	}
	Appeal struct {
		ID   string `path:"id" json:"-" max:"64"`
		Text string `json:"text" min:"1" max:"1000"`
	}
)

// Decided is announced at once when a moderator, an appeal or many reports change
// what may become of something; a decision that is undone is followed by one of a
// higher Rev that says what stands. Restricted is announced when a ban begins,
// changes and, with On false, ends. Bounded is announced when somebody blocks or
// mutes, or stops to. Of each, what has a higher Rev is newer. Complained is announced
// when somebody reports something for the first time, or again after it was
// decided.
var (
	Decided    = bus.Topic[DecidedData]{Name: "moderation.Decided", Confirm: []string{"creator", "talk"}}
	Restricted = bus.Topic[RestrictedData]{Name: "moderation.Restricted", Confirm: []string{"account", "creator", "talk"}}
	Bounded    = bus.Topic[BoundedData]{Name: "moderation.Bounded", Confirm: []string{"creator"}}
	Complained = bus.Topic[ComplainedData]{Name: "moderation.Reported"}
)

type (
	DecidedData struct {
		Decision string    `json:"decision"`
		Subject  Subject   `json:"subject"`
		Author   id.User   `json:"author"`
		Verdict  Verdict   `json:"verdict"`
		Strike   bool      `json:"strike"`
		Rev      int64     `json:"rev"` // of decisions about this subject; a higher one is newer
		Of       int64     `json:"of"`  // the revision that was looked at: it says nothing of a later one
		At       time.Time `json:"at"`
	}
	RestrictedData struct {
		User   id.User   `json:"user"`
		On     bool      `json:"on"`
		Reason Reason    `json:"reason,omitempty"`
		Until  time.Time `json:"until,omitzero"`
		Rev    int64     `json:"rev"`
		At     time.Time `json:"at"`
	}
	BoundedData struct {
		By   id.User   `json:"by"`
		Whom id.User   `json:"whom"`
		How  How       `json:"how"`
		On   bool      `json:"on"`
		Rev  int64     `json:"rev"` // of By, Whom and How together
		At   time.Time `json:"at"`
	}
	ComplainedData struct {
		By      id.User   `json:"by"`
		Subject Subject   `json:"subject"`
		Author  id.User   `json:"author"`
		At      time.Time `json:"at"`
	}
)
