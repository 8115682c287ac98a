package app

import (
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/cashback"
	"meadow/services/promo/coupon"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/invite"
	"meadow/services/promo/points"
	"meadow/services/promo/redpacket"
)

// promoRows are social promotions.
func promoRows(w *world, about aboutFunc, sku func(*member) string) map[string][]row {
	// of is a row about something of a shop: its merchant may, and an operator if
	// ops; another merchant does not find it. What whoever has neither is told
	// depends on whether it is there only where hidden says otherwise.
	of := func(kind, none string, build func(*member) string, ops bool, hidden map[whose]string, body ...any) []row {
		return []row{{who: signedIn, send: about(kind, build, body...), want: each("ok", none, none), but: func(c cell) string {
			switch {
			case c.who.in(operators) && ops:
				return map[whose]string{own: "ok", others: "ok", missing: none}[c.of]
			case c.who.in(merchants) && c.of == own:
				return "ok"
			case c.who.in(merchants):
				return none
			}
			return hidden[c.of]
		}}}
	}
	const refused = "not_allowed"
	coupons := func(kind string, build func(*member) string, body ...any) []row {
		const none = "no_such_coupon_batch"
		return of(kind, none, build, true, each(none, none, none), body...)
	}
	campaigns := func(kind string, build func(*member) string, body ...any) []row {
		return of(kind, "no_such_campaign", build, true, each(refused, refused, "no_such_campaign"), body...)
	}
	sales := func(kind string, build func(*member) string, body ...any) []row {
		return of(kind, "no_such_flash_sale", build, true, each(refused, refused, "no_such_flash_sale"), body...)
	}
	// Offers of teams and of bargains are changed by their shop alone; operators
	// kill them, and look at what came of them.
	changed := func(kind, none string, build func(*member) string) []row {
		return of(kind, none, build, false, each(refused, refused, refused))
	}
	killed := func(kind, none string, build func(*member) string) []row {
		return of(kind, none, build, true, each(refused, refused, refused))
	}
	watched := func(kind, none string, build func(*member) string) []row {
		return of(kind, none, build, true, each(refused, refused, none))
	}
	// draft is a shop's: others do not find it, operators do.
	drafted := func(kind, none string, build func(*member) string) []row {
		return []row{{who: everybody, send: about(kind, build), want: each("", none, none), but: func(c cell) string {
			switch {
			case c.of == own:
				return ""
			case c.of == others && c.who.in(operators):
				return "ok"
			}
			return none
		}}}
	}
	batch := func(m *member) string { return w.batch(m) }
	sale := func(m *member) string { return w.flashSale(m) }
	offer := func(m *member) string { return w.groupBuy(m) }
	haggle := func(m *member) string { return w.bargainOffer(m) }
	return map[string][]row{
		"claimCoupon": {{who: signedIn, want: map[whose]string{others: "ok", missing: "no_such_coupon_batch"}, send: func(c cell) sent {
			return sent{body: coupon.Claim{Batch: w.object(c, "started batch", func(m *member) string {
				b := w.batch(m)
				_, err := w.front.Promotions.Coupon.Start(w.shop(m), coupon.ByBatch{ID: b})
				w.must(err)
				return b
			})}}
		}}},
		"claimCouponCode": {{who: signedIn, want: alone("coupon_code_unknown"), send: func(cell) sent { return sent{body: coupon.ClaimCode{Code: "NOTHING" + w.key()}} }}},
		"myCoupons":       {{who: signedIn, send: nothing, want: alone("ok")}},
		"couponOffers":    {{who: everybody, send: nothing, want: alone("ok")}},
		"draftCouponBatch": {{who: merchants, want: alone("ok"), send: func(cell) sent {
			return sent{body: coupon.DraftBatch{Scope: promo.OfMerchant, Terms: w.couponTerms()}}
		}}},
		"editCouponBatch":  coupons("batch", batch, w.couponTerms()),
		"startCouponBatch": coupons("batch", batch),
		"stopCouponBatch":  coupons("running batch", func(m *member) string { return w.started(m) }),
		"killCouponBatch":  coupons("running batch", func(m *member) string { return w.started(m) }),
		"couponBatch":      coupons("batch", batch),
		"couponBatches":    {{who: merchants, send: nothing, want: alone("ok")}},

		"draftCampaign": {{who: merchants, want: alone("ok"), send: func(cell) sent { return sent{body: fullreduction.DraftCampaign{Terms: w.campaignTerms()}} }}},
		"editCampaign":  campaigns("campaign", w.campaign, w.campaignTerms()),
		"startCampaign": campaigns("campaign", w.campaign, fullreduction.StartCampaign{Accept: true}),
		"stopCampaign": campaigns("started campaign", func(m *member) string {
			c := w.campaign(m)
			_, err := w.front.Promotions.FullReduction.Start(w.shop(m), fullreduction.StartCampaign{ID: c, Accept: true, RequestID: w.key()})
			w.must(err)
			return c
		}),
		"killCampaign": {{who: operators, want: map[whose]string{others: "ok", missing: "no_such_campaign"}, send: func(c cell) sent {
			return sent{id: w.object(c, "killed campaign", w.campaign), body: fullreduction.KillCampaign{Reason: "A slip"}}
		}}},
		"campaign":         campaigns("campaign", w.campaign),
		"campaigns":        {{who: merchants, send: nothing, want: alone("ok")}},
		"allCampaigns":     {{who: operators, send: nothing, want: alone("ok")}},
		"previewCampaign":  {{who: merchants, want: alone("ok"), send: func(cell) sent { return sent{body: fullreduction.PreviewCampaign{Terms: w.campaignTerms()}} }}},
		"runningCampaigns": {{who: everybody, want: alone("ok"), send: func(cell) sent { return sent{query: "merchant=" + string(w.other.merchant)} }}},

		"flashSales": {{who: everybody, send: nothing, want: alone("ok")}},
		// A draft is its shop's alone.
		"flashSale":           {{who: everybody, send: about("drafted sale", sale), want: map[whose]string{others: "no_such_flash_sale", missing: "no_such_flash_sale"}}},
		"flashSalesOfProduct": {{who: everybody, want: alone("ok"), send: func(cell) sent { return sent{query: "product=" + string(w.product(w.other).ID)} }}},
		"draftFlashSale": {{who: merchants, want: alone("ok"), send: func(c cell) sent {
			owner := c.who
			if owner.cookie == "" {
				owner = w.other
			}
			return sent{body: flashsale.DraftSale{Plan: w.plan(id.SKU(sku(owner)))}}
		}}},
		"editFlashSale": {{who: signedIn, want: each("ok", "ok", "ok"), but: sales("sale", sale)[0].but, send: func(c cell) sent {
			owner := w.other
			if c.of == own && c.who.cookie != "" {
				owner = w.keeper(c.who)
			}
			return sent{id: w.object(c, "sale", sale), body: flashsale.EditSale{Plan: w.plan(id.SKU(sku(owner)))}}
		}}},
		"startFlashSale": sales("sale", sale),
		"stopFlashSale":  sales("running sale", w.startedSale),
		"killFlashSale":  sales("running sale", w.startedSale),
		"shopFlashSale":  sales("sale", sale),
		"shopFlashSales": {{who: merchants, send: nothing, want: alone("ok")}},

		"groupBuyOffers":  {{who: everybody, want: alone("ok"), send: func(cell) sent { return sent{query: "product=" + string(w.product(w.other).ID)} }}},
		"groupBuyOffer":   drafted("drafted team offer", "no_such_group_buy", offer),
		"groupBuyTeams":   {{who: everybody, want: alone("ok"), send: func(cell) sent { return sent{query: "product=" + string(w.product(w.other).ID)} }}},
		"groupBuyTeam":    {{who: everybody, send: about("team", nil), want: map[whose]string{missing: "no_such_team"}}},
		"groupBuyMyTeams": {{who: signedIn, send: nothing, want: alone("ok")}},
		"groupBuyDrafted": {{who: merchants, want: each("ok", "no_such_sku", "no_such_sku"), send: func(c cell) sent {
			return sent{body: groupbuy.NewOffer{Terms: w.teamTerms(id.SKU(w.object(c, "sku", sku)))}}
		}}},
		"groupBuyEdit": {{who: merchants, want: each("ok", "no_such_group_buy", "no_such_group_buy"), send: func(c cell) sent {
			return sent{id: w.object(c, "team offer", offer), body: w.teamTerms(id.SKU(sku(c.who)))}
		}}},
		"groupBuyStart":   changed("team offer", "no_such_group_buy", offer),
		"groupBuyStop":    changed("team offer", "no_such_group_buy", offer),
		"groupBuyKill":    killed("team offer", "no_such_group_buy", offer),
		"groupBuyOfShop":  {{who: merchants, send: nothing, want: alone("ok")}},
		"groupBuyResults": watched("team offer", "no_such_group_buy", offer),
		"groupBuyAll":     {{who: operators, send: nothing, want: alone("ok")}},
		"groupBuyRisks":   {{who: operators, send: nothing, want: alone("ok")}},

		"bargainOffers": {{who: everybody, want: alone("ok"), send: func(cell) sent { return sent{query: "product=" + string(w.product(w.other).ID)} }}},
		"bargainOffer":  drafted("drafted bargain offer", "no_such_bargain_offer", haggle),
		"bargainBegin": {{who: signedIn, want: map[whose]string{others: "ok", missing: "no_such_bargain_offer"}, send: func(c cell) sent {
			return sent{body: bargain.Begin{Offer: w.object(c, "open bargain offer", w.openBargains)}}
		}}},
		"bargain":     {{who: everybody, send: about("bargain", w.bargain), want: each("ok", "ok", "no_such_bargain")}},
		"bargainMine": {{who: signedIn, send: nothing, want: alone("ok")}},
		"bargainCut":  {{who: signedIn, send: about("bargain", w.bargain, bargain.Cut{}), want: map[whose]string{own: "own_bargain", missing: "no_such_bargain"}}},
		"bargainDrafted": {{who: merchants, want: each("ok", "no_such_sku", "no_such_sku"), send: func(c cell) sent {
			return sent{body: bargain.NewOffer{Terms: w.bargainTerms(id.SKU(w.object(c, "sku", sku)))}}
		}}},
		"bargainEdit": {{who: merchants, want: each("ok", "no_such_bargain_offer", "no_such_bargain_offer"), send: func(c cell) sent {
			return sent{id: w.object(c, "bargain offer", haggle), body: w.bargainTerms(id.SKU(sku(c.who)))}
		}}},
		"bargainStart":   changed("bargain offer", "no_such_bargain_offer", haggle),
		"bargainStop":    changed("bargain offer", "no_such_bargain_offer", haggle),
		"bargainKill":    killed("bargain offer", "no_such_bargain_offer", haggle),
		"bargainOfShop":  {{who: merchants, send: nothing, want: alone("ok")}},
		"bargainResults": watched("bargain offer", "no_such_bargain_offer", haggle),
		"bargainAll":     {{who: operators, send: nothing, want: alone("ok")}},
		"bargainLook":    {{who: operators, send: about("bargain", w.bargain), want: map[whose]string{others: "ok", missing: "no_such_bargain"}}},

		// Nobody makes a packet of money that they do not have.
		"makeRedPacket": {{who: signedIn, want: alone("packet_not_funded"), send: func(cell) sent {
			return sent{body: redpacket.Make{Source: redpacket.FromWallet, Split: redpacket.Equal, Audience: redpacket.Anyone, Words: "Luck", Total: money.CNY(100), Shares: 2, Password: goodPassword}}
		}}},
		"grabRedPacket":   {{who: signedIn, send: about("packet", nil), want: map[whose]string{missing: "no_such_packet"}}},
		"redPacket":       {{who: everybody, send: about("packet", nil), want: map[whose]string{missing: "no_such_packet"}}},
		"redPacketShares": {{who: signedIn, send: about("packet", nil), want: map[whose]string{missing: "no_such_packet"}}},
		"redPackets":      {{who: signedIn, send: nothing, want: alone("ok")}},
		"redPacketsGot":   {{who: signedIn, send: nothing, want: alone("ok")}},

		"pointsBalance": {{who: signedIn, send: nothing, want: alone("ok")}},
		"pointsHistory": {{who: signedIn, send: nothing, want: alone("ok")}},
		"grantPoints":   {{who: operators, want: alone("ok"), send: func(cell) sent { return sent{body: points.Grant{User: w.other.user.ID, N: 1, Note: "Sorry"}} }}},

		"cashbacks":         {{who: everybody, send: nothing, want: alone("ok")}},
		"cashbackGrants":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"draftCashback":     {{who: operators, want: alone("ok"), send: func(cell) sent { return sent{body: w.cashbackPlan()} }}},
		"startCashback":     {{who: operators, send: func(c cell) sent { return sent{id: w.cashback(c)} }, want: map[whose]string{others: "ok", missing: "no_such_cashback"}}},
		"stopCashback":      {{who: operators, send: func(c cell) sent { return sent{id: w.cashback(c)} }, want: map[whose]string{others: "ok", missing: "no_such_cashback"}}},
		"cashbackCampaigns": {{who: operators, send: nothing, want: alone("ok")}},
		"cashbackPromises":  {{who: operators, send: func(c cell) sent { return sent{id: w.cashback(c)} }, want: map[whose]string{others: "ok", missing: "no_such_cashback"}}},

		"inviteLink": {{who: signedIn, send: nothing, want: alone("ok")}},
		"lookAtInvite": {{who: everybody, want: map[whose]string{others: "ok", missing: "bad_invite_link"}, send: func(c cell) sent {
			return sent{query: "token=" + w.object(c, "invitation", w.invitation)}
		}}},
		"acceptInvite": {w.asTwin(row{who: signedIn, want: map[whose]string{others: "ok", missing: "bad_invite_link"}, send: func(c cell) sent {
			return sent{body: invite.Accept{Token: w.object(c, "invitation", w.invitation)}}
		}})},
		"invitees":      {{who: signedIn, send: nothing, want: alone("ok")}},
		"inviteRewards": {{who: signedIn, send: nothing, want: alone("ok")}},
		"inviteTree": {
			{who: signedIn, send: nothing, want: alone("ok")},
			// Whom somebody brought is for them and for operators.
			{who: signedIn, send: func(cell) sent { return sent{query: "user=" + string(w.other.user.ID)} }, want: alone("not_allowed"), but: func(c cell) string {
				if c.of != own {
					return ""
				}
				if c.who.in(operators) {
					return "ok"
				}
				return "not_allowed"
			}},
		},
		"heldInvites":  {{who: operators, send: nothing, want: alone("ok")}},
		"inviteGrowth": {{who: operators, send: nothing, want: alone("ok")}},
		"decideInvite": {{who: operators, send: about("reward", nil, invite.Decide{Pay: true, Note: "Fine"}), want: map[whose]string{missing: "no_such_invite_reward"}}},
	}
}

