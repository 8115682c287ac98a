package coupon

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	claim     = rpc.Endpoint[Claim, Coupon]{Name: "claimCoupon", Method: "POST", Path: "/promo/coupons", Summary: "Claim a coupon of a batch.", Access: rpc.SignedIn, Idempotent: true}
	claimCode = rpc.Endpoint[ClaimCode, Coupon]{Name: "claimCouponCode", Method: "POST", Path: "/promo/coupons/codes", Summary: "Claim a coupon with a code.", Access: rpc.SignedIn, Idempotent: true}
	mine      = rpc.Endpoint[Mine, page.Page[Coupon]]{Name: "myCoupons", Method: "GET", Path: "/promo/coupons", Summary: "The asker's coupons.", Access: rpc.SignedIn}
	offers    = rpc.Endpoint[Offers, page.Page[Offer]]{Name: "couponOffers", Method: "GET", Path: "/promo/coupon-offers", Summary: "The coupons that can be claimed for a product, in a shop, or of the platform."}
	draft     = rpc.Endpoint[DraftBatch, Batch]{Name: "draftCouponBatch", Method: "POST", Path: "/shop/coupon-batches", Summary: "Make a batch of coupons.", Access: rpc.SignedIn, Idempotent: true}
	edit      = rpc.Endpoint[EditBatch, Batch]{Name: "editCouponBatch", Method: "PUT", Path: "/shop/coupon-batches/:id", Summary: "Change the terms of a draft.", Access: rpc.SignedIn}
	start     = rpc.Endpoint[ByBatch, Batch]{Name: "startCouponBatch", Method: "POST", Path: "/shop/coupon-batches/:id/start", Summary: "Let a batch be claimed.", Access: rpc.SignedIn}
	stop      = rpc.Endpoint[ByBatch, Batch]{Name: "stopCouponBatch", Method: "POST", Path: "/shop/coupon-batches/:id/stop", Summary: "End the claims of a batch.", Access: rpc.SignedIn}
	kill      = rpc.Endpoint[ByBatch, Batch]{Name: "killCouponBatch", Method: "POST", Path: "/shop/coupon-batches/:id/kill", Summary: "End the claims of a batch and the use of its coupons.", Access: rpc.SignedIn}
	batch     = rpc.Endpoint[ByBatch, Batch]{Name: "couponBatch", Method: "GET", Path: "/shop/coupon-batches/:id", Summary: "A batch with its counts.", Access: rpc.SignedIn}
	batches   = rpc.Endpoint[Batches, page.Page[Batch]]{Name: "couponBatches", Method: "GET", Path: "/shop/coupon-batches", Summary: "The batches of the asker's shop.", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, claim, s.Claim)
	rpc.Mount(r, claimCode, s.ClaimCode)
	rpc.Mount(r, mine, s.Mine)
	rpc.Mount(r, offers, s.Offers)
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, start, s.Start)
	rpc.Mount(r, stop, s.Stop)
	rpc.Mount(r, kill, s.Kill)
	rpc.Mount(r, batch, s.Batch)
	rpc.Mount(r, batches, s.Batches)
}

// Client is coupons in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Claim(ctx context.Context, in Claim) (Coupon, error) {
	return rpc.Call(ctx, c.Peer, claim, in)
}

func (c Client) ClaimCode(ctx context.Context, in ClaimCode) (Coupon, error) {
	return rpc.Call(ctx, c.Peer, claimCode, in)
}

func (c Client) Mine(ctx context.Context, in Mine) (page.Page[Coupon], error) {
	return rpc.Call(ctx, c.Peer, mine, in)
}

func (c Client) Offers(ctx context.Context, in Offers) (page.Page[Offer], error) {
	return rpc.Call(ctx, c.Peer, offers, in)
}

func (c Client) Draft(ctx context.Context, in DraftBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Edit(ctx context.Context, in EditBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Start(ctx context.Context, in ByBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, start, in)
}

func (c Client) Stop(ctx context.Context, in ByBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, stop, in)
}

func (c Client) Kill(ctx context.Context, in ByBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, kill, in)
}

func (c Client) Batch(ctx context.Context, in ByBatch) (Batch, error) {
	return rpc.Call(ctx, c.Peer, batch, in)
}

func (c Client) Batches(ctx context.Context, in Batches) (page.Page[Batch], error) {
	return rpc.Call(ctx, c.Peer, batches, in)
}
