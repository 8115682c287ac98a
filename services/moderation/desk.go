package moderation

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Case is something that waits for a moderator, or was decided.
type Case struct {
	ID       id.Case   `json:"id"`
	Subject  Subject   `json:"subject"`
	Rev      int64     `json:"rev"`
	Author   id.User   `json:"author"`
	Name     string    `json:"name"` // of the author
	Facts    Facts     `json:"facts"`
	Rule     string    `json:"rule,omitempty"` // that doubted
	Reports  []Told    `json:"reports"`        // the latest 20
	Reported int64     `json:"reported"`       // by how many people
	Strikes  int64     `json:"strikes"`        // of the author, now
	Blur     bool      `json:"blur"`           // hide the picture until it is asked for
	Queue    Queue     `json:"queue"`
	Verdict  Verdict   `json:"verdict"` // as it stands
	Appeal   string    `json:"appeal,omitempty"`
	History  []Step    `json:"history"` // what was decided about it, latest first
	At       time.Time `json:"at"`      // since when it waits
}

// Told is one report.
type Told struct {
	Reason Reason    `json:"reason"`
	Note   string    `json:"note"`
	At     time.Time `json:"at"`
}

// Step is what somebody did with a case.
type Step struct {
	By      id.User   `json:"by"` // "" is a rule
	Verdict Verdict   `json:"verdict"`
	Note    string    `json:"note"`
	At      time.Time `json:"at"`
}

// Queue is where a case waits.
type Queue string

const (
	ToReview  Queue = "review"
	Escalated Queue = "escalated" // for an operator
	Appeals   Queue = "appeals"   // for somebody else than who decided
	Done      Queue = "done"
)

// Ban is a restriction on its way: proposed by one, confirmed by another.
type Ban struct {
	ID        string    `json:"id"`
	User      id.User   `json:"user"`
	Name      string    `json:"name"`
	Reason    Reason    `json:"reason"`
	Note      string    `json:"note"`
	Days      int64     `json:"days"` // 0 is for good
	Proposed  id.User   `json:"proposed_by"`
	Confirmed id.User   `json:"confirmed_by,omitempty"`
	State     string    `json:"state" enum:"proposed,active,declined,lifted,over"`
	At        time.Time `json:"at"`
	Until     time.Time `json:"until,omitzero"`
}

// ListKind is a list that rules look into.
type ListKind string

const (
	Words    ListKind = "words"    // matched without regard to case, width and marks
	Domains  ListKind = "links"    // a domain and all below it
	Pictures ListKind = "pictures" // likenesses, matched within 6 bits
)

// Entry is on a list.
type Entry struct {
	ID      string    `json:"id"`
	List    ListKind  `json:"list" enum:"words,links,pictures"`
	Value   string    `json:"value"`
	Outcome Outcome   `json:"outcome"` // pending, limited or rejected
	Reason  Reason    `json:"reason"`
	By      id.User   `json:"by"`
	At      time.Time `json:"at"`
}

// Rule is a Go function over facts, and how often it fired. When it fires more
// than Quota times in an hour, its breaker opens: what it would have stopped
// goes to the queue instead, until somebody closes it. What one author posts
// counts at most three times in an hour, so that nobody opens it alone.
type Rule struct {
	Name    string    `json:"name"`
	Does    string    `json:"does"`
	Outcome Outcome   `json:"outcome"`
	Quota   int64     `json:"quota"`
	Hour    int64     `json:"hour"` // times within the hour that count towards Quota
	Total   int64     `json:"total"`
	Open    bool      `json:"open"`
	Since   time.Time `json:"since,omitzero"`
}

// Record is an entry of the audit log. Hash covers it and the one before it.
type Record struct {
	Seq    int64     `json:"seq"`
	By     id.User   `json:"by"`
	Did    string    `json:"did"`
	About  string    `json:"about"`
	Detail string    `json:"detail"`
	At     time.Time `json:"at"`
	Hash   string    `json:"hash"`
}

