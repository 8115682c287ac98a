package media

import (
	"context"

	"meadow/services/platform/rpc"
)

var (
	grant = rpc.Endpoint[GrantIn, Ticket]{
		Name: "grantUpload", Method: "POST", Path: "/media/grants", Access: rpc.Internal,
		Summary: "Allow one upload",
	}
	pictures = rpc.Endpoint[PicturesIn, Pictures]{
		Name: "pictures", Method: "POST", Path: "/media/pictures", Access: rpc.Internal,
		Summary: "Look pictures up",
	}
	claim = rpc.Endpoint[ClaimIn, Pictures]{
		Name: "claimPictures", Method: "POST", Path: "/media/claims", Access: rpc.Internal,
		Summary: "Keep pictures that are used",
	}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, grant, s.Grant)
	rpc.Mount(r, pictures, s.Pictures)
	rpc.Mount(r, claim, s.Claim)
}

// Client is the media role in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Grant(ctx context.Context, in GrantIn) (Ticket, error) {
	return rpc.Call(ctx, c.Peer, grant, in)
}

func (c Client) Pictures(ctx context.Context, in PicturesIn) (Pictures, error) {
	return rpc.Call(ctx, c.Peer, pictures, in)
}

func (c Client) Claim(ctx context.Context, in ClaimIn) (Pictures, error) {
	return rpc.Call(ctx, c.Peer, claim, in)
}
