package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/app/audit"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/redpacket"
)

// fullRaces is the variable that runs the races at their full size: 1,000 buyers
// of one unit, 3,000 people for 1,000 shares.
const fullRaces = "MEADOW_RACES"

// arena is a shop in which many want the same at once.
type arena struct {
	*testShop
	line     *line
	owner    actor.Actor
	people   []actor.Actor
	homes    []id.Address
	n, heads int // buyers, and people who grab
}

// line is the bus that a test can cut.
type line struct {
	bus.Bus
	cut atomic.Bool
}

var errCut = errors.New("the line is cut")

func (l *line) Publish(ctx context.Context, e bus.Event, again bool) error {
	if l.cut.Load() {
		return errCut
	}
	return l.Bus.Publish(ctx, e, again)
}

func (l *line) Ping(ctx context.Context) error {
	if l.cut.Load() {
		return errCut
	}
	return l.Bus.Ping(ctx)
}

// TestTheStoreIsSoundAfterEveryRace lets many do the same at once, at the worst
// moments, and audits the whole store after each.
func TestTheStoreIsSoundAfterEveryRace(t *testing.T) {
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			a := newArena(t, cut)
			for _, race := range []struct {
				what string
				run  func(*testing.T)
			}{
				{"many want one unit", a.oneUnit},
				{"the last seat is paid as the team lapses", a.lastSeat},
				{"many want few coupons", a.fewCoupons},
				{"many grab a packet", a.packet},
				{"money goes back as it is earned", a.refundAtSettlement},
				{"webhooks come twice, in the wrong order and too late", a.webhooks},
				{"the bus is down for a minute", a.busDown},
				{"the clock jumps", a.clockJumps},
			} {
				t.Run(race.what, func(t *testing.T) {
					began := time.Now()
					race.run(t)
					a.sound(t)
					t.Logf("%d buyers, %d heads: %v", a.n, a.heads, time.Since(began).Round(time.Millisecond))
				})
			}
		})
	}
}

func newArena(t *testing.T, cut [][]string) *arena {
	a := &arena{n: 16, heads: 60, line: &line{}}
	if os.Getenv(fullRaces) != "" {
		a.n, a.heads = 1000, 3000
	}
	a.testShop = startShop(t, cut, stubFilm, func(d *Deps) {
		own := *d.Stores
		if a.line.Bus == nil { // all processes share it, and the first may run already
			a.line.Bus = own.Bus
		}
		own.Bus = a.line
		d.Stores = &own
	})
	a.owner = a.merchant(t, "arena")
	a.people, a.homes = make([]actor.Actor, a.n), make([]id.Address, a.n)
	a.all(a.n, func(i int) {
		signed, err := a.front.Account.SignUp(t.Context(), account.SignUp{
			From: account.From{Client: fmt.Sprintf("10.9.%d.%d", i>>8, i&255)}, Login: id.Secret()[:20] + "@example.com", Password: "correct horse battery", Name: "buyer",
		})
		if err != nil {
			t.Error(err)
			return
		}
		a.people[i] = actor.Actor{User: signed.User.ID}
		home, err := a.front.Account.AddAddress(as(t, a.people[i]), account.AddAddress{Place: account.Place{Name: "Li Lei", Phone: "+8613800138000", Region: "Shanghai", City: "Shanghai", Line: "1 Anfu Road"}})
		if err != nil {
			t.Error(err)
		}
		a.homes[i] = home.ID
	})
	if t.Failed() {
		t.FailNow()
	}
	return a
}

// all does f for each of n at the same time.
func (a *arena) all(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// sound audits the store until what is on its way has arrived. By then it is
// minutes ago, so that what nobody is at any more is a breach.
func (a *arena) sound(t *testing.T) {
	t.Helper()
	a.clock.Advance(3 * time.Minute)
	var out audit.Report
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var err error
		if out, err = audit.Check(t.Context(), audit.Deps{DB: a.bytes.stores.DB, Now: a.clock.Now}); err != nil {
			t.Fatal(err)
		}
		if out.OK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the audit found %+v", out.Breaches)
		}
	}
}

// goods puts a product of 199.00 with so many units on sale.
func (a *arena) goods(t *testing.T, stock int64) catalog.Product {
	t.Helper()
	ctx := as(t, a.owner)
	p := must(a.front.Catalog.Draft(ctx, catalog.DraftProduct{RequestID: id.Secret(), Sheet: catalog.Sheet{
		Title: "Celadon cup", Category: "home", Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: a.pictureFor(t, a.owner.User, media.ForProduct)}}, SKUs: []catalog.NewSKU{{Price: money.CNY(19_900)}},
	}}))(t)
	p = must(a.front.Catalog.List(ctx, catalog.ByProduct{ID: p.ID}))(t)
	must(a.front.Catalog.Adjust(ctx, catalog.Adjust{ID: p.SKUs[0].ID, By: stock, Reason: "delivery", RequestID: id.Secret()}))(t)
	return p
}

