package flashsale

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	events    = rpc.Endpoint[Events, page.Page[Event]]{Name: "flashSales", Method: "GET", Path: "/promo/flash-sales", Summary: "The flash sales that run, or that come."}
	event     = rpc.Endpoint[BySale, Event]{Name: "flashSale", Method: "GET", Path: "/promo/flash-sales/:id", Summary: "A flash sale, with what is left of it."}
	ofProduct = rpc.Endpoint[OfProduct, page.Page[Event]]{Name: "flashSalesOfProduct", Method: "GET", Path: "/promo/flash-offers", Summary: "The flash sales that a product is in."}
	draft     = rpc.Endpoint[DraftSale, Sale]{Name: "draftFlashSale", Method: "POST", Path: "/shop/flash-sales", Summary: "Plan a flash sale.", Access: rpc.SignedIn, Idempotent: true}
	edit      = rpc.Endpoint[EditSale, Sale]{Name: "editFlashSale", Method: "PUT", Path: "/shop/flash-sales/:id", Summary: "Change the plan of a draft.", Access: rpc.SignedIn}
	start     = rpc.Endpoint[BySale, Sale]{Name: "startFlashSale", Method: "POST", Path: "/shop/flash-sales/:id/start", Summary: "Let a flash sale run in its window.", Access: rpc.SignedIn}
	stop      = rpc.Endpoint[BySale, Sale]{Name: "stopFlashSale", Method: "POST", Path: "/shop/flash-sales/:id/stop", Summary: "End a flash sale.", Access: rpc.SignedIn}
	kill      = rpc.Endpoint[BySale, Sale]{Name: "killFlashSale", Method: "POST", Path: "/shop/flash-sales/:id/kill", Summary: "End a flash sale for good.", Access: rpc.SignedIn}
	sale      = rpc.Endpoint[BySale, Sale]{Name: "shopFlashSale", Method: "GET", Path: "/shop/flash-sales/:id", Summary: "A flash sale with its counts.", Access: rpc.SignedIn}
	sales     = rpc.Endpoint[Sales, page.Page[Sale]]{Name: "shopFlashSales", Method: "GET", Path: "/shop/flash-sales", Summary: "The flash sales of the asker's shop.", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, events, s.Events)
	rpc.Mount(r, event, s.Event)
	rpc.Mount(r, ofProduct, s.OfProduct)
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, kill, s.Kill)
	rpc.Mount(r, sale, s.Sale)
	rpc.Mount(r, sales, s.Sales)
}

// Client is flash sales in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Events(ctx context.Context, in Events) (page.Page[Event], error) {
	return rpc.Call(ctx, c.Peer, events, in)
}

func (c Client) Event(ctx context.Context, in BySale) (Event, error) {
	return rpc.Call(ctx, c.Peer, event, in)
}

func (c Client) OfProduct(ctx context.Context, in OfProduct) (page.Page[Event], error) {
	return rpc.Call(ctx, c.Peer, ofProduct, in)
}

func (c Client) Draft(ctx context.Context, in DraftSale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Edit(ctx context.Context, in EditSale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Start(ctx context.Context, in BySale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, start, in)
}

func (c Client) Stop(ctx context.Context, in BySale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, stop, in)
}

func (c Client) Kill(ctx context.Context, in BySale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, kill, in)
}

func (c Client) Sale(ctx context.Context, in BySale) (Sale, error) {
	return rpc.Call(ctx, c.Peer, sale, in)
}

func (c Client) Sales(ctx context.Context, in Sales) (page.Page[Sale], error) {
	return rpc.Call(ctx, c.Peer, sales, in)
}
