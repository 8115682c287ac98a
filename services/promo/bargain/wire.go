package bargain

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	offers  = rpc.Endpoint[ByProduct, OfferList]{Name: "bargainOffers", Method: "GET", Path: "/promo/bargain-offers", Summary: "What can be bargained for of a product, or at all shops"}
	offer   = rpc.Endpoint[ByID, Offer]{Name: "bargainOffer", Method: "GET", Path: "/promo/bargain-offers/:id", Summary: "A product to bargain for"}
	begin   = rpc.Endpoint[Begin, Bargain]{Name: "bargainBegin", Method: "POST", Path: "/promo/bargains", Summary: "Start a bargain", Access: rpc.SignedIn, Idempotent: true}
	bargain = rpc.Endpoint[ByID, Bargain]{Name: "bargain", Method: "GET", Path: "/promo/bargains/:id", Summary: "A bargain's page"}
	mine    = rpc.Endpoint[page.Ask, page.Page[Bargain]]{Name: "bargainMine", Method: "GET", Path: "/promo/my-bargains", Summary: "Your bargains, the latest first", Access: rpc.SignedIn}
	cut     = rpc.Endpoint[Cut, Cutting]{Name: "bargainCut", Method: "POST", Path: "/promo/bargains/:id/cuts", Summary: "Cut somebody's price", Access: rpc.SignedIn, Idempotent: true}
	drafted = rpc.Endpoint[NewOffer, Offer]{Name: "bargainDrafted", Method: "POST", Path: "/shop/bargains", Summary: "Draft a bargain offer", Access: rpc.SignedIn, Idempotent: true}
	edit    = rpc.Endpoint[EditOffer, Offer]{Name: "bargainEdit", Method: "PUT", Path: "/shop/bargains/:id", Summary: "Edit a draft of a bargain offer", Access: rpc.SignedIn}
	start   = rpc.Endpoint[ByID, Offer]{Name: "bargainStart", Method: "POST", Path: "/shop/bargains/:id/start", Summary: "Start a bargain offer", Access: rpc.SignedIn}
	stop    = rpc.Endpoint[ByID, Offer]{Name: "bargainStop", Method: "POST", Path: "/shop/bargains/:id/stop", Summary: "Let nobody start any more", Access: rpc.SignedIn}
	kill    = rpc.Endpoint[ByID, Offer]{Name: "bargainKill", Method: "POST", Path: "/shop/bargains/:id/kill", Summary: "End a bargain offer and all its bargains at once", Access: rpc.SignedIn}
	ofShop  = rpc.Endpoint[page.Ask, page.Page[Offer]]{Name: "bargainOfShop", Method: "GET", Path: "/shop/bargains", Summary: "The bargain offers of your shop, the latest first", Access: rpc.SignedIn}
	results = rpc.Endpoint[Results, page.Page[Bargain]]{Name: "bargainResults", Method: "GET", Path: "/shop/bargains/:id/bargains", Summary: "What became of an offer's bargains", Access: rpc.SignedIn}
	all     = rpc.Endpoint[page.Ask, page.Page[Offer]]{Name: "bargainAll", Method: "GET", Path: "/desk/bargains", Summary: "All bargain offers, the latest first", Access: rpc.Only(actor.Operator)}
	look    = rpc.Endpoint[ByID, Watch]{Name: "bargainLook", Method: "GET", Path: "/desk/bargains/:id", Summary: "Who helped with a bargain", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, offers, s.Offers)
	rpc.Mount(r, offer, s.Offer)
	rpc.Mount(r, begin, s.Begin)
	rpc.Mount(r, bargain, s.Bargain)
	rpc.Mount(r, mine, s.Mine)
	rpc.Mount(r, cut, s.Cut)
	rpc.Mount(r, drafted, s.Drafted)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, kill, s.Kill)
	rpc.Mount(r, ofShop, s.OfShop)
	rpc.Mount(r, results, s.Results)
	rpc.Mount(r, all, s.All)
	rpc.Mount(r, look, s.Look)
}

// Client is the bargains in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Offers(ctx context.Context, in ByProduct) (OfferList, error) {
	return rpc.Call(ctx, c.Peer, offers, in)
}

func (c Client) Offer(ctx context.Context, in ByID) (Offer, error) {
	return rpc.Call(ctx, c.Peer, offer, in)
}

func (c Client) Begin(ctx context.Context, in Begin) (Bargain, error) {
	return rpc.Call(ctx, c.Peer, begin, in)
}

func (c Client) Bargain(ctx context.Context, in ByID) (Bargain, error) {
	return rpc.Call(ctx, c.Peer, bargain, in)
}

func (c Client) Mine(ctx context.Context, in page.Ask) (page.Page[Bargain], error) {
	return rpc.Call(ctx, c.Peer, mine, in)
}

func (c Client) Cut(ctx context.Context, in Cut) (Cutting, error) {
	return rpc.Call(ctx, c.Peer, cut, in)
}

func (c Client) Drafted(ctx context.Context, in NewOffer) (Offer, error) {
	return rpc.Call(ctx, c.Peer, drafted, in)
}

func (c Client) Edit(ctx context.Context, in EditOffer) (Offer, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Start(ctx context.Context, in ByID) (Offer, error) {
	return rpc.Call(ctx, c.Peer, start, in)
}

func (c Client) Stop(ctx context.Context, in ByID) (Offer, error) {
	return rpc.Call(ctx, c.Peer, stop, in)
}

func (c Client) Kill(ctx context.Context, in ByID) (Offer, error) {
	return rpc.Call(ctx, c.Peer, kill, in)
}

func (c Client) OfShop(ctx context.Context, in page.Ask) (page.Page[Offer], error) {
	return rpc.Call(ctx, c.Peer, ofShop, in)
}

func (c Client) Results(ctx context.Context, in Results) (page.Page[Bargain], error) {
	return rpc.Call(ctx, c.Peer, results, in)
}

func (c Client) All(ctx context.Context, in page.Ask) (page.Page[Offer], error) {
	return rpc.Call(ctx, c.Peer, all, in)
}

func (c Client) Look(ctx context.Context, in ByID) (Watch, error) {
	return rpc.Call(ctx, c.Peer, look, in)
}
