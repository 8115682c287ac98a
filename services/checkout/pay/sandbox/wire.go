package sandbox

import (
	"context"

	"meadow/services/platform/rpc"
)

var (
	getBill = rpc.Endpoint[ByBill, Bill]{Name: "sandboxBill", Method: "GET", Path: "/sandbox/bills/:id", Summary: "A bill of the sandbox provider"}
	settle  = rpc.Endpoint[Settle, Bill]{Name: "settleSandboxBill", Method: "POST", Path: "/sandbox/bills/:id/settle", Summary: "Pay or decline a bill of the sandbox provider"}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, getBill, s.Bill)
	rpc.Mount(r, settle, s.Settle)
}

// Client is the sandbox provider's page in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Bill(ctx context.Context, in ByBill) (Bill, error) {
	return rpc.Call(ctx, c.Peer, getBill, in)
}

func (c Client) Settle(ctx context.Context, in Settle) (Bill, error) {
	return rpc.Call(ctx, c.Peer, settle, in)
}
