package app

import (
	"errors"
	"time"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
)

// shopRows are what a merchant says of their shop, and what buyers and
// operators do about what was sold.
func shopRows(w *world, about aboutFunc, sku func(*member) string) map[string][]row {
	zones := []catalog.Zone{{First: money.CNY(800), Next: money.CNY(0), Earliest: 1, Latest: 3}}
	profile := catalog.ProfileSheet{Name: "By road", Zones: zones}
	place := catalog.WarehouseSheet{Name: "West", Region: "Sichuan"}
	duties := []catalog.Duty{catalog.DoStock}
	const table = "product,title,category,facts,values,price\na,Cup,home,Origin=Longquan,,199.00\n"
	rating := func(c cell) sent {
		return sent{id: w.object(c, "rated product", func(m *member) string { return string(w.product(m).ID) }),
			body: catalog.Rate{Order: id.Order(id.Derive("ord", "nothing")), Stars: 5}}
	}
	// Invited is somebody's who was invited to a shop, and joins it here.
	invited := func(c cell) sent {
		if c.who.cookie == "" {
			return sent{id: id.Derive("stf", "nothing")}
		}
		return sent{id: w.object(c, "own invitation", func(m *member) string {
			in := catalog.InviteStaff{User: m.user.ID, Duties: duties, RequestID: w.key()}
			if m == w.other { // one for somebody else
				in.User = w.newcomer(w.t, "hand").user.ID
			}
			got, err := w.front.Catalog.InviteStaff(w.shop(w.other), in)
			w.must(err)
			return got.ID
		})}
	}
	return map[string][]row{
		"inviteStaff": {{who: merchants, want: alone("ok"), send: func(cell) sent {
			return sent{body: catalog.InviteStaff{Login: id.Secret()[:12] + "@example.com", Duties: duties}}
		}}},
		"acceptStaffInvite": {{who: signedIn, send: invited, want: each("ok", "bad_invitation", "bad_invitation")}},
		"shopStaff":         {{who: merchants, send: nothing, want: alone("ok")}},
		"changeStaff":       {{who: merchants, send: about("staff", w.hand, catalog.ChangeStaff{Duties: duties}), want: each("ok", "no_such_member", "no_such_member")}},
		// Anybody may end their own part, so the door lets everybody in.
		"removeStaff": {{who: signedIn, send: about("staff", w.hand), want: each("ok", "no_such_member", "no_such_member"), but: func(c cell) string {
			switch {
			case c.of == own && c.who.in(merchants):
				return "ok"
			case c.of == missing || c.who.in(merchants):
				return "no_such_member"
			}
			return "not_allowed"
		}}},
		"productPromise":        {{who: everybody, send: about("product", func(m *member) string { return string(w.product(m).ID) }), want: each("ok", "ok", "no_such_product")}},
		"myRatings":             {{who: signedIn, send: func(cell) sent { return sent{query: "of=" + id.Derive("ord", "nothing") + ".0"} }, want: alone("ok")}},
		"deskPayments":          {{who: operators, send: nothing, want: alone("ok")}},
		"ledgerEntries":         {{who: operators, send: func(cell) sent { return sent{query: "account=platform_fee:platform"} }, want: alone("ok")}},
		"myParcels":             {{who: signedIn, send: nothing, want: alone("ok")}},
		"parcelCounts":          {{who: signedIn, send: nothing, want: alone("ok")}},
		"myShops":               {{who: signedIn, send: nothing, want: alone("ok")}},
		"categories":            {{who: everybody, send: nothing, want: alone("ok")}},
		"brands":                {{who: everybody, send: nothing, want: alone("ok")}},
		"addBrand":              {{who: merchants, want: alone("ok"), send: func(cell) sent { return sent{body: catalog.AddBrand{Name: "Kiln " + w.key()}} }}},
		"addShippingProfile":    {{who: merchants, want: alone("ok"), send: func(cell) sent { return sent{body: profile} }}},
		"editShippingProfile":   {{who: merchants, send: about("shipping", w.profile, profile), want: each("ok", "no_such_shipping", "no_such_shipping")}},
		"retireShippingProfile": {{who: merchants, send: about("shipping", w.profile), want: each("ok", "no_such_shipping", "no_such_shipping")}},
		"shippingProfiles":      {{who: merchants, send: nothing, want: alone("ok")}},
		"openWarehouse":         {{who: merchants, want: alone("ok"), send: func(cell) sent { return sent{body: place} }}},
		"editWarehouse":         {{who: merchants, send: about("warehouse", w.warehouse, place), want: each("ok", "no_such_warehouse", "no_such_warehouse")}},
		"warehouses":            {{who: merchants, send: nothing, want: alone("ok")}},
		"stockPlaces":           {{who: merchants, send: about("sku", sku), want: each("ok", "no_such_sku", "no_such_sku")}},
		"watchStock":            {{who: merchants, send: about("sku", sku, catalog.WatchStock{Threshold: 3}), want: each("ok", "no_such_sku", "no_such_sku")}},
		"stockAdjustments":      {{who: merchants, send: nothing, want: alone("ok")}},
		"lowStock":              {{who: merchants, send: nothing, want: alone("ok")}},
		"exportGoods":           {{who: merchants, send: nothing, want: alone("ok")}},
		"importGoods": {{who: merchants, want: alone("ok"), send: func(cell) sent {
			return sent{body: catalog.ImportTable{CSV: table, DryRun: true}}
		}}},
		// Nobody rates what they have not received.
		"rateProduct":    {{who: signedIn, send: rating, want: each("not_received", "not_received", "no_such_product")}},
		"productRatings": {{who: everybody, send: about("product", func(m *member) string { return string(w.product(m).ID) }), want: each("ok", "ok", "ok")}},
		"answerRating":   {{who: merchants, send: about("rating", w.rating, catalog.AnswerRating{Text: "Thank you"}), want: each("ok", "no_such_rating", "no_such_rating")}},

		// A key that a device keeps is the right to its cart.
		"cart": {{who: everybody, send: func(cell) sent { return sent{query: "key=" + deviceKey} }, want: alone("ok")}},
		"putInCart": {{who: everybody, want: each("ok", "ok", "no_such_sku"), send: func(c cell) sent {
			return sent{query: "key=" + deviceKey, body: checkout.Choice{SKU: id.SKU(w.object(c, "sku", sku)), N: 1}}
		}}},
		"selectInCart": {{who: everybody, want: alone("ok"), send: func(cell) sent {
			return sent{query: "key=" + deviceKey, body: map[string]any{"skus": []string{}, "on": true}}
		}}},
		"joinCart":    {{who: signedIn, want: alone("ok"), send: func(cell) sent { return sent{query: "key=" + deviceKey} }}},
		"differences": {{who: operators, send: nothing, want: alone("ok")}},
		"resolvePayment": {{who: operators, want: each("own_money", "payment_not_frozen", "no_such_payment"),
			send: about("payment", w.payment, checkout.ResolvePayment{Verdict: checkout.RefundAll, Reason: "They paid twice"})}},
		"resolveDifference": {{who: operators, want: map[whose]string{missing: "no_such_difference"}, send: func(c cell) sent {
			return sent{id: w.object(c, "difference", nil), body: checkout.Resolve{Note: "The bank was late"}}
		}}},

		"parcel": {{who: signedIn, send: about("parcel", w.parcel), want: each("ok", "no_such_parcel", "no_such_parcel"), but: func(c cell) string {
			switch {
			case c.of == missing || c.of == others && !c.who.in(operators):
				return "no_such_parcel"
			}
			return "ok"
		}}},
		"ofOrder":     {{who: signedIn, send: about("order", w.paid), want: each("ok", "ok", "ok")}}, // nobody's parcels, where it is not theirs
		"receive":     {{who: signedIn, send: about("parcel", w.parcel), want: each("not_sent", "no_such_parcel", "no_such_parcel")}},
		"toSend":      {{who: merchants, send: nothing, want: alone("ok")}},
		"ship":        {{who: merchants, send: w.aboutSold(fulfil.Ship{Carrier: "sandbox"}), want: each("", "no_such_parcel", "no_such_parcel")}},
		"openAddress": {{who: merchants, send: w.aboutSold(nil), want: each("", "no_such_parcel", "no_such_parcel")}},
		"pickUp":      {{who: merchants, send: w.aboutSold(fulfil.PickUp{Code: "000000"}), want: each("", "no_such_parcel", "no_such_parcel")}},
		"note":        {{who: merchants, send: w.aboutSold(fulfil.AddNote{Text: "Fragile"}), want: each("", "no_such_parcel", "no_such_parcel")}},
		"carriers":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"lateParcels": {{who: operators, send: nothing, want: alone("ok")}},

		"previewAfterSale": {{who: signedIn, want: each("ok", "no_such_order", "no_such_order"), send: func(c cell) sent {
			return sent{body: w.cancelling(id.Order(w.object(c, "paid order", w.paid)))}
		}}},
		"openAfterSale": {{who: signedIn, want: each("ok", "no_such_order", "no_such_order"), send: func(c cell) sent {
			return sent{body: w.cancelling(id.Order(w.object(c, "paid order", w.paid)))}
		}}},
		"afterSale": {{who: signedIn, send: about("after-sale", w.request), want: each("ok", "no_such_after_sale", "no_such_after_sale"), but: func(c cell) string {
			if c.of == own || c.of == others && c.who.in(operators) {
				return "ok"
			}
			return "no_such_after_sale"
		}}},
		"myAfterSales":      {{who: signedIn, send: nothing, want: alone("ok")}},
		"shopAfterSales":    {{who: merchants, send: nothing, want: alone("ok")}},
		"afterSalesOfOrder": {{who: signedIn, send: about("paid order", w.paid), want: each("ok", "ok", "ok")}}, // none, where it is not theirs
		"withdrawAfterSale": {{who: signedIn, send: about("after-sale", w.request), want: each("not_now", "no_such_after_sale", "no_such_after_sale")}},
		"sendBack":          {{who: signedIn, send: about("after-sale", w.request, aftersale.SendBack{Carrier: "sandbox", Tracking: "T1"}), want: each("not_now", "no_such_after_sale", "no_such_after_sale")}},
		"disputeAfterSale":  {{who: signedIn, send: about("after-sale", w.request, aftersale.Dispute{Text: "Not so", Evidence: []id.Media{}}), want: each("not_now", "no_such_after_sale", "no_such_after_sale")}},
		"acceptOffer":       {{who: signedIn, send: about("after-sale", w.request), want: each("not_now", "no_such_after_sale", "no_such_after_sale")}},
		"giveBack": {{who: merchants, want: each("", "no_such_order", "no_such_order"), send: func(c cell) sent {
			in := aftersale.Give{Kind: aftersale.Money, Units: []aftersale.Units{{Line: 0, N: 1}}, Text: "With our apologies"}
			in.Order = id.Order(w.object(c, "paid order", w.paid))
			return sent{body: in}
		}}},
		"answerAfterSale": {{who: merchants, send: w.aboutAsked(aftersale.Answer{Agree: true}), want: each("", "no_such_after_sale", "no_such_after_sale")}},
		"inspectReturn":   {{who: merchants, send: w.aboutAsked(aftersale.Inspect{Fine: true}), want: each("", "no_such_after_sale", "no_such_after_sale")}},
		"disputes":        {{who: operators, send: nothing, want: alone("ok")}},
		"decideDispute":   {{who: operators, send: w.aboutAsked(aftersale.Decide{Agree: true, Text: "So it is"}), want: each("", "own_money", "no_such_after_sale")}},

		"ledgerBalances":  {{who: signedIn, send: nothing, want: alone("ok")}},
		"ledgerStatement": {{who: signedIn, send: nothing, want: alone("ok")}},
		"ledgerSheet":     {{who: signedIn, send: nothing, want: alone("ok")}},
		"ledgerTotals":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"payoutAccount":   {{who: signedIn, send: nothing, want: alone("no_payout_account")}},
		"setPayoutAccount": {{who: signedIn, want: alone("bad_credentials"), send: func(cell) sent {
			return sent{body: ledger.SetPayoutAccount{As: "wallet", Bank: "ICBC", Holder: "Han", Number: "62220000", Password: "a wrong guess"}}
		}}},
		"askPayout": {{who: signedIn, want: alone("no_payout_account"), send: func(cell) sent {
			return sent{body: ledger.AskPayout{As: "wallet", Amount: money.CNY(10_000), Password: goodPassword}}
		}}},
		"payouts":     {{who: signedIn, send: nothing, want: alone("ok")}},
		"openPayouts": {{who: operators, send: nothing, want: alone("ok")}},
		"approvePayout": {{who: operators, want: map[whose]string{missing: "no_such_payout"}, send: func(c cell) sent {
			return sent{id: w.object(c, "payout", nil), body: ledger.DecidePayout{}}
		}}},
		"refusePayout": {{who: operators, want: map[whose]string{missing: "no_such_payout"}, send: func(c cell) sent {
			return sent{id: w.object(c, "payout", nil), body: ledger.DecidePayout{Reason: "No"}}
		}}},
		"settlementTerms": {{who: operators, send: func(cell) sent { return sent{id: string(w.other.merchant)} }, want: alone("ok")}},
		"setSettlementTerms": {{who: operators, want: alone("own_money"), send: func(cell) sent {
			return sent{id: string(w.other.merchant), body: ledger.SetTerms{Days: 15}}
		}}},
		"setAside": {{who: operators, want: alone("own_money"), send: func(cell) sent {
			return sent{body: map[string]any{"payee": "merchant_payable:" + string(w.other.merchant), "amount": money.CNY(1_000), "reason": "risk"}}
		}}},
		"writeOff": {{who: operators, want: alone("own_money"), send: func(cell) sent {
			return sent{body: map[string]any{"payee": "merchant_payable:" + string(w.other.merchant), "amount": money.CNY(1_000), "reason": "gone"}}
		}}},
		"debts":             {{who: operators, send: nothing, want: alone("ok")}},
		"reconciled":        {{who: operators, send: nothing, want: alone("ok")}},
		"ledgerDifferences": {{who: operators, send: nothing, want: alone("ok")}},
		"closeLedgerDifference": {{who: operators, want: map[whose]string{missing: "no_such_ledger_difference"}, send: func(c cell) sent {
			return sent{id: w.object(c, "difference", nil), body: map[string]any{"note": "The bank was late"}}
		}}},
	}
}

