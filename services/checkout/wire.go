package checkout

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	quote   = rpc.Endpoint[Ask, Quote]{Name: "quote", Method: "POST", Path: "/quotes", Summary: "Price a choice", Access: rpc.SignedIn}
	place   = rpc.Endpoint[Place, Order]{Name: "placeOrder", Method: "POST", Path: "/orders", Summary: "Place a quote", Access: rpc.SignedIn, Idempotent: true}
	pay     = rpc.Endpoint[Pay, Payment]{Name: "payOrder", Method: "POST", Path: "/orders/:id/payments", Summary: "Start a payment", Access: rpc.SignedIn, Idempotent: true}
	confirm = rpc.Endpoint[ByPayment, Payment]{Name: "confirmPayment", Method: "POST", Path: "/payments/:id/confirm", Summary: "Ask the provider how a payment stands", Access: rpc.SignedIn}
	cancel  = rpc.Endpoint[ByOrder, Order]{Name: "cancelOrder", Method: "POST", Path: "/orders/:id/cancel", Summary: "Cancel an unpaid order", Access: rpc.SignedIn}
	order   = rpc.Endpoint[ByOrder, Order]{Name: "order", Method: "GET", Path: "/orders/:id", Summary: "An order of yours", Access: rpc.SignedIn}
	orders  = rpc.Endpoint[Orders, page.Page[Order]]{Name: "orders", Method: "GET", Path: "/orders", Summary: "Your orders, latest first", Access: rpc.SignedIn}
	sales   = rpc.Endpoint[page.Ask, page.Page[Sale]]{Name: "sales", Method: "GET", Path: "/sales", Summary: "Paid lines of your shop, latest first", Access: rpc.Only(actor.Merchant)}
	webhook = rpc.Endpoint[Webhook, rpc.Empty]{Name: "webhook", Method: "POST", Path: "/internal/webhooks", Access: rpc.Internal, MaxBody: 128 << 10}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, quote, s.Quote)
	rpc.Mount(r, place, s.Place)
	rpc.Mount(r, pay, s.Pay)
	rpc.Mount(r, confirm, s.Confirm)
	rpc.Mount(r, cancel, s.Cancel)
	rpc.Mount(r, order, s.Order)
	rpc.Mount(r, orders, s.Orders)
	rpc.Mount(r, sales, s.Sales)
	rpc.Mount(r, webhook, s.Webhook)
}

// Client is the till in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Quote(ctx context.Context, in Ask) (Quote, error) {
	return rpc.Call(ctx, c.Peer, quote, in)
}

func (c Client) Place(ctx context.Context, in Place) (Order, error) {
	return rpc.Call(ctx, c.Peer, place, in)
}

func (c Client) Pay(ctx context.Context, in Pay) (Payment, error) {
	return rpc.Call(ctx, c.Peer, pay, in)
}

func (c Client) Confirm(ctx context.Context, in ByPayment) (Payment, error) {
	return rpc.Call(ctx, c.Peer, confirm, in)
}

func (c Client) Cancel(ctx context.Context, in ByOrder) (Order, error) {
	return rpc.Call(ctx, c.Peer, cancel, in)
}

func (c Client) Order(ctx context.Context, in ByOrder) (Order, error) {
	return rpc.Call(ctx, c.Peer, order, in)
}

func (c Client) Orders(ctx context.Context, in Orders) (page.Page[Order], error) {
	return rpc.Call(ctx, c.Peer, orders, in)
}

func (c Client) Sales(ctx context.Context, in page.Ask) (page.Page[Sale], error) {
	return rpc.Call(ctx, c.Peer, sales, in)
}

func (c Client) Webhook(ctx context.Context, in Webhook) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, webhook, in)
}
