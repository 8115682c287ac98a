package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
	"meadow/services/promo/cashback"
	"meadow/services/promo/coupon"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/invite"
	"meadow/services/promo/redpacket"
)

const day = 24 * time.Hour

// operate is ctx with the platform asking.
func operate(ctx context.Context) context.Context { return actor.AsSystem(ctx, "demonstration") }

// sku is the id of one choice of a product.
func (f *filling) sku(product string, values ...string) id.SKU {
	p := f.products[product]
	at := slices.IndexFunc(p.SKUs, func(k catalog.SKU) bool { return slices.Equal(k.Values, values) })
	return p.SKUs[at].ID
}

// most is the most of a list that is looked through for what an earlier run made.
var most = page.Ask{Limit: 50}

// welcome is what has been there from the beginning: cashback of the platform,
// where shops and creators are paid, and who brought whom.
func (f *filling) welcome(ctx context.Context) (int, error) {
	op := operate(ctx)
	const name = "新人返现 5%"
	have, err := f.Cashback.Campaigns(op, most)
	if err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(have.Items, func(c cashback.Campaign) bool { return c.Name == name }) {
		now := f.Now()
		c, err := f.Cashback.Draft(op, cashback.Plan{
			Name: name, Rate: 500, Most: money.CNY(2_000), Least: money.CNY(5_000), Merchants: []id.Merchant{}, Budget: money.CNY(1_000_000), PerPerson: 3,
			StartsAt: now, EndsAt: now.Add(Past + 30*day), RequestID: request("cashback", "new"),
		})
		if err == nil {
			_, err = f.Cashback.Start(op, cashback.ByID{ID: c.ID})
		}
		if err != nil {
			return 0, fmt.Errorf("cashback: %w", err)
		}
	}
	link, err := f.Invite.Link(f.people["demo"].ctx, invite.Mine{})
	if err != nil {
		return 0, err
	}
	for _, who := range []string{"ye", "tom"} {
		_, err := f.Invite.Accept(f.people[who].ctx, invite.Accept{Token: link.Token, RequestID: request("invite", who)})
		if err != nil && !errors.Is(err, invite.ErrInvited) && !errors.Is(err, invite.ErrKnown) {
			return 0, fmt.Errorf("invite of %s: %w", who, err)
		}
	}
	for _, b := range banks {
		if _, err := f.Ledger.PayoutAccount(f.people[b.who].ctx, ledger.ByRole{As: b.as}); err == nil {
			continue
		}
		_, err := f.Ledger.SetPayoutAccount(f.people[b.who].ctx, ledger.SetPayoutAccount{
			As: b.as, Bank: "示例银行", Holder: f.people[b.who].Name, Number: b.number, Password: Password, RequestID: request("bank", b.who),
		})
		if err != nil {
			return 0, fmt.Errorf("bank of %s: %w", b.who, err)
		}
	}
	return 1 + len(banks), nil
}

// banks are where people are paid, and what they ask for.
var banks = []struct {
	who, as, number string
	ask             int64
}{
	{"taoxi", "merchant", "6222020000000000017", 20_000},
	{"lin", "creator", "6222020000000000025", 2_000},
}

// promote lets shops open their offers.
func (f *filling) promote(ctx context.Context) (int, error) {
	n := 0
	for _, offer := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"reductions", f.reduce}, {"coupons", f.issue}, {"flash sales", f.flash}, {"group buy", f.team}, {"bargain", f.bargain}, {"cart", f.fillCart},
	} {
		if err := offer.do(ctx); err != nil {
			return n, fmt.Errorf("%s: %w", offer.name, err)
		}
		n++
	}
	return n, nil
}

