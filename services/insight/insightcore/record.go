package insightcore

import (
	"context"
	"slices"

	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

const maxEvents = 50

// Record takes what a screen saw. An author's own looks are not counted.
func (c *Core) Record(ctx context.Context, in insight.Record) (rpc.Empty, error) {
	if n := len(in.Events); n == 0 || n > maxEvents {
		return rpc.Empty{}, errs.ErrInvalid.With("events", "must be 1 to 50 items")
	}
	var ids []id.Post
	for _, e := range in.Events {
		ids = append(ids, e.Post)
	}
	facts, err := c.facts(ctx, ids)
	if err != nil {
		return rpc.Empty{}, err
	}
	me := actor.From(ctx).User
	var hits []hit
	for _, e := range in.Events {
		f, ok := facts[e.Post]
		if !ok || f.Author == me {
			continue
		}
		h := hit{id: e.ID, account: f.Author, post: e.Post, add: counting(e, f.Tagged)}
		if e.Kind == insight.View {
			h.viewer = viewer(me, in.Visitor, e.ID)
		}
		hits = append(hits, h)
	}
	return rpc.Empty{}, c.take(ctx, c.Now(), hits)
}

// viewer is what tells viewers of a day apart; it goes into a sketch and cannot
// be read back.
func viewer(me id.User, visitor, event string) string {
	switch {
	case me != "":
		return "u" + string(me)
	case visitor != "":
		return "v" + visitor
	}
	return "e" + event
}

// counting counts an event; a click only on what the post really shows, for
// anybody may say anything.
func counting(e insight.Event, tagged []id.Product) func(*sums) {
	return func(s *sums) {
		switch e.Kind {
		case insight.Impression:
			s.Impressions++
			s.source(e.Source, met{Impressions: 1})
		case insight.View:
			s.Views++
			s.source(e.Source, met{Views: 1})
		case insight.Dwell:
			s.Left++
			s.Millis += e.Millis
			s.Kept = reached(s.Kept, keptAt, e.Millis/1000)
			if e.Percent > 0 {
				s.Watched = reached(s.Watched, watchedAt, e.Percent)
			}
		case insight.Click:
			s.Clicks++
			if slices.Contains(tagged, e.Product) {
				s.product(string(e.Product), insight.Bought{Clicks: 1})
			}
		}
	}
}
