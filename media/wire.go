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
	abilities = rpc.Endpoint[rpc.Empty, Abilities]{
		Name: "mediaAbilities", Method: "GET", Path: "/media/abilities", Access: rpc.Internal,
		Summary: "What is taken here",
	}
	progress = rpc.Endpoint[ProgressIn, Progress]{
		Name: "mediaProgress", Method: "POST", Path: "/media/progress", Access: rpc.Internal,
		Summary: "Where an upload stands",
	}
	claimVideo = rpc.Endpoint[ClaimVideoIn, Video]{
		Name: "claimVideo", Method: "POST", Path: "/media/video-claims", Access: rpc.Internal,
		Summary: "Keep a video that is used",
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
	rpc.Mount(r, abilities, s.Abilities)
	rpc.Mount(r, progress, s.Progress)
	rpc.Mount(r, claimVideo, s.ClaimVideo)
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

func (c Client) Abilities(ctx context.Context, in rpc.Empty) (Abilities, error) {
	return rpc.Call(ctx, c.Peer, abilities, in)
}

func (c Client) Progress(ctx context.Context, in ProgressIn) (Progress, error) {
	return rpc.Call(ctx, c.Peer, progress, in)
}

func (c Client) ClaimVideo(ctx context.Context, in ClaimVideoIn) (Video, error) {
	return rpc.Call(ctx, c.Peer, claimVideo, in)
}
