package creatorcore

import (
	"context"
	"fmt"
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
		Subject: moderation.Subject{Kind: moderation.Profile, ID: string(me)}, Author: me, Rev: c.Now().UnixMilli(),
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
