package gateway

import (
	"slices"

	"meadow/services/kernel/actor"
	"meadow/services/moderation"
	"meadow/services/platform/web"
)

// suspendedMay is what nobody loses with a ban: to come and go, to keep their
// account safe, to object, to be left alone, to get out of an order, and to take
// back what they said.
var suspendedMay = []string{
	"signIn", "signOut", "enter", "sendCode", "changePassword", "revokeSession",
	"appeal",
	"block", "unblock", "mute", "unmute", "setMutedWords",
	"markRead", "setPreferences", "unsubscribe",
	"cancelOrder", "confirmPayment",
	"removePost", "unpublish", "unsay",
	"exportMe", "eraseMe",
}

// suspended is the hook that lets somebody who is banned read, and little else.
// What changes something is never answered from memory of a session (identify),
// so a ban acts on the next such request.
func (g *Gateway) suspended(x *web.Exchange) error {
	if !actor.From(x.Context()).Suspended || !unsafe(x.Method()) || slices.Contains(g.cfg.Suspended, x.Route()) {
		return nil
	}
	return moderation.ErrSuspended
}
