package insight

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	record    = rpc.Endpoint[Record, rpc.Empty]{Name: "recordSeen", Method: "POST", Path: "/seen", Summary: "What a screen saw"}
	report    = rpc.Endpoint[Ask, Report]{Name: "insight", Method: "GET", Path: "/insight", Summary: "An account's or a post's numbers", Access: rpc.SignedIn}
	postTable = rpc.Endpoint[AskPosts, page.Page[PostRow]]{Name: "postTable", Method: "GET", Path: "/insight/posts", Summary: "Its posts and their numbers", Access: rpc.SignedIn}
	audience  = rpc.Endpoint[AskAudience, Audience]{Name: "audience", Method: "GET", Path: "/insight/audience", Summary: "Whom an account reaches again, in numbers", Access: rpc.SignedIn}
	export    = rpc.Endpoint[Export, File]{Name: "exportInsight", Method: "GET", Path: "/insight/export", Summary: "One of the tables as CSV", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, record, s.Record)
	rpc.Mount(r, report, s.Report)
	rpc.Mount(r, postTable, s.PostTable)
	rpc.Mount(r, audience, s.Audience)
	rpc.Mount(r, export, s.Export)
}

// Client is insight in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Record(ctx context.Context, in Record) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, record, in)
}

func (c Client) Report(ctx context.Context, in Ask) (Report, error) {
	return rpc.Call(ctx, c.Peer, report, in)
}

func (c Client) PostTable(ctx context.Context, in AskPosts) (page.Page[PostRow], error) {
	return rpc.Call(ctx, c.Peer, postTable, in)
}

func (c Client) Audience(ctx context.Context, in AskAudience) (Audience, error) {
	return rpc.Call(ctx, c.Peer, audience, in)
}

func (c Client) Export(ctx context.Context, in Export) (File, error) {
	return rpc.Call(ctx, c.Peer, export, in)
}
