package cashback

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	offers    = rpc.Endpoint[AskOffers, OfferList]{Name: "cashbacks", Method: "GET", Path: "/promo/cashbacks", Summary: "Cashback that is on now"}
	mine      = rpc.Endpoint[page.Ask, page.Page[Grant]]{Name: "cashbackGrants", Method: "GET", Path: "/promo/cashback-grants", Summary: "What your orders bring back, latest first", Access: rpc.SignedIn}
	draft     = rpc.Endpoint[Plan, Campaign]{Name: "draftCashback", Method: "POST", Path: "/desk/cashbacks", Summary: "Plan a cashback campaign", Access: rpc.Only(actor.Operator), Idempotent: true}
	start     = rpc.Endpoint[ByID, Campaign]{Name: "startCashback", Method: "POST", Path: "/desk/cashbacks/:id/start", Summary: "Start a cashback campaign", Access: rpc.Only(actor.Operator)}
	stop      = rpc.Endpoint[ByID, Campaign]{Name: "stopCashback", Method: "POST", Path: "/desk/cashbacks/:id/stop", Summary: "Stop a cashback campaign", Access: rpc.Only(actor.Operator)}
	campaigns = rpc.Endpoint[page.Ask, page.Page[Campaign]]{Name: "cashbackCampaigns", Method: "GET", Path: "/desk/cashbacks", Summary: "Cashback campaigns, latest first", Access: rpc.Only(actor.Operator)}
	grants    = rpc.Endpoint[ByCampaign, page.Page[Grant]]{Name: "cashbackPromises", Method: "GET", Path: "/desk/cashbacks/:id/grants", Summary: "What a campaign has promised, latest first", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, offers, s.Offers)
	rpc.Mount(r, mine, s.Mine)
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, campaigns, s.Campaigns)
	rpc.Mount(r, grants, s.Grants)
}

// Client is cashback in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Offers(ctx context.Context, in AskOffers) (OfferList, error) {
	return rpc.Call(ctx, c.Peer, offers, in)
}

func (c Client) Mine(ctx context.Context, in page.Ask) (page.Page[Grant], error) {
	return rpc.Call(ctx, c.Peer, mine, in)
}

func (c Client) Draft(ctx context.Context, in Plan) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Start(ctx context.Context, in ByID) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, start, in)
}

func (c Client) Stop(ctx context.Context, in ByID) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, stop, in)
}

func (c Client) Campaigns(ctx context.Context, in page.Ask) (page.Page[Campaign], error) {
	return rpc.Call(ctx, c.Peer, campaigns, in)
}

func (c Client) Grants(ctx context.Context, in ByCampaign) (page.Page[Grant], error) {
	return rpc.Call(ctx, c.Peer, grants, in)
}