// insist does f until the shop answers, as a person would.
func insist(f func() error) error {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := f()
		if errs.CodeOf(err) != errs.Unavailable || time.Now().After(deadline) {
			return err
		}
	}
}

// place goes from what is chosen to a payment that waits.
func (a *arena) place(t *testing.T, i int, ask checkout.Ask) (o checkout.Order, p checkout.Payment, err error) {
	ctx, placing, paying := as(t, a.people[i]), id.Secret(), id.Secret()
	ask.Address = a.homes[i]
	var q checkout.Quote
	if err := insist(func() (err error) { q, err = a.front.Checkout.Quote(ctx, ask); return err }); err != nil {
		return o, p, err
	}
	err = insist(func() (err error) {
		o, err = a.front.Checkout.Place(ctx, checkout.Place{Quote: q.ID, Address: a.homes[i], RequestID: placing})
		return err
	})
	if err != nil {
		return o, p, err
	}
	err = insist(func() (err error) {
		p, err = a.front.Checkout.Pay(ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: paying})
		return err
	})
	return o, p, err
}

func (a *arena) settle(t *testing.T, p checkout.Payment) error {
	return insist(func() error {
		_, err := a.front.Sandbox.Settle(t.Context(), sandbox.Settle{ID: p.ID, Pay: true})
		return err
	})
}

// buy is place, and pay.
func (a *arena) buy(t *testing.T, i int, ask checkout.Ask) (checkout.Order, error) {
	o, p, err := a.place(t, i, ask)
	if err == nil {
		err = a.settle(t, p)
	}
	return o, err
}

// becomes waits until an order is in one of these states.
func (a *arena) becomes(t *testing.T, i int, o id.Order, states ...checkout.State) checkout.State {
	t.Helper()
	var got checkout.Order
	until(t, fmt.Sprintf("order %s is %v", o, states), func() bool {
		var err error
		got, err = a.front.Checkout.Order(as(t, a.people[i]), checkout.ByOrder{ID: o})
		for _, s := range states {
			if err == nil && got.State == s {
				return true
			}
		}
		return false
	})
	return got.State
}

func single(sku id.SKU, n int64) checkout.Ask {
	return checkout.Ask{Lines: []checkout.Choice{{SKU: sku, N: n}}}
}

func (a *arena) oneUnit(t *testing.T) {
	p := a.goods(t, 1)
	var got atomic.Int64
	var winner atomic.Value
	a.all(a.n, func(i int) {
		o, err := a.buy(t, i, single(p.SKUs[0].ID, 1))
		switch {
		case err == nil:
			got.Add(1)
			winner.Store([2]any{i, o.ID})
		case !errors.Is(err, catalog.ErrSoldOut) && errs.CodeOf(err) != errs.Conflict:
			t.Errorf("buyer %d: %v", i, err)
		}
	})
	if got.Load() != 1 {
		t.Fatalf("%d bought the one unit", got.Load())
	}
	w := winner.Load().([2]any)
	a.becomes(t, w[0].(int), w[1].(id.Order), checkout.Paid)
}