// reduce starts 满减, 满折, member prices and free carriage.
func (f *filling) reduce(context.Context) error {
	yuan := func(n int64) money.Money { return money.CNY(n * 100) }
	for _, c := range []struct {
		by    string
		terms fullreduction.Terms
	}{
		{"taoxi", fullreduction.Terms{Kind: promo.Reduction, Name: "陶溪满减季", Tiers: []promo.Tier{{Over: yuan(299), Off: yuan(30)}, {Over: yuan(499), Off: yuan(60)}}, Budget: yuan(5_000)}},
		{"pantry", fullreduction.Terms{Kind: promo.Discount, Name: "食橱满 150 九折", Tiers: []promo.Tier{{Over: yuan(150), Rate: 1_000}}, Most: yuan(60), Budget: yuan(3_000)}},
		{"loom", fullreduction.Terms{Kind: promo.Member, Name: "老朋友价", Level: 1, Tiers: []promo.Tier{{Rate: 500}}}},
		{"moss", fullreduction.Terms{Kind: promo.Carriage, Name: "满 68 包邮", Tiers: []promo.Tier{{Over: yuan(68)}}}},
	} {
		who := f.people[c.by].ctx
		have, err := f.Reductions.Campaigns(who, fullreduction.ListCampaigns{Ask: most})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have.Items, func(x fullreduction.Campaign) bool { return x.Name == c.terms.Name })
		var x fullreduction.Campaign
		if at >= 0 {
			x = have.Items[at]
		} else {
			c.terms.Goods = fullreduction.Goods{All: true}
			c.terms.Starts, c.terms.Ends = f.Now(), f.Now().Add(30*day)
			if x, err = f.Reductions.Draft(who, fullreduction.DraftCampaign{Terms: c.terms, RequestID: request("campaign", c.terms.Name)}); err != nil {
				return err
			}
		}
		if x.State == fullreduction.Draft {
			if _, err := f.Reductions.Start(who, fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: request("start", c.terms.Name)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// batches are the coupons of shops and of the platform. Who claims one before they
// buy has used it; who claims it after has it still.
var batches = []struct {
	by, name, code, before, after string
	over, off, each               int64
	fresh                         bool
}{
	{by: "taoxi", name: "陶溪见面礼", over: 9_900, off: 1_500, each: 1, after: "demo"},
	{by: "taoxi", name: "秋日窑变券", over: 39_900, off: 5_000, each: 2},
	{by: "pantry", name: "食橱早餐券", over: 5_900, off: 600, each: 3, before: "demo"},
	{by: "north", name: "Bench letter", over: 50_000, off: 5_000, each: 1, code: "QUIET50"},
	{name: "草甸新人券", over: 3_000, off: 500, each: 1, fresh: true},
	{name: "草甸通用券", over: 19_900, off: 2_000, each: 2, after: "demo"},
}

// claim lets people claim coupons.
func (f *filling) claim(ctx context.Context, who func(i int) string) error {
	for i, b := range batches {
		p := f.people[who(i)]
		if p == nil {
			continue
		}
		ask := coupon.Offers{Ask: most}
		if b.by != "" {
			ask.Merchant = f.people[b.by].shop()
		}
		open, err := f.Coupons.Offers(p.ctx, ask)
		if err != nil {
			return err
		}
		for _, o := range open.Items {
			if o.Name != b.name || o.Mine > 0 {
				continue
			}
			if _, err := f.Coupons.Claim(p.ctx, coupon.Claim{Batch: o.Batch, RequestID: request("claim", b.name)}); err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
		}
	}
	return nil
}

// issue issues coupons.
func (f *filling) issue(ctx context.Context) error {
	for _, b := range batches {
		who, scope := operate(ctx), promo.OfPlatform
		if b.by != "" {
			who, scope = f.people[b.by].ctx, promo.OfMerchant
		}
		have, err := f.Coupons.Batches(who, coupon.Batches{Ask: most, Scope: scope})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have.Items, func(x coupon.Batch) bool { return x.Name == b.name })
		var x coupon.Batch
		if at >= 0 {
			x = have.Items[at]
		} else {
			x, err = f.Coupons.Draft(who, coupon.DraftBatch{Scope: scope, RequestID: request("coupon", b.name), Terms: coupon.Terms{
				Name: b.name, Tiers: []promo.Tier{{Over: money.CNY(b.over), Off: money.CNY(b.off)}}, Total: 500, PerPerson: b.each,
				ClaimFrom: f.Now(), ClaimUntil: f.Now().Add(30 * day), ValidDays: 30, NewOnly: b.fresh, Code: b.code,
			}})
			if err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
		}
		if _, err := f.Coupons.Start(who, coupon.ByBatch{ID: x.ID}); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return f.claim(ctx, func(i int) string { return batches[i].before })
}

// flash starts a sale that runs, and one that is to come.
func (f *filling) flash(context.Context) error {
	now := f.Now().Truncate(time.Hour)
	for _, s := range []struct {
		by   string
		plan flashsale.Plan
	}{
		{"north", flashsale.Plan{Name: "Bench hour", Start: now.Add(-time.Hour), End: now.Add(3 * day), Items: []flashsale.Allotment{
			{SKU: f.sku("powerbank"), Price: money.CNY(14_900), N: 20, Limit: 2},
			{SKU: f.sku("headphones", "Graphite"), Price: money.CNY(99_800), N: 5, Limit: 1},
		}}},
		{"taoxi", flashsale.Plan{Name: "周末开窑", Start: now.Add(2 * day), End: now.Add(3 * day), Items: []flashsale.Allotment{
			{SKU: f.sku("bowl", "单只"), Price: money.CNY(6_900), N: 15, Limit: 2},
		}}},
	} {
		who := f.people[s.by].ctx
		have, err := f.Flashes.Sales(who, flashsale.Sales{Ask: most})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have.Items, func(x flashsale.Sale) bool { return x.Name == s.plan.Name })
		var x flashsale.Sale
		if at >= 0 {
			x = have.Items[at]
		} else if x, err = f.Flashes.Draft(who, flashsale.DraftSale{Plan: s.plan, RequestID: request("flash", s.plan.Name)}); err != nil {
			return err
		}
		if _, err := f.Flashes.Start(who, flashsale.BySale{ID: x.ID}); err != nil {
			return err
		}
	}
	return nil
}

// team opens a group buy, and a team of it that needs people.
func (f *filling) team(ctx context.Context) error {
	const name = "早八马克杯三人团"
	who := f.people["taoxi"].ctx
	have, err := f.Teams.OfShop(who, most)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(have.Items, func(x groupbuy.Offer) bool { return x.Name == name })
	var o groupbuy.Offer
	if at >= 0 {
		o = have.Items[at]
	} else if o, err = f.Teams.Drafted(who, groupbuy.NewOffer{RequestID: request("team", name), Terms: groupbuy.Terms{
		SKU: f.sku("mug", "燕麦"), Name: name, Price: money.CNY(5_900), Seats: 3, Hours: 72, Limit: 3, Units: 2,
		StartAt: f.Now(), EndAt: f.Now().Add(14 * day),
	}}); err != nil {
		return err
	}
	if _, err := f.Teams.Start(who, groupbuy.ByID{ID: o.ID}); err != nil {
		return err
	}
	opener := f.people["fang"]
	return f.buyAt(ctx, opener, checkout.Choice{SKU: o.SKU, N: 1, Deal: promo.Deal{Kind: promo.Group, ID: o.ID}}, name)
}

// buyAt buys one thing at a deal and pays for it, once.
func (f *filling) buyAt(ctx context.Context, p *person, c checkout.Choice, name string) error {
	have, err := f.Checkout.Orders(p.ctx, checkout.Orders{Ask: most})
	if err != nil {
		return err
	}
	for _, o := range have.Items {
		if len(o.Lines) == 1 && o.Lines[0].Deal.ID == c.Deal.ID && o.State != checkout.Expired {
			if o.State == checkout.Unpaid {
				return f.pay(ctx, p, o)
			}
			return nil
		}
	}
	q, err := f.Checkout.Quote(p.ctx, checkout.Ask{Lines: []checkout.Choice{c}})
	if err != nil {
		return err
	}
	o, err := f.Checkout.Place(p.ctx, checkout.Place{Quote: q.ID, Address: p.address, RequestID: request("deal", name+"/"+q.ID)})
	if err != nil {
		return err
	}
	return f.pay(ctx, p, o)
}

// bargain opens a bargain, and lets friends of the viewer help with it.
func (f *filling) bargain(context.Context) error {
	const name = "帮我砍一条海港围巾"
	who := f.people["loom"].ctx
	have, err := f.Bargains.OfShop(who, most)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(have.Items, func(x bargain.Offer) bool { return x.Name == name })
	var o bargain.Offer
	if at >= 0 {
		o = have.Items[at]
	} else if o, err = f.Bargains.Drafted(who, bargain.NewOffer{RequestID: request("bargain", name), Terms: bargain.Terms{
		SKU: f.sku("scarf", "Tide blue"), Name: name, Start: money.CNY(32_800), Floor: money.CNY(19_800), Cuts: 8, NewCuts: 2,
		Hours: 72, Stock: 10, StartAt: f.Now(), EndAt: f.Now().Add(14 * day),
	}}); err != nil {
		return err
	}
	if _, err := f.Bargains.Start(who, bargain.ByID{ID: o.ID}); err != nil {
		return err
	}
	b, err := f.Bargains.Begin(f.people["demo"].ctx, bargain.Begin{Offer: o.ID, RequestID: request("begin", name)})
	if err != nil {
		return err
	}
	for _, helper := range []string{"fang", "ye", "tom", "he"} {
		_, err := f.Bargains.Cut(f.people[helper].ctx, bargain.Cut{ID: b.ID, RequestID: request("cut", helper)})
		if err != nil && !errors.Is(err, bargain.ErrHelped) {
			return err
		}
	}
	return nil
}

// fillCart puts things of several shops into the viewer's cart.
func (f *filling) fillCart(context.Context) error {
	for _, c := range []checkout.Choice{
		{SKU: f.sku("bowl", "单只"), N: 2}, {SKU: f.sku("afternoon"), N: 1}, {SKU: f.sku("coffee", "Filter"), N: 1}, {SKU: f.sku("tee", "草绿", "S"), N: 1},
	} {
		if _, err := f.Checkout.PutInCart(f.people["demo"].ctx, checkout.PutInCart{Choice: c, Set: true}); err != nil {
			return err
		}
	}
	return nil
}

// reward lets people claim coupons for next time, those who have earned something
// ask for it, and a shop give some of it away.
func (f *filling) reward(ctx context.Context) (int, error) {
	if err := f.claim(ctx, func(i int) string { return batches[i].after }); err != nil {
		return 0, fmt.Errorf("coupons: %w", err)
	}
	for _, b := range banks {
		p := f.people[b.who]
		if err := f.earned(ctx, p, b.as, b.ask); err != nil {
			return 0, err
		}
		_, err := f.Ledger.AskPayout(p.ctx, ledger.AskPayout{As: b.as, Amount: money.CNY(b.ask), Password: Password, RequestID: request("payout", b.who)})
		if notYet(err) {
			f.log.InfoContext(ctx, "demonstration has earned too little for a payout", "who", b.who, "err", err)
			err = nil
		}
		if err != nil {
			return 0, fmt.Errorf("payout of %s: %w", b.who, err)
		}
	}
	p, err := f.Packets.Make(f.people["taoxi"].ctx, redpacket.Make{
		Source: redpacket.FromShop, Split: redpacket.Lucky, Audience: redpacket.Anyone, Words: "开窑大吉，喝杯茶",
		Total: money.CNY(2_000), Shares: 12, Seconds: int64(7 * day / time.Second), Password: Password, RequestID: request("packet", "kiln"),
	})
	if errors.Is(err, redpacket.ErrNoMoney) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("red packet: %w", err)
	}
	for _, who := range []string{"demo", "fang", "ye", "he"} {
		if _, err := f.Packets.Grab(f.people[who].ctx, redpacket.Grab{ID: p.ID, RequestID: request("grab", who)}); err != nil {
			return 0, fmt.Errorf("red packet for %s: %w", who, err)
		}
	}
	return len(banks) + 1, nil
}

// notYet reports whether somebody cannot be paid out, for a world that began in
// the present.
func notYet(err error) bool {
	return errors.Is(err, ledger.ErrCooling) || errors.Is(err, ledger.ErrNotEnough)
}

// earned waits, where time has passed, until what somebody sold is their own.
func (f *filling) earned(ctx context.Context, p *person, as string, least int64) error {
	if !f.passed {
		return nil
	}
	return f.until(ctx, "earnings of "+p.Key, func() (bool, error) {
		b, err := f.Ledger.Held(p.ctx, ledger.Owner{As: as})
		return b.Earned.Amount+b.Asked.Amount >= least, err
	})
}
