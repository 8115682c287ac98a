package media

import (
	"context"

	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
)

// Choose claims what owner chose to show and returns it in their order. It
// returns the errors of Claim.
func Choose(ctx context.Context, s Service, owner id.User, wanted []picture.Wanted) ([]picture.Picture, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	in := ClaimIn{Owner: owner, IDs: make([]id.Media, len(wanted))}
	for i, w := range wanted {
		in.IDs[i] = w.ID
	}
	claimed, err := s.Claim(ctx, in)
	if err != nil {
		return nil, err
	}
	byID := make(map[id.Media]Picture, len(claimed.Items))
	for _, p := range claimed.Items {
		byID[p.ID] = p
	}
	out := make([]picture.Picture, 0, len(wanted))
	for _, w := range wanted {
		p, ok := byID[w.ID]
		if !ok {
			return nil, ErrNoSuchPicture.With(string(w.ID), "does not exist")
		}
		out = append(out, p.Shown(w.Alt))
	}
	return out, nil
}
