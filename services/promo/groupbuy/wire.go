package groupbuy

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	offers  = rpc.Endpoint[ByProduct, OfferList]{Name: "groupBuyOffers", Method: "GET", Path: "/promo/groupbuys", Summary: "The group buys of a product, or of all shops"}
	offer   = rpc.Endpoint[ByID, Offer]{Name: "groupBuyOffer", Method: "GET", Path: "/promo/groupbuys/:id", Summary: "A group buy"}
	teams   = rpc.Endpoint[Teams, page.Page[Team]]{Name: "groupBuyTeams", Method: "GET", Path: "/promo/teams", Summary: "Open teams of a product, those that end first first"}
	team    = rpc.Endpoint[ByID, Team]{Name: "groupBuyTeam", Method: "GET", Path: "/promo/teams/:id", Summary: "A team's page"}
	myTeams = rpc.Endpoint[page.Ask, page.Page[Team]]{Name: "groupBuyMyTeams", Method: "GET", Path: "/promo/my-teams", Summary: "Your teams, the latest first", Access: rpc.SignedIn}
	drafted = rpc.Endpoint[NewOffer, Offer]{Name: "groupBuyDrafted", Method: "POST", Path: "/shop/groupbuys", Summary: "Draft a group buy", Access: rpc.SignedIn, Idempotent: true}
	edit    = rpc.Endpoint[EditOffer, Offer]{Name: "groupBuyEdit", Method: "PUT", Path: "/shop/groupbuys/:id", Summary: "Edit a draft of a group buy", Access: rpc.SignedIn}
	start   = rpc.Endpoint[ByID, Offer]{Name: "groupBuyStart", Method: "POST", Path: "/shop/groupbuys/:id/start", Summary: "Start a group buy", Access: rpc.SignedIn}
	stop    = rpc.Endpoint[ByID, Offer]{Name: "groupBuyStop", Method: "POST", Path: "/shop/groupbuys/:id/stop", Summary: "Open no more teams", Access: rpc.SignedIn}
	kill    = rpc.Endpoint[ByID, Offer]{Name: "groupBuyKill", Method: "POST", Path: "/shop/groupbuys/:id/kill", Summary: "End a group buy at once, with all money of open teams back", Access: rpc.SignedIn}
	ofShop  = rpc.Endpoint[page.Ask, page.Page[Offer]]{Name: "groupBuyOfShop", Method: "GET", Path: "/shop/groupbuys", Summary: "The group buys of your shop, the latest first", Access: rpc.SignedIn}
	results = rpc.Endpoint[Results, page.Page[Team]]{Name: "groupBuyResults", Method: "GET", Path: "/shop/groupbuys/:id/teams", Summary: "What became of a group buy's teams", Access: rpc.SignedIn}
	all     = rpc.Endpoint[page.Ask, page.Page[Offer]]{Name: "groupBuyAll", Method: "GET", Path: "/desk/groupbuys", Summary: "All group buys, the latest first", Access: rpc.Only(actor.Operator)}
	risks   = rpc.Endpoint[page.Ask, page.Page[Risk]]{Name: "groupBuyRisks", Method: "GET", Path: "/desk/groupbuy-risks", Summary: "People who cancel what they filled, the worst first", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, offers, s.Offers)
	rpc.Mount(r, offer, s.Offer)
	rpc.Mount(r, teams, s.Teams)
	rpc.Mount(r, team, s.Team)
	rpc.Mount(r, myTeams, s.MyTeams)
	rpc.Mount(r, drafted, s.Drafted)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, kill, s.Kill)
	rpc.Mount(r, ofShop, s.OfShop)
	rpc.Mount(r, results, s.Results)
	rpc.Mount(r, all, s.All)
	rpc.Mount(r, risks, s.Risks)
}

// Client is the group buys in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Offers(ctx context.Context, in ByProduct) (OfferList, error) {
	return rpc.Call(ctx, c.Peer, offers, in)
}

func (c Client) Offer(ctx context.Context, in ByID) (Offer, error) {
	return rpc.Call(ctx, c.Peer, offer, in)
}

func (c Client) Teams(ctx context.Context, in Teams) (page.Page[Team], error) {
	return rpc.Call(ctx, c.Peer, teams, in)
}

func (c Client) Team(ctx context.Context, in ByID) (Team, error) {
	return rpc.Call(ctx, c.Peer, team, in)
}

func (c Client) MyTeams(ctx context.Context, in page.Ask) (page.Page[Team], error) {
	return rpc.Call(ctx, c.Peer, myTeams, in)
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

func (c Client) Results(ctx context.Context, in Results) (page.Page[Team], error) {
	return rpc.Call(ctx, c.Peer, results, in)
}

func (c Client) All(ctx context.Context, in page.Ask) (page.Page[Offer], error) {
	return rpc.Call(ctx, c.Peer, all, in)
}

func (c Client) Risks(ctx context.Context, in page.Ask) (page.Page[Risk], error) {
	return rpc.Call(ctx, c.Peer, risks, in)
}
