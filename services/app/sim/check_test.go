package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/aftersale"
	"meadow/services/app/audit"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/promo"
	"meadow/services/promo/points"
)

// paper is an order as it is stored.
type paper struct {
	checkout.Order `bson:",inline"`
	Payment        id.Payment                               `bson:"payment"`
	Address        struct{ Masked struct{ Region string } } `bson:"address"`
	Uses           []promo.Use                              `bson:"uses"`
	Refunds        []checkout.Refund                        `bson:"refunds"`
}

// rows reads a whole collection, by id.
func rows[T any](w *world, coll string) []T {
	var out []T
	for after := ""; ; {
		docs, err := w.db.Scan(context.Background(), coll, after, 1000)
		w.must("read "+coll, err)
		for _, d := range docs {
			var v T
			w.must("read "+coll, bson.Unmarshal(d.Body, &v))
			out, after = append(out, v), d.ID
		}
		if len(docs) < 1000 {
			return out
		}
	}
}

// check says whatever does not hold now that nothing moves.
func (w *world) check() {
	if len(w.broken) > 0 {
		return
	}
	for _, u := range w.mail.undelivered() {
		w.broke("never delivered: %s", u)
	}
	found, err := audit.Check(context.Background(), audit.Deps{DB: w.db, Now: w.clock.Now})
	w.must("audit", err)
	for _, b := range found.Breaches {
		if b.Wanted == "a frozen payment is decided about within a day" {
			continue // forged amounts stay frozen here: nobody sits at the desk
		}
		w.broke("audit: %s %s: %s, but %s", b.Kind, b.ID, b.Wanted, b.Got)
	}
	orders := rows[paper](w, "orders")
	w.checkRest(orders)
	w.checkPrices(orders)
	w.checkRefunds(orders)
	w.checkStock(orders)
	w.checkBills(orders)
	w.checkBooks(orders)
	w.checkClaims(orders)
}

func (o paper) paid() bool { return !o.PaidAt.IsZero() }

// checkRest says what is not over.
func (w *world) checkRest(orders []paper) {
	for _, o := range orders {
		if o.State == checkout.Unpaid || o.State == checkout.Refunding {
			w.broke("order %s is still %s", o.ID, o.State)
		}
	}
	for _, p := range rows[fulfil.Parcel](w, "parcels") {
		if p.State != fulfil.Received && p.State != fulfil.Cancelled {
			w.broke("parcel %s is still %s", p.ID, p.State)
		}
	}
	w.checkRequests()
	for _, p := range rows[struct {
		ID    string `bson:"_id"`
		State string `bson:"state"`
	}](w, "promo_plans") {
		if !slices.Contains([]string{"released", "redeemed", "returned", "lost"}, p.State) {
			w.broke("promotions of order %s are still %s", p.ID, p.State)
		}
	}
}

// checkRequests says which requests are not over, and which units were to stay and
// were sent.
func (w *world) checkRequests() {
	type key struct {
		parcel id.Parcel
		line   int
	}
	stay := map[key]int64{}
	for _, a := range rows[aftersale.AfterSale](w, "aftersales") {
		if !a.State.Over() {
			w.broke("request %s is still %s", a.ID, a.State)
		}
		for _, u := range a.Units {
			if a.Kind == aftersale.Cancel && a.State == aftersale.Done {
				stay[key{a.Parcel, u.Line}] += u.N
			}
		}
	}
	for _, p := range rows[fulfil.Parcel](w, "parcels") {
		for _, l := range p.Lines {
			if n := stay[key{p.ID, l.Index}]; n > l.Dropped || l.Sent+l.Dropped != l.N {
				w.broke("parcel %s, line %d: %d sent and %d dropped of %d, %d were cancelled", p.ID, l.Index, l.Sent, l.Dropped, l.N, n)
			}
		}
	}
}

