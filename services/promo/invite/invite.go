// Package invite rewards people for bringing others: with a signed link, for at
// most two levels, and only once what the invited person bought cannot be sent
// back any more.
//
// Everybody has at most one inviter, for good, and only before their first
// order. What speaks against a reward is written down with it; what is doubtful
// is held for an operator, who sees why.
package invite

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// MaxLevels is how far up a reward goes: who invited, and who invited them. More
// levels, or pay for recruiting instead of for sales, is pyramid selling, which
// China's regulations of 2005 (禁止传销条例) forbid from the third level on. It is a
// constant so that no setting can make the shop unlawful.
const MaxLevels = 2

// Settings are the shop's.
type Settings struct {
	Rewards [MaxLevels]money.Money // of the inviter, and of theirs
	Least   money.Money            // goods of the first order that counts
	Daily   int                    // rewards that one person gets in a day without an operator's look
	Burst   int                    // people who may join one inviter in a day without it
}

const (
	// LinkLasts is how long a link is good for.
	LinkLasts = 90 * 24 * time.Hour
)

// Link is a person's own.
type Link struct {
	Token  string      `json:"token"`
	Reward money.Money `json:"reward"` // for each who qualifies
	Upper  money.Money `json:"upper"`  // for each whom those bring
	Least  money.Money `json:"least"`
}

// Invitation is what a link says to whom it was sent.
type Invitation struct {
	Inviter id.User     `json:"inviter"`
	Least   money.Money `json:"least"`
}

// Bond is one person invited by another.
type Bond struct {
	Invitee  id.User     `json:"invitee"`
	Inviter  id.User     `json:"inviter"`
	State    State       `json:"state"`
	JoinedAt time.Time   `json:"joined_at"`
	DueAt    time.Time   `json:"due_at,omitzero"` // when the order has cleared, once that is known
	Reward   money.Money `json:"reward,omitzero"` // of the caller, for this
	Rewarded Stage       `json:"rewarded,omitempty"`
}

// State is how far a bond has got.
//
//	joined → ordered → cleared → returned
//	ordered → joined                        too much of the order went back
//	joined → blocked
type State string

const (
	Joined   State = "joined"
	Ordered  State = "ordered" // a first order that counts, which may still go back
	Cleared  State = "cleared"
	Returned State = "returned" // it went back after all
	Blocked  State = "blocked"  // it is no bond that can be rewarded; operators see why
)

// Reward is what a person gets for one who was invited.
type Reward struct {
	ID      string      `json:"id"`
	To      id.User     `json:"to"`
	Invitee id.User     `json:"invitee"`
	Level   int         `json:"level"` // 1 for who invited, 2 for who invited them
	Order   id.Order    `json:"order,omitempty"`
	Amount  money.Money `json:"amount"`
	Stage   Stage       `json:"stage"`
	At      time.Time   `json:"at"`
	// Reasons say what speaks against it, and Note what the operator By said: for
	// operators' eyes.
	Reasons []string `json:"reasons,omitempty"`
	By      id.User  `json:"by,omitempty"`
	Note    string   `json:"note,omitempty"`
}

// Stage is how far a reward has got.
//
//	deciding → paid | held | refused
//	held → paid | refused                 by an operator
//	paid → reversed
type Stage string

const (
	Deciding Stage = "deciding"
	Paid     Stage = "paid"
	Held     Stage = "held"
	Refused  Stage = "refused"
	Reversed Stage = "reversed"
)

// Clue is something that two people should not share if one invited the other:
// the hash of an address, of a verified phone or e-mail, of a card, of a device.
// Nobody needs to know more of it.
type Clue struct {
	Kind string // identity, address, payment, device
	Hash string
}

// Reasons that a reward is refused or held for. A clue shared with the inviter is
// "same_" and its kind.
const (
	Known      = "known_buyer"         // they had bought before
	Same       = "same_"               // as the inviter
	Cluster    = "shares_with_invitee" // a clue, with another whom the inviter brought
	Burst      = "many_at_once"
	DailyCap   = "daily_cap"
	WentBack   = "order_refunded"
	ByOperator = "refused_by_operator"
)