// deviceKey is what a visitor's device keeps.
const deviceKey = "a-device-of-somebody-0001"

// hand is somebody on m's staff.
func (w *world) hand(m *member) string {
	in := catalog.InviteStaff{User: w.newcomer(w.t, "hand").user.ID, Duties: []catalog.Duty{catalog.DoStock}, RequestID: w.key()}
	got, err := w.front.Catalog.InviteStaff(w.shop(m), in)
	w.must(err)
	return got.ID
}

func (w *world) profile(m *member) string {
	in := catalog.AddProfile{RequestID: w.key(), ProfileSheet: catalog.ProfileSheet{Name: "By road", Zones: []catalog.Zone{{First: money.CNY(800), Next: money.CNY(0), Earliest: 1, Latest: 3}}}}
	p, err := w.front.Catalog.AddProfile(w.shop(m), in)
	w.must(err)
	return p.ID
}

func (w *world) warehouse(m *member) string {
	in := catalog.OpenWarehouse{RequestID: w.key(), WarehouseSheet: catalog.WarehouseSheet{Name: "East", Region: "Zhejiang"}}
	h, err := w.front.Catalog.OpenWarehouse(w.shop(m), in)
	w.must(err)
	return string(h.ID)
}

// paid is an order of m's that is paid, and whose parcel waits.
func (w *world) paid(m *member) string {
	o := w.order(m)
	w.settle(m, o)
	return o
}

