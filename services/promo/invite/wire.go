package invite

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	link     = rpc.Endpoint[Mine, Link]{Name: "inviteLink", Method: "GET", Path: "/promo/invites/link", Summary: "Your own link to invite with", Access: rpc.SignedIn}
	look     = rpc.Endpoint[Look, Invitation]{Name: "lookAtInvite", Method: "GET", Path: "/promo/invites/look", Summary: "Whose a link is"}
	accept   = rpc.Endpoint[Accept, Bond]{Name: "acceptInvite", Method: "POST", Path: "/promo/invites", Summary: "Accept an invitation", Access: rpc.SignedIn, Idempotent: true}
	invitees = rpc.Endpoint[page.Ask, page.Page[Bond]]{Name: "invitees", Method: "GET", Path: "/promo/invites", Summary: "Whom you invited, latest first", Access: rpc.SignedIn}
	rewards  = rpc.Endpoint[page.Ask, page.Page[Reward]]{Name: "inviteRewards", Method: "GET", Path: "/promo/invite-rewards", Summary: "What you got for inviting, latest first", Access: rpc.SignedIn}
	tree     = rpc.Endpoint[OfUser, Tree]{Name: "inviteTree", Method: "GET", Path: "/promo/invites/tree", Summary: "How many you brought", Access: rpc.SignedIn}
	held     = rpc.Endpoint[page.Ask, page.Page[Reward]]{Name: "heldInvites", Method: "GET", Path: "/desk/invites/held", Summary: "Rewards that wait for a decision, the oldest first", Access: rpc.Only(actor.Operator)}
	decide   = rpc.Endpoint[Decide, Reward]{Name: "decideInvite", Method: "POST", Path: "/desk/invites/:id/decision", Summary: "Pay a held reward or refuse it", Access: rpc.Only(actor.Operator), Idempotent: true}
	growth   = rpc.Endpoint[AskGrowth, Growth]{Name: "inviteGrowth", Method: "GET", Path: "/desk/invites/growth", Summary: "How inviting went", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, link, s.Link)
	rpc.Mount(r, look, s.Look)
	rpc.Mount(r, accept, s.Accept)
	rpc.Mount(r, invitees, s.Invitees)
	rpc.Mount(r, rewards, s.Rewards)
	rpc.Mount(r, tree, s.Tree)
	rpc.Mount(r, held, s.Held)
	rpc.Mount(r, decide, s.Decide)
	rpc.Mount(r, growth, s.Growth)
}

// Client is invitations in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Link(ctx context.Context, in Mine) (Link, error) {
	return rpc.Call(ctx, c.Peer, link, in)
}

func (c Client) Look(ctx context.Context, in Look) (Invitation, error) {
	return rpc.Call(ctx, c.Peer, look, in)
}

func (c Client) Accept(ctx context.Context, in Accept) (Bond, error) {
	return rpc.Call(ctx, c.Peer, accept, in)
}

func (c Client) Invitees(ctx context.Context, in page.Ask) (page.Page[Bond], error) {
	return rpc.Call(ctx, c.Peer, invitees, in)
}

func (c Client) Rewards(ctx context.Context, in page.Ask) (page.Page[Reward], error) {
	return rpc.Call(ctx, c.Peer, rewards, in)
}

func (c Client) Tree(ctx context.Context, in OfUser) (Tree, error) {
	return rpc.Call(ctx, c.Peer, tree, in)
}

func (c Client) Held(ctx context.Context, in page.Ask) (page.Page[Reward], error) {
	return rpc.Call(ctx, c.Peer, held, in)
}

func (c Client) Decide(ctx context.Context, in Decide) (Reward, error) {
	return rpc.Call(ctx, c.Peer, decide, in)
}

func (c Client) Growth(ctx context.Context, in AskGrowth) (Growth, error) {
	return rpc.Call(ctx, c.Peer, growth, in)
}
