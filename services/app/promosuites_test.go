package app

import (
	"context"
	"testing"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/promo"
	"meadow/services/promo/cashback/cashbacktest"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/fullreduction/fullreductiontest"
	"meadow/services/promo/invite/invitetest"
	"meadow/services/promo/points/pointstest"
	"meadow/services/promo/promotest"
	"meadow/services/promo/redpacket"
	"meadow/services/promo/redpacket/redpackettest"
)

// promotions runs the suites of promotions that need no clock of their own. Those
// of deals and coupons want to stop the time, and run beside their cores.
func (s *testShop) promotions(t *testing.T) {
	p := s.front.Promotions
	person := func(t *testing.T) (id.User, context.Context) {
		a := s.user(t, "Buyer")
		return a.User, as(t, a)
	}
	one := s.user(t, "Operator", actor.Operator)
	operator := func(*testing.T) actor.Actor { return one }
	asOperator := func(t *testing.T) context.Context { return as(t, operator(t)) }
	t.Run("promo", func(t *testing.T) {
		promotest.Run(t, promotest.Shop{Pricing: p.Pricing, Now: s.clock.Now, Limited: s.limited})
	})
	t.Run("fullreduction", func(t *testing.T) {
		fullreductiontest.Run(t, fullreductiontest.Shop{
			Campaigns: p.FullReduction, Now: s.clock.Now, Operator: operator,
			Merchant: func(t *testing.T) actor.Actor { return s.merchant(t, "clay") },
		})
	})
	t.Run("points", func(t *testing.T) {
		pointstest.Run(t, pointstest.Shop{Points: p.Points, Person: person, Operator: asOperator})
	})
	t.Run("cashback", func(t *testing.T) {
		cashbacktest.Run(t, cashbacktest.Shop{
			Cashback: p.Cashback, Now: s.clock.Now, Operator: asOperator,
			Person: func(t *testing.T) context.Context { _, ctx := person(t); return ctx },
		})
	})
	t.Run("invite", func(t *testing.T) {
		invitetest.Run(t, invitetest.Shop{Invite: p.Invite, Person: person, Operator: asOperator})
	})
	t.Run("redpacket", func(t *testing.T) {
		redpackettest.Run(t, redpackettest.Shop{
			Packets: p.RedPacket,
			Person: func(t *testing.T) (id.User, context.Context) {
				u, ctx := person(t)
				s.fill(t, u, money.CNY(100_000))
				return u, ctx
			},
			Follow: func(t *testing.T, who, whom id.User) {
				must(s.front.Creator.Follow(as(t, actor.Actor{User: who}), creator.ByUser{ID: whom}))(t)
			},
		})
	})
}

// fill puts the platform's money into somebody's wallet.
func (s *testShop) fill(t *testing.T, u id.User, m money.Money) {
	t.Helper()
	minus := money.Money{Amount: -m.Amount, Currency: m.Currency}
	must(s.front.Ledger.Post(inside(t), ledger.Entry{
		ID: id.Entry(id.Derive("ent", string(u), "gift")), Kind: redpacket.EntryShare, At: s.clock.Now(),
		Postings: []ledger.Posting{{Account: ledger.Account("promo_cost:platform"), Amount: m}, {Account: ledger.Account("wallet:" + string(u)), Amount: minus}},
	}))(t)
}

// limited starts a campaign whose budget n orders can have.
func (s *testShop) limited(t *testing.T, n int) promo.PriceAsk {
	t.Helper()
	owner, now := s.merchant(t, "clay"), s.clock.Now()
	x := must(s.front.Promotions.FullReduction.Draft(as(t, owner), fullreduction.DraftCampaign{RequestID: id.Secret(), Terms: fullreduction.Terms{
		Kind: promo.Reduction, Name: "Ten off", Goods: fullreduction.Goods{All: true}, Budget: money.CNY(int64(n) * 1_000),
		Tiers: []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(1_000)}}, Starts: now, Ends: now.Add(24 * time.Hour),
	}}))(t)
	must(s.front.Promotions.FullReduction.Start(as(t, owner), fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: id.Secret()}))(t)
	return promo.PriceAsk{Buyer: s.user(t, "Buyer").User, At: now, Lines: []promo.Line{{SKU: "sku_1", Merchant: owner.Merchant, N: 1, Price: money.CNY(12_000)}}}
}