func (w *world) couponTerms() coupon.Terms {
	from, until := w.soon()
	return coupon.Terms{Name: "Five off", Tiers: []promo.Tier{{Over: money.CNY(5_000), Off: money.CNY(500)}}, Total: 1_000, PerPerson: 50, ClaimFrom: from, ClaimUntil: until, ValidDays: 30}
}

func (w *world) batch(m *member) string {
	b, err := w.front.Promotions.Coupon.Draft(w.shop(m), coupon.DraftBatch{Scope: promo.OfMerchant, Terms: w.couponTerms(), RequestID: w.key()})
	w.must(err)
	return b.ID
}

func (w *world) started(m *member) string {
	b := w.batch(m)
	_, err := w.front.Promotions.Coupon.Start(w.shop(m), coupon.ByBatch{ID: b})
	w.must(err)
	return b
}

func (w *world) campaignTerms() fullreduction.Terms {
	from, until := w.soon()
	return fullreduction.Terms{Kind: promo.Reduction, Name: "Ten off", Goods: fullreduction.Goods{Categories: []string{"nobody-sells-this"}},
		Tiers: []promo.Tier{{Over: money.CNY(20_000), Off: money.CNY(1_000)}}, Budget: money.CNY(100_000), Starts: from, Ends: until}
}

