package checkout

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	quote          = rpc.Endpoint[Ask, Quote]{Name: "quote", Method: "POST", Path: "/quotes", Summary: "Price a choice", Access: rpc.SignedIn}
	place          = rpc.Endpoint[Place, Order]{Name: "placeOrder", Method: "POST", Path: "/orders", Summary: "Place a quote", Access: rpc.SignedIn, Idempotent: true}
	pay            = rpc.Endpoint[Pay, Payment]{Name: "payOrder", Method: "POST", Path: "/orders/:id/payments", Summary: "Start a payment", Access: rpc.SignedIn, Idempotent: true}
	confirm        = rpc.Endpoint[ByPayment, Payment]{Name: "confirmPayment", Method: "POST", Path: "/payments/:id/confirm", Summary: "Ask the provider how a payment stands", Access: rpc.SignedIn}
	cancel         = rpc.Endpoint[ByOrder, Order]{Name: "cancelOrder", Method: "POST", Path: "/orders/:id/cancel", Summary: "Cancel an unpaid order", Access: rpc.SignedIn}
	order          = rpc.Endpoint[ByOrder, Order]{Name: "order", Method: "GET", Path: "/orders/:id", Summary: "An order of yours", Access: rpc.SignedIn}
	orders         = rpc.Endpoint[Orders, page.Page[Order]]{Name: "orders", Method: "GET", Path: "/orders", Summary: "Your orders, latest first", Access: rpc.SignedIn}
	sales          = rpc.Endpoint[page.Ask, page.Page[Sale]]{Name: "sales", Method: "GET", Path: "/sales", Summary: "Paid lines of your shop, latest first", Access: rpc.Only(actor.Merchant)}
	webhook        = rpc.Endpoint[Webhook, rpc.Empty]{Name: "webhook", Method: "POST", Path: "/internal/webhooks", Access: rpc.Internal, MaxBody: 128 << 10}
	refund         = rpc.Endpoint[AskRefund, Refund]{Name: "refund", Method: "POST", Path: "/internal/refunds", Access: rpc.Internal}
	deskPayments   = rpc.Endpoint[DeskPayments, page.Page[DeskPayment]]{Name: "deskPayments", Method: "GET", Path: "/desk/payments", Summary: "Payments of a state, an order's, or one", Access: rpc.Only(actor.Operator)}
	resolvePayment = rpc.Endpoint[ResolvePayment, DeskPayment]{Name: "resolvePayment", Method: "POST", Path: "/desk/payments/:id/resolution", Summary: "Decide about a frozen payment", Access: rpc.Only(actor.Operator), Idempotent: true}
	differences    = rpc.Endpoint[Differences, page.Page[Difference]]{Name: "differences", Method: "GET", Path: "/desk/differences", Summary: "What a provider's statement and our books say differently", Access: rpc.Only(actor.Operator)}
	resolve        = rpc.Endpoint[Resolve, Difference]{Name: "resolveDifference", Method: "POST", Path: "/desk/differences/:id/resolution", Summary: "Note what became of a difference", Access: rpc.Only(actor.Operator), Idempotent: true}
	cart           = rpc.Endpoint[ByCart, Cart]{Name: "cart", Method: "GET", Path: "/cart", Summary: "Your cart, or a visitor's by its key"}
	putInCart      = rpc.Endpoint[PutInCart, Cart]{Name: "putInCart", Method: "POST", Path: "/cart/lines", Summary: "Put something in the cart, change its number or take it out"}
	selectInCart   = rpc.Endpoint[SelectInCart, Cart]{Name: "selectInCart", Method: "POST", Path: "/cart/selection", Summary: "Choose what of the cart is to be bought"}
	joinCart       = rpc.Endpoint[ByCart, Cart]{Name: "joinCart", Method: "POST", Path: "/cart/join", Summary: "Add a visitor's cart to yours", Access: rpc.SignedIn}
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
	rpc.Mount(r, refund, s.Refund)
	rpc.Mount(r, deskPayments, s.DeskPayments)
	rpc.Mount(r, resolvePayment, s.ResolvePayment)
	rpc.Mount(r, differences, s.Differences)
	rpc.Mount(r, resolve, s.Resolve)
	rpc.Mount(r, cart, s.Cart)
	rpc.Mount(r, putInCart, s.PutInCart)
	rpc.Mount(r, selectInCart, s.SelectInCart)
	rpc.Mount(r, joinCart, s.JoinCart)
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

func (c Client) Refund(ctx context.Context, in AskRefund) (Refund, error) {
	return rpc.Call(ctx, c.Peer, refund, in)
}

func (c Client) DeskPayments(ctx context.Context, in DeskPayments) (page.Page[DeskPayment], error) {
	return rpc.Call(ctx, c.Peer, deskPayments, in)
}

func (c Client) ResolvePayment(ctx context.Context, in ResolvePayment) (DeskPayment, error) {
	return rpc.Call(ctx, c.Peer, resolvePayment, in)
}

func (c Client) Differences(ctx context.Context, in Differences) (page.Page[Difference], error) {
	return rpc.Call(ctx, c.Peer, differences, in)
}

func (c Client) Resolve(ctx context.Context, in Resolve) (Difference, error) {
	return rpc.Call(ctx, c.Peer, resolve, in)
}

func (c Client) Cart(ctx context.Context, in ByCart) (Cart, error) {
	return rpc.Call(ctx, c.Peer, cart, in)
}

func (c Client) PutInCart(ctx context.Context, in PutInCart) (Cart, error) {
	return rpc.Call(ctx, c.Peer, putInCart, in)
}

func (c Client) SelectInCart(ctx context.Context, in SelectInCart) (Cart, error) {
	return rpc.Call(ctx, c.Peer, selectInCart, in)
}

func (c Client) JoinCart(ctx context.Context, in ByCart) (Cart, error) {
	return rpc.Call(ctx, c.Peer, joinCart, in)
}
