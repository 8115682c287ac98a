package account

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	sendCode = rpc.Endpoint[SendCode, rpc.Empty]{Name: "sendCode", Method: "POST", Path: "/account/codes",
		Summary: "Send a one-time code to an email address or a mobile number."}
	signUp = rpc.Endpoint[SignUp, Signed]{Name: "signUp", Method: "POST", Path: "/account/sign-up",
		Summary: "Make an account and sign in."}
	signIn = rpc.Endpoint[SignIn, Signed]{Name: "signIn", Method: "POST", Path: "/account/sign-in",
		Summary: "Sign in with a password or a one-time code."}
	signOut = rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "signOut", Method: "POST", Path: "/account/sign-out",
		Summary: "End this session."}
	enter = rpc.Endpoint[Enter, Signed]{Name: "enter", Method: "POST", Path: "/account/enter",
		Summary: "Sign in as the operator by a one-time link."}
	me = rpc.Endpoint[rpc.Empty, User]{Name: "me", Method: "GET", Path: "/account/me", Access: rpc.SignedIn,
		Summary: "The account that asks."}
	change = rpc.Endpoint[Change, User]{Name: "changeMe", Method: "PATCH", Path: "/account/me", Access: rpc.SignedIn,
		Summary: "Change the name, the language or the avatar."}
	changePassword = rpc.Endpoint[ChangePassword, Signed]{Name: "changePassword", Method: "POST", Path: "/account/password",
		Summary: "Set a new password, with the old one or a one-time code; ends all other sessions."}
	sessions = rpc.Endpoint[rpc.Empty, page.Page[Session]]{Name: "sessions", Method: "GET", Path: "/account/sessions", Access: rpc.SignedIn,
		Summary: "The devices that are signed in."}
	revoke = rpc.Endpoint[Revoke, rpc.Empty]{Name: "revokeSession", Method: "DELETE", Path: "/account/sessions/:id", Access: rpc.SignedIn,
		Summary: "Sign a device out."}
	addresses = rpc.Endpoint[rpc.Empty, page.Page[Address]]{Name: "addresses", Method: "GET", Path: "/account/addresses", Access: rpc.SignedIn,
		Summary: "The addresses of the account that asks."}
	addAddress = rpc.Endpoint[AddAddress, Address]{Name: "addAddress", Method: "POST", Path: "/account/addresses", Access: rpc.SignedIn,
		Summary: "Keep an address."}
	changeAddress = rpc.Endpoint[ChangeAddress, Address]{Name: "changeAddress", Method: "PUT", Path: "/account/addresses/:id", Access: rpc.SignedIn,
		Summary: "Replace an address."}
	removeAddress = rpc.Endpoint[RemoveAddress, rpc.Empty]{Name: "removeAddress", Method: "DELETE", Path: "/account/addresses/:id", Access: rpc.SignedIn,
		Summary: "Forget an address."}
	becomeCreator = rpc.Endpoint[BecomeCreator, User]{Name: "becomeCreator", Method: "POST", Path: "/account/creator", Access: rpc.SignedIn,
		Summary: "Accept the terms for creators and become one."}
	setRole = rpc.Endpoint[SetRole, User]{Name: "setRole", Method: "POST", Path: "/account/roles", Access: rpc.Only(actor.Operator),
		Summary: "Give or take a role."}

	resolve = rpc.Endpoint[Resolve, actor.Actor]{Name: "resolveSession", Method: "GET", Path: "/internal/account/actor", Access: rpc.Internal,
		Summary: "Who holds a session's token."}
	rotate = rpc.Endpoint[Resolve, Rotated]{Name: "rotateSession", Method: "POST", Path: "/internal/account/rotate", Access: rpc.Internal,
		Summary: "The successor of a session's token, if one is due."}
	users = rpc.Endpoint[Users, page.Page[Profile]]{Name: "users", Method: "POST", Path: "/internal/account/users", Access: rpc.Internal,
		Summary: "What is public of some users."}
	knownUsers = rpc.Endpoint[Users, page.Page[Known]]{Name: "knownUsers", Method: "POST", Path: "/internal/account/known", Access: rpc.Internal,
		Summary: "What the shop may know of some users."}
	identities = rpc.Endpoint[IdentitiesOf, Identities]{Name: "identitiesOf", Method: "GET", Path: "/internal/account/identities", Access: rpc.Internal,
		Summary: "What tells the person behind an account from others."}
	addressFor = rpc.Endpoint[AddressFor, Snapshot]{Name: "addressFor", Method: "GET", Path: "/internal/account/address", Access: rpc.Internal,
		Summary: "A sealed snapshot of an address, for an order."}
	setMerchant = rpc.Endpoint[SetMerchant, rpc.Empty]{Name: "setMerchant", Method: "POST", Path: "/internal/account/merchant", Access: rpc.Internal,
		Summary: "Make a user the keeper of a shop."}
	checkPassword = rpc.Endpoint[CheckPassword, rpc.Empty]{Name: "checkPassword", Method: "POST", Path: "/internal/account/password", Access: rpc.Internal,
		Summary: "Whether a password is a user's."}
	write = rpc.Endpoint[Write, Written]{Name: "writeLetter", Method: "POST", Path: "/internal/account/letters", Access: rpc.Internal,
		Summary: "Send a letter to a user."}
)

// Hooks see answers before they are sent, so that the gateway can move a
// session's token into a cookie, and end it. A nil hook is not called.
type Hooks struct {
	Signed    func(rpc.Exchange, *Signed)
	SignedOut func(rpc.Exchange, *rpc.Empty)
}

