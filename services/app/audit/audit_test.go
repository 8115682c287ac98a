package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// store is a store whose documents a test writes by hand.
type store struct {
	*testing.T
	db docdb.Driver
}

func newStore(t *testing.T) store {
	t.Helper()
	db, err := pebbledoc.Open(t.Context(), "audit", pebbledoc.Options{
		Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), FS: vfs.NewMem(), SweepEvery: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return store{t, db}
}

func (s store) check() Report {
	s.Helper()
	out, err := Check(s.Context(), Deps{DB: s.db, Now: func() time.Time { return noon }})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// put writes a document over what is there.
func (s store) put(coll, id string, body bson.M) {
	s.Helper()
	raw, err := bson.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	s.drop(coll, id)
	stamped, err := docdb.Stamp(id, 1, raw)
	if err == nil {
		err = s.db.Insert(s.Context(), coll, docdb.Doc{ID: id, Rev: 1, Body: stamped})
	}
	if err != nil {
		s.Fatalf("%s/%s: %v", coll, id, err)
	}
}

func (s store) drop(coll, id string) {
	_ = s.db.Delete(context.WithoutCancel(s.Context()), coll, id, 0) // it may not be there
}

func (s store) set(coll, id, field string, v any) {
	s.Helper()
	_, err := s.db.UpdateIf(s.Context(), coll, id, nil, []docdb.Change{{Field: field, Verb: docdb.Set, Value: v}})
	if err != nil {
		s.Fatalf("%s/%s: %v", coll, id, err)
	}
}

func cny(n int64) bson.M { return bson.M{"amount": n, "currency": "CNY"} }

// sell writes down one paid order of one unit, of ten, as the shop would, an hour
// ago: all of it holds.
func (s store) sell() {
	hour := noon.Add(-time.Hour)
	s.put("skus", "sku_1", bson.M{"product": "prd_1", "merchant": "mer_1"})
	s.put("stock_cells", "cel_1", bson.M{
		"sku": "sku_1", "product": "prd_1", "warehouse": "", "received": int64(10), "available": int64(9), "held": int64(0), "sold": int64(1), "holds": bson.M{}, "marks": bson.M{},
	})
	s.put("reservations", "ord_1", bson.M{"gen": "g", "state": "sold", "parts": bson.A{bson.M{"sku": "sku_1", "n": int64(1), "cell": "cel_1"}}})
	s.put("orders", "ord_1", bson.M{
		"buyer": "usr_1", "state": "paid", "placed_at": hour, "paid_at": hour, "payment": "pay_1", "total": cny(100),
		"lines": bson.A{bson.M{"sku": "sku_1", "n": int64(1), "due": cny(100)}},
	})
	s.put("payments", "pay_1", bson.M{"order": "ord_1", "provider": "sandbox", "amount": cny(100), "state": "succeeded", "taken_at": hour, "begun_at": hour})
	s.put("ledger_orders", "ord_1", bson.M{"paid": true, "currency": "CNY", "lines": bson.A{bson.M{"n": int64(1), "whole": bson.M{"due": int64(100)}}}})
	s.post("ent_1", "psp_receivable:sandbox", 100, "escrow:mer_1", -100)
}

// post writes an entry of two postings with its lines.
func (s store) post(id, a string, n int64, b string, m int64) {
	s.put("ledger_entries", id, bson.M{"kind": "sale", "order": "ord_1", "at": noon.Add(-time.Hour), "postings": bson.A{
		bson.M{"account": a, "amount": cny(n)}, bson.M{"account": b, "amount": cny(m)},
	}})
	s.put("ledger_lines", id+".0", bson.M{"account": a, "amount": cny(n), "at": noon})
	s.put("ledger_lines", id+".1", bson.M{"account": b, "amount": cny(m), "at": noon})
}

func TestAWholeStoreIsSound(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.check() // declares the collections
	s.sell()
	out := s.check()
	if !out.OK || len(out.Breaches) > 0 || out.Seen["order"] != 1 || out.Seen["payment"] != 1 || out.Seen["stock"] != 1 || out.Seen["ledger"] != 1 {
		t.Errorf("of a sound store: %+v", out)
	}
}

// broken are stores that break one rule each: what is done to a sound one, and the
// breach that must be named.
var broken = map[string]struct {
	harm     func(s store)
	kind, id string
	rule     string
}{
	"a unit is lost":            {harm: func(s store) { s.set("stock_cells", "cel_1", "available", int64(8)) }, kind: "stock", id: "sku_1", rule: "received ="},
	"a unit is held by nobody":  {harm: func(s store) { s.hold("ord_9"); s.drop("reservations", "ord_9") }, kind: "hold", id: "cel_1", rule: "of a reservation"},
	"a hold outlives its order": {harm: func(s store) { s.hold("ord_9"); s.closed("ord_9", "cancelled") }, kind: "hold", id: "cel_1", rule: "outlive"},
	"a hold does not lapse": {harm: func(s store) {
		s.hold("ord_9")
		s.set("reservations", "ord_9", "until", noon.Add(-2*time.Minute))
	}, kind: "hold", id: "ord_9", rule: "lapses"},
	"a unit is sold that no order has": {harm: func(s store) {
		s.set("stock_cells", "cel_1", "sold", int64(2))
		s.set("stock_cells", "cel_1", "available", int64(8))
	}, kind: "hold", id: "cel_1", rule: "counts what was sold"},
	"one of two orders gets no unit": {harm: func(s store) {
		s.put("reservations", "ord_8", bson.M{"gen": "g", "state": "sold", "parts": bson.A{bson.M{"sku": "sku_1", "n": int64(1), "cell": "cel_1"}}})
	}, kind: "hold", id: "cel_1", rule: "counts what was sold"},
	"a payment has no order":           {harm: func(s store) { s.set("payments", "pay_1", "order", "ord_gone") }, kind: "order", id: "pay_1", rule: "has an order"},
	"a paid order has no payment":      {harm: func(s store) { s.drop("payments", "pay_1") }, kind: "order", id: "ord_1", rule: "has a payment"},
	"a payment bought and went back":   {harm: func(s store) { s.set("payments", "pay_1", "state", "returned") }, kind: "order", id: "pay_1", rule: "one order or one refund"},
	"an order cost less than captured": {harm: func(s store) { s.set("payments", "pay_1", "amount", cny(101)) }, kind: "order", id: "pay_1", rule: "costs what was captured"},
	"money bought nothing": {harm: func(s store) {
		s.put("payments", "pay_2", bson.M{"order": "ord_1", "provider": "sandbox", "amount": cny(100), "state": "succeeded", "taken_at": noon.Add(-time.Hour), "begun_at": noon})
	}, kind: "order", id: "pay_2", rule: "one order or one refund"},
	"more went back than came": {harm: func(s store) {
		s.set("orders", "ord_1", "refunds", bson.A{bson.M{"id": "rfd_1", "amount": cny(101), "done": true}})
		s.set("orders", "ord_1", "back", cny(101))
	}, kind: "order", id: "ord_1", rule: "at most what was captured"},
	"a line gave more than it has": {harm: func(s store) {
		s.set("orders", "ord_1", "lines", bson.A{bson.M{"n": int64(1), "due": cny(100), "returned": int64(2)}})
	}, kind: "order", id: "ord_1", rule: "no more of a line"},
	"lines are not the total": {harm: func(s store) { s.set("orders", "ord_1", "lines", bson.A{bson.M{"n": int64(1), "due": cny(99)}}) }, kind: "order", id: "ord_1", rule: "is the total"},
	"a refund is forgotten": {harm: func(s store) {
		s.set("orders", "ord_1", "refunds", bson.A{bson.M{"id": "rfd_1", "amount": cny(0), "done": false}})
	}, kind: "order", id: "ord_1", rule: "carried out"},
	"a sale is not in the books": {harm: func(s store) { s.drop("ledger_orders", "ord_1") }, kind: "order", id: "ord_1", rule: "in the books"},
	"an unpaid order stays": {harm: func(s store) {
		s.put("orders", "ord_2", bson.M{"state": "unpaid", "placed_at": noon, "due": noon.Add(-2 * time.Minute), "total": cny(0)})
	}, kind: "order", id: "ord_2", rule: "expires"},
	"an entry does not sum to zero": {harm: func(s store) { s.post("ent_2", "psp_receivable:sandbox", 5, "escrow:mer_1", -4) }, kind: "ledger", id: "ent_2", rule: "sums to zero"},
	"the ledger does not sum to 0":  {harm: func(s store) { s.post("ent_2", "psp_receivable:sandbox", 5, "escrow:mer_1", -4) }, kind: "ledger", id: "CNY", rule: "sum to 0"},
	"an entry's line is lost":       {harm: func(s store) { s.drop("ledger_lines", "ent_1.0") }, kind: "ledger", id: "psp_receivable:sandbox", rule: "lines are its entries"},
	"a purse has too much": {harm: func(s store) {
		s.put("ledger_purses", "wallet:usr_1:CNY", bson.M{"account": "wallet:usr_1", "currency": "CNY", "own": int64(7)})
	}, kind: "ledger", id: "wallet:usr_1:CNY", rule: "sum of its entries"},
	"promotions are forgotten": {harm: func(s store) {
		s.put("promo_plans", "ord_1", bson.M{"state": "taking", "due": noon.Add(-2 * time.Minute)})
	}, kind: "plan", id: "ord_1", rule: "finished in time"},
	"coupons are not counted": {harm: func(s store) { s.put("coupon_shares", "shr_1", bson.M{"n": int64(2), "claims": bson.M{"a": true}}) }, kind: "coupon", id: "shr_1", rule: "counted"},
	"a budget is passed": {harm: func(s store) {
		s.put("fullreduction_budgets", "cmp_1", bson.M{"limit": int64(100), "left": int64(-1), "held": int64(0), "spent": int64(101)})
	}, kind: "reduction", id: "cmp_1", rule: "left, held or spent"},
	"a budget lost what no order has": {harm: func(s store) {
		s.put("fullreduction_budgets", "cmp_1", bson.M{"limit": int64(100), "left": int64(60), "held": int64(0), "spent": int64(40)})
	}, kind: "reduction", id: "cmp_1", rule: "what orders have"},
	"a flash sale sold too many": {harm: func(s store) {
		s.put("flashsale_cells", "cel_f", bson.M{"of": "sku_1", "left": int64(-1), "held": int64(0), "sold": int64(1)})
	}, kind: "flash", id: "cel_f", rule: "counts what is held"},
	"a team has too many": {harm: func(s store) {
		s.team("open", noon.Add(time.Hour), time.Time{}, "ord_1", "ord_2", "ord_3")
	}, kind: "team", id: "tem_1", rule: "no more members than seats"},
	"a team filled and is not full": {harm: func(s store) { s.team("filled", time.Time{}, noon, "ord_1") }, kind: "team", id: "tem_1", rule: "is full"},
	"a team neither fills nor ends": {harm: func(s store) { s.team("open", noon.Add(-2*time.Minute), time.Time{}, "ord_1") }, kind: "team", id: "tem_1", rule: "fills or lapses"},
	"a lapsed team keeps the money": {harm: func(s store) { s.team("lapsed", time.Time{}, noon.Add(-2*time.Minute), "ord_1") }, kind: "team", id: "tem_1", rule: "money back"},
	"a person sits twice":           {harm: func(s store) { s.team("open", noon.Add(time.Hour), time.Time{}, "ord_1", "ord_1") }, kind: "team", id: "tem_1", rule: "sits once"},
	"cuts do not sum to the range": {harm: func(s store) {
		s.put("bargain_bargains", "brg_1", bson.M{"start": cny(100), "floor": cny(40), "price": cny(90), "helps": bson.A{bson.M{"user": "usr_2", "as": bson.A{"i"}, "cut": int64(10)}}, "rest": bson.A{int64(51)}})
	}, kind: "bargain", id: "brg_1", rule: "sum to the range"},
	"a person helped twice": {harm: func(s store) {
		twice := bson.M{"user": "usr_2", "as": bson.A{"i"}, "cut": int64(30)}
		s.put("bargain_bargains", "brg_1", bson.M{"start": cny(100), "floor": cny(40), "price": cny(40), "helps": bson.A{twice, twice}})
	}, kind: "bargain", id: "brg_1", rule: "helps once"},
	"a packet is not in escrow": {harm: func(s store) { s.packet("wallet:usr_1", 9, 4, 6) }, kind: "packet", id: "pkt_1", rule: "in escrow"},
	"a packet's shares are too many": {harm: func(s store) {
		s.packet("wallet:usr_1", 10, 4, 7)
	}, kind: "packet", id: "pkt_1", rule: "sum to the packet"},
	"points came from nowhere": {harm: func(s store) {
		s.put("points_accounts", "usr_1", bson.M{"in": int64(5), "out": int64(0), "lots": bson.A{bson.M{"n": int64(6), "expiry": noon.Add(time.Hour)}}})
	}, kind: "points", id: "usr_1", rule: "had, held or gone"},
	"cashback has no order": {harm: func(s store) {
		s.put("cashback_campaigns", "cbk_1", bson.M{"budget": cny(100), "left": int64(90), "at": noon})
	}, kind: "cashback", id: "cbk_1", rule: "what its orders bring back"},
	"an event is not told": {harm: func(s store) {
		s.put("engage_notes", "note_1", bson.M{"outbox": bson.A{bson.M{"id": "evt_1", "topic": "engage.noted", "at": noon.Add(-2 * time.Minute)}}})
	}, kind: "outbox", id: "engage_notes/note_1", rule: "within a minute"},
}

// hold has an order hold one unit for a while.
func (s store) hold(order string) {
	s.set("stock_cells", "cel_1", "available", int64(8))
	s.set("stock_cells", "cel_1", "held", int64(1))
	s.set("stock_cells", "cel_1", "holds", bson.M{order: bson.M{"n": int64(1), "gen": "g"}})
	s.put("reservations", order, bson.M{"gen": "g", "state": "held", "until": noon.Add(time.Minute), "parts": bson.A{bson.M{"sku": "sku_1", "n": int64(1), "cell": "cel_1"}}})
}

func (s store) closed(order, state string) {
	s.put("orders", order, bson.M{"state": state, "placed_at": noon.Add(-time.Hour), "closed_at": noon.Add(-2 * time.Minute), "total": cny(0)})
}

// team has two seats, taken by those who paid for these orders.
func (s store) team(state string, due, over time.Time, orders ...string) {
	seats := bson.A{}
	for _, o := range orders {
		seats = append(seats, bson.M{"order": o, "user": "u" + o, "as": bson.A{"u" + o}, "paid": true})
	}
	body := bson.M{"needs": int32(2), "state": state, "seats": seats}
	if !due.IsZero() {
		body["due"] = due
	}
	if !over.IsZero() {
		body["over_at"] = over
	}
	s.put("groupbuy_teams", "tem_1", body)
}

// packet is one of 10.00 in two shares that nobody has taken, with so much of its
// money in escrow.
func (s store) packet(from string, escrow int64, shares ...int64) {
	s.post("ent_p", from, escrow, "packet_escrow:pkt_1", -escrow)
	s.put("ledger_purses", from+":CNY", bson.M{"account": from, "currency": "CNY", "own": -escrow, "owes": escrow})
	s.put("redpacket_packets", "pkt_1", bson.M{"total": cny(10), "shares": int32(2), "state": "open", "expires_at": noon.Add(time.Hour), "at": noon})
	s.put("redpacket_cells", "pkt_1.0", bson.M{"packet": "pkt_1", "amounts": shares, "slots": bson.M{}, "users": bson.M{}})
}

func TestEveryRuleThatIsBrokenByHandIsFound(t *testing.T) {
	t.Parallel()
	for what, x := range broken {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.check()
			s.sell()
			x.harm(s)
			out := s.check()
			found := slices.ContainsFunc(out.Breaches, func(b Breach) bool {
				return b.Kind == x.kind && b.ID == x.id && strings.Contains(b.Wanted, x.rule) && b.Got != ""
			})
			if out.OK || !found {
				t.Errorf("got %+v, want %s of %s: …%s…", out.Breaches, x.kind, x.id, x.rule)
			}
		})
	}
}

func TestASecondLookForgetsWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	looks := []Report{
		{Breaches: []Breach{{"hold", "a", "w", "1"}, {"stock", "b", "w", "1"}}},
		{Breaches: []Breach{{"stock", "b", "w", "2"}, {"hold", "c", "w", "1"}}},
		{OK: true},
	}
	n := 0
	look := func() (Report, error) { n++; return looks[n-1], nil }
	out, err := Settled(look, func() error { return nil })
	if err != nil || !out.OK || out.Looks != 3 {
		t.Errorf("got %+v, %v", out, err)
	}
	many := []Report{ // none is the same, but not all of them were named
		{Breaches: []Breach{{"hold", "a", "w", "1"}}, More: 1}, {Breaches: []Breach{{"hold", "b", "w", "1"}}, More: 2}, {Breaches: []Breach{{"hold", "c", "w", "1"}}},
	}
	n, looks, first := 0, many, looks
	if out, err = Settled(look, func() error { return nil }); err != nil || out.OK || len(out.Breaches) != 1 {
		t.Errorf("of more than are named: %+v, %v", out, err)
	}
	looks = first
	n, looks[2] = 0, Report{Breaches: []Breach{{"stock", "b", "w", "3"}}}
	if out, err = Settled(look, func() error { return nil }); err != nil || out.OK || len(out.Breaches) != 1 || out.Breaches[0].Got != "3" {
		t.Errorf("got %+v, %v", out, err)
	}
}
