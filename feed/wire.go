package feed

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	newest    = rpc.Endpoint[page.Ask, page.Page[creator.Card]]{Name: "newest", Method: "GET", Path: "/feed/newest", Summary: "All posts, latest first"}
	following = rpc.Endpoint[page.Ask, page.Page[creator.Card]]{Name: "following", Method: "GET", Path: "/feed/following", Summary: "Posts of whom you follow, latest first", Access: rpc.SignedIn}
	search    = rpc.Endpoint[Search, page.Page[Found]]{Name: "search", Method: "GET", Path: "/search", Summary: "Posts and products that match"}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, newest, s.Newest)
	rpc.Mount(r, following, s.Following)
	rpc.Mount(r, search, s.Search)
}

// Client is the feed in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	return rpc.Call(ctx, c.Peer, newest, in)
}

func (c Client) Following(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	return rpc.Call(ctx, c.Peer, following, in)
}

func (c Client) Search(ctx context.Context, in Search) (page.Page[Found], error) {
	return rpc.Call(ctx, c.Peer, search, in)
}
