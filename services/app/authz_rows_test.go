package app

import (
	"context"
	"slices"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

type ctx = context.Context

// alone is the answer of a route that is about no object but the asker.
func alone(outcome string) map[whose]string { return map[whose]string{own: outcome} }

// each is the answer about what is the asker's, another's, and not there.
func each(mine, another, absent string) map[whose]string {
	return map[whose]string{own: mine, others: another, missing: absent}
}

// nothing sends no body.
func nothing(cell) sent { return sent{} }

// rows is the table: for each public route who gets past its door, how it is
// asked, and what comes back.
func rows(w *world) map[string][]row {
	// about asks for an object by the id in the path.
	about := func(kind string, build func(*member) string, body ...any) func(cell) sent {
		return func(c cell) sent {
			s := sent{id: w.object(c, kind, build)}
			if len(body) > 0 {
				s.body = body[0]
			}
			return s
		}
	}
	sku := func(m *member) string { return string(w.product(m).SKUs[0].ID) }
	product := func(m *member) string { return string(w.product(m).ID) }
	all := map[string][]row{}
	for _, part := range []map[string][]row{
		accountRows(w), catalogRows(w, about, product, sku), tillRows(w, about, sku), shopRows(w, about, sku), promoRows(w, about, sku),
		peopleRows(w, about), postRows(w, about), talkRows(w, about), moderationRows(w, about), newsRows(w, about), feedRows(w, about),
	} {
		for name, rs := range part {
			all[name] = append(all[name], rs...)
		}
	}
	for name, rs := range map[string][]row{
		"devInbox":  {{who: everybody, send: nothing, want: alone("ok")}},
		"csrfToken": {{who: everybody, send: nothing, want: alone("ok")}},
	} {
		all[name] = rs
	}
	return all
}

type aboutFunc = func(kind string, build func(*member) string, body ...any) func(cell) sent

func accountRows(w *world) map[string][]row {
	changed := account.ChangeAddress{Place: home}
	changed.Line = "9 Lakeside Road"
	login := func(c cell) sent {
		s := sent{body: account.SignIn{Login: c.who.login, Password: c.who.password}}
		switch {
		case c.of == others:
			s.body = account.SignIn{Login: w.newcomer(c.t, "stranger").login, Password: "a wrong guess"}
		case c.of == missing:
			s.body = account.SignIn{Login: "nobody@example.com", Password: goodPassword}
		}
		return s
	}
	link := func(c cell) sent {
		token, err := w.front.AccountCore.OneTimeLink(actor.AsSystem(w.t.Context(), "test"))
		w.must(err)
		if c.of == others { // somebody else was faster
			_, err := w.front.Account.Enter(actor.AsSystem(w.t.Context(), "test"), account.Enter{Token: token})
			w.must(err)
		}
		if c.of == missing {
			token = id.Secret()
		}
		return sent{body: account.Enter{Token: token}}
	}
	role := func(c cell) sent {
		in := account.SetRole{User: c.who.user.ID, Role: actor.Operator, Grant: true}
		if c.of == others {
			in = account.SetRole{User: id.User(w.object(c, "subject", func(*member) string { return string(w.newcomer(c.t, "subject").user.ID) })), Role: actor.Brand, Grant: true}
		}
		if c.of == missing {
			in.User = id.User(id.Derive("usr", "nobody"))
		}
		return sent{body: in}
	}
	return map[string][]row{
		"sendCode": {{who: everybody, want: alone("ok"), send: func(cell) sent {
			return sent{body: account.SendCode{To: id.Secret()[:12] + "@example.com", Purpose: account.ForSignIn}}
		}}},
		"signUp": {{who: everybody, want: alone("ok"), send: func(cell) sent {
			return sent{body: account.SignUp{Login: id.Secret()[:12] + "@example.com", Password: goodPassword, Name: "New"}}
		}}},
		"signIn":  {{who: everybody, want: each("ok", "bad_credentials", "bad_credentials"), send: login}},
		"enter":   {{who: everybody, want: each("ok", "bad_link", "bad_link"), send: link}},
		"signOut": {w.asTwin(row{who: everybody, send: nothing, want: alone("ok")})},
		"changePassword": {w.asTwin(row{who: signedIn, send: func(cell) sent {
			return sent{body: account.ChangePassword{Old: goodPassword, New: "another battery 7"}}
		}, want: alone("ok")})},
		"becomeCreator": {w.asTwin(row{who: signedIn, send: func(cell) sent { return sent{body: account.BecomeCreator{AcceptTerms: true}} }, want: alone("ok")})},
		"me":            {{who: signedIn, send: nothing, want: alone("ok")}},
		"changeMe":      {{who: signedIn, send: func(cell) sent { return sent{body: account.Change{Name: "Same"}} }, want: alone("ok")}},
		"sessions":      {{who: signedIn, send: nothing, want: alone("ok")}},
		"revokeSession": {{who: signedIn, want: each("ok", "no_such_session", "no_such_session"), send: func(c cell) sent {
			return sent{id: w.object(c, "session", w.device)}
		}}},
		"addresses":     {{who: signedIn, send: nothing, want: alone("ok")}},
		"addAddress":    {{who: signedIn, send: func(cell) sent { return sent{body: account.AddAddress{Place: home}} }, want: alone("ok")}},
		"changeAddress": {{who: signedIn, send: func(c cell) sent { return sent{id: w.object(c, "address", w.address), body: changed} }, want: each("ok", "no_such_address", "no_such_address")}},
		"removeAddress": {{who: signedIn, send: func(c cell) sent { return sent{id: w.object(c, "address", w.address)} }, want: each("ok", "no_such_address", "no_such_address")}},
		"setRole":       {{who: operators, send: role, want: each("ok", "ok", "no_such_user")}},
	}
}

// asTwin asks in a twin's name, since the asker is another afterwards.
func (w *world) asTwin(r row) row {
	send := r.send
	r.send = func(c cell) sent {
		s := send(c)
		s.as = w.twin(c.who)
		return s
	}
	return r
}

func catalogRows(w *world, about aboutFunc, product, sku func(*member) string) map[string][]row {
	edit := func(c cell) sent {
		owner := c.who
		if c.of != own || owner.cookie == "" {
			owner = w.other
		}
		return sent{id: w.object(c, "product", product), body: w.sheet(owner)}
	}
	shop := func(c cell) sent {
		if c.of == own && !slices.Contains(c.who.roles, actor.Merchant) {
			return sent{none: true}
		}
		return sent{id: w.object(c, "merchant", func(m *member) string { return string(m.merchant) })}
	}
	mineOr404 := func(c cell) string {
		if c.of == own && c.who.in(merchants) {
			return "ok"
		}
		return "no_such_product"
	}
	return map[string][]row{
		"openShop": {w.asTwin(row{who: signedIn, send: func(cell) sent { return sent{body: catalog.OpenShop{Name: "Stall"}} }, want: alone("ok"), but: func(c cell) string {
			if c.of != own {
				return ""
			}
			if c.who.in(merchants) {
				return "shop_exists"
			}
			return "ok"
		}})},
		"merchant": {{who: everybody, send: shop, want: each("ok", "ok", "no_such_merchant")}},
		"draftProduct": {{who: merchants, want: alone("ok"), send: func(c cell) sent {
			if c.who.cookie == "" {
				return sent{body: w.sheet(w.other)}
			}
			return sent{body: w.sheet(c.who)}
		}}},
		"editProduct":   {{who: merchants, send: edit, want: each("ok", "no_such_product", "no_such_product")}},
		"listProduct":   {{who: merchants, send: about("product", product), want: each("ok", "no_such_product", "no_such_product")}},
		"delistProduct": {{who: merchants, send: about("product", product), want: each("ok", "no_such_product", "no_such_product")}},
		"product": {
			{who: everybody, send: about("product", product), want: each("ok", "ok", "no_such_product")},
			// A draft is its merchant's alone.
			{who: everybody, send: about("draft", func(m *member) string { return string(w.draft(m).ID) }), want: each("", "", ""), but: func(c cell) string {
				if c.of == missing {
					return ""
				}
				return mineOr404(c)
			}},
		},
		"products": {
			{who: everybody, send: nothing, want: alone("ok")},
			{who: merchants, send: func(cell) sent { return sent{query: "mine=true"} }, want: alone("ok")},
		},
		"adjustStock": {{who: merchants, send: about("sku", sku, catalog.Adjust{By: 5, Reason: "delivery"}), want: each("ok", "no_such_sku", "no_such_sku")}},
		"stock":       {{who: merchants, send: about("sku", sku), want: each("ok", "no_such_sku", "no_such_sku")}},
	}
}

func tillRows(w *world, about aboutFunc, sku func(*member) string) map[string][]row {
	place := func(c cell) sent {
		buyer := c.who
		if buyer.cookie == "" {
			buyer = w.other
		}
		return sent{body: checkout.Place{Quote: w.object(c, "quote", w.quote), Address: id.Address(w.home(buyer))}}
	}
	// placeTo has a good quote, and an address that is whose the cell says.
	placeTo := func(c cell) sent {
		if c.who.cookie == "" {
			return sent{none: true}
		}
		return sent{body: checkout.Place{Quote: w.quote(c.who), Address: id.Address(w.object(c, "address", w.address))}}
	}
	asMerchant := func(c cell) string {
		if c.of != own {
			return ""
		}
		if c.who.in(merchants) {
			return "ok"
		}
		return "not_allowed"
	}
	merchantQuery := func(cell) sent { return sent{query: "as=merchant"} }
	return map[string][]row{
		"quote": {{who: signedIn, want: each("ok", "ok", "no_such_sku"), send: func(c cell) sent {
			return sent{body: checkout.Ask{Lines: []checkout.Choice{{SKU: id.SKU(w.object(c, "sku", sku)), N: 1}}}}
		}}},
		"placeOrder": {
			{who: signedIn, send: place, want: each("ok", "no_such_quote", "no_such_quote")},
			{who: signedIn, send: placeTo, want: each("ok", "no_such_address", "no_such_address")},
		},
		"payOrder":       {{who: signedIn, send: about("order", w.order, checkout.Pay{Provider: sandbox.Name}), want: each("ok", "no_such_order", "no_such_order")}},
		"confirmPayment": {{who: signedIn, send: about("payment", w.payment), want: each("ok", "no_such_payment", "no_such_payment")}},
		"cancelOrder":    {{who: signedIn, send: about("order", w.order), want: each("ok", "no_such_order", "no_such_order")}},
		"order":          {{who: signedIn, send: about("order", w.order), want: each("ok", "no_such_order", "no_such_order")}},
		"orders":         {{who: signedIn, send: nothing, want: alone("ok")}},
		"sales":          {{who: merchants, send: nothing, want: alone("ok")}},
		"held":           {{who: signedIn, send: nothing, want: alone("ok")}, {who: signedIn, send: merchantQuery, want: alone("ok"), but: asMerchant}},
		"ledgerLines":    {{who: signedIn, send: nothing, want: alone("ok")}, {who: signedIn, send: merchantQuery, want: alone("ok"), but: asMerchant}},
		"trialBalance":   {{who: operators, send: nothing, want: alone("ok")}},
		// A bill's id is the right to pay it, as with every provider's page.
		"sandboxBill":       {{who: everybody, send: about("bill", w.payment), want: each("ok", "ok", "no_such_bill")}},
		"settleSandboxBill": {{who: everybody, send: about("bill", w.payment, map[string]any{"pay": false}), want: each("ok", "ok", "no_such_bill")}},
		// So is a box's number, at a carrier that brings nothing.
		"sandboxBox": {{who: everybody, send: func(cell) sent { return sent{id: "SBnone"} }, want: alone("no_such_box")}},
		"moveSandboxBox": {{who: everybody, want: alone("no_such_box"), send: func(cell) sent {
			return sent{id: "SBnone", body: map[string]any{"state": "in_transit"}}
		}}},
	}
}
