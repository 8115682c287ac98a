package catalog

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// ErrOwnMoney is for operators who would decide about what is their own, or that
// of a shop they work for.
var ErrOwnMoney = errs.New(errs.Forbidden, "own_money", "Nobody decides about their own money, or that of a shop they work for.")

// NotOwn returns ErrOwnMoney if who is asking is that user or works for that
// shop, whichever shop they act for just now; either may be "". The platform
// itself passes.
func NotOwn(ctx context.Context, s Mayer, user id.User, shop id.Merchant) error {
	who := actor.From(ctx).User
	if who == "" {
		return nil
	}
	if who == user {
		return ErrOwnMoney
	}
	if shop == "" {
		return nil
	}
	works, err := s.May(actor.AsSystem(ctx, "own"), May{User: who, Merchant: shop})
	if err == nil && works.Yes {
		err = ErrOwnMoney
	}
	return err
}
