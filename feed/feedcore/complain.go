package feedcore

import (
	"context"
	"errors"

	"meadow/feed/engine"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
)

// hearComplaints hears who reported a post: every process as something done,
// and one of them writes down that they do not want it.
func (c *Core) hearComplaints(ctx context.Context, own string) error {
	return errors.Join(
		bus.On(ctx, c.Bus, own, moderation.Complained, func(ctx context.Context, e bus.Event, d moderation.ComplainedData) error {
			return c.did(ctx, d.By, reported(e.ID, d)...)
		}),
		bus.On(ctx, c.Bus, Consumer, moderation.Complained, func(ctx context.Context, _ bus.Event, d moderation.ComplainedData) error {
			return c.unwant(ctx, d)
		}),
	)
}

func reported(event string, d moderation.ComplainedData) []engine.Event {
	if d.Subject.Kind != moderation.Post {
		return nil
	}
	return []engine.Event{{ID: event, Kind: engine.Report, Post: id.Post(d.Subject.ID), Author: d.Author, At: d.At}}
}

// becauseReported is a reason of unwanted beside those of feed.Hide.
const becauseReported = "reported"

// unwant notes that who reported a post does not want it, unless they took
// back all that since.
func (c *Core) unwant(ctx context.Context, d moderation.ComplainedData) error {
	if d.Subject.Kind != moderation.Post {
		return nil
	}
	post := id.Post(d.Subject.ID)
	_, err := c.people.Upsert(ctx, string(d.By), func(p *person) error {
		p.ID = string(d.By)
		if !p.unwanted(post) && d.At.After(p.ResetAt) {
			p.unwant(unwanted{post, d.Author, becauseReported})
		}
		return nil
	})
	return err
}
