// Package redpacketcore implements redpacket.Service.
//
// A packet's shares lie in cells, documents of at most cellShares each, so that
// thousands who grab at once meet at several documents. Everybody walks the
// cells in an order of their own that never changes, and takes the first free
// slot of the first cell that has one. No slot ever becomes free again: so
// whoever took one finds it on every later walk before any other, and two walks
// of one person cannot end in two cells. That is what makes a share unique
// without a second document.
//
// A slot that is taken is what decides. The record of the share and its entry in
// the ledger follow from it, by derived ids, at once or by the job.
package redpacketcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/rpc"
	"meadow/services/promo/redpacket"
)

// Poster is what packets ask of the ledger: to refuse a fund that a wallet or a
// shop does not have is its part.
type Poster interface {
	Post(ctx context.Context, in ledger.Entry) (ledger.Entry, error)
}

// Proof checks that whoever asks knows their password (account.Desk).
type Proof interface {
	CheckPassword(ctx context.Context, in account.CheckPassword) (rpc.Empty, error)
}

// Deps is what red packets need; every field but Pick is required.
type Deps struct {
	DB     docdb.Driver
	Jobs   *jobs.Runner
	Now    clock.Now
	Log    *slog.Logger
	Ledger Poster
	// Follows reports whether who follows whom.
	Follows func(ctx context.Context, who, whom id.User) (bool, error)
	Account Proof
	// May reports whether a user may do something for a shop.
	May      func(context.Context, catalog.May) (catalog.Allowed, error)
	Currency string
	// Pick returns a number below n, at random if it is nil. It spreads writers over
	// a packet; what they get was drawn before.
	Pick func(n int) int
}

// Core is red packets.
type Core struct {
	Deps
	packets *docdb.Collection[packet]
	cells   *docdb.Collection[cell]
	shares  *docdb.Collection[share]
	days    *docdb.Collection[dayOf]
}

var _ redpacket.Service = (*Core)(nil)

const (
	// cellShares is how many shares a cell holds: some writers of one document do
	// not wait long for each other, and the walk of who comes too late is short.
	cellShares = 100
	// grace is how long whoever began something has to end it before the job does.
	grace = 3 * time.Second
)

type packet struct {
	ID        string             `bson:"_id"`
	Maker     id.User            `bson:"maker"`
	Merchant  id.Merchant        `bson:"merchant,omitempty"`
	Source    redpacket.Source   `bson:"source"`
	Words     string             `bson:"words"`
	Split     redpacket.Split    `bson:"split"`
	Audience  redpacket.Audience `bson:"audience"`
	Total     money.Money        `bson:"total"`
	Shares    int                `bson:"shares"`
	Seed      string             `bson:"seed"` // of the split; nobody else knows it
	State     redpacket.State    `bson:"state"`
	OpenAt    time.Time          `bson:"open_at"`
	ExpiresAt time.Time          `bson:"expires_at"`
	Returned  money.Money        `bson:"returned,omitempty"`
	Ask       string             `bson:"ask"` // hash of what was asked for
	At        time.Time          `bson:"at"`
	Gone      bool               `bson:"gone,omitempty"` // no slot is free any more
	Due       time.Time          `bson:"due,omitempty"`  // when the job has something to do for it
}

func (p packet) cells() int { return (p.Shares + cellShares - 1) / cellShares }

func (p packet) escrow() ledger.Account { return ledger.Of(redpacket.Escrow, p.ID) }

// account is where its money comes from, and what is left goes back to.
func (p packet) account() ledger.Account {
	switch p.Source {
	case redpacket.FromShop:
		return ledger.Of("merchant_payable", string(p.Merchant))
	case redpacket.FromPlatform:
		return ledger.Of("promo_cost", "platform")
	}
	return ledger.Of(redpacket.Wallet, string(p.Maker))
}

// cell holds shares. Slots says who has taken which, Users the other way round:
// a slot is taken by one write that needs both to be free.
type cell struct {
	ID      string            `bson:"_id"`
	Packet  string            `bson:"packet"`
	Amounts []int64           `bson:"amounts"`
	Slots   map[string]taken  `bson:"slots"` // by slotName
	Users   map[string]string `bson:"users"` // → slotName
	Pops    int64             `bson:"pops"`
	Closed  bool              `bson:"closed,omitempty"`
	Due     time.Time         `bson:"due,omitempty"` // when to see that all that was taken is on record
}

type taken struct {
	User id.User   `bson:"user"`
	At   time.Time `bson:"at"`
}

func slotName(i int) string { return fmt.Sprintf("s%d", i) }

// share is the record of one, and whether it is paid. Without At it is only the
// name of somebody who is about to take one.
type share struct {
	ID     string      `bson:"_id"`
	Packet string      `bson:"packet"`
	User   id.User     `bson:"user"`
	Amount money.Money `bson:"amount,omitempty"`
	At     time.Time   `bson:"at,omitempty"`
	PaidAt time.Time   `bson:"paid_at,omitempty"`
	Due    time.Time   `bson:"due,omitempty"` // absent once it is paid
}

// dayOf is what was put into packets in a day, by packet.
type dayOf struct {
	ID      string           `bson:"_id"`
	Packets map[string]int64 `bson:"packets"`
	Gone    time.Time        `bson:"gone"`
}

// New opens the collections and declares the job.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err, e error
	c.packets, e = docdb.Open[packet](ctx, d.DB, d.Now, docdb.Schema{Name: "redpacket_packets", Indexes: []docdb.Index{
		{Name: "maker", Keys: []string{"maker", "at"}}, {Name: "due", Keys: []string{"due"}},
	}})
	err = errors.Join(err, e)
	c.cells, e = docdb.Open[cell](ctx, d.DB, d.Now, docdb.Schema{Name: "redpacket_cells", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
	}})
	err = errors.Join(err, e)
	c.shares, e = docdb.Open[share](ctx, d.DB, d.Now, docdb.Schema{Name: "redpacket_shares", Indexes: []docdb.Index{
		{Name: "packet", Keys: []string{"packet", "at"}}, {Name: "user", Keys: []string{"user", "at"}}, {Name: "due", Keys: []string{"due"}},
		{Name: "best", Keys: []string{"packet", "amount.amount"}},
	}})
	err = errors.Join(err, e)
	c.days, e = docdb.Open[dayOf](ctx, d.DB, d.Now, docdb.Schema{Name: "redpacket_days", Expiry: "gone"})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("redpacket: %w", err)
	}
	d.Jobs.Every("redpacket.settle", 5*time.Second, c.Settle)
	return c, nil
}

func cellID(packet string, i int) string { return fmt.Sprintf("%s.%d", packet, i) }

func shareID(packet string, u id.User) string { return id.Derive("rps", packet, string(u)) }
