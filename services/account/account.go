// Package account knows who somebody is: how they prove it, on which devices
// they are signed in, what they may do, and where their parcels go.
//
// This package is the contract. Package accountcore is how it is done; package
// accounttest is how we know. What identifies a person (email, phone, address)
// is stored sealed, leaves only towards that person, and is masked elsewhere.
package account

import (
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// User is an account as its owner sees it.
type User struct {
	ID          id.User      `json:"id"`
	Name        string       `json:"name"` // shown to everybody; never a legal name we know of
	Avatar      id.Media     `json:"avatar,omitempty"`
	Locale      Locale       `json:"locale"`
	Roles       []actor.Role `json:"roles"` // always begins with viewer
	Merchant    id.Merchant  `json:"merchant,omitempty"`
	EmailMasked string       `json:"email_masked,omitempty"`
	PhoneMasked string       `json:"phone_masked,omitempty"`
	CreatedAt   time.Time    `json:"created_at"`
}

// Profile is what everybody may know of an account.
type Profile struct {
	ID       id.User     `json:"id"`
	Name     string      `json:"name"`
	Avatar   id.Media    `json:"avatar,omitempty"`
	Merchant id.Merchant `json:"merchant,omitempty"` // whose shop they keep
}

// Known is what the shop itself may know of an account.
type Known struct {
	Profile
	Roles     []actor.Role `json:"roles"`
	CreatedAt time.Time    `json:"created_at"`
	Suspended bool         `json:"suspended"`
}

// Locale is a language the shop speaks.
type Locale string

const (
	Chinese Locale = "zh-CN"
	English Locale = "en"
)

// Purpose is what a one-time code is good for.
type Purpose string

const (
	ForSignUp Purpose = "sign_up"
	ForSignIn Purpose = "sign_in"
	ForReset  Purpose = "reset" // setting a new password without the old one
)

// Signed is the answer to whoever has just proved who they are. Token is the
// secret of their session: the gateway moves it into a cookie and empties it.
type Signed struct {
	User  User   `json:"user"`
	Token string `json:"token,omitempty"`
}

// Session is a device on which somebody is signed in.
type Session struct {
	ID        id.Session `json:"id"`
	Device    string     `json:"device"` // "Chrome, Windows"
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at"` // to within ten minutes
	Current   bool       `json:"current"` // the one that asks
}

// Address is where parcels go.
type Address struct {
	ID id.Address `json:"id"`
	Place
	Default bool `json:"default"` // exactly one of somebody's addresses is
}

// Place is what is written on a parcel.
type Place struct {
	Name     string `json:"name" min:"1" max:"60"`
	Phone    string `json:"phone" min:"5" max:"24"`
	Region   string `json:"region" min:"1" max:"60"` // province
	City     string `json:"city" min:"1" max:"60"`
	District string `json:"district" max:"60"`
	Line     string `json:"line" min:"1" max:"200"`
	Postcode string `json:"postcode" max:"12"`
}

// Snapshot is an address as it was at one moment, for an order to keep. Sealed
// is the JSON of its Place; whoever ships opens it through the vault, under
// Subject and Field, and says why. Erasing the account makes it unreadable.
type Snapshot struct {
	Address id.Address `json:"address"`
	Subject string     `json:"subject"`
	Field   string     `json:"field"`
	Sealed  string     `json:"sealed"`
	Masked  Place      `json:"masked"` // fit to show: region and city are whole
}

const (
	// MaxAddresses is the most addresses an account keeps.
	MaxAddresses = 20
	// MaxProfiles is the most profiles asked for at once.
	MaxProfiles = 200
	// MinPassword is the fewest characters of a password.
	MinPassword = 8
)

// How long things hold.
const (
	CodeTTL        = 10 * time.Minute
	CodeGuesses    = 5
	LinkTTL        = 30 * time.Minute    // of the operator's one-time link
	SessionIdle    = 30 * 24 * time.Hour // without being used
	SessionTTL     = 90 * 24 * time.Hour // in all
	RotateAfter    = 24 * time.Hour      // a session's token gets a successor
	RotateOverlap  = 60 * time.Second    // both tokens are good
	ThrottleWindow = 15 * time.Minute
)

var (
	ErrLogin        = errs.New(errs.Invalid, "bad_login", "Please enter an email address or a mobile number.")
	ErrName         = errs.New(errs.Invalid, "bad_name", "Please choose another name.")
	ErrPassword     = errs.New(errs.Invalid, "weak_password", "Please choose a password of at least 8 characters that is not widely used.")
	ErrLocale       = errs.New(errs.Invalid, "bad_locale", "This language is not available.")
	ErrTaken        = errs.New(errs.Conflict, "login_taken", "There is already an account with this email or number. Please sign in.")
	ErrCodeRequired = errs.New(errs.Precondition, "code_required", "Please enter the code we sent you.")
	ErrBadCode      = errs.New(errs.Unauthenticated, "bad_code", "This code is not right, or no longer. Please ask for a new one.")
	ErrCredentials  = errs.New(errs.Unauthenticated, "bad_credentials", "The account or the password is not right.")
	ErrThrottled    = errs.New(errs.Throttled, "too_many_attempts", "Too many attempts. Please wait a while and try again.")
	ErrLink         = errs.New(errs.Unauthenticated, "bad_link", "This link was used already, or is too old.")
	ErrNoSuchUser   = errs.New(errs.NotFound, "no_such_user", "This account does not exist.")
	ErrNoSession    = errs.New(errs.NotFound, "no_such_session", "This device is not signed in any more.")
	ErrNoAddress    = errs.New(errs.NotFound, "no_such_address", "This address does not exist.")
	ErrAddresses    = errs.New(errs.Exhausted, "too_many_addresses", "You can keep at most 20 addresses. Please remove one first.")
	ErrPhone        = errs.New(errs.Invalid, "bad_phone", "Please check the phone number.")
	ErrTerms        = errs.New(errs.Invalid, "terms_not_accepted", "Please accept the terms for creators first.")
	ErrRole         = errs.New(errs.Invalid, "bad_role", "This role cannot be given or taken here.")
	ErrHasMerchant  = errs.New(errs.Precondition, "has_merchant", "This account already has a shop.")
)

// SignedUp is announced when an account is made.
var SignedUp = bus.Topic[SignedUpData]{Name: "account.SignedUp"}

type SignedUpData struct {
	User   id.User   `json:"user"`
	Name   string    `json:"name"`
	Locale Locale    `json:"locale"`
	At     time.Time `json:"at"`
}

// Changed is announced when a name or an avatar changes, or a shop is opened.
// Its key is the user and the number of the change; a higher Version is newer.
var Changed = bus.Topic[ChangedData]{Name: "account.Changed"}

type ChangedData struct {
	User     id.User     `json:"user"`
	Name     string      `json:"name"`
	Avatar   id.Media    `json:"avatar,omitempty"`
	Merchant id.Merchant `json:"merchant,omitempty"`
	Version  int64       `json:"version"`
}
