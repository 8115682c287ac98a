package pointscore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/promo/points"
)

// worth is what so many points pay for, rounded down.
func (c *Core) worth(n int64) (money.Money, error) {
	m, err := c.Settings.Worth.Times(n)
	if err != nil {
		return m, fmt.Errorf("worth of %d points: %w", n, err)
	}
	m.Amount /= 100
	return m, nil
}

func (c *Core) Balance(ctx context.Context, _ points.Mine) (points.Balance, error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return points.Balance{}, err
	}
	return c.balance(ctx, who)
}

// balance is what somebody has now: what has expired or lapsed does not count,
// written down or not.
func (c *Core) balance(ctx context.Context, who id.User) (points.Balance, error) {
	b := points.Balance{Hundred: c.Settings.Worth, Worth: money.Money{Currency: c.Settings.Worth.Currency}}
	if who == "" {
		return b, nil
	}
	a, err := c.accounts.Get(ctx, string(who))
	if errors.Is(err, docdb.ErrNotFound) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	a.tidy(c.Now())
	b.Available, b.Pending, b.Owed = sum(a.Lots), a.Pending, a.Owed
	for _, h := range a.Holds {
		b.Reserved += sum(h.Lots)
	}
	if len(a.Lots) > 0 {
		b.Soon, b.Until = a.Lots[0].N, a.Lots[0].Expiry
	}
	b.Worth, err = c.worth(b.Available)
	return b, err
}

func (c *Core) History(ctx context.Context, in page.Ask) (page.Page[points.Move], error) {
	who, err := actor.Signed(ctx)
	if err != nil {
		return page.Page[points.Move]{}, err
	}
	return c.moves.Find(ctx, docdb.Query{Index: "user", Equal: []any{string(who)}, Descending: true, Limit: in.Size(20, 100), After: in.After})
}

// Grant gives points at an operator's word. The movement on record keeps it to
// once, also after the account has forgotten the step.
func (c *Core) Grant(ctx context.Context, in points.Grant) (points.Move, error) {
	by, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return points.Move{}, err
	}
	if in.User == "" {
		return points.Move{}, points.ErrNoUser
	}
	if err := catalog.NotOwn(ctx, nil, in.User, ""); err != nil {
		return points.Move{}, err
	}
	s := step{ID: id.Derive("ptm", string(by.User), "granted", in.RequestID), Cause: points.Granted, N: in.N, Note: in.Note, Expiry: expiry(c.Now())}
	m, err := c.moves.Get(ctx, s.ID)
	if !errors.Is(err, docdb.ErrNotFound) {
		return m, err
	}
	a, err := c.change(ctx, in.User, func(a *account) error {
		a.apply(s, "", c.Now())
		return nil
	})
	if err != nil {
		return m, err
	}
	for _, m := range a.Moves {
		if m.ID == s.ID {
			return m, nil
		}
	}
	return c.moves.Get(ctx, s.ID)
}
