// Package audit checks every invariant of the money path over a whole store: of
// stock, orders and payments, the books, each kind of promotion, and what is
// still to be told. It reads, and changes nothing.
package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/catalog"
	"meadow/services/catalog/catalogcore"
	"meadow/services/checkout/checkoutcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/ledger/ledgercore"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo/bargain/bargaincore"
	"meadow/services/promo/cashback/cashbackcore"
	"meadow/services/promo/coupon/couponcore"
	"meadow/services/promo/flashsale/flashsalecore"
	"meadow/services/promo/fullreduction/fullreductioncore"
	"meadow/services/promo/groupbuy/groupbuycore"
	"meadow/services/promo/points/pointscore"
	"meadow/services/promo/promocore"
	"meadow/services/promo/redpacket/redpacketcore"
)

// Breach is an invariant that does not hold: of what kind of thing, which one,
// what should be and what is.
type Breach struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Wanted string `json:"wanted"`
	Got    string `json:"got"`
}

// same reports whether a and b are about one thing.
func same(a, b Breach) bool { return a.Kind == b.Kind && a.ID == b.ID && a.Wanted == b.Wanted }

// Report is what an audit found. Seen counts what was looked at, by kind.
type Report struct {
	OK       bool             `json:"ok"`
	Breaches []Breach         `json:"breaches"`
	More     int              `json:"more,omitempty"` // breaches beyond those named
	Seen     map[string]int64 `json:"seen"`
	Frozen   int64            `json:"frozen"` // payments that somebody has to decide about
	Looks    int              `json:"looks"`  // how often the store was read
	Took     float64          `json:"took_s"`
}

// Deps is what an audit reads.
type Deps struct {
	DB docdb.Driver
	// Now is what ages count from: of a store at rest, when it was last written.
	Now clock.Now
	// Progress is told now and then how far it has come; nil if nobody asks.
	Progress func(kind string, n int64)
}

const (
	most    = 1000 // breaches that are named
	untold  = time.Minute
	batch   = 500
	telling = 10_000 // things between two words of progress
)

// check is one audit on its way.
type check struct {
	Deps
	out  Report
	kind string
	n    int64

	catalog    *catalogcore.Core
	checkout   *checkoutcore.Core
	ledger     *ledgercore.Core
	pricing    *promocore.Core
	coupons    *couponcore.Core
	reductions *fullreductioncore.Core
	flashes    *flashsalecore.Core
	teams      *groupbuycore.Core
	bargains   *bargaincore.Core
	packets    *redpacketcore.Core
	points     *pointscore.Core
	cashback   *cashbackcore.Core
}

// Check reads the store once. It is right of a snapshot in which no step is half
// done; Settled is for one that moves.
func Check(ctx context.Context, d Deps) (Report, error) {
	c := &check{Deps: d, out: Report{Breaches: []Breach{}, Seen: map[string]int64{}, Looks: 1}}
	began := clock.System()
	if err := c.open(ctx); err != nil {
		return c.out, fmt.Errorf("audit: %w", err)
	}
	ctx = actor.AsSystem(ctx, "audit")
	for _, one := range []struct {
		kind string
		f    func(context.Context) error
	}{
		{"stock", c.stock}, {"hold", c.holds}, {"order", c.orders}, {"ledger", c.books}, {"plan", c.plans},
		{"coupon", c.couponry}, {"reduction", c.reduced}, {"flash", c.flashed}, {"team", c.grouped}, {"bargain", c.bargained},
		{"packet", c.packed}, {"points", c.pointed}, {"cashback", c.cashed}, {"outbox", c.boxes},
	} {
		c.kind, c.n = one.kind, 0
		if err := one.f(ctx); err != nil {
			return c.out, fmt.Errorf("audit of %s: %w", one.kind, err)
		}
		if c.n > 0 {
			c.out.Seen[one.kind] = c.n
		}
	}
	c.out.OK = len(c.out.Breaches) == 0
	c.out.Took = float64(clock.System().Sub(began).Milliseconds()) / 1000
	return c.out, nil
}

// Settled checks again what was found, up to three times in all: a breach that is
// gone when one looks again was a step on its way. look reads the store anew, and
// pause waits in between.
func Settled(look func() (Report, error), pause func() error) (Report, error) {
	out, err := look()
	for looks := 2; looks <= 3 && err == nil && !out.OK; looks++ {
		if err := pause(); err != nil {
			return out, err
		}
		var next Report
		if next, err = look(); err != nil {
			return out, err
		}
		if out.More == 0 { // else what is new here may have been there unnamed
			next.Breaches = slices.DeleteFunc(next.Breaches, func(b Breach) bool {
				return !slices.ContainsFunc(out.Breaches, func(x Breach) bool { return same(x, b) })
			})
		}
		next.OK, next.Looks, next.Took = len(next.Breaches) == 0 && next.More == 0, looks, next.Took+out.Took
		out = next
	}
	return out, err
}

