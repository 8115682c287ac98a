package checkoutcore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// may is every move that a payment makes an order's state make; see
// checkout.State. What was paid for goes back by a refund only.
var may = map[checkout.State][]checkout.State{
	checkout.Unpaid:    {checkout.Paid, checkout.Cancelled, checkout.Expired},
	checkout.Expired:   {checkout.Paid, checkout.Refunding},
	checkout.Cancelled: {checkout.Refunding},
	checkout.Refunding: {checkout.Refunded},
}

// reaches reports whether an order may get from one state to another, by as
// many moves as it takes.
func reaches(from, to checkout.State) bool {
	return from == to || slices.ContainsFunc(may[from], func(s checkout.State) bool { return reaches(s, to) })
}

// history is one order, its payments, and what a provider tells of them in
// whatever order and number.
type history struct {
	*till
	t     *testing.T
	rng   *rand.Rand
	seed  uint64
	order checkout.Order
	tries []attempt
	state checkout.State // last seen
	facts []pay.Fact     // to be told, duplicates included
	told  []pay.Fact     // distinct
}

// attempt is a payment of a history.
type attempt struct {
	checkout.Payment
	paid   bool // the provider has the money, or had it
	frozen bool // another amount than was asked
}

func TestWebhooksInAnyOrderCompleteAnOrderOnce(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	ends := map[checkout.State]int{}
	told, returned := 0, 0
	for seed := range uint64(histories) {
		h := &history{till: x, t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7))}
		h.write()
		h.tell()
		h.drain()
		h.check()
		if t.Failed() {
			return
		}
		ends[h.state]++
		told += len(h.facts)
		for _, a := range h.tries {
			if x.bank.bill(a.ID).refunds > 0 {
				returned++
			}
		}
		x.shelf.forget(h.order.ID)
		x.bank.forget()
	}
	// The job forgets, after a day, whom it cannot find.
	x.clock.Advance(parkFor + time.Hour)
	for range 20_000 {
		due, err := x.inbox.Find(t.Context(), docdb.Query{Index: "due", Before: x.Now(), Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(due.Items) == 0 {
			break
		}
		if err := x.actOnDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := x.inbox.Find(t.Context(), docdb.Query{Index: "due", Limit: 1})
	if err != nil || len(rest.Items) > 0 {
		t.Errorf("after a day %v still waits, %v", rest.Items, err)
	}
	for _, s := range []checkout.State{checkout.Paid, checkout.Expired, checkout.Cancelled, checkout.Refunded} {
		if ends[s] < histories/100 {
			t.Errorf("only %d of %d histories end %s: the generator tests little", ends[s], histories, s)
		}
	}
	t.Logf("%d histories, %d webhooks, %d payments returned, ends %v", histories, told, returned, ends)
}

// write makes an order, its payments, and what will be told of them.
func (h *history) write() {
	h.order = h.place(h.t)
	h.state = h.order.State
	for range 1 + h.rng.IntN(2) {
		p := h.begin(h.t, h.order)
		a := attempt{Payment: p}
		say := func(o pay.Outcome, amount money.Money) {
			h.told = append(h.told, pay.Fact{Event: fmt.Sprintf("%s.%d", p.ID, len(h.told)), Payment: p.ID, Outcome: o, Amount: amount, At: h.Now()})
		}
		for range h.rng.IntN(2) {
			say(pay.Failed, p.Amount)
		}
		switch n := h.rng.IntN(10); {
		case n < 7:
			say(pay.Succeeded, p.Amount)
			a.paid = true
		case n == 7:
			say(pay.Succeeded, money.CNY(p.Amount.Amount-1))
			a.frozen = true
		}
		h.tries = append(h.tries, a)
	}
	if h.rng.IntN(8) == 0 {
		h.told = append(h.told, pay.Fact{Event: fmt.Sprintf("%s.nobody", h.order.ID), Payment: "pay_nobody", Outcome: pay.Succeeded, Amount: h.order.Total, At: h.Now()})
	}
	for _, f := range h.told {
		for range 1 + h.rng.IntN(3) {
			h.facts = append(h.facts, f)
		}
	}
	h.rng.Shuffle(len(h.facts), func(i, j int) { h.facts[i], h.facts[j] = h.facts[j], h.facts[i] })
	h.bank.slow = h.rng.IntN(4) == 0
	if h.rng.IntN(4) == 0 {
		h.bank.busy = 1 + h.rng.IntN(2)
	}
}

// tell sends the webhooks, one by one or several at once, while time passes and
// the buyer thinks again.
func (h *history) tell() {
	trouble := -1
	if h.rng.IntN(2) == 0 {
		trouble = h.rng.IntN(len(h.facts) + 1)
	}
	atOnce := h.rng.IntN(10) == 0
	var wg sync.WaitGroup
	for i := range len(h.facts) + 1 {
		if i == trouble {
			h.trouble()
		}
		if i == len(h.facts) {
			break
		}
		f := h.facts[i]
		if f.Outcome == pay.Succeeded && f.Payment != "pay_nobody" {
			if b := h.bank.bill(f.Payment); b.outcome == pay.Waiting || b.outcome == pay.Failed {
				h.bank.set(f.Payment, pay.Succeeded, f.Amount)
			}
		}
		if atOnce {
			wg.Go(func() { h.hear(f) })
			continue
		}
		h.hear(f)
		h.look()
	}
	wg.Wait()
	h.look()
}

// hear takes one webhook and acts on it, or leaves that to the job.
func (h *history) hear(f pay.Fact) {
	if _, err := h.Webhook(h.t.Context(), telling(h.t, f)); err != nil {
		h.t.Errorf("seed %d: webhook %+v: %v", h.seed, f, err)
	}
	if err := h.act(h.t.Context(), h.message(f)); err != nil {
		h.t.Errorf("seed %d: act on %+v: %v", h.seed, f, err)
	}
}

func (h *history) message(f pay.Fact) string { return id.Derive("inb", "bank", f.Event) }

// trouble closes the order before its money comes, or after.
func (h *history) trouble() {
	ctx := h.t.Context()
	if h.rng.IntN(3) == 0 {
		_, _ = h.Cancel(as(h.t, h.order.Buyer), checkout.ByOrder{ID: h.order.ID}) // refused if it is paid
	} else {
		h.clock.Advance(checkout.PayWithin + checkout.HoldGrace + time.Second)
		_ = h.expire(ctx, h.order.ID) // fails while the bank is busy; the job asks again
	}
	h.look()
	if h.state == checkout.Paid {
		return
	}
	switch h.rng.IntN(3) { // the catalogue hears of it: now, or when the goods are gone, or never
	case 0:
		_, _ = h.shelf.Release(ctx, catalog.ByOrder{Order: h.order.ID})
	case 1:
		_, _ = h.shelf.Release(ctx, catalog.ByOrder{Order: h.order.ID})
		h.shelf.steal()
	}
}

// drain lets the jobs finish, and the provider tell of its refunds, again and
// again and in between old news.
func (h *history) drain() {
	ctx := h.t.Context()
	for range 4 {
		h.clock.Advance(10 * time.Minute)
		for _, f := range h.told {
			if err := h.act(ctx, h.message(f)); err != nil {
				h.t.Errorf("seed %d: act: %v", h.seed, err)
			}
		}
		for _, a := range h.tries {
			if p, err := h.payments.Get(ctx, string(a.ID)); err != nil || !p.CheckAt.IsZero() && p.State != checkout.Pending {
				_ = h.checkOne(ctx, p) // an error means that it is tried again
			}
		}
		h.look()
	}
	h.bank.settle()
	for _, a := range h.tries {
		if h.bank.bill(a.ID).outcome != pay.Refunded {
			continue
		}
		f := pay.Fact{Event: string(a.ID) + ".back", Payment: a.ID, Outcome: pay.Refunded, Amount: a.Amount, At: h.Now()}
		h.hear(f)
		h.hear(h.facts[h.rng.IntN(len(h.facts))])
		h.hear(f)
	}
	h.look()
}

// look checks that the order's state got where it is by legal moves.
func (h *history) look() {
	o, err := h.orders.Get(h.t.Context(), string(h.order.ID))
	if err != nil {
		h.t.Fatal(err)
	}
	if !reaches(h.state, o.State) {
		h.t.Errorf("seed %d: %s became %s", h.seed, h.state, o.State)
	}
	h.state = o.State
}

// check compares the order, its payments, the shelf and the bank.
func (h *history) check() {
	ctx := h.t.Context()
	o, err := h.orders.Get(ctx, string(h.order.ID))
	if err != nil {
		h.t.Fatal(err)
	}
	bad := func(format string, args ...any) {
		h.t.Errorf("seed %d (%s): %s", h.seed, o.State, fmt.Sprintf(format, args...))
	}
	if o.State == checkout.Refunding {
		bad("the refund never ends")
	}
	completions := 0
	for _, e := range o.Outbox {
		if e.Topic == checkout.OrderPaid.Name {
			completions++
		}
	}
	sold := h.shelf.grip(o.ID)
	want := 0
	if o.State == checkout.Paid {
		want = 1
	}
	if completions != want || sold.commits > 1 || (sold.state == "sold") != (want == 1) {
		bad("announced paid %d times, committed %d times, units %s", completions, sold.commits, sold.state)
	}
	var kept int64
	anyPaid := false
	for _, a := range h.tries {
		p, err := h.payments.Get(ctx, string(a.ID))
		if err != nil {
			h.t.Fatal(err)
		}
		anyPaid = anyPaid || a.paid
		b := h.bank.bill(a.ID)
		returns := 0
		for _, e := range p.Outbox {
			if e.Topic == checkout.PaymentReturned.Name {
				returns++
			}
		}
		switch {
		case a.frozen && (p.State != checkout.Frozen || b.refunds != 0):
			bad("a payment of another amount is %s, refunded %d times", p.State, b.refunds)
		case a.frozen:
		case !a.paid && (p.State != checkout.Pending && p.State != checkout.Failed || b.refunds != 0):
			bad("a payment that nobody made is %s, refunded %d times", p.State, b.refunds)
		case !a.paid:
		case o.Payment == p.ID && o.State == checkout.Paid:
			kept += p.Amount.Amount
			if p.State != checkout.Succeeded || b.refunds != 0 || returns != 0 || !p.CheckAt.IsZero() {
				bad("the order's payment is %s, refunded %d times, to be looked at again: %v", p.State, b.refunds, !p.CheckAt.IsZero())
			}
		default:
			if p.State != checkout.Returned || b.refunds != 1 || returns != 1 || !p.CheckAt.IsZero() {
				bad("a payment that bought nothing is %s, refunded %d times, announced %d times", p.State, b.refunds, returns)
			}
		}
	}
	if due := map[bool]int64{true: o.Total.Amount}[o.State == checkout.Paid]; kept != due {
		bad("%d kept of its buyer's money, want %d", kept, due)
	}
	if !anyPaid && o.State == checkout.Refunded || anyPaid && (o.State == checkout.Unpaid || o.State == checkout.Expired || o.State == checkout.Cancelled) {
		bad("with money: %v", anyPaid)
	}
	for _, f := range h.told {
		m, err := h.inbox.Get(ctx, h.message(f))
		if err != nil {
			bad("message %s: %v", f.Event, err)
		}
		if waits := !m.Due.IsZero(); waits != (f.Payment == "pay_nobody") {
			bad("message %s of %s waits: %v", f.Event, f.Outcome, waits)
		}
	}
}
