package shopper

import (
	"context"
	"net/http"
	"time"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/points"
	"meadow/services/promo/redpacket"
)

// Wish returns an attempt of the person's to buy what ask says.
func (p *Person) Wish(ask checkout.Ask, to id.Address) *Buying {
	ask.Address = to
	return &Buying{Person: p, Ask: &ask, Address: to, placeKey: id.Secret(), payKey: id.Secret()}
}

// Coupons starts a batch of the person's shop: so many, each of which saves 20.00
// of 100.00, and so many for one person.
func (p *Person) Coupons(ctx context.Context, total, each int64) (coupon.Batch, error) {
	now := time.Now().UTC()
	in := coupon.DraftBatch{Scope: promo.OfMerchant, Terms: coupon.Terms{
		Name: "20 off", Tiers: []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(2_000)}}, Total: total, PerPerson: each,
		ClaimFrom: now.Add(-time.Minute), ClaimUntil: now.Add(24 * time.Hour), ValidDays: 7,
	}}
	var out coupon.Batch
	err := p.Do(ctx, http.MethodPost, "/shop/coupon-batches", id.Secret(), in, &out)
	if err == nil {
		err = p.Do(ctx, http.MethodPost, "/shop/coupon-batches/"+out.ID+"/start", "", nil, &out)
	}
	return out, err
}

// Claim claims a coupon of a batch; key is the request's.
func (p *Person) Claim(ctx context.Context, batch, key string) (coupon.Coupon, error) {
	var out coupon.Coupon
	err := p.Do(ctx, http.MethodPost, "/promo/coupons", key, coupon.Claim{Batch: batch}, &out)
	return out, err
}

// Reduction starts a campaign of the person's shop: 30.00 off each 300.00.
func (p *Person) Reduction(ctx context.Context) error {
	now := time.Now().UTC()
	in := fullreduction.DraftCampaign{Terms: fullreduction.Terms{
		Kind: promo.Reduction, Name: "30 off 300", Goods: fullreduction.Goods{All: true},
		Tiers:  []promo.Tier{{Over: money.CNY(30_000), Off: money.CNY(3_000)}},
		Starts: now.Add(-time.Minute), Ends: now.Add(24 * time.Hour),
	}}
	var out fullreduction.Campaign
	err := p.Do(ctx, http.MethodPost, "/shop/campaigns", id.Secret(), in, &out)
	if err == nil {
		err = p.Do(ctx, http.MethodPost, "/shop/campaigns/"+out.ID+"/start", id.Secret(), map[string]any{"accept": true}, &out)
	}
	return err
}

// GroupBuy starts an offer of the person's shop: 149.00 for teams of so many.
func (p *Person) GroupBuy(ctx context.Context, of catalog.Product, seats int) (groupbuy.Offer, error) {
	now := time.Now().UTC()
	in := groupbuy.NewOffer{Terms: groupbuy.Terms{
		SKU: of.SKUs[0].ID, Name: "Together", Price: money.CNY(14_900), Seats: seats, Hours: 1, Limit: 20, Units: 1,
		StartAt: now.Add(-time.Minute), EndAt: now.Add(24 * time.Hour),
	}}
	var out groupbuy.Offer
	err := p.Do(ctx, http.MethodPost, "/shop/groupbuys", id.Secret(), in, &out)
	if err == nil {
		err = p.Do(ctx, http.MethodPost, "/shop/groupbuys/"+out.ID+"/start", "", nil, &out)
	}
	return out, err
}

// Team is one of an offer; opens says that the person opens it.
func Team(offer groupbuy.Offer, team string) checkout.Ask {
	return checkout.Ask{Lines: []checkout.Choice{{SKU: offer.SKU, N: 1, Deal: promo.Deal{Kind: promo.Group, ID: offer.ID, Team: team}}}}
}

// MyTeam is the person's latest team.
func (p *Person) MyTeam(ctx context.Context) (groupbuy.Team, error) {
	var out struct{ Items []groupbuy.Team }
	err := p.Do(ctx, http.MethodGet, "/promo/my-teams?limit=1", "", nil, &out)
	if err != nil || len(out.Items) == 0 {
		return groupbuy.Team{}, err
	}
	return out.Items[0], nil
}

// Points gives somebody points; the person is the operator.
func (p *Person) Points(ctx context.Context, to id.User, n int64) error {
	return p.Do(ctx, http.MethodPost, "/desk/points", id.Secret(), points.Grant{User: to, N: n, Note: "for a try"}, nil)
}

// Packet puts the platform's money into a red packet; the person is the operator.
func (p *Person) Packet(ctx context.Context, total int64, shares int) (redpacket.Packet, error) {
	var out redpacket.Packet
	err := p.Do(ctx, http.MethodPost, "/promo/redpackets", id.Secret(), redpacket.Make{
		Source: redpacket.FromPlatform, Split: redpacket.Lucky, Audience: redpacket.Anyone, Words: "Luck", Total: money.CNY(total), Shares: shares,
	}, &out)
	return out, err
}

// Grab takes a share of a packet; key is the request's.
func (p *Person) Grab(ctx context.Context, packet, key string) (redpacket.Share, error) {
	var out redpacket.Share
	err := p.Do(ctx, http.MethodPost, "/promo/redpackets/"+packet+"/shares", key, map[string]any{}, &out)
	return out, err
}

// Send sends all of one shop's part of an order; the person is the merchant.
func (p *Person) Send(ctx context.Context, parcel id.Parcel, key string) error {
	return p.Do(ctx, http.MethodPost, "/shop/parcels/"+string(parcel)+"/shipments", key, fulfil.Ship{Carrier: "sandbox"}, nil)
}

// Undo asks the money of one line's units back, before they are sent.
func (p *Person) Undo(ctx context.Context, order id.Order, line int, n int64, key string) error {
	return p.Do(ctx, http.MethodPost, "/after-sales", key, aftersale.Open{
		Order: order, Kind: aftersale.Cancel, Units: []aftersale.Units{{Line: line, N: n}}, Reason: "changed_mind", Evidence: []id.Media{},
	}, nil)
}

// Me is the person's id.
func (p *Person) Me(ctx context.Context) (id.User, error) {
	var out struct {
		ID id.User `json:"id"`
	}
	err := p.Do(ctx, http.MethodGet, "/account/me", "", nil, &out)
	return out.ID, err
}
