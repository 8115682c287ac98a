package redpacket

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	makeCall = rpc.Endpoint[Make, Packet]{Name: "makeRedPacket", Method: "POST", Path: "/promo/redpackets", Summary: "Put money into a red packet", Access: rpc.SignedIn, Idempotent: true}
	grab     = rpc.Endpoint[Grab, Share]{Name: "grabRedPacket", Method: "POST", Path: "/promo/redpackets/:id/shares", Summary: "Grab a share of a red packet", Access: rpc.SignedIn, Idempotent: true}
	packet   = rpc.Endpoint[ByID, Packet]{Name: "redPacket", Method: "GET", Path: "/promo/redpackets/:id", Summary: "A red packet"}
	shares   = rpc.Endpoint[ByPacket, page.Page[Share]]{Name: "redPacketShares", Method: "GET", Path: "/promo/redpackets/:id/shares", Summary: "Who got what of a red packet, latest first", Access: rpc.SignedIn}
	made     = rpc.Endpoint[page.Ask, page.Page[Packet]]{Name: "redPackets", Method: "GET", Path: "/promo/redpackets", Summary: "Your red packets, latest first", Access: rpc.SignedIn}
	got      = rpc.Endpoint[page.Ask, page.Page[Share]]{Name: "redPacketsGot", Method: "GET", Path: "/promo/redpacket-shares", Summary: "What you got of red packets, latest first", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, makeCall, s.Make)
	rpc.Mount(r, grab, s.Grab)
	rpc.Mount(r, packet, s.Packet)
	rpc.Mount(r, shares, s.Shares)
	rpc.Mount(r, made, s.Made)
	rpc.Mount(r, got, s.Got)
}

// Client is red packets in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Make(ctx context.Context, in Make) (Packet, error) {
	return rpc.Call(ctx, c.Peer, makeCall, in)
}

func (c Client) Grab(ctx context.Context, in Grab) (Share, error) {
	return rpc.Call(ctx, c.Peer, grab, in)
}

func (c Client) Packet(ctx context.Context, in ByID) (Packet, error) {
	return rpc.Call(ctx, c.Peer, packet, in)
}

func (c Client) Shares(ctx context.Context, in ByPacket) (page.Page[Share], error) {
	return rpc.Call(ctx, c.Peer, shares, in)
}

func (c Client) Made(ctx context.Context, in page.Ask) (page.Page[Packet], error) {
	return rpc.Call(ctx, c.Peer, made, in)
}

func (c Client) Got(ctx context.Context, in page.Ask) (page.Page[Share], error) {
	return rpc.Call(ctx, c.Peer, got, in)
}
