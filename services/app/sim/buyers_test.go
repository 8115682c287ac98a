package sim

import (
	"encoding/json"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/coupon"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/points"
	"meadow/services/promo/redpacket"
)

// purchase is an order as its buyer remembers it.
type purchase struct {
	id      id.Order
	buyer   string
	place   checkout.Place
	pays    []id.Payment
	forged  map[id.Payment]bool
	parcels []id.Parcel
}

func (w *world) buyer() string { return buyers[w.rnd.IntN(len(buyers))] }

func (w *world) order() *purchase {
	if len(w.orders) == 0 {
		return nil
	}
	if w.rnd.IntN(3) > 0 { // mostly one of the latest
		return w.orders[len(w.orders)-1-w.rnd.IntN(min(12, len(w.orders)))]
	}
	return w.orders[w.rnd.IntN(len(w.orders))]
}

// twice calls f, now and then once more with the same words: a second tap, or the
// try again of who got no answer.
func (w *world) twice(what string, f func() error) error {
	err := f()
	died := w.db.dead
	w.did(what, err)
	if died && w.rnd.IntN(3) > 0 || w.rnd.IntN(12) == 0 {
		err = f()
		w.did(what, err)
	}
	return err
}

func (w *world) request() string { return fmt.Sprintf("r%d", w.steps) }

// choice is what somebody puts into an order.
func (w *world) choice(buyer string) checkout.Ask {
	var in checkout.Ask
	switch w.rnd.IntN(10) {
	case 0:
		return w.teamed(buyer)
	case 1:
		if in, ok := w.bargained(buyer); ok {
			return in
		}
	}
	seen := map[id.SKU]bool{}
	for range 1 + w.rnd.IntN(4) {
		k := w.goods.items[w.rnd.IntN(len(w.goods.items))]
		if seen[k.sku] {
			continue
		}
		seen[k.sku] = true
		c := checkout.Choice{SKU: k.sku, N: w.between(1, 3)}
		if k.sku == w.goods.flashed[0] && w.rnd.IntN(2) == 0 {
			c.Deal = promo.Deal{Kind: promo.Flash, ID: w.goods.flash}
		}
		if w.rnd.IntN(2) == 0 {
			c.Link = link(user([]string{"cleo", "dora", buyer}[w.rnd.IntN(3)]), k.product)
		}
		in.Lines = append(in.Lines, c)
	}
	in.Plain = w.rnd.IntN(4) == 0
	if w.rnd.IntN(3) == 0 {
		if b, err := w.points.Balance(as(buyer), points.Mine{}); err == nil && b.Available > 0 {
			in.Points = w.between(1, b.Available)
		}
	}
	return in
}

func (w *world) teamed(string) checkout.Ask {
	d := w.goods.teams[w.rnd.IntN(len(w.goods.teams))]
	c := checkout.Choice{SKU: d.item.sku, N: w.between(1, 2), Deal: promo.Deal{Kind: promo.Group, ID: d.offer}}
	open, err := w.teams.Teams(inside(), groupbuy.Teams{Product: d.item.product, Offer: d.offer, Ask: ask(5)})
	if err == nil && len(open.Items) > 0 && w.rnd.IntN(4) > 0 {
		c.Deal.Team = open.Items[w.rnd.IntN(len(open.Items))].ID
		w.goods.open = append(w.goods.open, team{d, c.Deal.Team})
	}
	return checkout.Ask{Lines: []checkout.Choice{c}}
}

func (w *world) bargained(buyer string) (checkout.Ask, bool) {
	for _, b := range w.goods.begun {
		if b.owner == buyer && w.rnd.IntN(2) == 0 {
			return checkout.Ask{Lines: []checkout.Choice{{SKU: b.item.sku, N: 1, Deal: promo.Deal{Kind: promo.Chop, ID: b.bargain}}}}, true
		}
	}
	return checkout.Ask{}, false
}

