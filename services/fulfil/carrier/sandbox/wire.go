package sandbox

import (
	"context"

	"meadow/services/platform/rpc"
)

var (
	getBox = rpc.Endpoint[ByBox, Box]{Name: "sandboxBox", Method: "GET", Path: "/sandbox/boxes/:tracking", Summary: "A box of the sandbox carrier"}
	move   = rpc.Endpoint[Move, Box]{Name: "moveSandboxBox", Method: "POST", Path: "/sandbox/boxes/:tracking/move", Summary: "Move a box of the sandbox carrier on"}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, getBox, s.Box)
	rpc.Mount(r, move, s.Move)
}

// Client is the sandbox carrier in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Box(ctx context.Context, in ByBox) (Box, error) {
	return rpc.Call(ctx, c.Peer, getBox, in)
}

func (c Client) Move(ctx context.Context, in Move) (Box, error) {
	return rpc.Call(ctx, c.Peer, move, in)
}
