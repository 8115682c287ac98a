package creatorcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
)

// Upload issues a ticket. Pictures of posts are for creators, of products for
// merchants.
func (c *Core) Upload(ctx context.Context, in creator.Upload) (creator.Ticket, error) {
	may := map[string]actor.Role{
		string(media.ForPost): actor.Creator, string(media.ForAvatar): actor.Viewer, string(media.ForProduct): actor.Merchant,
	}
	a, err := actor.Require(ctx, may[in.Purpose])
	if err != nil {
		return creator.Ticket{}, err
	}
	if in.Bytes > media.MaxBytes {
		return creator.Ticket{}, media.ErrTooLarge
	}
	t, err := c.Media.Grant(actor.AsSystem(ctx, self), media.GrantIn{
		Owner: a.User, Purpose: media.Purpose(in.Purpose), Kind: media.Still, MaxBytes: in.Bytes,
	})
	if err != nil {
		return creator.Ticket{}, fmt.Errorf("upload: %w", err)
	}
	return creator.Ticket{Upload: t.Upload, URL: t.URL, Token: t.Token, MaxBytes: t.MaxBytes, Until: t.Until}, nil
}

// choose claims pictures of owner, so that they stay, and returns them in the
// order wanted.
func (c *Core) choose(ctx context.Context, owner id.User, wanted []picture.Wanted) ([]picture.Picture, error) {
	ids := make([]id.Media, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	claimed, err := c.Media.Claim(actor.AsSystem(ctx, self), media.ClaimIn{Owner: owner, IDs: unique(ids)})
	switch {
	case errors.Is(err, media.ErrNoSuchPicture), errors.Is(err, media.ErrNotOwner):
		return nil, creator.ErrNoPicture.Because(err)
	case err != nil:
		return nil, fmt.Errorf("claim pictures: %w", err)
	}
	byID := make(map[id.Media]media.Picture, len(claimed.Items))
	for _, p := range claimed.Items {
		byID[p.ID] = p
	}
	out := make([]picture.Picture, len(wanted))
	for i, w := range wanted {
		p, ok := byID[w.ID]
		if !ok {
			return nil, creator.ErrNoPicture
		}
		out[i] = p.Shown(oneLine(w.Alt))
	}
	return out, nil
}
