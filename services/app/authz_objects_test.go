package app

import (
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/talk"
)

// as is m asking directly, with roles that m need not hold: what somebody made
// while they still might.
func (w *world) as(m *member, roles ...actor.Role) ctx {
	return m.ctx(w.t.Context(), m.merchant, roles...)
}

// object returns what a cell is about: something fresh of the asker's, one that
// is another's for good, or an id that names nothing.
func (w *world) object(c cell, kind string, build func(*member) string) string {
	switch {
	case c.of == own:
		return build(c.who)
	case c.of == missing:
		return id.Derive(map[string]string{
			"address": "adr", "session": "ses", "product": "prd", "sku": "sku", "post": "pst", "comment": "cmt",
			"draft of": "drf", "collection": "col", "upload": "upl", "private post": "pst", "case": "cas", "share": "shr", "order": "ord", "payment": "pay", "quote": "quo", "user": "usr", "merchant": "mer",
			"staff": "stf", "own invitation": "stf", "shipping": "prf", "warehouse": "whs", "rating": "rat", "rated product": "prd", "difference": "dif", "parcel": "pcl", "paid order": "ord", "after-sale": "afs", "payout": "pyo",
			"batch": "cpb", "started batch": "cpb", "running batch": "cpb", "campaign": "cmp", "started campaign": "cmp", "killed campaign": "cmp", "sale": "fls", "drafted sale": "fls", "running sale": "fls",
			"team offer": "gbo", "drafted team offer": "gbo", "team": "tem", "bargain offer": "bgo", "drafted bargain offer": "bgo", "open bargain offer": "bgo", "bargain": "bgn", "packet": "rpk", "cashback": "cbk", "reward": "inr", "invitation": "inv",
		}[kind], "nothing")
	}
	if w.shared[kind] == "" {
		w.shared[kind] = build(w.other)
	}
	return w.shared[kind]
}

var home = account.Place{Name: "Han Meimei", Phone: "13800138000", Region: "Zhejiang", City: "Hangzhou", Line: "8 Lakeside Road"}

func (w *world) address(m *member) string {
	a, err := w.front.Account.AddAddress(w.as(m), account.AddAddress{Place: home})
	w.must(err)
	return string(a.ID)
}

// device is a session of m's that is not the one m asks with.
func (w *world) device(m *member) string {
	before := w.sessions(m)
	m.person.again(w.t)
	for _, s := range w.sessions(m) {
		if !slices.ContainsFunc(before, func(b account.Session) bool { return b.ID == s.ID }) {
			return string(s.ID)
		}
	}
	w.t.Fatal("signing in made no session")
	return ""
}

func (w *world) photo(m *member) picture.Wanted {
	if w.photos[m.user.ID] == "" {
		w.photos[m.user.ID] = w.picture(w.t, m.user.ID)
	}
	return picture.Wanted{ID: w.photos[m.user.ID], Alt: "A cup"}
}

func (w *world) sheet(m *member) catalog.Sheet {
	return catalog.Sheet{
		Title: "Celadon cup", Category: "home", Commission: 1500, Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{w.photo(m)}, SKUs: []catalog.NewSKU{{Price: money.CNY(19_900)}},
	}
}

// keeper is m, if m has a shop; somebody who has one if not.
func (w *world) keeper(m *member) *member {
	if slices.Contains(m.roles, actor.Merchant) {
		return m
	}
	return w.other
}

// shop is m's shop asking, or that of who keeps one in m's place.
func (w *world) shop(m *member) ctx { return w.as(w.keeper(m), actor.Merchant) }

func (w *world) draft(m *member) catalog.Product {
	m = w.keeper(m)
	p, err := w.front.Catalog.Draft(w.as(m, actor.Merchant), catalog.DraftProduct{Sheet: w.sheet(m), RequestID: w.key()})
	w.must(err)
	return p
}

func (w *world) product(m *member) catalog.Product {
	p, err := w.front.Catalog.List(w.shop(m), catalog.ByProduct{ID: w.draft(m).ID})
	w.must(err)
	return p
}

// words are what m posts. Time passes, and no two are alike: who posts much, or
// the same again, is held back.
func (w *world) words(m *member) creator.DraftContent {
	w.clock.Advance(5 * time.Minute)
	return creator.DraftContent{Title: "A cup", Body: "The one of " + id.Secret(), Lang: "en", Pictures: []picture.Wanted{w.photo(m)}}
}

func (w *world) post(m *member) string {
	p, err := w.front.Creator.Publish(w.as(m, actor.Creator), creator.Publish{DraftContent: w.words(m), RequestID: w.key()})
	w.must(err)
	return string(p.ID)
}

// comment is m's, under somebody else's post.
func (w *world) comment(m *member) string {
	under := w.object(cell{of: others}, "post", w.post)
	c, err := w.front.Talk.Say(w.as(m), talk.Say{ID: id.Post(under), Body: "Nice", RequestID: w.key()})
	w.must(err)
	return string(c.ID)
}

func (w *world) quote(m *member) string { return w.quoteOf(m, w.market) }

// quoteOf is a price for one unit, sent to where m lives.
func (w *world) quoteOf(m *member, s id.SKU) string {
	in := checkout.Ask{Lines: []checkout.Choice{{SKU: s, N: 1}}, Address: id.Address(w.home(m))}
	q, err := w.front.Checkout.Quote(w.as(m), in)
	w.must(err)
	return q.ID
}

func (w *world) order(m *member) string { return w.orderOf(m, w.market) }

func (w *world) orderOf(m *member, s id.SKU) string {
	in := checkout.Place{Quote: w.quoteOf(m, s), Address: id.Address(w.home(m)), RequestID: w.key()}
	o, err := w.front.Checkout.Place(w.as(m), in)
	w.must(err)
	return string(o.ID)
}

// home is an address of m's that stays.
func (w *world) home(m *member) string {
	kind := "home " + string(m.user.ID)
	if w.shared[kind] == "" {
		w.shared[kind] = w.address(m)
	}
	return w.shared[kind]
}

func (w *world) payment(m *member) string {
	p, err := w.front.Checkout.Pay(w.as(m), checkout.Pay{ID: id.Order(w.order(m)), Provider: sandbox.Name, RequestID: w.key()})
	w.must(err)
	return string(p.ID)
}

func (w *world) self(m *member) string { return string(m.user.ID) }
