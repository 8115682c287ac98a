package accountcore

import (
	"context"
	"errors"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// CheckPassword implements account.Service. Wrong passwords count against the
// login that they are tried for, as at the front door.
func (c *Core) CheckPassword(ctx context.Context, in account.CheckPassword) (rpc.Empty, error) {
	if err := desk(ctx); err != nil {
		return rpc.Empty{}, err
	}
	u, err := c.users.Get(ctx, string(in.User))
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, account.ErrNoSuchUser
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	l, err := c.loginOf(ctx, u)
	if err != nil {
		return rpc.Empty{}, err
	}
	key := l.key()
	if l == (login{}) {
		key = "user:" + string(in.User)
	}
	leave, err := c.passwords.enter(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	defer leave()
	giveBack, err := c.take(ctx, c.loginFailures(), key)
	if err != nil {
		return rpc.Empty{}, err
	}
	if _, err := c.verify(actor.With(ctx, actor.Actor{User: u.ID}), u, in.Password); err != nil {
		return rpc.Empty{}, err
	}
	giveBack()
	return rpc.Empty{}, nil
}
