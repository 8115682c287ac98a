package account

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// Service is the front desk. Where nothing else is said, whoever is asking acts
// on their own account, and a visitor gets actor.ErrNobody.
type Service interface {
	// SendCode sends a one-time code of six digits. It answers a visitor the same
	// way, whether or not there is an account. ErrLogin, ErrThrottled.
	SendCode(ctx context.Context, in SendCode) (rpc.Empty, error)

	// SignUp makes an account and signs it in. Where the shop requires it, the
	// login is proved with a code first; a code that is given is always checked.
	// ErrLogin, ErrName, ErrPassword, ErrLocale, ErrCodeRequired, ErrBadCode,
	// ErrTaken or ErrThrottled.
	SignUp(ctx context.Context, in SignUp) (Signed, error)

	// SignIn starts a session for whoever knows the password, or the code that was
	// sent. ErrCredentials, ErrBadCode or ErrThrottled.
	SignIn(ctx context.Context, in SignIn) (Signed, error)

	// SignOut ends the session that asks. Without one it does nothing.
	SignOut(ctx context.Context, in rpc.Empty) (rpc.Empty, error)

	// Enter signs in as the operator by a one-time link. ErrLink, ErrThrottled.
	Enter(ctx context.Context, in Enter) (Signed, error)

	// Me returns the account that asks.
	Me(ctx context.Context, in rpc.Empty) (User, error)

	// Change changes what is given. ErrName or ErrLocale.
	Change(ctx context.Context, in Change) (User, error)

	// ChangePassword sets a new password, for whoever is signed in and knows the
	// old one, or has a code sent to the login with the purpose ForReset. It ends
	// every session of the account and starts one for the caller. ErrPassword,
	// ErrCredentials, ErrBadCode, ErrThrottled.
	ChangePassword(ctx context.Context, in ChangePassword) (Signed, error)

	// Sessions returns the devices that are signed in, the latest used first.
	Sessions(ctx context.Context, in rpc.Empty) (page.Page[Session], error)

	// Revoke ends one of the asker's sessions at once. ErrNoSession.
	Revoke(ctx context.Context, in Revoke) (rpc.Empty, error)

	// Addresses returns the asker's addresses, the default one first.
	Addresses(ctx context.Context, in rpc.Empty) (page.Page[Address], error)

	// AddAddress keeps an address; the first is the default. ErrAddresses, ErrPhone.
	AddAddress(ctx context.Context, in AddAddress) (Address, error)

	// ChangeAddress replaces an address. Others' addresses do not exist
	// (ErrNoAddress). ErrPhone.
	ChangeAddress(ctx context.Context, in ChangeAddress) (Address, error)

	// RemoveAddress forgets an address; the oldest of those left takes over as
	// the default. ErrNoAddress.
	RemoveAddress(ctx context.Context, in RemoveAddress) (rpc.Empty, error)

	// BecomeCreator gives the asker the creator's role. ErrTerms.
	BecomeCreator(ctx context.Context, in BecomeCreator) (User, error)

	// SetRole gives or takes a role; for operators, and on record with the
	// account. It acts on the next request of whoever it concerns. ErrRole,
	// ErrNoSuchUser.
	SetRole(ctx context.Context, in SetRole) (User, error)

	Desk
}

// Desk is what account does for other parts of the shop. The caller is one
// (actor.AsSystem); for anybody else these fail with actor.ErrForbidden or
// actor.ErrNobody.
type Desk interface {
	// Resolve returns who holds a session's token, or actor.ErrNobody. Whoever is
	// banned (moderation.Restricted) is Suspended, from the next request on and
	// until the ban's end.
	Resolve(ctx context.Context, in Resolve) (actor.Actor, error)

	// Rotate returns a successor of a token that is older than RotateAfter, or
	// than its user's last change of roles; the old one stays good for
	// RotateOverlap. Token is "" if none is due. The gateway asks now and then,
	// such as when it answers Me. actor.ErrNobody.
	Rotate(ctx context.Context, in Resolve) (Rotated, error)

	// Users returns what is public of these users, in the order asked, leaving
	// out those that do not exist.
	Users(ctx context.Context, in Users) (page.Page[Profile], error)

	// KnownUsers is Users with what only the shop may know.
	KnownUsers(ctx context.Context, in Users) (page.Page[Known], error)

	// Identities returns what tells the person behind an account from others: the
	// blind indexes of the mailbox and the number that they sign in with, the same
	// for every account and label (amy+2@…) of one mailbox. Limits "per person"
	// count by them. They are proved where the shop asks for a code at sign-up.
	// ErrNoSuchUser.
	Identities(ctx context.Context, in IdentitiesOf) (Identities, error)

	// AddressFor returns a snapshot of a user's address, or of the default one if
	// none is named. ErrNoAddress.
	AddressFor(ctx context.Context, in AddressFor) (Snapshot, error)

	// SetMerchant makes a user the keeper of a shop. Doing it again is fine;
	// ErrHasMerchant if they keep another. ErrNoSuchUser.
	SetMerchant(ctx context.Context, in SetMerchant) (rpc.Empty, error)

	// CheckPassword returns nil if it is that user's: for what a device that was left
	// signed in may not do, such as having money paid out. ErrCredentials,
	// ErrThrottled, ErrNoSuchUser.
	CheckPassword(ctx context.Context, in CheckPassword) (rpc.Empty, error)

	// Write sends a letter to a user's email address, in their language: OK is
	// false if they have none, and the letter is dropped. ErrNoSuchUser, or
	// notify's errors.
	Write(ctx context.Context, in Write) (Written, error)
}

