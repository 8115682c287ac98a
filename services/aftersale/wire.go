package aftersale

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	preview   = rpc.Endpoint[Open, Offer]{Name: "previewAfterSale", Method: "POST", Path: "/after-sales/preview", Summary: "See what would go back", Access: rpc.SignedIn}
	open      = rpc.Endpoint[Open, AfterSale]{Name: "openAfterSale", Method: "POST", Path: "/after-sales", Summary: "Ask for money back, a return, an exchange, or to cancel", Access: rpc.SignedIn, Idempotent: true}
	afterSale = rpc.Endpoint[ByID, AfterSale]{Name: "afterSale", Method: "GET", Path: "/after-sales/:id", Summary: "A request of yours", Access: rpc.SignedIn}
	mine      = rpc.Endpoint[List, page.Page[AfterSale]]{Name: "myAfterSales", Method: "GET", Path: "/after-sales", Summary: "Your requests", Access: rpc.SignedIn}
	ofShop    = rpc.Endpoint[List, page.Page[AfterSale]]{Name: "shopAfterSales", Method: "GET", Path: "/shop/after-sales", Summary: "Requests to your shop", Access: rpc.SignedIn}
	withdraw  = rpc.Endpoint[ByID, AfterSale]{Name: "withdrawAfterSale", Method: "POST", Path: "/after-sales/:id/withdraw", Summary: "Take a request back", Access: rpc.SignedIn}
	sendBack  = rpc.Endpoint[SendBack, AfterSale]{Name: "sendBack", Method: "POST", Path: "/after-sales/:id/shipment", Summary: "Say how the goods come back", Access: rpc.SignedIn}
	dispute   = rpc.Endpoint[Dispute, AfterSale]{Name: "disputeAfterSale", Method: "POST", Path: "/after-sales/:id/dispute", Summary: "Ask the platform to decide", Access: rpc.SignedIn}
	accept    = rpc.Endpoint[ByID, AfterSale]{Name: "acceptOffer", Method: "POST", Path: "/after-sales/:id/accept", Summary: "Take what the shop offers", Access: rpc.SignedIn}
	ofOrder   = rpc.Endpoint[ByOrder, AfterSales]{Name: "afterSalesOfOrder", Method: "GET", Path: "/orders/:id/after-sales", Summary: "The requests about an order of yours", Access: rpc.SignedIn}
	give      = rpc.Endpoint[Give, AfterSale]{Name: "giveBack", Method: "POST", Path: "/shop/after-sales", Summary: "Cancel, or give money back, unasked", Access: rpc.SignedIn, Idempotent: true}
	answer    = rpc.Endpoint[Answer, AfterSale]{Name: "answerAfterSale", Method: "POST", Path: "/shop/after-sales/:id/answer", Summary: "Agree or refuse", Access: rpc.SignedIn}
	inspect   = rpc.Endpoint[Inspect, AfterSale]{Name: "inspectReturn", Method: "POST", Path: "/shop/after-sales/:id/inspection", Summary: "Say whether what came back is fine", Access: rpc.SignedIn}
	disputes  = rpc.Endpoint[page.Ask, page.Page[AfterSale]]{Name: "disputes", Method: "GET", Path: "/desk/disputes", Summary: "Disputes to decide", Access: rpc.Only(actor.Operator)}
	decide    = rpc.Endpoint[Decide, AfterSale]{Name: "decideDispute", Method: "POST", Path: "/desk/disputes/:id", Summary: "Decide a dispute", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, preview, s.Preview)
	rpc.Mount(r, open, s.Open)
	rpc.Mount(r, afterSale, s.AfterSale)
	rpc.Mount(r, mine, s.Mine)
	rpc.Mount(r, ofShop, s.OfShop)
	rpc.Mount(r, withdraw, s.Withdraw)
	rpc.Mount(r, sendBack, s.SendBack)
	rpc.Mount(r, dispute, s.Dispute)
	rpc.Mount(r, accept, s.Accept)
	rpc.Mount(r, ofOrder, s.OfOrder)
	rpc.Mount(r, give, s.Give)
	rpc.Mount(r, answer, s.Answer)
	rpc.Mount(r, inspect, s.Inspect)
	rpc.Mount(r, disputes, s.Disputes)
	rpc.Mount(r, decide, s.Decide)
}

// Client is after-sale in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Preview(ctx context.Context, in Open) (Offer, error) {
	return rpc.Call(ctx, c.Peer, preview, in)
}

func (c Client) Open(ctx context.Context, in Open) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, open, in)
}

func (c Client) AfterSale(ctx context.Context, in ByID) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, afterSale, in)
}

func (c Client) Mine(ctx context.Context, in List) (page.Page[AfterSale], error) {
	return rpc.Call(ctx, c.Peer, mine, in)
}

func (c Client) OfShop(ctx context.Context, in List) (page.Page[AfterSale], error) {
	return rpc.Call(ctx, c.Peer, ofShop, in)
}

func (c Client) Withdraw(ctx context.Context, in ByID) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, withdraw, in)
}

func (c Client) SendBack(ctx context.Context, in SendBack) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, sendBack, in)
}

func (c Client) Dispute(ctx context.Context, in Dispute) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, dispute, in)
}

func (c Client) Give(ctx context.Context, in Give) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, give, in)
}

func (c Client) Answer(ctx context.Context, in Answer) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, answer, in)
}

func (c Client) Inspect(ctx context.Context, in Inspect) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, inspect, in)
}

func (c Client) Disputes(ctx context.Context, in page.Ask) (page.Page[AfterSale], error) {
	return rpc.Call(ctx, c.Peer, disputes, in)
}

func (c Client) Decide(ctx context.Context, in Decide) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, decide, in)
}

func (c Client) Accept(ctx context.Context, in ByID) (AfterSale, error) {
	return rpc.Call(ctx, c.Peer, accept, in)
}

func (c Client) OfOrder(ctx context.Context, in ByOrder) (AfterSales, error) {
	return rpc.Call(ctx, c.Peer, ofOrder, in)
}
