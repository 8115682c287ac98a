package promocore

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
)

var errKilled = errors.New("killed")

var errDown = errs.New(errs.Unavailable, "test_down", "Down.")

// shelf is a source with so many of something, which keeps its promises: every
// verb may be called again.
type shelf struct {
	kind  promo.Kind
	rules []promo.Rule
	fail  atomic.Int64 // the call that fails after it did its work; 0 is none
	calls atomic.Int64
	now   clock.Now

	mu     sync.Mutex // guards what follows
	left   int64
	orders map[id.Order]grip
	backs  map[string]bool
	points int64 // given back
}

type grip struct {
	n        int64
	redeemed bool
	until    time.Time
}

func newShelf(k promo.Kind, left int64, now clock.Now) *shelf {
	return &shelf{kind: k, left: left, now: now, orders: map[id.Order]grip{}, backs: map[string]bool{}}
}

func (s *shelf) Kind() promo.Kind { return s.kind }

func (s *shelf) Rules(context.Context, promo.PriceAsk) ([]promo.Rule, error) { return s.rules, nil }

// answered fails the chosen call: the caller does not learn that it worked.
func (s *shelf) answered() error {
	if s.calls.Add(1) == s.fail.Load() {
		return errDown
	}
	return nil
}

func (s *shelf) Lock(_ context.Context, in promo.Lock, uses []promo.Use) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.orders[in.Order]; ok {
		return s.answered()
	}
	var n int64
	for _, u := range uses {
		n += u.N
	}
	if n > s.left {
		return promo.ErrUsedUp
	}
	s.left -= n
	s.orders[in.Order] = grip{n: n, until: in.Until}
	return s.answered()
}

func (s *shelf) Redeem(_ context.Context, o id.Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.orders[o]
	if !ok {
		return promo.ErrUsedUp
	}
	g.redeemed = true
	s.orders[o] = g
	return s.answered()
}

func (s *shelf) Release(_ context.Context, o id.Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.orders[o]; ok && !g.redeemed {
		s.left += g.n
		delete(s.orders, o)
	}
	return s.answered()
}

func (s *shelf) Return(_ context.Context, in promo.Return) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.orders[in.Order]; ok && g.redeemed && !s.backs[in.RequestID] {
		s.backs[in.RequestID] = true
		s.points += in.Points
		if in.Whole {
			s.left += g.n
			delete(s.orders, in.Order)
		}
	}
	return s.answered()
}

// has says how many are left, and what of an order is here.
func (s *shelf) has(o id.Order) (left int64, held, redeemed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.orders[o]
	return s.left, ok, g.redeemed
}

// mortal lets a number of writes of plans pass and then none.
type mortal struct {
	docdb.Driver
	left *atomic.Int64
}

func (m mortal) dies() bool { return m.left.Add(-1) < 0 }

func (m mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if coll == "promo_plans" && m.dies() {
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

// desk is a pricing over two sources, coupons and places of a flash sale.
type desk struct {
	*Core
	clock   *clock.Fake
	lives   atomic.Int64
	coupons *shelf
	places  *shelf
}

const forever = 1 << 40

func newDesk(t *testing.T, coupons, places int64) *desk {
	t.Helper()
	d := &desk{clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	d.lives.Store(forever)
	db, err := pebbledoc.Open(t.Context(), "docs", pebbledoc.Options{FS: vfs.NewMem(), Now: d.clock.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: d.clock.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	d.coupons, d.places = newShelf(promo.Coupon, coupons, d.clock.Now), newShelf(promo.Flash, places, d.clock.Now)
	d.Core, err = New(t.Context(), Deps{
		DB: mortal{db, &d.lives}, Jobs: runner, Now: d.clock.Now, Log: log, Sources: []promo.Source{d.coupons, d.places},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ask is one coupon and two places.
func (d *desk) ask(o id.Order) promo.Lock {
	return promo.Lock{Order: o, Buyer: "usr_b", Until: d.clock.Now().Add(20 * time.Minute), Uses: []promo.Use{
		{Kind: promo.Flash, Rule: "noon", SKU: "sku_1", N: 2}, {Kind: promo.Coupon, Rule: "c", Ref: "c1", N: 1},
	}}
}

// is checks what is left of both, and whether the order has its share of both.
func (d *desk) is(t *testing.T, o id.Order, coupons, places int64, held, redeemed bool) {
	t.Helper()
	c, ch, cr := d.coupons.has(o)
	p, ph, pr := d.places.has(o)
	if c != coupons || p != places || ch != held || ph != held || cr != redeemed || pr != redeemed {
		t.Fatalf("coupons: %d left, held %v, redeemed %v; places: %d left, held %v, redeemed %v; want %d and %d left, held %v, redeemed %v",
			c, ch, cr, p, ph, pr, coupons, places, held, redeemed)
	}
}
