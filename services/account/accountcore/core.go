// Package accountcore implements account.Service.
package accountcore

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/notify"
	"meadow/services/platform/outbox"
	"meadow/services/platform/vault"
)

// Deps is everything the front desk needs. All fields up to Log
// are required.
type Deps struct {
	DB     docdb.Driver
	Bus    bus.Bus
	Vault  *vault.Vault
	Notify notify.Notifier
	Now    clock.Now
	Log    *slog.Logger
	// RequireCode makes a person prove the email or the number they sign up with.
	RequireCode bool
	Limits      Limits
	// HashMemory is how many KiB hashing a password takes: 19 MiB if it is 0.
	// Only tests have reason to take less.
	HashMemory uint32
}

// Limits bound what one login or one client may try within ThrottleWindow. A
// field that is 0 has the value said.
type Limits struct {
	FailuresPerLogin  int64 // wrong passwords: 10
	FailuresPerClient int64 // wrong passwords, codes and links: 50
	CodesPerLogin     int64 // codes sent: 5, and 20 a day
	CodesPerClient    int64 // codes asked for: 30
	SignUpsPerClient  int64 // tried: 100
}

func (l Limits) orUsual() Limits {
	or := func(n *int64, usual int64) {
		if *n == 0 {
			*n = usual
		}
	}
	or(&l.FailuresPerLogin, 10)
	or(&l.FailuresPerClient, 50)
	or(&l.CodesPerLogin, 5)
	or(&l.CodesPerClient, 30)
	or(&l.SignUpsPerClient, 100)
	return l
}

// Core is the front desk.
type Core struct {
	Deps
	users     *docdb.Collection[user]
	logins    *docdb.Collection[loginRecord]
	sessions  *docdb.Collection[session]
	codes     *docdb.Collection[codeRecord]
	links     *docdb.Collection[linkRecord]
	windows   *docdb.Collection[window]
	addresses *docdb.Collection[addressBook]
	relay     *outbox.Relay[user]
	passwords *passwords
	mail      chan letter
}

var _ account.Service = (*Core)(nil)

// usersName is the collection whose records announce things.
const usersName = "users"

// New opens the collections. Nothing is sent or announced before Run.
func New(ctx context.Context, d Deps) (*Core, error) {
	d.Limits = d.Limits.orUsual()
	c := &Core{Deps: d, mail: make(chan letter, mailQueue)}
	var err error
	if c.passwords, err = newPasswords(d.HashMemory); err != nil {
		return nil, err
	}
	open(ctx, d, &c.users, &err, docdb.Schema{Name: usersName, Expiry: "pending_until", Indexes: []docdb.Index{outbox.Index}})
	open(ctx, d, &c.logins, &err, docdb.Schema{Name: "logins"})
	open(ctx, d, &c.sessions, &err, docdb.Schema{Name: "sessions", Expiry: "expires", Indexes: []docdb.Index{
		{Name: "seen", Keys: []string{"user", "seen_at"}},
		{Name: "session", Keys: []string{"user", "session"}},
	}})
	open(ctx, d, &c.codes, &err, docdb.Schema{Name: "codes", Expiry: "expires"})
	open(ctx, d, &c.links, &err, docdb.Schema{Name: "one_time_links", Expiry: "expires"})
	open(ctx, d, &c.windows, &err, docdb.Schema{Name: "throttle_windows", Expiry: "until"})
	open(ctx, d, &c.addresses, &err, docdb.Schema{Name: "addresses"})
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	c.relay = outbox.NewRelay(c.users, usersName, func(u *user) *outbox.Box { return &u.Box },
		outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	return c, nil
}

// open opens a collection, unless one before it failed.
func open[T any](ctx context.Context, d Deps, c **docdb.Collection[T], err *error, s docdb.Schema) {
	if *err == nil {
		*c, *err = docdb.Open[T](ctx, d.DB, d.Now, s)
	}
}

// desk returns nil if a part of the shop is asking.
func desk(ctx context.Context) error {
	_, err := actor.Require(ctx)
	return err
}

// later is the first instant after now, to compare what has not yet passed.
func (c *Core) later() time.Time { return c.Now().Add(time.Millisecond) }