// Mount serves s to other processes of the shop.
func Mount(r rpc.Router, s Service) { MountWith(r, s, Hooks{}) }

// MountWith serves s, with hooks.
func MountWith(r rpc.Router, s Service, h Hooks) {
	rpc.Mount(r, sendCode, s.SendCode)
	rpc.MountThen(r, signUp, s.SignUp, h.Signed)
	rpc.MountThen(r, signIn, s.SignIn, h.Signed)
	rpc.MountThen(r, signOut, s.SignOut, h.SignedOut)
	rpc.MountThen(r, enter, s.Enter, h.Signed)
	rpc.Mount(r, me, s.Me)
	rpc.Mount(r, change, s.Change)
	rpc.MountThen(r, changePassword, s.ChangePassword, h.Signed)
	rpc.Mount(r, sessions, s.Sessions)
	rpc.Mount(r, revoke, s.Revoke)
	rpc.Mount(r, addresses, s.Addresses)
	rpc.Mount(r, addAddress, s.AddAddress)
	rpc.Mount(r, changeAddress, s.ChangeAddress)
	rpc.Mount(r, removeAddress, s.RemoveAddress)
	rpc.Mount(r, becomeCreator, s.BecomeCreator)
	rpc.Mount(r, setRole, s.SetRole)

	rpc.Mount(r, resolve, s.Resolve)
	rpc.Mount(r, rotate, s.Rotate)
	rpc.Mount(r, users, s.Users)
	rpc.Mount(r, knownUsers, s.KnownUsers)
	rpc.Mount(r, identities, s.Identities)
	rpc.Mount(r, addressFor, s.AddressFor)
	rpc.Mount(r, setMerchant, s.SetMerchant)
	rpc.Mount(r, checkPassword, s.CheckPassword)
	rpc.Mount(r, write, s.Write)
}

// Client is account in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) SendCode(ctx context.Context, in SendCode) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, sendCode, in)
}

func (c Client) SignUp(ctx context.Context, in SignUp) (Signed, error) {
	return rpc.Call(ctx, c.Peer, signUp, in)
}

func (c Client) SignIn(ctx context.Context, in SignIn) (Signed, error) {
	return rpc.Call(ctx, c.Peer, signIn, in)
}

func (c Client) SignOut(ctx context.Context, in rpc.Empty) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, signOut, in)
}

func (c Client) Enter(ctx context.Context, in Enter) (Signed, error) {
	return rpc.Call(ctx, c.Peer, enter, in)
}

func (c Client) Me(ctx context.Context, in rpc.Empty) (User, error) {
	return rpc.Call(ctx, c.Peer, me, in)
}

func (c Client) Change(ctx context.Context, in Change) (User, error) {
	return rpc.Call(ctx, c.Peer, change, in)
}

func (c Client) ChangePassword(ctx context.Context, in ChangePassword) (Signed, error) {
	return rpc.Call(ctx, c.Peer, changePassword, in)
}

func (c Client) Sessions(ctx context.Context, in rpc.Empty) (page.Page[Session], error) {
	return rpc.Call(ctx, c.Peer, sessions, in)
}

func (c Client) Revoke(ctx context.Context, in Revoke) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, revoke, in)
}

func (c Client) Addresses(ctx context.Context, in rpc.Empty) (page.Page[Address], error) {
	return rpc.Call(ctx, c.Peer, addresses, in)
}

func (c Client) AddAddress(ctx context.Context, in AddAddress) (Address, error) {
	return rpc.Call(ctx, c.Peer, addAddress, in)
}

func (c Client) ChangeAddress(ctx context.Context, in ChangeAddress) (Address, error) {
	return rpc.Call(ctx, c.Peer, changeAddress, in)
}

func (c Client) RemoveAddress(ctx context.Context, in RemoveAddress) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, removeAddress, in)
}

func (c Client) BecomeCreator(ctx context.Context, in BecomeCreator) (User, error) {
	return rpc.Call(ctx, c.Peer, becomeCreator, in)
}

func (c Client) SetRole(ctx context.Context, in SetRole) (User, error) {
	return rpc.Call(ctx, c.Peer, setRole, in)
}

func (c Client) Resolve(ctx context.Context, in Resolve) (actor.Actor, error) {
	return rpc.Call(ctx, c.Peer, resolve, in)
}

func (c Client) Rotate(ctx context.Context, in Resolve) (Rotated, error) {
	return rpc.Call(ctx, c.Peer, rotate, in)
}

func (c Client) Users(ctx context.Context, in Users) (page.Page[Profile], error) {
	return rpc.Call(ctx, c.Peer, users, in)
}

func (c Client) KnownUsers(ctx context.Context, in Users) (page.Page[Known], error) {
	return rpc.Call(ctx, c.Peer, knownUsers, in)
}

func (c Client) Identities(ctx context.Context, in IdentitiesOf) (Identities, error) {
	return rpc.Call(ctx, c.Peer, identities, in)
}

func (c Client) AddressFor(ctx context.Context, in AddressFor) (Snapshot, error) {
	return rpc.Call(ctx, c.Peer, addressFor, in)
}

func (c Client) SetMerchant(ctx context.Context, in SetMerchant) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, setMerchant, in)
}

func (c Client) CheckPassword(ctx context.Context, in CheckPassword) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, checkPassword, in)
}

func (c Client) Write(ctx context.Context, in Write) (Written, error) {
	return rpc.Call(ctx, c.Peer, write, in)
}