// lastSeat pays for the last seat of a team in the moment in which it lapses: it
// fills, or everybody has their money back.
func (a *arena) lastSeat(t *testing.T) {
	p := a.goods(t, 100)
	ctx := as(t, a.owner)
	offer := must(a.front.Promotions.GroupBuy.Drafted(ctx, groupbuy.NewOffer{RequestID: id.Secret(), Terms: groupbuy.Terms{
		SKU: p.SKUs[0].ID, Name: "Together", Price: money.CNY(14_900), Seats: 2, Hours: 1, Limit: 20, Units: 1,
		StartAt: a.clock.Now().Add(-time.Minute), EndAt: a.clock.Now().Add(240 * time.Hour),
	}}))(t)
	must(a.front.Promotions.GroupBuy.Start(ctx, groupbuy.ByID{ID: offer.ID}))(t)
	in := func(team string) checkout.Ask {
		return checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1, Deal: promo.Deal{Kind: promo.Group, ID: offer.ID, Team: team}}}}
	}
	for round := range 4 {
		opened := must(a.buy(t, 0, in("")))(t)
		a.becomes(t, 0, opened.ID, checkout.Paid)
		team := must(a.front.Promotions.GroupBuy.MyTeams(as(t, a.people[0]), page.Ask{Limit: 1}))(t).Items[0]
		joined, payment, err := a.place(t, 1, in(team.ID))
		if err != nil {
			t.Fatal(err)
		}
		a.all(2, func(i int) {
			if i == 0 {
				if round%2 == 1 {
					time.Sleep(time.Duration(round) * 300 * time.Millisecond)
				}
				if err := a.settle(t, payment); err != nil {
					t.Error(err)
				}
				return
			}
			a.clock.Advance(time.Hour)
		})
		first := a.becomes(t, 1, joined.ID, checkout.Paid, checkout.Refunded)
		if first == checkout.Paid {
			if got := a.becomes(t, 0, opened.ID, checkout.Paid); got != checkout.Paid {
				t.Errorf("the joiner is served, and the opener %s", got)
			}
			continue
		}
		a.becomes(t, 0, opened.ID, checkout.Refunded)
	}
}

func (a *arena) fewCoupons(t *testing.T) {
	p := a.goods(t, int64(a.n))
	ctx := as(t, a.owner)
	const few = 5
	batch := must(a.front.Promotions.Coupon.Draft(ctx, coupon.DraftBatch{RequestID: id.Secret(), Scope: promo.OfMerchant, Terms: coupon.Terms{
		Name: "20 off", Tiers: []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(2_000)}}, Total: few, PerPerson: 1,
		ClaimFrom: a.clock.Now().Add(-time.Minute), ClaimUntil: a.clock.Now().Add(time.Hour), ValidDays: 7,
	}}))(t)
	must(a.front.Promotions.Coupon.Start(ctx, coupon.ByBatch{ID: batch.ID}))(t)
	var got atomic.Int64
	a.all(a.n*2, func(k int) { // everybody asks twice at once
		i := k % a.n
		var c coupon.Coupon
		key := id.Secret()
		err := insist(func() (err error) {
			c, err = a.front.Promotions.Coupon.Claim(as(t, a.people[i]), coupon.Claim{Batch: batch.ID, RequestID: key})
			return err
		})
		if errs.CodeOf(err) == errs.Exhausted || errs.CodeOf(err) == errs.Precondition || errs.CodeOf(err) == errs.Conflict {
			return
		}
		if err != nil {
			t.Errorf("claim %d: %v", i, err)
			return
		}
		got.Add(1)
		ask := single(p.SKUs[0].ID, 1)
		ask.Coupons = []string{c.ID}
		o, err := a.buy(t, i, ask)
		if err != nil || o.Total.Amount != 17_900 {
			t.Errorf("buy %d with a coupon: %v, %v", i, o.Total, err)
		}
	})
	if got.Load() != few {
		t.Errorf("%d claimed of %d", got.Load(), few)
	}
}

func (a *arena) packet(t *testing.T) {
	shares := a.heads / 3
	operator := actor.Actor{User: a.owner.User, Roles: []actor.Role{actor.Operator}}
	p := must(a.front.Promotions.RedPacket.Make(as(t, operator), redpacket.Make{
		Source: redpacket.FromPlatform, Split: redpacket.Lucky, Audience: redpacket.Anyone, Words: "Luck",
		Total: money.CNY(int64(shares) * 100), Shares: shares, RequestID: id.Secret(),
	}))(t)
	var got, sum atomic.Int64
	a.all(a.heads, func(i int) {
		who := actor.Actor{User: id.User(id.Derive("usr", "head", fmt.Sprint(i)))}
		for {
			s, err := a.front.Promotions.RedPacket.Grab(as(t, who), redpacket.Grab{ID: p.ID, RequestID: id.Secret()})
			switch {
			case err == nil:
				got.Add(1)
				sum.Add(s.Amount.Amount)
			case errs.CodeOf(err) == errs.Conflict, errs.CodeOf(err) == errs.Unavailable:
				continue // too many at this moment
			case !errors.Is(err, redpacket.ErrGone):
				t.Errorf("grab %d: %v", i, err)
			}
			return
		}
	})
	if got.Load() != int64(shares) || sum.Load() != p.Total.Amount {
		t.Errorf("%d shares of %d, %d of %v", got.Load(), shares, sum.Load(), p.Total)
	}
}