func (w *world) campaign(m *member) string {
	c, err := w.front.Promotions.FullReduction.Draft(w.shop(m), fullreduction.DraftCampaign{Terms: w.campaignTerms(), RequestID: w.key()})
	w.must(err)
	return c.ID
}

func (w *world) plan(s id.SKU) flashsale.Plan {
	from, until := w.soon()
	return flashsale.Plan{Name: "At noon", Start: from, End: until, Items: []flashsale.Allotment{{SKU: s, Price: money.CNY(9_900), N: 5, Limit: 1}}}
}

func (w *world) flashSale(m *member) string {
	s, err := w.front.Promotions.FlashSale.Draft(w.shop(m), flashsale.DraftSale{Plan: w.plan(w.product(m).SKUs[0].ID), RequestID: w.key()})
	w.must(err)
	return s.ID
}

func (w *world) startedSale(m *member) string {
	s := w.flashSale(m)
	_, err := w.front.Promotions.FlashSale.Start(w.shop(m), flashsale.BySale{ID: s})
	w.must(err)
	return s
}

func (w *world) teamTerms(s id.SKU) groupbuy.Terms {
	from, until := w.soon()
	return groupbuy.Terms{SKU: s, Name: "Two of us", Price: money.CNY(14_900), Seats: 2, Hours: 24, Limit: 1, Units: 1, StartAt: from, EndAt: until}
}