// settle pays an order, and waits for its parcels.
func (w *world) settle(m *member, order string) []fulfil.Parcel {
	w.t.Helper()
	bill, err := w.front.Checkout.Pay(w.as(m), checkout.Pay{ID: id.Order(order), Provider: sandbox.Name, RequestID: w.key()})
	w.must(err)
	_, err = w.front.Sandbox.Settle(w.t.Context(), sandbox.Settle{ID: bill.ID, Pay: true})
	w.must(err)
	var got []fulfil.Parcel
	until(w.t, "a paid order is to be sent", func() bool {
		l, err := w.front.Fulfil.OfOrder(w.as(m), fulfil.ByOrder{ID: id.Order(order)})
		got = l.Items
		return err == nil && len(got) > 0
	})
	return got
}

// parcel is one that m waits for.
func (w *world) parcel(m *member) string {
	return string(w.settle(m, w.order(m))[0].ID)
}

// aboutSold asks about a parcel that somebody else's shop sends.
func (w *world) aboutSold(body any) func(cell) sent {
	return func(c cell) sent { return sent{id: w.object(c, "parcel", w.parcel), body: body} }
}

// aboutAsked asks about what somebody asked of somebody else's shop.
func (w *world) aboutAsked(body any) func(cell) sent {
	return func(c cell) sent { return sent{id: w.object(c, "after-sale", w.request), body: body} }
}