// buy quotes and places an order.
func (w *world) buy() {
	buyer := w.buyer()
	in := w.choice(buyer)
	in.Address = home
	if w.rnd.IntN(5) == 0 {
		in.Address = taxedHome
	}
	q, err := w.till.Quote(as(buyer), in)
	w.did("quote", err)
	if err != nil || q.ID == "" {
		return
	}
	if w.rnd.IntN(10) == 0 {
		w.quotedAgain(buyer, in, q)
	}
	p := checkout.Place{Quote: q.ID, Address: in.Address, RequestID: w.request()}
	var o checkout.Order
	err = w.twice("place", func() (err error) {
		o, err = w.till.Place(as(buyer), p)
		return err
	})
	if err != nil {
		return
	}
	w.orders = append(w.orders, &purchase{id: o.ID, buyer: buyer, place: p, forged: map[id.Payment]bool{}})
	if w.rnd.IntN(2) == 0 {
		w.payFor(w.orders[len(w.orders)-1])
	}
}

// quotedAgain checks that a quote is the same for the same choice, and that more of
// it does not cost less.
func (w *world) quotedAgain(buyer string, in checkout.Ask, q checkout.Quote) {
	again, err := w.till.Quote(as(buyer), in)
	if err == nil && !w.db.dead && again.Total != q.Total {
		w.broke("a quote of the same at the same instant is %v and %v", q.Total, again.Total)
	}
	w.did("quote again", err)
}

// state is how far an order is, without asking anybody.
func (w *world) state(o id.Order) checkout.State {
	return checkout.State(stateOf(w.db.colls["orders"].docs[string(o)]))
}

func (w *world) pay() {
	for range 6 {
		o := w.order()
		if o == nil {
			return
		}
		if w.state(o.id) != checkout.Unpaid && w.rnd.IntN(8) > 0 {
			continue
		}
		w.payFor(o)
		return
	}
}

// payFor begins a payment, or goes on with one, and settles it at the provider's.
func (w *world) payFor(o *purchase) {
	if len(o.pays) == 0 || w.rnd.IntN(6) == 0 {
		in := checkout.Pay{ID: o.id, Provider: sandbox.Name, RequestID: w.request()}
		var p checkout.Payment
		err := w.twice("pay", func() (err error) {
			p, err = w.till.Pay(as(o.buyer), in)
			return err
		})
		if err != nil {
			return
		}
		o.pays = append(o.pays, p.ID)
	}
	p := o.pays[w.rnd.IntN(len(o.pays))]
	if o.forged[p] || w.rnd.IntN(12) == 0 {
		return // thinks about it
	}
	in := sandbox.Settle{ID: p, Pay: w.rnd.IntN(10) > 0}
	if w.rnd.IntN(4) == 0 {
		in.Mode = []sandbox.Mode{sandbox.Challenge, sandbox.Slow, sandbox.Twice, sandbox.Lost, sandbox.RefuseRefunds}[w.rnd.IntN(5)]
	}
	w.did("settle a bill", w.settle(in))
	if w.rnd.IntN(3) == 0 {
		in.Code = sandbox.ChallengeCode
		w.did("settle a bill", w.settle(in))
	}
}

func (w *world) settle(in sandbox.Settle) error {
	_, err := w.bank.Settle(inside(), in)
	return err
}

func (w *world) cancel() {
	if o := w.order(); o != nil {
		_ = w.twice("cancel", func() error {
			_, err := w.till.Cancel(as(o.buyer), checkout.ByOrder{ID: o.id})
			return err
		})
	}
}

func (w *world) confirm() {
	if o := w.order(); o != nil && len(o.pays) > 0 {
		_, err := w.till.Confirm(as(o.buyer), checkout.ByPayment{ID: o.pays[w.rnd.IntN(len(o.pays))]})
		w.did("confirm", err)
	}
}

// again sends an old request once more.
func (w *world) again() {
	o := w.order()
	if o == nil {
		return
	}
	got, err := w.till.Place(as(o.buyer), o.place)
	if err == nil && got.ID != o.id {
		w.broke("one request made the orders %s and %s", o.id, got.ID)
	}
	w.did("place again", err)
}

