package creatorcore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// proper asks moderation about what somebody says of themselves. A profile has no
// state of its own: what the rules reject is refused here, and what they doubt
// waits for a moderator while it shows.
func (c *Core) proper(ctx context.Context, me id.User, p profile, words ...string) error {
	v, err := c.Moderation.Check(actor.AsSystem(ctx, self), moderation.Check{
		Subject: moderation.Subject{Kind: moderation.Profile, ID: string(me)}, Author: me, Rev: c.saying(),
		Facts: moderation.Facts{Text: strings.Join(append([]string{p.Name}, words...), "\n"), Thumb: p.Avatar.Thumb, Link: "/u/" + string(me)},
	})
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if v.Outcome == moderation.Rejected {
		return creator.ErrWords
	}
	return nil
}

// saying numbers what somebody says: later is higher, and no two within one
// millisecond share a number, since moderation answers a number once.
func (c *Core) saying() int64 {
	const noise = 22 // bits beside the 41 of a millisecond of this age
	return c.Now().UnixMilli()<<noise | rand.Int64N(1<<noise)
}
