package points

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	balance = rpc.Endpoint[Mine, Balance]{Name: "pointsBalance", Method: "GET", Path: "/promo/points", Summary: "Your points", Access: rpc.SignedIn}
	history = rpc.Endpoint[page.Ask, page.Page[Move]]{Name: "pointsHistory", Method: "GET", Path: "/promo/points/history", Summary: "How your points moved, latest first", Access: rpc.SignedIn}
	grant   = rpc.Endpoint[Grant, Move]{Name: "grantPoints", Method: "POST", Path: "/desk/points", Summary: "Give somebody points, with the reason", Access: rpc.Only(actor.Operator), Idempotent: true}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, balance, s.Balance)
	rpc.Mount(r, history, s.History)
	rpc.Mount(r, grant, s.Grant)
}

// Client is points in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Balance(ctx context.Context, in Mine) (Balance, error) {
	return rpc.Call(ctx, c.Peer, balance, in)
}

func (c Client) History(ctx context.Context, in page.Ask) (page.Page[Move], error) {
	return rpc.Call(ctx, c.Peer, history, in)
}

func (c Client) Grant(ctx context.Context, in Grant) (Move, error) {
	return rpc.Call(ctx, c.Peer, grant, in)
}
