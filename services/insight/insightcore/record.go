package insightcore

import (
	"context"
	"slices"
	"time"

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
		if !slices.Contains(f.Tagged, e.Product) {
			e.Product = "" // anybody may say anything
		}
		h := hit{id: e.ID, account: f.Author, post: e.Post, event: e, add: counting(e)}
		switch {
		case e.Kind == insight.View:
			h.viewer = viewer(me, in.Visitor, e.ID)
		case e.Kind == insight.Click && e.Product != "":
			h.by = me
		}
		hits = append(hits, h)
	}
	if err := c.fans(ctx, hits); err != nil {
		return rpc.Empty{}, err
	}
	now := c.Now()
	news, err := c.take(ctx, now, hits)
	c.announce(ctx, now, me, in.Visitor, inOrder(hits, news))
	return rpc.Empty{}, err
}

// inOrder is the events of what was news, as the screen reported them.
func inOrder(all, news []hit) []insight.Event {
	fresh := map[string]bool{}
	for _, h := range news {
		fresh[string(h.post)+h.id] = true
	}
	var out []insight.Event
	for _, h := range all {
		if key := string(h.post) + h.id; fresh[key] {
			delete(fresh, key) // a batch may name an event twice
			out = append(out, h.event)
		}
	}
	return out
}

// tellWait is how long announcing may take once the events are counted.
const tellWait = 5 * time.Second

// announce tells of events that were counted, even if whoever reported them has
// hung up. What cannot be told is lost, see insight.Seen: reporting it again finds
// nothing new.
func (c *Core) announce(ctx context.Context, at time.Time, me id.User, visitor string, events []insight.Event) {
	if len(events) == 0 {
		return
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), tellWait)
	defer done()
	data := insight.SeenData{Events: events, At: at}
	data.User, data.Visitor = c.looker(ctx, at, me, visitor)
	batch := []string{string(data.User), data.Visitor}
	for _, e := range events {
		batch = append(batch, string(e.Post), e.ID)
	}
	if err := c.Bus.Publish(ctx, insight.Seen.Event(at, id.Derive("see", batch...), data), false); err != nil {
		c.Log.WarnContext(ctx, "what a screen saw is counted and not told", "events", len(events), "err", err)
	}
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

// counting counts an event; of a click the product only if the post shows it.
func counting(e insight.Event) func(*sums) {
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
			if e.Product != "" {
				s.product(string(e.Product), insight.Bought{Clicks: 1})
			}
		}
	}
}
