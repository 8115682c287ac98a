package sim

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

// race lets some want the same at once: all have seen their price before any of
// them buys.
func (w *world) race() {
	if w.rnd.IntN(2) == 0 && len(w.goods.open) > 0 {
		w.raceForSeats()
		return
	}
	w.raceForCoupon()
}

// runner is somebody with a price in hand.
type runner struct {
	buyer string
	quote string
	in    checkout.Ask
}

func (w *world) quoted(buyer string, in checkout.Ask) []runner {
	in.Address = home
	q, err := w.till.Quote(as(buyer), in)
	w.did("quote", err)
	if err != nil || q.ID == "" {
		return nil
	}
	return []runner{{buyer, q.ID, in}}
}

// run lets all of them order and pay: some at once, some when all have ordered.
func (w *world) run(all []runner) {
	var later []*purchase
	for _, r := range all {
		p := checkout.Place{Quote: r.quote, Address: r.in.Address, RequestID: w.request()}
		var o checkout.Order
		err := w.twice("place", func() (err error) {
			o, err = w.till.Place(as(r.buyer), p)
			return err
		})
		if err != nil {
			continue
		}
		mine := &purchase{id: o.ID, buyer: r.buyer, place: p, forged: map[id.Payment]bool{}}
		if w.orders = append(w.orders, mine); w.rnd.IntN(2) == 0 {
			w.payFor(mine)
		} else {
			later = append(later, mine)
		}
	}
	for _, o := range later {
		w.payFor(o)
	}
}

// raceForSeats lets some join a team that they saw when it was open: it may have
// one seat left, or none by now.
func (w *world) raceForSeats() {
	t := w.goods.open[len(w.goods.open)-1-w.rnd.IntN(min(3, len(w.goods.open)))]
	var all []runner
	for _, at := range w.rnd.Perm(len(buyers))[:4] {
		deal := promo.Deal{Kind: promo.Group, ID: t.offer, Team: t.id}
		all = append(all, w.quoted(buyers[at], checkout.Ask{Lines: []checkout.Choice{{SKU: t.item.sku, N: 1, Deal: deal}}})...)
	}
	w.run(all)
}

// raceForCoupon lets somebody order twice with the same coupon in the price.
func (w *world) raceForCoupon() {
	buyer, k := w.buyer(), w.goods.items[w.rnd.IntN(len(w.goods.items))]
	_, err := w.coupons.Claim(as(buyer), coupon.Claim{Batch: w.goods.batches[w.rnd.IntN(len(w.goods.batches))], RequestID: w.request()})
	w.did("claim", err)
	var all []runner
	for range 2 {
		all = append(all, w.quoted(buyer, checkout.Ask{Lines: []checkout.Choice{{SKU: k.sku, N: w.between(1, 3)}}})...)
	}
	w.run(all)
}

// sellOut lets somebody buy all that a cell of the stock has.
func (w *world) sellOut(cell string) {
	var x struct {
		SKU       id.SKU
		Available int64
	}
	err := bson.Unmarshal(w.db.colls["stock_cells"].docs[cell], &x)
	if err != nil || x.Available < 1 || x.Available > 20 {
		return
	}
	w.run(w.quoted(w.buyer(), checkout.Ask{Plain: true, Lines: []checkout.Choice{{SKU: x.SKU, N: x.Available}}}))
}

// regret lets units go back whose line has settled: what was earned by it is on
// the accounts of those who earned, or paid out.
func (w *world) regret() {
	busy := map[id.Order]bool{}
	for _, a := range rows[aftersale.AfterSale](w, "aftersales") {
		busy[a.Order] = busy[a.Order] || !a.State.Over()
	}
	var settled []ledger.Item
	for _, x := range rows[ledger.Item](w, "ledger_items") {
		if x.State == ledger.Earned && !busy[x.Order] {
			settled = append(settled, x)
		}
	}
	if len(settled) == 0 {
		return
	}
	x := settled[w.rnd.IntN(len(settled))]
	o := w.bought(x.Order)
	got, err := w.till.Order(as(o.buyer), checkout.ByOrder{ID: o.id})
	if err != nil || got.State != checkout.Paid {
		return
	}
	left := got.Lines[x.Line].N - got.Lines[x.Line].Returned
	if left == 0 {
		return
	}
	in := checkout.AskRefund{
		Order: o.id, Restock: w.rnd.IntN(2) == 0, Reason: "regret", RequestID: fmt.Sprint("regret-", w.steps),
		Units: []checkout.RefundUnits{{Line: x.Line, N: w.between(1, left)}},
	}
	if w.rnd.IntN(2) == 0 { // the process dies over it
		w.db.left, w.db.silent = w.rnd.IntN(10), w.rnd.IntN(2) == 0
	}
	_, err = w.till.Refund(inside(), in)
	w.did("regret", err)
	w.db.left = -1
}
