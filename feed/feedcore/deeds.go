package feedcore

import (
	"context"
	"fmt"
	"strconv"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/feed/shelf"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/talk"
)

// deeds takes in what people do: every process hears all of it, under a name of
// its own.
func (c *Core) deeds(ctx context.Context) error {
	own := fmt.Sprintf("%s-rank-%d", Consumer, c.Shard)
	return first(
		func() error { return c.hearSeen(ctx, own) },
		func() error {
			return bus.On(ctx, c.Bus, own, creator.Reacted, func(ctx context.Context, e bus.Event, d creator.ReactedData) error {
				if d.Kind == creator.Followed {
					c.follows.forget(d.User)
				}
				return c.did(ctx, d.User, reacted(e.ID, d)...)
			})
		},
		func() error {
			return bus.On(ctx, c.Bus, own, talk.Said, func(ctx context.Context, e bus.Event, d talk.SaidData) error {
				return c.did(ctx, d.By, said(e.ID, d)...)
			})
		},
		func() error {
			return bus.On(ctx, c.Bus, own, talk.Unsaid, func(ctx context.Context, e bus.Event, d talk.UnsaidData) error {
				return c.did(ctx, d.By, engine.Event{ID: e.ID, Kind: engine.Comment, Off: true, Post: d.Post, At: e.At})
			})
		},
		func() error {
			return bus.On(ctx, c.Bus, own, checkout.OrderPaid, func(ctx context.Context, e bus.Event, d checkout.OrderData) error {
				return c.did(ctx, d.Buyer, paid(e, d)...)
			})
		},
		func() error {
			return bus.On(ctx, c.Bus, own, moderation.Bounded, func(ctx context.Context, e bus.Event, d moderation.BoundedData) error {
				return c.did(ctx, d.By, bounded(e.ID, d)...)
			})
		},
		func() error { return c.hearPersonal(ctx, own) },
		func() error { return c.hearComplaints(ctx, own) },
		func() error {
			return bus.On(ctx, c.Bus, own, feed.Hidden, func(ctx context.Context, e bus.Event, d feed.HiddenData) error {
				p, err := c.person(ctx, d.User)
				if err != nil || d.On != p.unwanted(d.Post) {
					return err // it was heard of too late, and another follows
				}
				return c.did(ctx, d.User, hidden(e.ID, d))
			})
		},
		func() error {
			return bus.On(ctx, c.Bus, own, feed.Erased, func(ctx context.Context, e bus.Event, d feed.ErasedData) error {
				return c.erased(ctx, e.ID, d)
			})
		},
	)
}

// first calls each until one fails.
func first(all ...func() error) error {
	for _, f := range all {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// did takes in what somebody did, at once for the next request, and returns
// when it will outlive the process. What they do not allow to be remembered
// counts for the posts alone.
func (c *Core) did(ctx context.Context, who id.User, deeds ...engine.Event) error {
	if len(deeds) == 0 {
		return nil
	}
	p, err := c.person(ctx, who)
	if err != nil {
		return err
	}
	if who != "" && p.personal() && !c.engine.Allowed(who) {
		c.engine.Allow(who, true) // they changed their mind a moment ago
	}
	for i := range deeds {
		deeds[i].User = who
		deeds[i].Consent = who != "" && p.allows(deeds[i].At)
	}
	return c.take(ctx, deeds...)
}

// reacted is a like, a save, a share or a follow. One's own posts do not count.
func reacted(event string, d creator.ReactedData) []engine.Event {
	kind := map[creator.ReactionKind]engine.Kind{
		creator.Liked: engine.Like, creator.SavedIt: engine.Save, creator.Shared: engine.Share, creator.Followed: engine.Follow,
	}[d.Kind]
	if kind == 0 || d.User == d.Author {
		return nil
	}
	return []engine.Event{{ID: event, Kind: kind, Off: !d.On, Post: d.Post, Author: d.Author, At: d.At}}
}

func said(event string, d talk.SaidData) []engine.Event {
	if d.By == d.Author {
		return nil
	}
	return []engine.Event{{ID: event, Kind: engine.Comment, Post: d.Post, Author: d.Author, At: d.At}}
}

// paid is a purchase for each line.
func paid(e bus.Event, d checkout.OrderData) []engine.Event {
	at := d.PaidAt
	if at.IsZero() {
		at = e.At
	}
	out := make([]engine.Event, len(d.Lines))
	for i, l := range d.Lines {
		out[i] = engine.Event{
			ID: e.ID + "." + strconv.Itoa(i), Kind: engine.Purchase, Post: l.Post, Author: l.Creator, Product: l.Product, At: at,
		}
	}
	return out
}

// bounded is a block or a mute. Whom they block is not shown them, either; the
// cards see to that.
func bounded(event string, d moderation.BoundedData) []engine.Event {
	kind := engine.Mute
	if d.How == moderation.Blocking {
		kind = engine.Block
	}
	return []engine.Event{{ID: event, Kind: kind, Off: !d.On, Author: d.Whom, At: d.At}}
}

func hidden(event string, d feed.HiddenData) engine.Event {
	kind := engine.Hide
	if !d.On {
		kind = engine.Unhide
	}
	return engine.Event{ID: event, Kind: kind, Post: d.Post, Author: d.Author, At: d.At}
}

// mostAsides wait to be taken in; more are dropped.
const mostAsides = 1000

// interested hears what somebody searched for, as topics, without keeping them
// waiting.
func (c *Core) interested(ctx context.Context, who id.User, topics []string) {
	if who == "" || len(topics) == 0 {
		return
	}
	select {
	case c.asides <- engine.Event{Kind: engine.Interest, User: who, Topics: topics, At: c.Now()}:
	default:
		c.Log.WarnContext(ctx, "an interest is passed over")
	}
}

// takeAsides takes in what nobody waits for, until ctx ends.
func (c *Core) takeAsides(ctx context.Context) {
	for {
		select {
		case e := <-c.asides:
			if err := c.did(ctx, e.User, e); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "an interest is not remembered", "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// touched is the products that somebody opened or put into the cart.
func (c *Core) touched(who id.User) []shelf.Touch {
	weights := map[string]float64{engine.Click.String(): 1, engine.Cart.String(): 2}
	var out []shelf.Touch
	for _, d := range c.engine.History(who) {
		if w := weights[d.Kind]; w > 0 && d.Product != "" {
			out = append(out, shelf.Touch{Product: d.Product, Weight: w, At: d.At})
		}
	}
	return out
}