// checkPrices computes again what was frozen.
func (w *world) checkPrices(orders []paper) {
	for _, o := range orders {
		var due, shipping int64
		for i, l := range o.Lines {
			at := fmt.Sprintf("line %d of %s", i, o.ID)
			due, shipping = due+l.Due.Amount, shipping+l.Shipping.Amount
			goods := l.Amount.Amount - l.Saved.Amount
			if l.Amount.Amount != l.Price.Amount*l.N || l.Due.Amount != goods+l.Shipping.Amount+l.Tax.Amount || goods < 0 {
				w.broke("%s: %v × %d is %v, less %v, shipping %v, tax %v: due %v", at, l.Price, l.N, l.Amount, l.Saved, l.Shipping, l.Tax, l.Due)
			}
			if want := part(goods, int64(l.Rate)); l.Commission.Amount != want {
				w.broke("%s: commission %v, %d of what was paid is %d", at, l.Commission, l.Rate, want)
			}
			gross := goods + l.Platform.Amount
			if want := min(part(gross, 500), gross-l.Commission.Amount); l.Fee.Amount != want {
				w.broke("%s: fee %v, not %d", at, l.Fee, want)
			}
			if (o.Address.Masked.Region == taxed) != (l.Tax.Amount > 0) && goods+l.Shipping.Amount > 100 {
				w.broke("%s: tax of %v in %s on %d and %v", at, l.Tax, o.Address.Masked.Region, goods, l.Shipping)
			}
			dealt := slices.ContainsFunc(o.Uses, func(u promo.Use) bool {
				return u.SKU == l.SKU && u.N == l.N && (u.Kind == promo.Flash || u.Kind == promo.Group || u.Kind == promo.Chop)
			})
			if l.Price.Amount > l.List.Amount || l.Price != l.List && !dealt {
				w.broke("%s: %v instead of %v for %q", at, l.Price, l.List, l.Deal.Kind)
			}
		}
		if due != o.Total.Amount || shipping != o.Shipping.Amount {
			w.broke("order %s: %d is due for its lines of %v; shipping %d of %v", o.ID, due, o.Total, shipping, o.Shipping)
		}
		for _, p := range o.Parts {
			if p.Shipping.Amount > 800 {
				w.broke("order %s: shipping of one shop is %v", o.ID, p.Shipping)
			}
		}
	}
}

// part is a share of an amount, in basis points, rounded half up.
func part(n, rate int64) int64 {
	m, err := yuan(n).Part(money.Rate(rate))
	if err != nil {
		return -1
	}
	return m.Amount
}

// checkRefunds compares what went back with what there was.
func (w *world) checkRefunds(orders []paper) {
	for _, o := range orders {
		back, alone := make([]checkout.RefundLine, len(o.Lines)), make([]bool, len(o.Lines))
		var sum, points int64
		for _, r := range o.Refunds {
			sum, points = sum+r.Amount.Amount, points+r.Points
			if !r.Done {
				w.broke("refund %s of %s is not done", r.ID, o.ID)
			}
			var due int64
			for _, x := range r.Lines {
				b := &back[x.Line]
				b.N += x.N
				alone[x.Line] = alone[x.Line] || x.N == 0
				due += x.Due.Amount
				for _, f := range []struct{ to, from *money.Money }{
					{&b.Amount, &x.Amount}, {&b.Saved, &x.Saved}, {&b.Platform, &x.Platform}, {&b.ByPoints, &x.ByPoints}, {&b.Shipping, &x.Shipping},
					{&b.Tax, &x.Tax}, {&b.Due, &x.Due}, {&b.Fee, &x.Fee}, {&b.Commission, &x.Commission},
				} {
					f.to.Amount += f.from.Amount
				}
			}
			if due != r.Amount.Amount {
				w.broke("refund %s: %d for its lines, %v in all", r.ID, due, r.Amount)
			}
		}
		if sum != o.Back.Amount || sum > o.Total.Amount || points > o.Points {
			w.broke("order %s: %d went back of %v (%v noted), %d points of %d", o.ID, sum, o.Total, o.Back, points, o.Points)
		}
		for i, l := range o.Lines {
			w.checkBack(fmt.Sprintf("line %d of %s", i, o.ID), l, back[i], alone[i])
		}
	}
}