// From is where a request comes from. The gateway fills Client, after dropping
// what a client sent under that name; without it all callers are one client.
type From struct {
	Client string `header:"X-Meadow-Client-Ip" json:"-" max:"64"`
	Agent  string `header:"User-Agent" json:"-"`
}

// ClientHeader is the header of From.Client.
const ClientHeader = "X-Meadow-Client-Ip"

type SendCode struct {
	From
	To      string  `json:"to" min:"3" max:"254"`
	Purpose Purpose `json:"purpose" min:"1" enum:"sign_up,sign_in,reset"`
	Locale  Locale  `json:"locale" enum:"zh-CN,en"`
}

type SignUp struct {
	From
	Login    string `json:"login" min:"3" max:"254"`
	Password string `json:"password" min:"1" max:"128"`
	Name     string `json:"name" min:"1" max:"40"`
	Code     string `json:"code" max:"16"`
	Locale   Locale `json:"locale" enum:"zh-CN,en"` // Chinese if ""
}

// SignIn holds a password or a code.
type SignIn struct {
	From
	Login    string `json:"login" min:"3" max:"254"`
	Password string `json:"password" max:"128"`
	Code     string `json:"code" max:"16"`
}

type Enter struct {
	From
	Token string `json:"token" min:"1" max:"64"`
}

// Change leaves as it is what is empty. Avatar may be set to "".
type Change struct {
	Name   string    `json:"name" max:"40"`
	Locale Locale    `json:"locale" enum:"zh-CN,en"`
	Avatar *id.Media `json:"avatar"`
}

// ChangePassword holds Old, from whoever is signed in, or Login and Code.
type ChangePassword struct {
	From
	Old   string `json:"old" max:"128"`
	New   string `json:"new" min:"1" max:"128"`
	Login string `json:"login" max:"254"`
	Code  string `json:"code" max:"16"`
}

type Revoke struct {
	ID id.Session `path:"id" json:"-" max:"40"`
}

type AddAddress struct {
	Place
	Default bool `json:"default"`
}

// ChangeAddress can make an address the default one; the default one stays so.
type ChangeAddress struct {
	ID id.Address `path:"id" json:"-" max:"40"`
	Place
	Default bool `json:"default"`
}

type RemoveAddress struct {
	ID id.Address `path:"id" json:"-" max:"40"`
}

type BecomeCreator struct {
	AcceptTerms bool `json:"accept_terms"`
}

// SetRole gives Role to User if Grant, and else takes it. Viewer is everybody's
// and merchant comes with a shop: neither is given here.
type SetRole struct {
	User  id.User    `json:"user" min:"1" max:"40"`
	Role  actor.Role `json:"role" min:"1" enum:"creator,brand,moderator,operator"`
	Grant bool       `json:"grant"`
}

type Resolve struct {
	Token string `header:"X-Meadow-Session" json:"-"`
}

type Rotated struct {
	Token string `json:"token,omitempty"`
}

type Users struct {
	IDs []id.User `json:"ids" max:"200"`
}

type IdentitiesOf struct {
	User id.User `query:"user" json:"-" min:"1" max:"40"`
}

// Identities are never empty of an account that exists, and say nothing.
type Identities struct {
	Items []string `json:"items"`
}

type AddressFor struct {
	User    id.User    `query:"user" json:"-" min:"1" max:"40"`
	Address id.Address `query:"address" json:"-" max:"40"`
}

type SetMerchant struct {
	User     id.User     `json:"user" min:"1" max:"40"`
	Merchant id.Merchant `json:"merchant" min:"1" max:"40"`
}

type CheckPassword struct {
	User     id.User `json:"user" min:"1" max:"40"`
	Password string  `json:"password" min:"1" max:"128"`
}

// Write is a letter in each language of the shop.
type Write struct {
	User    id.User `json:"user" min:"1" max:"40"`
	Chinese Letter  `json:"zh"`
	English Letter  `json:"en"`
}

type Letter struct {
	Subject string `json:"subject" min:"1" max:"200"`
	Text    string `json:"text" min:"1" max:"10000"`
}

// Written is whether there was somewhere to send a letter to.
type Written struct {
	OK bool `json:"ok"`
}
