package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"meadow/services/account"
	"meadow/services/aftersale"
	"meadow/services/aftersale/aftersalecore"
	"meadow/services/creator"
	"meadow/services/fulfil"
	"meadow/services/fulfil/fulfilcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/bargain/bargaincore"
	"meadow/services/promo/cashback"
	"meadow/services/promo/cashback/cashbackcore"
	"meadow/services/promo/coupon"
	"meadow/services/promo/coupon/couponcore"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/flashsale/flashsalecore"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/fullreduction/fullreductioncore"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/groupbuy/groupbuycore"
	"meadow/services/promo/invite"
	"meadow/services/promo/invite/invitecore"
	"meadow/services/promo/points"
	"meadow/services/promo/points/pointscore"
	"meadow/services/promo/promocore"
	"meadow/services/promo/redpacket"
	"meadow/services/promo/redpacket/redpacketcore"
)

// Promotions are what lowers prices and rewards people.
type Promotions struct {
	Pricing       promo.Pricing
	Coupon        coupon.Service
	FullReduction fullreduction.Service
	FlashSale     flashsale.Service
	GroupBuy      groupbuy.Service
	Bargain       bargain.Service
	RedPacket     redpacket.Service
	Points        points.Service
	Cashback      cashback.Service
	Invite        invite.Service
}

// promotionsAt are those of another process.
func promotionsAt(p *rpc.Peer) Promotions {
	return Promotions{
		Pricing: promo.Client{Peer: p}, Coupon: coupon.Client{Peer: p}, FullReduction: fullreduction.Client{Peer: p},
		FlashSale: flashsale.Client{Peer: p}, GroupBuy: groupbuy.Client{Peer: p}, Bargain: bargain.Client{Peer: p},
		RedPacket: redpacket.Client{Peer: p}, Points: points.Client{Peer: p}, Cashback: cashback.Client{Peer: p}, Invite: invite.Client{Peer: p},
	}
}

// mount serves them.
func (p Promotions) mount(r rpc.Router) {
	promo.Mount(r, p.Pricing)
	coupon.Mount(r, p.Coupon)
	fullreduction.Mount(r, p.FullReduction)
	flashsale.Mount(r, p.FlashSale)
	groupbuy.Mount(r, p.GroupBuy)
	bargain.Mount(r, p.Bargain)
	redpacket.Mount(r, p.RedPacket)
	points.Mount(r, p.Points)
	cashback.Mount(r, p.Cashback)
	invite.Mount(r, p.Invite)
}

// newPromotions builds every kind, and the pricing over them.
func (s *System) newPromotions(ctx context.Context) error {
	st, currency := s.stores, string(s.cfg.Currency)
	coupons, e1 := couponcore.New(ctx, couponcore.Deps{DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Account: s.Account, Catalog: s.Catalog, Currency: currency})
	reductions, e2 := fullreductioncore.New(ctx, fullreductioncore.Deps{DB: st.DB, Bus: st.Bus, Now: s.now, Log: s.log, Shops: s.Catalog, Levels: s.levels(), Currency: currency})
	flashes, e3 := flashsalecore.New(ctx, flashsalecore.Deps{DB: st.DB, Jobs: s.jobs, Now: s.now, Log: s.log, Account: s.Account, Catalog: s.Catalog, Currency: currency})
	teams, e4 := groupbuycore.New(ctx, groupbuycore.Deps{DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Account: s.Account, Catalog: s.Catalog})
	bargains, e5 := bargaincore.New(ctx, bargaincore.Deps{DB: st.DB, Jobs: s.jobs, Now: s.now, Log: s.log, Account: s.Account, Catalog: s.Catalog})
	packets, e6 := redpacketcore.New(ctx, redpacketcore.Deps{
		DB: st.DB, Jobs: s.jobs, Now: s.now, Log: s.log, Ledger: s.Ledger, Account: s.Account, Follows: s.follows, May: s.Catalog.May, Currency: currency,
	})
	pointed, e7 := pointscore.New(ctx, pointscore.Deps{DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Ledger: s.Ledger, Settings: s.pointSettings()})
	backs, e8 := cashbackcore.New(ctx, cashbackcore.Deps{DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Ledger: s.Ledger, Currency: currency})
	invites, e9 := invitecore.New(ctx, invitecore.Deps{
		DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Ledger: s.Ledger, Clues: s.clues, LinkKey: s.keys.link, Settings: s.inviteSettings(),
	})
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, e8, e9); err != nil {
		return err
	}
	pricing, err := promocore.New(ctx, promocore.Deps{
		DB: st.DB, Bus: st.Bus, Jobs: s.jobs, Now: s.now, Log: s.log,
		// Cheap ones first, and teams last: what filled stays filled.
		Sources: []promo.Source{reductions, pointed, coupons, flashes, bargains, teams},
	})
	if err != nil {
		return err
	}
	s.Promotions = Promotions{
		Pricing: pricing, Coupon: coupons, FullReduction: reductions, FlashSale: flashes, GroupBuy: teams, Bargain: bargains,
		RedPacket: packets, Points: pointed, Cashback: backs, Invite: invites,
	}
	s.runs("promo", pricing.Run)
	s.runs("coupon", coupons.Run)
	s.runs("fullreduction", reductions.Run)
	s.runs("groupbuy", teams.Run)
	s.runs("points", pointed.Run)
	s.runs("cashback", backs.Run)
	s.runs("invite", invites.Run)
	return nil
}

