package feedcore

import (
	"context"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/insight"
	"meadow/services/platform/bus"
)

// hearSeen takes in what screens saw.
func (c *Core) hearSeen(ctx context.Context, consumer string) error {
	return bus.On(ctx, c.Bus, consumer, insight.Seen, func(ctx context.Context, _ bus.Event, d insight.SeenData) error {
		return c.did(ctx, d.User, looks(d)...)
	})
}

// looks are what a screen saw. A screen makes up its events' ids: they are told
// apart from those of others by who was looking.
func looks(d insight.SeenData) []engine.Event {
	out := make([]engine.Event, 0, len(d.Events))
	for _, e := range d.Events {
		kind := engine.KindOf(e.Kind)
		if kind == 0 {
			continue
		}
		out = append(out, engine.Event{
			ID: string(d.User) + d.Visitor + e.ID, Kind: kind, Post: e.Post, Product: e.Product,
			Millis: e.Millis, Percent: int(e.Percent), Source: sourceOf(e.Source), At: d.At,
			Visitor: d.Visitor,
		})
	}
	return out
}

// sourceOf is what a list says of why a post is in it, where it says anything.
func sourceOf(s insight.Source) feed.Source {
	if s == insight.Following {
		return feed.FromFollowing
	}
	return ""
}