// open builds the cores over the store, with nobody around them: none of them
// runs.
func (c *check) open(ctx context.Context) error {
	log := slog.New(slog.DiscardHandler)
	j, err := jobs.New(ctx, jobs.Deps{DB: c.DB, Now: c.Now, Log: log, Sole: true})
	if err != nil {
		return err
	}
	var e [12]error
	c.catalog, e[0] = catalogcore.New(ctx, catalogcore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.checkout, e[1] = checkoutcore.New(ctx, checkoutcore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.ledger, e[2] = ledgercore.New(ctx, ledgercore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.pricing, e[3] = promocore.New(ctx, promocore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.coupons, e[4] = couponcore.New(ctx, couponcore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.reductions, e[5] = fullreductioncore.New(ctx, fullreductioncore.Deps{DB: c.DB, Now: c.Now, Log: log})
	c.flashes, e[6] = flashsalecore.New(ctx, flashsalecore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.teams, e[7] = groupbuycore.New(ctx, groupbuycore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.bargains, e[8] = bargaincore.New(ctx, bargaincore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.packets, e[9] = redpacketcore.New(ctx, redpacketcore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.points, e[10] = pointscore.New(ctx, pointscore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	c.cashback, e[11] = cashbackcore.New(ctx, cashbackcore.Deps{DB: c.DB, Jobs: j, Now: c.Now, Log: log})
	return errors.Join(e[:]...)
}

func (c *check) say(kind, where, wanted, got string) {
	if len(c.out.Breaches) == most {
		c.out.More++
		return
	}
	c.out.Breaches = append(c.out.Breaches, Breach{kind, where, wanted, got})
}

// tick counts one thing.
func (c *check) tick() {
	c.n++
	if c.Progress != nil && c.n%telling == 0 {
		c.Progress(c.kind, c.n)
	}
}

// boxes finds events that nobody was told of.
func (c *check) boxes(ctx context.Context) error {
	names, err := c.DB.Collections(ctx)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		for after := ""; ; {
			docs, err := c.DB.Scan(ctx, name, after, batch)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for _, d := range docs {
				after = d.ID
				c.tick()
				c.box(name, d)
			}
			if len(docs) < batch {
				break
			}
		}
	}
	return nil
}

// event is what matters here of what is in a box.
type event struct {
	Topic string    `bson:"topic"`
	At    time.Time `bson:"at"`
}

func (c *check) box(name string, d docdb.Doc) {
	box, err := d.Body.LookupErr("outbox")
	if err != nil {
		return
	}
	events, ok := box.ArrayOK()
	if !ok {
		return
	}
	values, err := events.Values()
	if err != nil {
		c.say("outbox", name+"/"+d.ID, "a box can be read", err.Error())
		return
	}
	for _, v := range values {
		var e event
		if err := bson.Unmarshal(v.Value, &e); err != nil {
			c.say("outbox", name+"/"+d.ID, "an event can be read", err.Error())
			continue
		}
		if age := c.Now().Sub(e.At); age > untold {
			c.say("outbox", name+"/"+d.ID, "an event is told within a minute", fmt.Sprintf("%s is %v old", e.Topic, age.Round(time.Second)))
		}
	}
}

// stock checks that the units received of every SKU are available, held or sold.
func (c *check) stock(ctx context.Context) error {
	ask := catalog.AskAudit{}
	for {
		found, err := c.catalog.AuditStock(ctx, ask)
		if err != nil {
			return err
		}
		for _, s := range found.Items {
			c.tick()
			if !s.Sound || s.Received != s.Available+s.Held+s.Sold || s.Holds != s.Held {
				c.say("stock", string(s.SKU), "received = available + held + sold",
					fmt.Sprintf("%d received, %d available, %d held (holds of %d), %d sold", s.Received, s.Available, s.Held, s.Holds, s.Sold))
			}
		}
		if ask.After = found.Next; found.Next == "" {
			return nil
		}
	}
}

func (c *check) holds(ctx context.Context) error {
	ended := func(ctx context.Context, o id.Order) (time.Time, error) {
		since, _, err := c.checkout.Ended(ctx, o)
		return since, err
	}
	return c.catalog.AuditHolds(ctx, ended, func(b catalogcore.Breach) { c.say("hold", b.Where, b.Rule, b.Fact) }, c.tick)
}

func (c *check) orders(ctx context.Context) error {
	booked := func(ctx context.Context, o id.Order) (checkoutcore.Booked, error) {
		known, paid, back, err := c.ledger.Booked(ctx, o)
		return checkoutcore.Booked{Known: known, Paid: paid, Back: back}, err
	}
	seen, err := c.checkout.Audit(ctx, booked, func(b checkoutcore.Breach) { c.say("order", b.Where, b.Rule, b.Fact) }, c.tick)
	c.out.Seen["paid"], c.out.Seen["payment"], c.out.Frozen = seen.Paid, seen.Payments, seen.Frozen
	c.n = seen.Orders
	return err
}

func (c *check) books(ctx context.Context) error {
	found, err := c.ledger.Audit(ctx)
	for _, b := range found {
		c.say("ledger", b.Where, b.Rule, b.Fact)
	}
	if err != nil {
		return err
	}
	trial := ledger.Whole{}
	trial.Limit = batch
	sums := map[string]int64{}
	for {
		t, err := c.ledger.TrialBalance(ctx, trial)
		if err != nil {
			return err
		}
		c.n += t.Entries
		for currency, n := range t.Sums {
			sums[currency] += n
		}
		if trial.After = t.Next; t.Next == "" {
			break
		}
	}
	for currency, n := range sums {
		if n != 0 {
			c.say("ledger", currency, "all accounts sum to 0", fmt.Sprint(n))
		}
	}
	return nil
}