// pointSettings are what points are worth: a hundred of them pay for 1.00, 1.00
// paid brings one, and half of a purchase may be paid with them.
func (s *System) pointSettings() points.Settings {
	return points.Settings{Worth: money.Money{Amount: 100, Currency: string(s.cfg.Currency)}, Earn: money.Whole, Most: money.Whole / 2}
}

// inviteSettings are what an invitation is worth: 5.00, and 1.00 to who invited
// the inviter, once somebody has bought for 20.00.
func (s *System) inviteSettings() invite.Settings {
	in := func(minor int64) money.Money { return money.Money{Amount: minor, Currency: string(s.cfg.Currency)} }
	return invite.Settings{Rewards: [invite.MaxLevels]money.Money{in(500), in(100)}, Least: in(2000), Daily: 20, Burst: 50}
}

// clues are what is known of a person that they should not share with who
// invited them: the logins and the default address, as hashes.
func (s *System) clues(ctx context.Context, u id.User) ([]invite.Clue, error) {
	known, err := s.Account.Identities(actor.AsSystem(ctx, "invite"), account.IdentitiesOf{User: u})
	if err != nil {
		return nil, err
	}
	var out []invite.Clue
	for _, h := range known.Items {
		out = append(out, invite.Clue{Kind: "identity", Hash: h})
	}
	home, err := s.home(ctx, u)
	if err == nil && home != "" {
		out = append(out, invite.Clue{Kind: "address", Hash: home})
	}
	return out, err
}

// home is somebody's default address, which their first order goes to, as a hash:
// the same for all who live there, whatever their names; "" if there is none.
func (s *System) home(ctx context.Context, u id.User) (string, error) {
	at, err := s.Account.AddressFor(actor.AsSystem(ctx, "invite"), account.AddressFor{User: u})
	if errors.Is(err, account.ErrNoAddress) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain, err := s.Vault.Open(ctx, at.Subject, at.Field, vault.Sealed(at.Sealed), "see whether who was invited lives with who invited them")
	if errors.Is(err, vault.ErrForgotten) || errors.Is(err, vault.ErrSealed) {
		return "", nil
	}
	var p account.Place
	if err == nil {
		err = json.Unmarshal([]byte(plain), &p)
	}
	if err != nil {
		return "", fmt.Errorf("home of %s: %w", u, err)
	}
	return s.Vault.Blind("invite.address", dwelling(p)), nil
}

// dwelling is where a place is, however it was typed and whoever lives there.
func dwelling(p account.Place) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, p.City+p.District+p.Line)
}

// levels asks fulfilment once it is there, as boughtFrom does.
func (s *System) levels() *levels {
	return &levels{currency: string(s.cfg.Currency), now: s.now, spent: func(ctx context.Context, buyer id.User, since time.Time) (map[string]int64, error) {
		return s.FulfilCore.Spent(ctx, buyer, since)
	}}
}

// follows reports whether who follows whom.
func (s *System) follows(ctx context.Context, who, whom id.User) (bool, error) {
	p, err := s.Creator.Profile(actor.With(ctx, actor.Actor{User: who}), creator.ByUser{ID: whom})
	return p.Followed, err
}

// pace is how long the sandbox carrier's boxes stay at each place.
const pace = 6 * time.Hour

// newFulfil builds what brings goods to people, and takes them back.
func (s *System) newFulfil(ctx context.Context) error {
	told, err := s.newCarriers(ctx)
	if err != nil {
		return err
	}
	s.FulfilCore, err = fulfilcore.New(ctx, fulfilcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Now: s.now, Log: s.log,
		Orders: s.CheckoutCore, Catalog: s.Catalog, Vault: s.Vault, Carriers: told, Window: aftersale.Window,
	})
	if err != nil {
		return err
	}
	s.Fulfil = s.FulfilCore
	s.runs("fulfil", s.FulfilCore.Run)
	s.AfterSaleCore, err = aftersalecore.New(ctx, aftersalecore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Now: s.now, Log: s.log,
		Checkout: s.Checkout, Fulfil: s.Fulfil, Orders: s.CheckoutCore, Catalog: s.Catalog, Media: s.Media,
	})
	if err != nil {
		return err
	}
	s.AfterSale = s.AfterSaleCore
	s.runs("aftersale", s.AfterSaleCore.Run)
	return nil
}

var (
	_ fulfil.Service    = (*fulfilcore.Core)(nil)
	_ aftersale.Service = (*aftersalecore.Core)(nil)
)

// boughtFrom asks fulfilment once it is there: the catalogue is built first.
type boughtFrom struct{ *System }

// Bought says what somebody has received.
func (s boughtFrom) Bought(ctx context.Context, in fulfil.Bought) (fulfil.BoughtList, error) {
	return s.Fulfil.Bought(ctx, in)
}
