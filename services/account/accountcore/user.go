package accountcore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/outbox"
	"meadow/services/platform/vault"
)

// user is a stored account, with what it still has to announce.
type user struct {
	ID       id.User        `bson:"_id"`
	Name     string         `bson:"name"`
	Avatar   id.Media       `bson:"avatar,omitempty"`
	Locale   account.Locale `bson:"locale"`
	Roles    []actor.Role   `bson:"roles,omitempty"` // beside viewer
	Merchant id.Merchant    `bson:"merchant,omitempty"`
	Email    vault.Sealed   `bson:"email,omitempty"`
	Phone    vault.Sealed   `bson:"phone,omitempty"`
	// Identities are the blind indexes of the mailbox and the number; see identity.
	Identities []string  `bson:"identities,omitempty"`
	Password   string    `bson:"password,omitempty"` // argon2id
	CreatedAt  time.Time `bson:"created_at"`
	TermsAt    time.Time `bson:"terms_at,omitempty"` // for creators, accepted
	// Epoch counts the times all sessions were ended. A session of another epoch
	// is over.
	Epoch int64 `bson:"epoch"`
	// RolesAt is when Roles or Merchant last changed.
	RolesAt time.Time    `bson:"roles_at,omitempty"`
	RoleLog []roleChange `bson:"role_log,omitempty"`
	Version int64        `bson:"version"` // counts changes of what is public
	// PendingUntil is set until the account's login is claimed. An account that
	// never gets so far is gone then.
	PendingUntil time.Time `bson:"pending_until,omitempty"`
	// Suspension is the last that moderation said of a ban.
	Suspension suspension `bson:"suspension,omitempty"`
	outbox.Box `bson:",inline"`
}

// Fields of a user in the vault, whose subject is the user's id.
const (
	emailField   = "email"
	phoneField   = "phone"
	addressField = "address." // then the address's id
)

func (u user) roles() []actor.Role {
	return append([]actor.Role{actor.Viewer}, u.Roles...)
}

// view is u as everybody with a right to see it may.
func (u user) view() account.User {
	return account.User{
		ID: u.ID, Name: u.Name, Avatar: u.Avatar, Locale: u.Locale, Roles: u.roles(),
		Merchant: u.Merchant, CreatedAt: u.CreatedAt,
	}
}

// own is u as its owner sees it. The caller has made sure that the owner asks.
func (c *Core) own(ctx context.Context, u user) (account.User, error) {
	ctx = actor.With(ctx, actor.Actor{User: u.ID})
	v := u.view()
	if u.Email != "" {
		plain, err := c.Vault.Open(ctx, string(u.ID), emailField, u.Email, "show its owner")
		if err != nil {
			return v, fmt.Errorf("email of %s: %w", u.ID, err)
		}
		v.EmailMasked = vault.MaskEmail(plain)
	}
	if u.Phone != "" {
		plain, err := c.Vault.Open(ctx, string(u.ID), phoneField, u.Phone, "show its owner")
		if err != nil {
			return v, fmt.Errorf("phone of %s: %w", u.ID, err)
		}
		v.PhoneMasked = vault.MaskPhone(plain)
	}
	return v, nil
}

// announceChange adds the event that says what is public of u now.
func (u *user) announceChange(now time.Time) {
	u.Version++
	u.Add(now, account.Changed.Event(now, fmt.Sprintf("%s/%d", u.ID, u.Version), account.ChangedData{
		User: u.ID, Name: u.Name, Avatar: u.Avatar, Merchant: u.Merchant, Version: u.Version,
	}))
}

// begin makes a pending account an account.
func (u *user) begin(now time.Time) {
	if !u.PendingUntil.IsZero() {
		u.PendingUntil = time.Time{}
		u.announceSignUp(now)
	}
}

func (u *user) announceSignUp(now time.Time) {
	u.Add(now, account.SignedUp.Event(now, string(u.ID), account.SignedUpData{
		User: u.ID, Name: u.Name, Locale: u.Locale, At: u.CreatedAt,
	}))
}

// roleChange is one line of the record of who gave or took a role.
type roleChange struct {
	At      time.Time  `bson:"at"`
	By      string     `bson:"by"`
	Role    actor.Role `bson:"role"`
	Grant   bool       `bson:"grant"`
	Request string     `bson:"request,omitempty"`
}

// roleLogSize is how many changes of roles an account remembers.
const roleLogSize = 200

// setRole gives or takes r, and reports whether that changed anything.
func (u *user) setRole(r actor.Role, grant bool, by roleChange) bool {
	if slices.Contains(u.Roles, r) == grant {
		return false
	}
	if grant {
		u.Roles = append(u.Roles, r)
	} else {
		u.Roles = slices.DeleteFunc(u.Roles, func(x actor.Role) bool { return x == r })
	}
	by.Role, by.Grant = r, grant
	u.RolesAt = by.At
	u.RoleLog = append(u.RoleLog, by)
	u.RoleLog = u.RoleLog[max(0, len(u.RoleLog)-roleLogSize):]
	return true
}