// checkBack compares what went back of a line with the line; alone says that money
// went back without goods.
func (w *world) checkBack(at string, l checkout.Line, b checkout.RefundLine, alone bool) {
	for _, f := range []struct {
		name        string
		whole, back money.Money
	}{
		{"amount", l.Amount, b.Amount}, {"saved", l.Saved, b.Saved}, {"platform", l.Platform, b.Platform}, {"points", l.ByPoints, b.ByPoints},
		{"shipping", l.Shipping, b.Shipping}, {"tax", l.Tax, b.Tax}, {"due", l.Due, b.Due}, {"fee", l.Fee, b.Fee}, {"commission", l.Commission, b.Commission},
	} {
		if f.back.Amount > f.whole.Amount || f.back.Amount < 0 {
			w.broke("%s: %s of %v back of %v", at, f.name, f.back, f.whole)
		}
		// Goods that went back take their share with them, to a unit for each of them;
		// what came back as money alone comes on top.
		if least := f.whole.Amount*b.N/l.N - l.N; b.N > 0 && f.name != "shipping" && f.name != "tax" && f.name != "due" && f.back.Amount < least {
			w.broke("%s: %d of %d units back, and %s of %v of %v", at, b.N, l.N, f.name, f.back, f.whole)
		}
		// Nobody is charged more for them than their share: what does not divide goes
		// with the last.
		share := f.name == "fee" || f.name == "commission"
		if share && !alone && b.N < l.N && f.back.Amount*l.N > f.whole.Amount*b.N {
			w.broke("%s: %d of %d units back, and %s of %v of %v, which is more than their share", at, b.N, l.N, f.name, f.back, f.whole)
		}
		if b.N == l.N && f.back.Amount != f.whole.Amount && f.name != "shipping" && f.name != "due" && f.name != "tax" {
			w.broke("%s: all units back, and %s of %v of %v", at, f.name, f.back, f.whole)
		}
	}
	if b.N > l.N || b.N != l.Returned {
		w.broke("%s: %d units back of %d, %d noted", at, b.N, l.N, l.Returned)
	}
}

// checkStock counts what should be on the shelves.
func (w *world) checkStock(orders []paper) {
	parts := map[id.SKU][]item{}
	for _, k := range w.goods.items {
		parts[k.sku] = append(parts[k.sku], k)
	}
	sold := map[id.SKU]int64{}
	add := func(k id.SKU, n int64) {
		for _, x := range parts[k] {
			if len(x.bundle) == 0 {
				sold[k] += n
			}
			for _, u := range x.bundle {
				sold[u.SKU] += u.N * n
			}
		}
	}
	for _, o := range orders {
		if !o.paid() {
			continue
		}
		for _, l := range o.Lines {
			add(l.SKU, l.N)
		}
		for _, r := range o.Refunds {
			for _, x := range r.Lines {
				if r.Restock {
					add(x.SKU, -x.N)
				}
			}
		}
	}
	w.exchanged(add)
	for _, k := range w.goods.items {
		if len(k.bundle) > 0 {
			continue
		}
		cells := rows[struct {
			SKU                             id.SKU `bson:"sku"`
			Received, Available, Held, Sold int64
		}](w, "stock_cells")
		var received, held, gone int64
		for _, c := range cells {
			if c.SKU == k.sku {
				received, held, gone = received+c.Received, held+c.Held, gone+c.Sold
			}
		}
		if received != w.laws.received[k.sku] || held != 0 || gone != sold[k.sku] {
			w.broke("stock of %s: %d received of %d, %d held, %d sold of %d", k.sku, received, w.laws.received[k.sku], held, gone, sold[k.sku])
		}
	}
}

// exchanged adds units that were sent instead of others, and takes off those that
// came back and are on sale again.
func (w *world) exchanged(add func(id.SKU, int64)) {
	type request struct {
		aftersale.AfterSale `bson:",inline"`
		Restock             bool `bson:"restock"`
	}
	lines := map[id.Order][]checkout.Line{}
	for _, o := range rows[paper](w, "orders") {
		lines[o.ID] = o.Lines
	}
	for _, a := range rows[request](w, "aftersales") {
		if a.Kind != aftersale.Exchange || a.State != aftersale.Done || a.Instead == "" {
			continue
		}
		for _, u := range a.Units {
			add(lines[a.Order][u.Line].SKU, u.N)
			if a.Restock {
				add(lines[a.Order][u.Line].SKU, -u.N)
			}
		}
	}
}