// refundAtSettlement gives one of two units' money back in the moment in which the
// return window closes.
func (a *arena) refundAtSettlement(t *testing.T) {
	p := a.goods(t, 100)
	for range 2 {
		const some = 4
		orders := make([]checkout.Order, some)
		for i := range orders {
			orders[i] = must(a.buy(t, i, single(p.SKUs[0].ID, 2)))(t)
			a.becomes(t, i, orders[i].ID, checkout.Paid)
			parcel := fulfil.ParcelID(orders[i].ID, a.owner.Merchant)
			until(t, "a parcel is sent", func() bool {
				_, err := a.front.Fulfil.Ship(as(t, a.owner), fulfil.Ship{ID: parcel, Carrier: "sandbox", RequestID: "s" + string(parcel)})
				return err == nil
			})
			must(a.front.Fulfil.Receive(as(t, a.people[i]), fulfil.ByParcel{ID: parcel}))(t)
		}
		a.all(some+1, func(i int) {
			if i == some {
				a.clock.Advance(16 * 24 * time.Hour)
				return
			}
			for done := 0; done < 3; { // the same request again and again
				_, err := a.front.Checkout.Refund(inside(t), checkout.AskRefund{Order: orders[i].ID, Units: []checkout.RefundUnits{{Line: 0, N: 1}}, Restock: true, Reason: "faulty", RequestID: "r"})
				switch code := errs.CodeOf(err); {
				case err == nil:
					done++
				case code == errs.Conflict, code == errs.Unauthenticated: // a call that travels as the clock jumps has an actor that is out of date
				default:
					t.Errorf("refund: %v", err)
					return
				}
			}
		})
	}
}

// webhooks tells of payments twice, after they failed, and after the order expired.
func (a *arena) webhooks(t *testing.T) {
	p := a.goods(t, 4) // fewer than there are orders
	const some = 8
	var wg sync.WaitGroup
	for i := range some {
		if i == 4 {
			wg.Wait()
			a.clock.Advance(45 * time.Minute) // those before expire, and their units are others'
		}
		o, payment, err := a.place(t, i, single(p.SKUs[0].ID, 1))
		if errors.Is(err, catalog.ErrSoldOut) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		word := func(event string, outcome pay.Outcome) {
			body := fmt.Appendf(nil, `{"event":%q,"payment":%q,"outcome":%q,"amount":{"amount":%d,"currency":%q}}`, event, payment.ID, outcome, o.Total.Amount, o.Total.Currency)
			_, err := a.front.Checkout.Webhook(inside(t), checkout.Webhook{Provider: sandbox.Name, Body: body, Signature: sandbox.Sign(a.front.keys.sandbox, a.clock.Now(), body)})
			if err != nil {
				t.Errorf("webhook: %v", err)
			}
		}
		if i%2 == 0 { // paid at the provider, and its own word is followed by others
			wg.Go(func() {
				if err := a.settle(t, payment); err != nil {
					t.Error(err)
				}
			})
		}
		first, second := id.Secret(), id.Secret()
		wg.Go(func() { word(first, pay.Failed) })
		if i%2 == 0 {
			for range 3 {
				wg.Go(func() { word(second, pay.Succeeded) })
			}
		}
	}
	wg.Wait()
}

func (a *arena) busDown(t *testing.T) {
	p := a.goods(t, 100)
	a.line.cut.Store(true)
	orders := make([]id.Order, 6)
	a.all(len(orders), func(i int) {
		o, err := a.buy(t, i, single(p.SKUs[0].ID, 1))
		if err != nil {
			t.Errorf("while the bus is down: %v", err)
		}
		orders[i] = o.ID
	})
	for i, o := range orders {
		a.becomes(t, i, o, checkout.Paid)
	}
	a.clock.Advance(time.Minute)
	a.line.cut.Store(false)
	a.clock.Advance(2 * time.Minute) // what is put off is due
}

// clockJumps lets the clock jump forth and back while people buy.
func (a *arena) clockJumps(t *testing.T) {
	p := a.goods(t, 100)
	for _, jump := range []time.Duration{26 * time.Hour, -3 * time.Hour, 40 * time.Minute, -40 * time.Minute, 3 * time.Hour} {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				_, err := a.buy(t, i, single(p.SKUs[0].ID, 1))
				if err != nil && !strings.Contains(err.Error(), "expired") && errs.CodeOf(err) != errs.Precondition && errs.CodeOf(err) != errs.NotFound && errs.CodeOf(err) != errs.Unauthenticated {
					t.Errorf("as the clock jumps by %v: %v", jump, err)
				}
			})
		}
		a.clock.Advance(jump)
		wg.Wait()
	}
}