// What of it the ledger says.
const (
	Entry  ledger.Kind = "invite_reward"
	Wallet             = "wallet"
	Cost               = "promo_cost"
)

var (
	ErrLink    = errs.New(errs.Invalid, "bad_invite_link", "This invitation is not valid any more.")
	ErrSelf    = errs.New(errs.Precondition, "invite_self", "You cannot invite yourself.")
	ErrInvited = errs.New(errs.Conflict, "already_invited", "You have accepted another invitation before.")
	ErrKnown   = errs.New(errs.Precondition, "invite_known_buyer", "Invitations are for people who have not bought here yet.")
	ErrCircle  = errs.New(errs.Precondition, "invite_circle", "You have invited this person yourself.")
	ErrNoSuch  = errs.New(errs.NotFound, "no_such_invite_reward", "This reward does not exist.")
	ErrDecided = errs.New(errs.Precondition, "invite_decided", "This reward has been decided already.")
)

// Service is invitations.
type Service interface {
	// Link returns the caller's own link.
	Link(ctx context.Context, in Mine) (Link, error)
	// Look says whose a link is: ErrLink.
	Look(ctx context.Context, in Look) (Invitation, error)
	// Accept makes the link's owner the caller's inviter, once: ErrLink, ErrSelf,
	// ErrInvited, ErrKnown, ErrCircle.
	Accept(ctx context.Context, in Accept) (Bond, error)
	// Invitees pages through whom the caller invited, latest first.
	Invitees(ctx context.Context, in page.Ask) (page.Page[Bond], error)
	// Rewards pages through the caller's rewards, latest first.
	Rewards(ctx context.Context, in page.Ask) (page.Page[Reward], error)
	// Tree counts whom the caller has brought; an operator may ask of anybody.
	Tree(ctx context.Context, in OfUser) (Tree, error)

	// Held pages through what waits for an operator, the oldest first.
	Held(ctx context.Context, in page.Ask) (page.Page[Reward], error)
	// Decide pays a held reward, or refuses it: ErrNoSuch, ErrDecided. The same
	// decision again is answered as it was.
	Decide(ctx context.Context, in Decide) (Reward, error)
	// Growth says how inviting went in the last days.
	Growth(ctx context.Context, in AskGrowth) (Growth, error)
}

type (
	Mine struct{}
	Look struct {
		Token string `query:"token" json:"-" max:"300"`
	}
	Accept struct {
		Token     string `json:"token" min:"1" max:"300"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	OfUser struct {
		User id.User `query:"user" json:"-" max:"64"`
	}
	// Tree is how many people somebody brought, by level.
	Tree struct {
		User    id.User          `json:"user"`
		Levels  [MaxLevels]Count `json:"levels"`
		Partial bool             `json:"partial"` // there are more than were counted
	}
	// Count is people by state.
	Count struct {
		Joined  int64 `json:"joined"` // in all
		Ordered int64 `json:"ordered"`
		Cleared int64 `json:"cleared"`
		Blocked int64 `json:"blocked"`
	}
	Decide struct {
		ID        string `path:"id" json:"-" max:"64"`
		Pay       bool   `json:"pay"`
		Note      string `json:"note" min:"1" max:"300"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	AskGrowth struct {
		Days int `query:"days" json:"-" min:"0" max:"92"`
	}
	// Growth is about [From, To). K is how many joined for each who shared their
	// link in that time, KBuyers how many of them bought for good: both in basis
	// points of one person, so that 10000 is k = 1.
	Growth struct {
		From    time.Time  `json:"from"`
		To      time.Time  `json:"to"`
		Sharers int64      `json:"sharers"`
		Count   Count      `json:"count"`
		K       money.Rate `json:"k"`
		KBuyers money.Rate `json:"k_buyers"`
		Partial bool       `json:"partial"`
	}
)