// checkBills compares what the provider has with what was sold.
func (w *world) checkBills(orders []paper) {
	left := map[id.Order]int64{}
	order := map[id.Payment]id.Order{}
	for _, p := range rows[checkout.Payment](w, "payments") {
		order[p.ID] = p.Order
	}
	for _, b := range rows[sandbox.Bill](w, "sandbox_bills") {
		if b.Outcome == pay.Succeeded || b.Outcome == pay.Refunded {
			left[order[b.ID]] += b.Amount.Amount - b.Refunded.Amount
		}
	}
	for _, o := range orders {
		want := int64(0)
		if o.paid() {
			want = o.Total.Amount - o.Back.Amount
		}
		if left[o.ID] != want {
			w.broke("order %s (%s): the provider has kept %d of its money, and %d is right", o.ID, o.State, left[o.ID], want)
		}
		delete(left, o.ID)
	}
	for o, n := range left {
		if n != 0 {
			w.broke("%d captured for %q, which is not there", n, o)
		}
	}
}

// checkBooks explains every account.
func (w *world) checkBooks(orders []paper) {
	got, paying := map[string]int64{}, map[string]int64{}
	for _, e := range rows[ledger.Entry](w, "ledger_entries") {
		for _, p := range e.Postings {
			got[string(p.Account)] += p.Amount.Amount
			kind, owner, _ := strings.Cut(string(p.Account), ":")
			switch e.Kind {
			case ledger.Sale, ledger.Refund, ledger.Settle, ledger.Cover:
				switch kind {
				case ledger.Escrow, ledger.MerchantPayable, ledger.CommissionHeld, ledger.CreatorPayable, ledger.Reserve:
					paying[owner] += p.Amount.Amount
				case ledger.FeeHeld, ledger.PlatformFee:
					paying["fee"] += p.Amount.Amount
				case ledger.PromoCost, ledger.PointsLiability, ledger.TaxPayable:
					paying[kind] += p.Amount.Amount
				}
			}
		}
	}
	want := w.owed(orders)
	for _, k := range union(want, paying) {
		if want[k] != paying[k] {
			w.broke("the books have %d for %s, and its lines come to %d", paying[k], k, want[k])
		}
	}
	for _, a := range union(got, nil) {
		kind, _, _ := strings.Cut(a, ":")
		switch kind {
		case ledger.Escrow, ledger.CommissionHeld, ledger.FeeHeld, ledger.RefundClearing, ledger.PayoutClearing, ledger.CashbackHeld, ledger.PacketEscrow:
			if got[a] != 0 {
				w.broke("%d is left in %s", got[a], a)
			}
		}
	}
	w.checkProvider(got)
	w.checkSettled(orders)
}

// owed is what lines leave to each, less what went back.
func (w *world) owed(orders []paper) map[string]int64 {
	want := map[string]int64{}
	for _, o := range orders {
		if !o.paid() {
			continue
		}
		for _, l := range o.Lines {
			want[string(l.Merchant)] -= l.Amount.Amount - l.Saved.Amount + l.Platform.Amount - l.Fee.Amount - l.Commission.Amount + l.Shipping.Amount
			want[string(l.Source.Creator)] -= l.Commission.Amount
			want["fee"] -= l.Fee.Amount
			want[ledger.TaxPayable] -= l.Tax.Amount
			want[ledger.PromoCost] += l.Platform.Amount - l.ByPoints.Amount
			want[ledger.PointsLiability] += l.ByPoints.Amount
		}
		for _, r := range o.Refunds {
			for _, l := range r.Lines {
				want[string(l.Merchant)] += l.Amount.Amount - l.Saved.Amount + l.Platform.Amount - l.Fee.Amount - l.Commission.Amount + l.Shipping.Amount
				want[string(o.Lines[l.Line].Source.Creator)] += l.Commission.Amount
				want["fee"] += l.Fee.Amount
				want[ledger.TaxPayable] += l.Tax.Amount
				want[ledger.PromoCost] -= l.Platform.Amount - l.ByPoints.Amount
				want[ledger.PointsLiability] -= l.ByPoints.Amount
			}
		}
	}
	return want
}

