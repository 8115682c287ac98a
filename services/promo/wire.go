package promo

import (
	"context"

	"meadow/services/platform/rpc"
)

var (
	price    = rpc.Endpoint[PriceAsk, Priced]{Name: "price", Method: "POST", Path: "/internal/promo/price", Access: rpc.Internal}
	lock     = rpc.Endpoint[Lock, rpc.Empty]{Name: "lock", Method: "POST", Path: "/internal/promo/lock", Access: rpc.Internal}
	redeem   = rpc.Endpoint[ByOrder, rpc.Empty]{Name: "redeem", Method: "POST", Path: "/internal/promo/redeem", Access: rpc.Internal}
	release  = rpc.Endpoint[ByOrder, rpc.Empty]{Name: "release", Method: "POST", Path: "/internal/promo/release", Access: rpc.Internal}
	giveBack = rpc.Endpoint[Return, rpc.Empty]{Name: "return", Method: "POST", Path: "/internal/promo/return", Access: rpc.Internal}
)

// Mount serves p.
func Mount(r rpc.Router, p Pricing) {
	rpc.Mount(r, price, p.Price)
	rpc.Mount(r, lock, p.Lock)
	rpc.Mount(r, redeem, p.Redeem)
	rpc.Mount(r, release, p.Release)
	rpc.Mount(r, giveBack, p.Return)
}

// Client is the pricing in another process.
type Client struct{ Peer *rpc.Peer }

var _ Pricing = Client{}

func (c Client) Price(ctx context.Context, in PriceAsk) (Priced, error) {
	return rpc.Call(ctx, c.Peer, price, in)
}

func (c Client) Lock(ctx context.Context, in Lock) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, lock, in)
}

func (c Client) Redeem(ctx context.Context, in ByOrder) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, redeem, in)
}

func (c Client) Release(ctx context.Context, in ByOrder) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, release, in)
}

func (c Client) Return(ctx context.Context, in Return) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, giveBack, in)
}