// forge sends a message that is signed as it should be and tells of other money
// than was asked for: nothing may be had for it.
func (w *world) forge() {
	o := w.order()
	if o == nil || len(o.pays) > 0 {
		return
	}
	p, err := w.till.Pay(as(o.buyer), checkout.Pay{ID: o.id, Provider: sandbox.Name, RequestID: w.request()})
	w.did("pay", err)
	if err != nil || p.Amount.Amount < 2 {
		return
	}
	o.pays, o.forged[p.ID] = append(o.pays, p.ID), true
	amount := p.Amount
	amount.Amount /= 2
	body, err := json.Marshal(pay.Fact{Event: "forged-" + string(p.ID), Payment: p.ID, Outcome: pay.Succeeded, Amount: amount, At: w.clock.Now()})
	w.must("forge", err)
	err = w.post.hand(message{path: "/webhook", signature: sandbox.Sign(keys, w.clock.Now(), body), body: body})
	w.did("forge", err)
}

func (w *world) claim() {
	buyer, in := w.buyer(), coupon.Claim{Batch: w.goods.batches[w.rnd.IntN(len(w.goods.batches))], RequestID: w.request()}
	_ = w.twice("claim", func() error {
		_, err := w.coupons.Claim(as(buyer), in)
		return err
	})
}

// bargain begins one, or helps with one.
func (w *world) bargain() {
	buyer := w.buyer()
	if len(w.goods.begun) == 0 || w.rnd.IntN(4) == 0 {
		d := w.goods.bargains[w.rnd.IntN(len(w.goods.bargains))]
		var b bargain.Bargain
		err := w.twice("begin a bargain", func() (err error) {
			b, err = w.bargains.Begin(as(buyer), bargain.Begin{Offer: d.offer, RequestID: "begin"})
			return err
		})
		if err == nil {
			w.goods.begun = append(w.goods.begun, begun{b.ID, buyer, d.item})
		}
		return
	}
	b := w.goods.begun[w.rnd.IntN(len(w.goods.begun))]
	in := bargain.Cut{ID: b.bargain, Device: buyer, RequestID: w.request()}
	in.Client = buyer
	_ = w.twice("cut", func() error {
		_, err := w.bargains.Cut(as(buyer), in)
		return err
	})
}

// packet makes one, or grabs of one.
func (w *world) packet() {
	if len(w.goods.packets) == 0 || w.rnd.IntN(5) == 0 {
		in := redpacket.Make{Split: []redpacket.Split{redpacket.Lucky, redpacket.Equal}[w.rnd.IntN(2)], Audience: redpacket.Anyone, Words: "luck", Total: yuan(w.between(100, 3000)), Shares: 1 + w.rnd.IntN(6), Password: password, RequestID: w.request()}
		who := operator()
		switch in.Source = redpacket.FromPlatform; w.rnd.IntN(3) {
		case 0:
			in.Source, who = redpacket.FromWallet, as(w.buyer())
		case 1:
			in.Source, who = redpacket.FromShop, selling(sellers[w.rnd.IntN(len(sellers))])
		}
		var p redpacket.Packet
		err := w.twice("make a packet", func() (err error) {
			p, err = w.packets.Make(who, in)
			return err
		})
		if err == nil {
			w.goods.packets = append(w.goods.packets, p.ID)
		}
		return
	}
	p := w.goods.packets[len(w.goods.packets)-1-w.rnd.IntN(min(2, len(w.goods.packets)))]
	for range 3 {
		buyer, in := w.buyer(), redpacket.Grab{ID: p, RequestID: w.request()}
		_ = w.twice("grab", func() error {
			_, err := w.packets.Grab(as(buyer), in)
			return err
		})
	}
}

// adjust changes what is in stock, and tries until it knows that it did.
func (w *world) adjust() {
	k := w.goods.items[w.rnd.IntN(len(w.goods.items))]
	if len(k.bundle) > 0 {
		return
	}
	by := w.between(-3, 12)
	if by == 0 {
		by = 5
	}
	in := catalog.Adjust{ID: k.sku, By: by, Reason: "count", RequestID: w.request()}
	for {
		_, err := w.catalog.Adjust(selling(k.seller), in)
		died := w.db.dead
		w.did("adjust", err)
		if err == nil {
			w.laws.received[k.sku] += by
			return
		}
		if !died && !unknown(err) {
			return
		}
	}
}

// unknown reports whether an error says nothing about what was done.
func unknown(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return !ok || e.Code == errs.Unavailable
}