func (w *world) cancelling(o id.Order) aftersale.Open {
	return aftersale.Open{Order: o, Kind: aftersale.Cancel, Units: []aftersale.Units{{Line: 0, N: 1}}, Reason: "changed_mind", Evidence: []id.Media{}}
}

// request is one of m's to cancel, which is agreed at once.
func (w *world) request(m *member) string {
	in := w.cancelling(id.Order(w.paid(m)))
	in.RequestID = w.key()
	a, err := w.front.AfterSale.Open(w.as(m), in)
	w.must(err)
	until(w.t, "what is cancelled goes back", func() bool {
		a, err = w.front.AfterSale.AfterSale(w.as(m), aftersale.ByID{ID: a.ID})
		return err == nil && a.State == aftersale.Done
	})
	return string(a.ID)
}

// rating is what a buyer says of something that m's shop sold.
func (w *world) rating(m *member) string {
	p := w.product(m)
	_, err := w.front.Catalog.Adjust(w.shop(m), catalog.Adjust{ID: p.SKUs[0].ID, By: 5, Reason: "delivery", RequestID: w.key()})
	w.must(err)
	buyer := w.join(w.newcomer(w.t, "rater"))
	parcel := w.settle(buyer, w.orderOf(buyer, p.SKUs[0].ID))[0]
	_, err = w.front.Fulfil.Ship(w.shop(m), fulfil.Ship{ID: parcel.ID, Carrier: "sandbox", RequestID: w.key()})
	w.must(err)
	_, err = w.front.Fulfil.Receive(w.as(buyer), fulfil.ByParcel{ID: parcel.ID})
	w.must(err)
	var r catalog.Rating
	until(w.t, "what was received can be rated", func() bool {
		r, err = w.front.Catalog.Rate(w.as(buyer), catalog.Rate{ID: p.ID, Order: parcel.Order, Line: 0, Stars: 5, RequestID: w.key()})
		return !errors.Is(err, catalog.ErrNotReceived)
	})
	w.must(err)
	return r.ID
}

// soon is a window that is open now.
func (w *world) soon() (from, until time.Time) {
	now := w.clock.Now()
	return now.Add(-time.Hour), now.Add(30 * 24 * time.Hour)
}