func (w *world) groupBuy(m *member) string {
	o, err := w.front.Promotions.GroupBuy.Drafted(w.shop(m), groupbuy.NewOffer{Terms: w.teamTerms(w.product(m).SKUs[0].ID), RequestID: w.key()})
	w.must(err)
	return o.ID
}

func (w *world) bargainTerms(s id.SKU) bargain.Terms {
	from, until := w.soon()
	return bargain.Terms{SKU: s, Name: "Cut it", Start: money.CNY(19_900), Floor: money.CNY(9_900), Cuts: 10, NewCuts: 2, Hours: 24, Stock: 400, StartAt: from, EndAt: until}
}

func (w *world) bargainOffer(m *member) string {
	o, err := w.front.Promotions.Bargain.Drafted(w.shop(m), bargain.NewOffer{Terms: w.bargainTerms(w.product(m).SKUs[0].ID), RequestID: w.key()})
	w.must(err)
	return o.ID
}

// openBargains is an offer of m's that everybody can bargain for.
func (w *world) openBargains(m *member) string {
	o := w.bargainOffer(m)
	_, err := w.front.Promotions.Bargain.Start(w.shop(m), bargain.ByID{ID: o})
	w.must(err)
	return o
}

// bargain is one that m has begun.
func (w *world) bargain(m *member) string {
	o := w.object(cell{of: others}, "open bargain offer", w.openBargains)
	b, err := w.front.Promotions.Bargain.Begin(w.as(m), bargain.Begin{Offer: o, RequestID: w.key()})
	w.must(err)
	return b.ID
}

func (w *world) cashbackPlan() cashback.Plan {
	from, until := w.soon()
	return cashback.Plan{Name: "Two back", Rate: 200, Most: money.CNY(200), Merchants: []id.Merchant{id.Merchant(id.Derive("mer", "nobody"))}, Budget: money.CNY(1_000), PerPerson: 1, StartsAt: from, EndsAt: until}
}

// cashback is a campaign of the platform's, for what an operator is asked about.
func (w *world) cashback(c cell) string {
	return w.object(c, "cashback", func(*member) string {
		operator := w.people[7]
		in := w.cashbackPlan()
		in.RequestID = w.key()
		got, err := w.front.Promotions.Cashback.Draft(w.as(operator, operator.roles...), in)
		w.must(err)
		return got.ID
	})
}

func (w *world) invitation(m *member) string {
	l, err := w.front.Promotions.Invite.Link(w.as(m), invite.Mine{})
	w.must(err)
	return l.Token
}
