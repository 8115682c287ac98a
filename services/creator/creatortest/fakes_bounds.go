package creatortest

import (
	"context"
	"slices"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
)

// Bind makes somebody block or mute somebody.
func (n *Neighbours) Bind(by, whom id.User, how moderation.How) {
	if how == moderation.Blocking {
		n.Estrange(by, whom)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if how == moderation.Muting {
		s := n.shields[by]
		s.Hidden = append(slices.Clone(s.Hidden), whom)
		n.shields[by] = s
	}
	n.bounds[by] = append(n.bounds[by], moderation.Bound{User: whom, How: how, At: n.Now()})
}

// Bounds answers for whom the caller blocks or mutes, one at a time.
func (b bench) Bounds(ctx context.Context, in moderation.AskBounds) (page.Page[moderation.Bound], error) {
	out := page.Page[moderation.Bound]{Items: []moderation.Bound{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	past := in.After == ""
	for _, x := range b.bounds[me] {
		switch {
		case x.How != in.How:
		case !past:
			past = page.Cursor(x.User) == in.After
		case len(out.Items) == 1:
			out.Next = page.Cursor(out.Items[0].User)
			return out, nil
		default:
			out.Items = append(out.Items, x)
		}
	}
	return out, nil
}
