// Package invitecore implements invite.Service.
//
// A bond's document decides which order of the invited person counts and whether
// it has cleared; a reward's document decides whether it is paid, and holds its
// entries for the ledger until they are posted. Orders are folded by package
// window. After every fact about an order its bond is considered again, and again
// by the job if that was cut short: considering twice changes nothing.
package invitecore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo/invite"
	"meadow/services/promo/window"
)

// Poster is what invitations ask of the ledger.
type Poster interface {
	Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error)
}

// Deps is what invitations need; every field is required.
type Deps struct {
	DB     docdb.Driver
	Bus    bus.Bus
	Jobs   *jobs.Runner
	Now    clock.Now
	Log    *slog.Logger
	Ledger Poster
	// Clues returns what is known of a person that they should not share with who
	// invited them.
	Clues    func(context.Context, id.User) ([]invite.Clue, error)
	LinkKey  []byte // signs links
	Settings invite.Settings
}

// Core is invitations.
type Core struct {
	Deps
	links   *docdb.Collection[link]
	buyers  *docdb.Collection[buyer]
	bonds   *docdb.Collection[bond]
	orders  *docdb.Collection[order]
	rewards *docdb.Collection[reward]
	days    *docdb.Collection[dayOf]
	clues   *docdb.Collection[trace]
}

var _ invite.Service = (*Core)(nil)

const (
	grace  = 3 * time.Second // for whoever began something to end it before the job does
	atOnce = 500             // of one thing, in one run of the job
)

// link remembers who shares.
type link struct {
	User id.User   `bson:"_id"`
	At   time.Time `bson:"at"` // the last time they took it
}

// buyer remembers who has bought.
type buyer struct {
	User id.User   `bson:"_id"`
	At   time.Time `bson:"at"`
}

type bond struct {
	Invitee   id.User      `bson:"_id"`
	Inviter   id.User      `bson:"inviter"`
	Upline    id.User      `bson:"upline,omitempty"` // who invited the inviter
	State     invite.State `bson:"state"`
	Reasons   []string     `bson:"reasons,omitempty"`
	JoinedAt  time.Time    `bson:"joined_at"`
	Order     id.Order     `bson:"order,omitempty"` // that counts
	DueAt     time.Time    `bson:"due_at,omitempty"`
	ClearedAt time.Time    `bson:"cleared_at,omitempty"`
}

// order is one of an invited person.
type order struct {
	window.Order `bson:",inline"`
	Due          time.Time `bson:"due,omitempty"` // when to consider its bond
}

type reward struct {
	ID      string         `bson:"_id"`
	To      id.User        `bson:"to"`
	Invitee id.User        `bson:"invitee"`
	Level   int            `bson:"level"`
	Order   id.Order       `bson:"order"`
	Amount  money.Money    `bson:"amount"`
	Stage   invite.Stage   `bson:"stage"`
	Reasons []string       `bson:"reasons,omitempty"`
	By      id.User        `bson:"by,omitempty"`
	Note    string         `bson:"note,omitempty"`
	At      time.Time      `bson:"at"`
	Entries []ledger.Entry `bson:"entries,omitempty"` // decided, and not known to be posted
	Due     time.Time      `bson:"due,omitempty"`
}

// dayOf counts what one person may have so many of in a day: by name, so that
// counting again does not count twice.
type dayOf struct {
	ID    string    `bson:"_id"`
	Names []string  `bson:"names"`
	Gone  time.Time `bson:"gone"`
}

// trace remembers which invited person showed a clue to an inviter first.
type trace struct {
	ID      string  `bson:"_id"`
	Invitee id.User `bson:"invitee"`
}

// New opens the collections and declares the job.
func New(ctx context.Context, d Deps) (*Core, error) {
	if len(d.LinkKey) < 32 {
		return nil, errors.New("invite: the key of links is too short")
	}
	c := &Core{Deps: d}
	var err, e error
	due := docdb.Index{Name: "due", Keys: []string{"due"}}
	c.links, e = docdb.Open[link](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_links", Indexes: []docdb.Index{{Name: "at", Keys: []string{"at"}}}})
	err = errors.Join(err, e)
	c.buyers, e = docdb.Open[buyer](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_buyers"})
	err = errors.Join(err, e)
	c.bonds, e = docdb.Open[bond](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_bonds", Indexes: []docdb.Index{
		{Name: "inviter", Keys: []string{"inviter", "joined_at"}}, {Name: "upline", Keys: []string{"upline", "joined_at"}}, {Name: "joined", Keys: []string{"joined_at"}},
	}})
	err = errors.Join(err, e)
	c.orders, e = docdb.Open[order](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_orders", Indexes: []docdb.Index{due, {Name: "buyer", Keys: []string{"buyer", "paid_at"}}}})
	err = errors.Join(err, e)
	c.rewards, e = docdb.Open[reward](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_rewards", Indexes: []docdb.Index{
		due, {Name: "to", Keys: []string{"to", "at"}}, {Name: "stage", Keys: []string{"stage", "at"}},
	}})
	err = errors.Join(err, e)
	c.days, e = docdb.Open[dayOf](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_days", Expiry: "gone"})
	err = errors.Join(err, e)
	c.clues, e = docdb.Open[trace](ctx, d.DB, d.Now, docdb.Schema{Name: "invite_clues"})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	d.Jobs.Every("invite.settle", 10*time.Second, c.Settle)
	return c, nil
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("invite: nothing to change")

// room counts name for somebody today, and reports whether it is among the first
// most. Asked again about the same name it answers the same.
func (c *Core) room(ctx context.Context, what string, who id.User, name string, most int) (bool, error) {
	day := c.Now().UTC().Truncate(24 * time.Hour)
	key := id.Derive("ind", what, string(who), day.Format(time.DateOnly))
	ok := false
	_, err := c.days.Upsert(ctx, key, func(d *dayOf) error {
		d.ID, d.Gone = key, day.Add(72*time.Hour)
		for _, n := range d.Names {
			if ok = n == name; ok {
				return errSame
			}
		}
		if ok = len(d.Names) < most; !ok {
			return errSame
		}
		d.Names = append(d.Names, name)
		return nil
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return ok, err
}