func union(a, b map[string]int64) []string {
	var out []string
	for k := range a {
		out = append(out, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// checkProvider compares the books with what the provider and the bank have.
func (w *world) checkProvider(got map[string]int64) {
	var have int64
	for _, b := range rows[sandbox.Bill](w, "sandbox_bills") {
		if b.Outcome == pay.Succeeded || b.Outcome == pay.Refunded {
			have += b.Amount.Amount - b.Refunded.Amount
		}
	}
	for _, x := range rows[struct {
		Amount money.Money
		Fails  bool
	}](w, "sandbox_transfers") {
		if !x.Fails {
			have -= x.Amount.Amount
		}
	}
	var ours int64
	for a, n := range got {
		if kind, _, _ := strings.Cut(a, ":"); kind == ledger.PSPReceivable || kind == ledger.PSPCost {
			ours += n
		}
	}
	if ours != have {
		w.broke("the books have %d with providers, and they have %d", ours, have)
	}
}

// checkSettled says what was earned before its return window closed.
func (w *world) checkSettled(orders []paper) {
	type key struct {
		order id.Order
		line  int
	}
	closes := map[key]time.Time{}
	for _, p := range rows[fulfil.Parcel](w, "parcels") {
		for _, l := range p.Lines {
			if p.For == "" && !p.ReceivedAt.IsZero() {
				closes[key{p.Order, l.Index}] = p.ReceivedAt.Add(aftersale.Window)
				if p.Merchant == merchantOf(sellers[2]) {
					closes[key{p.Order, l.Index}] = p.ReceivedAt.Add(3 * 24 * time.Hour)
				}
			}
		}
	}
	for _, x := range rows[ledger.Item](w, "ledger_items") {
		if x.State != ledger.Earned {
			continue
		}
		if at, ok := closes[key{x.Order, x.Line}]; !ok || x.EarnedAt.Before(at) {
			w.broke("line %d of %s is earned since %v, and its window closes %v", x.Line, x.Order, x.EarnedAt, at)
		}
	}
}

// checkClaims counts what paid orders took of limited offers.
func (w *world) checkClaims(orders []paper) {
	used, flashed, persons := map[string]id.Order{}, map[id.SKU]int64{}, map[string]int64{}
	for _, o := range orders {
		if !o.paid() || o.State == checkout.Refunded {
			continue
		}
		for _, u := range o.Uses {
			switch u.Kind {
			case promo.Coupon, promo.Chop:
				ref := u.Ref
				if u.Kind == promo.Chop {
					ref = u.Rule
				}
				if by, ok := used[ref]; ok {
					w.broke("%s %s is used by %s and %s", u.Kind, ref, by, o.ID)
				}
				used[ref] = o.ID
			case promo.Flash:
				flashed[u.SKU] += u.N
				persons[person(o.Buyer)+string(u.SKU)] += u.N
			}
		}
	}
	for _, x := range w.laws.flash.Items {
		if flashed[x.SKU] > x.N {
			w.broke("%d of %s were sold at the flash price, of %d", flashed[x.SKU], x.SKU, x.N)
		}
		for _, b := range buyers {
			if n := persons[person(user(b))+string(x.SKU)]; n > x.Limit {
				w.broke("%s bought %d of %s at the flash price, of %d", b, n, x.SKU, x.Limit)
			}
		}
	}
	w.checkCoupons(orders)
	w.checkPoints()
}

func person(u id.User) string {
	if u == user("guest") {
		u = user("amy")
	}
	return string(u)
}

// checkCoupons says which coupons are not where their order left them.
func (w *world) checkCoupons(orders []paper) {
	paid := map[id.Order]bool{}
	for _, o := range orders {
		paid[o.ID] = o.paid() && o.State != checkout.Refunded
	}
	for _, c := range rows[struct {
		ID    string   `bson:"_id"`
		State string   `bson:"state"`
		Order id.Order `bson:"order"`
	}](w, "coupons") {
		if c.State == "locked" || c.State == "used" && !paid[c.Order] {
			w.broke("coupon %s is %s by order %s, which was paid and kept: %t", c.ID, c.State, c.Order, paid[c.Order])
		}
	}
}

// checkPoints compares what the shop owes for points with what people have.
func (w *world) checkPoints() {
	var owed, have int64
	for _, e := range rows[ledger.Entry](w, "ledger_entries") {
		for _, p := range e.Postings {
			if kind, _, _ := strings.Cut(string(p.Account), ":"); kind == ledger.PointsLiability {
				owed -= p.Amount.Amount
			}
		}
	}
	for _, b := range buyers {
		got, err := w.points.Balance(as(b), points.Mine{})
		w.must("points", err)
		have += got.Available + got.Reserved - got.Owed
		if got.Reserved != 0 {
			w.broke("%d points of %s are still reserved", got.Reserved, b)
		}
	}
	if owed != have { // a point is worth a minor unit here
		w.broke("points that people have are worth %d, and the books owe %d", have, owed)
	}
}
