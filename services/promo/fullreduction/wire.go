package fullreduction

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	draft        = rpc.Endpoint[DraftCampaign, Campaign]{Name: "draftCampaign", Method: "POST", Path: "/shop/campaigns", Summary: "Write a campaign down", Access: rpc.SignedIn, Idempotent: true}
	edit         = rpc.Endpoint[EditCampaign, Campaign]{Name: "editCampaign", Method: "PUT", Path: "/shop/campaigns/:id", Summary: "Change a campaign that is not running", Access: rpc.SignedIn}
	start        = rpc.Endpoint[StartCampaign, Campaign]{Name: "startCampaign", Method: "POST", Path: "/shop/campaigns/:id/start", Summary: "Let a campaign run", Access: rpc.SignedIn, Idempotent: true}
	stop         = rpc.Endpoint[ByCampaign, Campaign]{Name: "stopCampaign", Method: "POST", Path: "/shop/campaigns/:id/stop", Summary: "Stop a campaign", Access: rpc.SignedIn, Idempotent: true}
	kill         = rpc.Endpoint[KillCampaign, Campaign]{Name: "killCampaign", Method: "POST", Path: "/desk/campaigns/:id/kill", Summary: "End a campaign for good", Access: rpc.Only(actor.Operator), Idempotent: true}
	campaign     = rpc.Endpoint[ByID, Campaign]{Name: "campaign", Method: "GET", Path: "/shop/campaigns/:id", Summary: "A campaign with its results", Access: rpc.SignedIn}
	campaigns    = rpc.Endpoint[ListCampaigns, page.Page[Campaign]]{Name: "campaigns", Method: "GET", Path: "/shop/campaigns", Summary: "The shop's campaigns", Access: rpc.SignedIn}
	allCampaigns = rpc.Endpoint[ListCampaigns, page.Page[Campaign]]{Name: "allCampaigns", Method: "GET", Path: "/desk/campaigns", Summary: "Everybody's campaigns", Access: rpc.Only(actor.Operator)}
	preview      = rpc.Endpoint[PreviewCampaign, Preview]{Name: "previewCampaign", Method: "POST", Path: "/shop/campaign-preview", Summary: "Worked examples of a campaign's terms", Access: rpc.SignedIn}
	running      = rpc.Endpoint[AskRunning, Banners]{Name: "runningCampaigns", Method: "GET", Path: "/promo/campaigns", Summary: "What runs in a shop"}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, kill, s.Kill)
	rpc.Mount(r, campaign, s.Campaign)
	rpc.Mount(r, campaigns, s.Campaigns)
	rpc.Mount(r, allCampaigns, s.AllCampaigns)
	rpc.Mount(r, preview, s.Preview)
	rpc.Mount(r, running, s.Running)
}

// Client is the campaigns in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Draft(ctx context.Context, in DraftCampaign) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Edit(ctx context.Context, in EditCampaign) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Start(ctx context.Context, in StartCampaign) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, start, in)
}

func (c Client) Stop(ctx context.Context, in ByCampaign) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, stop, in)
}

func (c Client) Kill(ctx context.Context, in KillCampaign) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, kill, in)
}

func (c Client) Campaign(ctx context.Context, in ByID) (Campaign, error) {
	return rpc.Call(ctx, c.Peer, campaign, in)
}

func (c Client) Campaigns(ctx context.Context, in ListCampaigns) (page.Page[Campaign], error) {
	return rpc.Call(ctx, c.Peer, campaigns, in)
}

func (c Client) AllCampaigns(ctx context.Context, in ListCampaigns) (page.Page[Campaign], error) {
	return rpc.Call(ctx, c.Peer, allCampaigns, in)
}

func (c Client) Preview(ctx context.Context, in PreviewCampaign) (Preview, error) {
	return rpc.Call(ctx, c.Peer, preview, in)
}

func (c Client) Running(ctx context.Context, in AskRunning) (Banners, error) {
	return rpc.Call(ctx, c.Peer, running, in)
}
