package ledger

import (
	"context"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	post         = rpc.Endpoint[Entry, Entry]{Name: "postEntry", Method: "POST", Path: "/internal/entries", Access: rpc.Internal}
	held         = rpc.Endpoint[Owner, Balance]{Name: "held", Method: "GET", Path: "/ledger/held", Summary: "What you earned and have not yet received", Access: rpc.SignedIn}
	lines        = rpc.Endpoint[Owner, page.Page[Line]]{Name: "ledgerLines", Method: "GET", Path: "/ledger/lines", Summary: "Movements of your account, latest first", Access: rpc.SignedIn}
	trialBalance = rpc.Endpoint[Whole, Trial]{Name: "trialBalance", Method: "GET", Path: "/ledger/trial", Summary: "The sum of every posting", Access: rpc.Only(actor.Operator), Timeout: time.Minute}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, post, s.Post)
	rpc.Mount(r, held, s.Held)
	rpc.Mount(r, lines, s.Lines)
	rpc.Mount(r, trialBalance, s.TrialBalance)
}

// Client is the ledger in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Post(ctx context.Context, in Entry) (Entry, error) {
	return rpc.Call(ctx, c.Peer, post, in)
}

func (c Client) Held(ctx context.Context, in Owner) (Balance, error) {
	return rpc.Call(ctx, c.Peer, held, in)
}

func (c Client) Lines(ctx context.Context, in Owner) (page.Page[Line], error) {
	return rpc.Call(ctx, c.Peer, lines, in)
}

func (c Client) TrialBalance(ctx context.Context, in Whole) (Trial, error) {
	return rpc.Call(ctx, c.Peer, trialBalance, in)
}
