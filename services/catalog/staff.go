package catalog

import (
	"context"
	"slices"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// ShopHeader is the header in which a request names the shop it acts for, when
// that is not the caller's own. The gateway turns it into actor.Merchant by
// ActFor; nobody behind it reads the header.
const ShopHeader = "X-Meadow-Shop"

// InviteTTL is how long an invitation can be accepted.
const InviteTTL = 7 * 24 * time.Hour

// Duties is everything that staff may be given.
func Duties() []Duty {
	return []Duty{DoProducts, DoStock, DoOrders, DoRefunds, DoCampaigns, DoMoney, DoStaff}
}

// Member is somebody on a shop's staff, or invited to it.
type Member struct {
	ID       string      `json:"id" bson:"_id"` // stf_
	Merchant id.Merchant `json:"merchant" bson:"merchant"`
	// User is absent until whoever was invited by a login has accepted.
	User   id.User     `json:"user,omitempty" bson:"user,omitempty"`
	Name   string      `json:"name,omitempty" bson:"-"`              // the user's; filled on reading
	Hint   string      `json:"hint,omitempty" bson:"hint,omitempty"` // the invited login, masked
	Duties []Duty      `json:"duties" bson:"duties"`
	State  MemberState `json:"state" bson:"state"`
	// Code lets whoever holds it accept an invitation by login; gone afterwards.
	Code      string    `json:"code,omitempty" bson:"code,omitempty"`
	InvitedBy id.User   `json:"invited_by" bson:"invited_by"`
	InvitedAt time.Time `json:"invited_at" bson:"invited_at"`
}

// MemberState is whether somebody has accepted.
type MemberState string

const (
	Invited MemberState = "invited"
	Active  MemberState = "active"
)

// MyShop is a shop that somebody may act for, or is invited to.
type MyShop struct {
	Merchant id.Merchant `json:"merchant"`
	Name     string      `json:"name"`
	Owner    bool        `json:"owner"`
	Member   string      `json:"member,omitempty"` // their Member's id
	State    MemberState `json:"state"`
	Duties   []Duty      `json:"duties"`
}

var (
	ErrNoSuchMember = errs.New(errs.NotFound, "no_such_member", "This person is not on the shop's staff.")
	ErrOnStaff      = errs.New(errs.Conflict, "already_on_staff", "This person is on the staff already, or invited.")
	ErrBadInvite    = errs.New(errs.Forbidden, "bad_invitation", "This invitation is not for you, or is too old.")
	ErrNotStaff     = errs.New(errs.Forbidden, "not_on_staff", "You do not work for this shop.")
)

// Staff is who may do what for a shop. The owner may do all and is not listed.
// Nobody gives a duty that they do not have.
type Staff interface {
	// InviteStaff asks somebody to join, by account or by login: ErrOnStaff,
	// ErrNoDuty. Once for each request id.
	InviteStaff(ctx context.Context, in InviteStaff) (Member, error)
	// AcceptInvite joins the staff: ErrBadInvite, ErrOnStaff. Again is fine.
	AcceptInvite(ctx context.Context, in AcceptInvite) (Member, error)
	// StaffList pages through the shop's staff, oldest first.
	StaffList(ctx context.Context, in StaffAsk) (page.Page[Member], error)
	// ChangeStaff gives somebody other duties: ErrNoSuchMember, ErrNoDuty.
	ChangeStaff(ctx context.Context, in ChangeStaff) (Member, error)
	// RemoveStaff ends somebody's part at once; anybody may end their own.
	// ErrNoSuchMember.
	RemoveStaff(ctx context.Context, in ByMember) (rpc.Empty, error)
	// MyShops lists the shops the caller owns, works for or is invited to.
	MyShops(ctx context.Context, in rpc.Empty) (MyShops, error)
}

type (
	// InviteStaff names an account or a login.
	InviteStaff struct {
		User      id.User `json:"user,omitempty" max:"64"`
		Login     string  `json:"login,omitempty" max:"254"`
		Duties    []Duty  `json:"duties" min:"1" max:"7"`
		RequestID string  `header:"Idempotency-Key" json:"-"`
	}
	AcceptInvite struct {
		ID   string `path:"id" json:"-" max:"64"`
		Code string `json:"code,omitempty" max:"64"`
	}
	StaffAsk    struct{ page.Ask }
	ChangeStaff struct {
		ID     string `path:"id" json:"-" max:"64"`
		Duties []Duty `json:"duties" min:"1" max:"7"`
	}
	ByMember struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	MyShops struct {
		Items []MyShop `json:"items"`
	}
)

// Mayer is who knows what somebody may do for a shop: a Service does.
type Mayer interface {
	May(ctx context.Context, in May) (Allowed, error)
}

// Require returns who is asking, if they may do something for the shop they act
// for: actor.ErrNobody, actor.ErrForbidden or ErrNoDuty. A part of the platform
// passes.
func Require(ctx context.Context, s Mayer, d Duty) (actor.Actor, error) {
	a, err := actor.Require(ctx, actor.Merchant)
	if err != nil || a.System != "" {
		return a, err
	}
	if a.User == "" || a.Merchant == "" {
		return a, ErrNoDuty
	}
	ok, err := s.May(actor.AsSystem(ctx, "may"), May{User: a.User, Merchant: a.Merchant, Duty: d})
	if err != nil {
		return a, err
	}
	if !ok.Yes {
		return a, ErrNoDuty.With("duty", string(d))
	}
	return a, nil
}

// ActFor returns a as they act for a shop: their own if none is named, or one
// whose staff they are on (ErrNotStaff). Each endpoint still asks for its duty.
func ActFor(ctx context.Context, s Mayer, a actor.Actor, shop id.Merchant) (actor.Actor, error) {
	if shop == "" || shop == a.Merchant {
		return a, nil
	}
	if a.User == "" {
		return a, actor.ErrNobody
	}
	ok, err := s.May(actor.AsSystem(ctx, "may"), May{User: a.User, Merchant: shop})
	if err != nil {
		return a, err
	}
	if !ok.Yes {
		return a, ErrNotStaff
	}
	a.Merchant = shop
	if !slices.Contains(a.Roles, actor.Merchant) {
		a.Roles = append(slices.Clone(a.Roles), actor.Merchant)
	}
	return a, nil
}
