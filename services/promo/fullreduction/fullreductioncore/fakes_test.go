package fullreductioncore

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/fullreduction/fullreductiontest"
)

var errKilled = errors.New("killed")

// mortal lets a number of writes pass and then none.
type mortal struct {
	docdb.Driver
	left *atomic.Int64
}

func (m mortal) dies() bool { return m.left.Add(-1) < 0 }

func (m mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func (m mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if m.dies() {
		return errKilled
	}
	return m.Driver.Replace(ctx, coll, rev, doc)
}

func (m mortal) UpdateIf(ctx context.Context, coll, doc string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if m.dies() {
		return docdb.Doc{}, errKilled
	}
	return m.Driver.UpdateIf(ctx, coll, doc, conds, changes)
}

// shops lets everybody run campaigns of the shop they act for, and sells one cup.
type shops struct{}

func (shops) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	return catalog.Allowed{Yes: in.User != "usr_packer" && in.Duty == catalog.DoCampaigns}, nil
}

func (shops) Price(_ context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	var out catalog.Priced
	for _, s := range in.SKUs {
		out.Items = append(out.Items, catalog.PricedSKU{SKU: s, Product: "prd_cup", Merchant: "mer_1", Category: "home", Price: money.CNY(8_000)})
	}
	return out, nil
}

const forever = 1 << 40

// office is a Core with a clock and a number of writes to live.
type office struct {
	*Core
	clock *clock.Fake
	lives atomic.Int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	o.lives.Store(forever)
	db, err := pebbledoc.Open(t.Context(), "docs", pebbledoc.Options{FS: vfs.NewMem(), Now: o.clock.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Core, err = New(t.Context(), Deps{DB: mortal{db, &o.lives}, Now: o.clock.Now, Log: slog.New(slog.DiscardHandler), Shops: shops{}, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func owner() actor.Actor {
	return actor.Actor{User: "usr_owner", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}}
}

func operator() actor.Actor {
	return actor.Actor{User: "usr_operator", Roles: []actor.Role{actor.Operator}}
}

// running starts a campaign of mer_1: 满100减10 on everything.
func (o *office) running(t *testing.T, change func(*fullreduction.Terms)) fullreduction.Campaign {
	t.Helper()
	terms := fullreduction.Terms{
		Kind: promo.Reduction, Name: "Spring", Goods: fullreduction.Goods{All: true},
		Tiers:  []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(1_000)}},
		Starts: o.clock.Now(), Ends: o.clock.Now().Add(24 * time.Hour),
	}
	change(&terms)
	ctx := actor.With(t.Context(), owner())
	x, err := o.Draft(ctx, fullreduction.DraftCampaign{Terms: terms, RequestID: "request-" + id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	if x, err = o.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true}); err != nil {
		t.Fatal(err)
	}
	return x
}

// audit checks that every budget adds up, and that nobody holds what is over.
func (o *office) audit(t *testing.T, campaign string, left, held, spent int64) {
	t.Helper()
	b, err := o.budgets.Get(t.Context(), campaign)
	if err != nil {
		t.Fatal(err)
	}
	var holds int64
	for _, n := range b.Holds {
		holds += n
	}
	if b.Left+b.Held+b.Spent != b.Limit || holds != b.Held || b.Left < 0 || b.Held < 0 || b.Spent < 0 {
		t.Fatalf("does not add up: %+v", b)
	}
	wrong, err := o.Audit(t.Context())
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	if b.Left != left || b.Held != held || b.Spent != spent {
		t.Fatalf("%d left, %d held, %d spent; want %d, %d, %d", b.Left, b.Held, b.Spent, left, held, spent)
	}
}

func use(campaign string, amount int64) []promo.Use {
	return []promo.Use{{Kind: promo.Reduction, Rule: campaign, N: 1, Amount: money.CNY(amount)}}
}

func TestCampaignsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	fullreductiontest.Run(t, fullreductiontest.Shop{
		Campaigns: o.Core, Now: o.clock.Now,
		Merchant: func(*testing.T) actor.Actor {
			return actor.Actor{User: id.User("usr_" + id.Secret()), Merchant: id.Merchant("mer_" + id.Secret()), Roles: []actor.Role{actor.Merchant}}
		},
		Operator: func(*testing.T) actor.Actor { return operator() },
	})
}
