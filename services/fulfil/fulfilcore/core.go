// Package fulfilcore implements fulfil.Service.
package fulfilcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
	"meadow/services/platform/vault"
)

// Deps is what fulfilment needs; every field is required.
type Deps struct {
	DB       docdb.Driver
	Bus      bus.Bus
	Jobs     *jobs.Runner
	Now      clock.Now
	Log      *slog.Logger
	Orders   fulfil.Orders
	Catalog  catalog.Service
	Vault    Vault
	Carriers []carrier.Carrier
	// Window is how long after receiving something it may be given back.
	Window time.Duration
}

// Vault opens addresses, and makes pick-up codes that no copy of the database
// gives away.
type Vault interface {
	Open(ctx context.Context, subject, field string, s vault.Sealed, reason string) (string, error)
	Blind(field, normalised string) string
}

// Core is fulfilment.
type Core struct {
	Deps
	parcels *docdb.Collection[parcel]
	numbers *docdb.Collection[number]
	teams   *docdb.Collection[fills]
	inbox   *docdb.Collection[message]
	bought  *docdb.Collection[had]
	relay   *outbox.Relay[parcel]
	arrived chan string // ids of messages to act on now
}

var _ fulfil.Service = (*Core)(nil)

// parcel is a stored parcel, with what only we know of it.
type parcel struct {
	fulfil.Parcel `bson:",inline"`
	outbox.Box    `bson:",inline"`
	Address       account.Snapshot  `bson:"address"`
	Awaits        []string          `bson:"awaits,omitempty"`    // group-buy offers whose teams have to fill
	Asked         map[string]string `bson:"asked,omitempty"`     // what was asked for a box, or a drop, by its id
	Refunds       []string          `bson:"refunds,omitempty"`   // those heard of
	Refunded      []int64           `bson:"refunded,omitempty"`  // units by them, of each line
	Wrong         int               `bson:"wrong,omitempty"`     // pick-up codes in a row
	Matters       map[string]matter `bson:"matters,omitempty"`   // after-sales of it, by their ids
	AutoLeft      time.Duration     `bson:"auto_left,omitempty"` // until AutoAt, while it is paused
	LockedTo      time.Time         `bson:"locked_to,omitempty"`
	// When to look again; each is absent when there is nothing to do.
	LateAt     time.Time `bson:"late_at,omitempty"`     // it should have been sent
	AutoAt     time.Time `bson:"auto_at,omitempty"`     // it is received by itself
	PollAt     time.Time `bson:"poll_at,omitempty"`     // its carriers are asked
	AnnounceAt time.Time `bson:"announce_at,omitempty"` // a box has no number yet
}

// had is that somebody received units of a product.
type had struct {
	ID      string     `bson:"_id"`
	User    id.User    `bson:"user"`
	Product id.Product `bson:"product"`
	Order   id.Order   `bson:"order"`
	Line    int        `bson:"line"`
	SKU     id.SKU     `bson:"sku"`
	N       int64      `bson:"n"`
	At      time.Time  `bson:"at"`
}

// New opens fulfilment's collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d, arrived: make(chan string, 1024)}
	var err, e error
	c.parcels, e = docdb.Open[parcel](ctx, d.DB, d.Now, docdb.Schema{Name: "parcels", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "order", Keys: []string{"order", "paid_at"}},
		{Name: "buyer_state", Keys: []string{"buyer", "state", "paid_at"}},
		{Name: "merchant", Keys: []string{"merchant", "ship_by"}},
		{Name: "merchant_state", Keys: []string{"merchant", "state", "ship_by"}},
		{Name: "merchant_late", Keys: []string{"merchant", "late_at"}},
		{Name: "late", Keys: []string{"late_at"}},
		{Name: "auto", Keys: []string{"auto_at"}},
		{Name: "poll", Keys: []string{"poll_at"}},
		{Name: "announce", Keys: []string{"announce_at"}},
	}})
	err = errors.Join(err, e)
	c.numbers, e = docdb.Open[number](ctx, d.DB, d.Now, docdb.Schema{Name: "parcel_numbers"})
	err = errors.Join(err, e)
	c.teams, e = docdb.Open[fills](ctx, d.DB, d.Now, docdb.Schema{Name: "parcel_teams"})
	err = errors.Join(err, e)
	c.inbox, e = docdb.Open[message](ctx, d.DB, d.Now, docdb.Schema{Name: "parcel_inbox", Expiry: "forget_at", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
	}})
	err = errors.Join(err, e)
	c.bought, e = docdb.Open[had](ctx, d.DB, d.Now, docdb.Schema{Name: "parcel_bought", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "product", "at"}},
	}})
	if err = errors.Join(err, e); err != nil {
		return nil, fmt.Errorf("fulfil: %w", err)
	}
	c.relay = outbox.NewRelay(c.parcels, "parcels", func(p *parcel) *outbox.Box { return &p.Box }, outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log})
	d.Jobs.Every("fulfil.inbox", time.Second, c.actOnDue)
	d.Jobs.Every("fulfil.announce", 5*time.Second, c.announceDue)
	d.Jobs.Every("fulfil.poll", 30*time.Second, c.pollDue)
	d.Jobs.Every("fulfil.receive", 30*time.Second, c.receiveDue)
	return c, nil
}

// system is ctx with fulfilment itself asking.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, Consumer) }

// carrier returns a carrier by its name, or ErrNoCarrier.
func (c *Core) carrier(name string) (carrier.Carrier, error) {
	for _, x := range c.Deps.Carriers {
		if x.Name() == name {
			return x, nil
		}
	}
	return nil, fulfil.ErrNoCarrier
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fulfil: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("fulfil: nothing to change")

// change updates a parcel, and announces what the change put into its box. A
// parcel that is not there is ErrNoSuchParcel.
func (c *Core) change(ctx context.Context, p id.Parcel, f func(*parcel) error) (parcel, error) {
	out, err := c.parcels.Update(ctx, string(p), f)
	switch {
	case errors.Is(err, errSame):
		return out, nil
	case errors.Is(err, docdb.ErrNotFound):
		return out, fulfil.ErrNoSuchParcel.Because(err)
	case err == nil && len(out.Outbox) > 0:
		c.relay.Kick(string(p))
	}
	return out, err
}
