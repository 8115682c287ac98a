package creatorcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// Abilities says what can be uploaded here.
func (c *Core) Abilities(ctx context.Context, _ rpc.Empty) (creator.Abilities, error) {
	a, err := c.Media.Abilities(actor.AsSystem(ctx, self), rpc.Empty{})
	if err != nil {
		return a, fmt.Errorf("abilities: %w", err)
	}
	return a, nil
}

// Upload issues a ticket. Pictures of products are for merchants; videos and
// captions are for posts.
func (c *Core) Upload(ctx context.Context, in creator.Upload) (creator.Ticket, error) {
	role := actor.Viewer
	if in.Purpose == string(media.ForProduct) {
		role = actor.Merchant
	}
	a, err := actor.Require(ctx, role)
	if err != nil {
		return creator.Ticket{}, err
	}
	kind := media.Kind(in.Kind)
	most := map[media.Kind]int64{media.Still: media.MaxBytes, media.Film: media.MaxVideoBytes, media.Captions: media.MaxCaptionBytes}
	if kind == "" {
		kind = media.Still
	}
	switch limit, ok := most[kind]; {
	case !ok:
		return creator.Ticket{}, errs.ErrInvalid.With("kind", "must be one of picture, video, captions")
	case kind != media.Still && in.Purpose != string(media.ForPost):
		return creator.Ticket{}, errs.ErrInvalid.With("kind", "is for posts only")
	case in.Bytes > limit:
		return creator.Ticket{}, media.ErrTooLarge
	}
	t, err := c.Media.Grant(actor.AsSystem(ctx, self), media.GrantIn{
		Owner: a.User, Purpose: media.Purpose(in.Purpose), Kind: kind, MaxBytes: in.Bytes,
	})
	if err != nil {
		return creator.Ticket{}, fmt.Errorf("upload: %w", err)
	}
	return creator.Ticket{Upload: t.Upload, Media: t.Media, URL: t.URL, Token: t.Token, MaxBytes: t.MaxBytes, Until: t.Until}, nil
}

// UploadProgress says where an upload of the caller's stands.
func (c *Core) UploadProgress(ctx context.Context, in creator.ByUpload) (creator.Progress, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Progress{}, err
	}
	p, err := c.Media.Progress(actor.AsSystem(ctx, self), media.ProgressIn{Owner: me, Upload: in.ID})
	if err != nil {
		return p, fmt.Errorf("upload progress: %w", err)
	}
	return p, nil
}

// claim claims pictures that any of hands uploaded and returns them in the
// order wanted: creator.ErrNoPicture.
func (c *Core) claim(ctx context.Context, hands []id.User, wanted []picture.Wanted) ([]media.Picture, error) {
	ids := make([]id.Media, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	found, err := c.ours(ctx, hands, unique(ids))
	if err != nil {
		return nil, err
	}
	out := make([]media.Picture, len(wanted))
	owned := map[id.User][]id.Media{}
	for i, m := range ids {
		p, ok := found[m]
		if !ok {
			return nil, creator.ErrNoPicture.With(fmt.Sprintf("pictures[%d]", i), "is not there")
		}
		out[i] = p
		owned[p.Owner] = append(owned[p.Owner], m)
	}
	for owner, all := range owned {
		if err := c.claimOf(ctx, owner, unique(all)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ours returns those pictures that exist and that any of hands uploaded.
func (c *Core) ours(ctx context.Context, hands []id.User, ids []id.Media) (map[id.Media]media.Picture, error) {
	out := make(map[id.Media]media.Picture, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.Media.Pictures(actor.AsSystem(ctx, self), media.PicturesIn{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	for _, p := range found.Items {
		for _, h := range hands {
			if p.Owner == h {
				out[p.ID] = p
			}
		}
	}
	return out, nil
}

func (c *Core) claimOf(ctx context.Context, owner id.User, ids []id.Media) error {
	_, err := c.Media.Claim(actor.AsSystem(ctx, self), media.ClaimIn{Owner: owner, IDs: ids})
	switch {
	case errors.Is(err, media.ErrNoSuchPicture), errors.Is(err, media.ErrNotOwner):
		return creator.ErrNoPicture.Because(err)
	case err != nil:
		return fmt.Errorf("claim pictures: %w", err)
	}
	return nil
}

// claimVideo claims a video that any of hands uploaded: creator.ErrBadVideo,
// media.ErrNotReady.
func (c *Core) claimVideo(ctx context.Context, hands []id.User, wanted video.WantedVideo) (media.Video, error) {
	var none media.Video
	for _, h := range hands {
		v, err := c.Media.ClaimVideo(actor.AsSystem(ctx, self), media.ClaimVideoIn{Owner: h, Video: wanted})
		switch {
		case err == nil:
			return v, nil
		case errors.Is(err, media.ErrNotOwner):
			continue
		case errors.Is(err, media.ErrNotReady):
			return none, media.ErrNotReady.Because(err)
		case final(err):
			return none, creator.ErrBadVideo.Because(err)
		}
		return none, fmt.Errorf("claim video: %w", err)
	}
	return none, creator.ErrBadVideo
}

// final reports whether err will be the same the next time.
func final(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Unavailable, errs.Internal, errs.Throttled, errs.Conflict, errs.Exhausted:
		return false
	}
	return err != nil
}