// Desk is what moderators do.
type Desk interface {
	// Queue pages through a queue, most pressing first: by how many reported it,
	// then longest waiting.
	Queue(ctx context.Context, in AskQueue) (page.Page[Case], error)
	// Case returns one: ErrNoCase.
	Case(ctx context.Context, in ByCase) (Case, error)
	// Decide judges a case; it takes effect at once and can be undone for UndoTTL.
	// Two moderators at once: one gets ErrDecided. An appeal is decided by somebody
	// else than who decided before, and nobody judges their own: ErrSamePerson. What
	// was escalated is an operator's. Three strikes within StrikeTTL ban for StrikeBan
	// at once, without a second person.
	Decide(ctx context.Context, in Decide) (Case, error)
	// Undo takes the caller's decision back: ErrUndoLate.
	Undo(ctx context.Context, in ByCase) (Case, error)
	// Escalate passes it to an operator.
	Escalate(ctx context.Context, in Escalate) (Case, error)

	// ProposeBan, ConfirmBan (by another: ErrSamePerson), DeclineBan and LiftBan.
	// One ban of a person is proposed at a time: ErrBanOpen, ErrStaffBan, ErrNoPerson.
	ProposeBan(ctx context.Context, in ProposeBan) (Ban, error)
	ConfirmBan(ctx context.Context, in ByBan) (Ban, error)
	DeclineBan(ctx context.Context, in ByBan) (Ban, error)
	LiftBan(ctx context.Context, in ByBan) (Ban, error)
	Bans(ctx context.Context, in AskBans) (page.Page[Ban], error)
	// Person is how somebody stands, for moderators.
	Person(ctx context.Context, in AskPerson) (Standing, error)

	// Entries pages through a list; AddEntry and DropEntry change it at once.
	Entries(ctx context.Context, in AskEntries) (page.Page[Entry], error)
	AddEntry(ctx context.Context, in AddEntry) (Entry, error)
	DropEntry(ctx context.Context, in ByEntry) (rpc.Empty, error)
	// RuleList lists the rules; CloseBreaker lets one act again.
	RuleList(ctx context.Context, in rpc.Empty) (RuleStates, error)
	CloseBreaker(ctx context.Context, in ByRule) (Rule, error)
	// Audit pages through what was done, latest first.
	Audit(ctx context.Context, in AskAudit) (page.Page[Record], error)
}

type (
	AskQueue struct {
		page.Ask
		Queue Queue `query:"queue" json:"-" enum:"review,escalated,appeals,done"` // "" is review
	}
	ByCase struct {
		ID id.Case `path:"id" json:"-" max:"64"`
	}
	Decide struct {
		ID id.Case `path:"id" json:"-" max:"64"`
		// Seen is At of the case that was looked at, against deciding something newer.
		Seen    time.Time `json:"seen"`
		Outcome Outcome   `json:"outcome" min:"1" enum:"approved,limited,rejected"`
		Reason  Reason    `json:"reason,omitempty" enum:"spam,fraud,counterfeit,hidden_ad,hate,harassment,violence,sexual,minors,privacy,copyright,false_claim,banned_content,other"`
		Strike  bool      `json:"strike"`
		Note    string    `json:"note" max:"500"`
	}
	Escalate struct {
		ID   id.Case `path:"id" json:"-" max:"64"`
		Note string  `json:"note" min:"1" max:"500"`
	}
	ProposeBan struct {
		User   id.User `json:"user" min:"1" max:"64"`
		Reason Reason  `json:"reason" min:"1" enum:"spam,fraud,counterfeit,hidden_ad,hate,harassment,violence,sexual,minors,privacy,copyright,false_claim,other"`
		Note   string  `json:"note" min:"1" max:"500"`
		Days   int64   `json:"days" min:"0" max:"3650"`
	}
	ByBan struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	AskBans struct {
		page.Ask
		State string `query:"state" json:"-" enum:"proposed,active,declined,lifted,over"`
	}
	AskPerson struct {
		page.Ask
		ID id.User `path:"id" json:"-" max:"64"`
	}
	AskEntries struct {
		page.Ask
		List ListKind `query:"list" json:"-" min:"1" enum:"words,links,pictures"`
	}
	AddEntry struct {
		List    ListKind `json:"list" min:"1" enum:"words,links,pictures"`
		Value   string   `json:"value" min:"1" max:"200"`
		Outcome Outcome  `json:"outcome" min:"1" enum:"pending,limited,rejected"`
		Reason  Reason   `json:"reason" min:"1" enum:"spam,fraud,counterfeit,hidden_ad,hate,harassment,violence,sexual,minors,privacy,copyright,false_claim,banned_content,other"`
	}
	ByEntry struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	ByRule struct {
		Name string `path:"name" json:"-" max:"64"`
	}
	RuleStates struct {
		Items []Rule `json:"items"`
	}
	AskAudit struct {
		page.Ask
		About string `query:"about" json:"-" max:"64"` // an id; "" is everything
	}
)
