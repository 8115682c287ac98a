package redpacketcore

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo/redpacket"
	"meadow/services/promo/redpacket/redpackettest"
	"meadow/services/promo/window/windowtest"
)

func platformsAsk(total int64) redpacket.Make {
	in := redpackettest.Ask(total, 100)
	in.Source, in.Password = redpacket.FromPlatform, ""
	return in
}

func (w *world) as(t *testing.T, u id.User, roles ...actor.Role) context.Context {
	return windowtest.As(t.Context(), u, roles...)
}

func TestADaysPacketsAreCapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		ctx context.Context
		ask func() redpacket.Make
	}{
		"wallet":   {w.as(t, "usr_amy"), func() redpacket.Make { return redpackettest.Ask(redpacket.MaxPerDay/2, 500) }},
		"platform": {w.as(t, "usr_op", actor.Operator), func() redpacket.Make { return platformsAsk(redpacket.MaxPerDay / 2) }},
		"shop": {actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: "mer_1"}), func() redpacket.Make {
			in := redpackettest.Ask(redpacket.MaxPerDay/2, 500)
			in.Source = redpacket.FromShop
			return in
		}},
	} {
		second := c.ask()
		for _, in := range []redpacket.Make{c.ask(), second, second} { // the same request counts once
			if _, err := w.Make(c.ctx, in); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		third := c.ask()
		third.Total, third.Shares = money.CNY(1), 1
		if _, err := w.Make(c.ctx, third); !errors.Is(err, redpacket.ErrDaily) {
			t.Errorf("%s: above the day's cap: %v, want ErrDaily", name, err)
		}
	}
	w.Clock.Advance(24 * time.Hour)
	if _, err := w.Make(w.as(t, "usr_amy"), redpackettest.Ask(100, 1)); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestAPlatformsPacketIsBoundedAndNotForItsMaker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maker := w.as(t, "usr_op", actor.Operator)
	if _, err := w.Make(maker, platformsAsk(redpacket.MaxPlatform+1)); !errors.Is(err, redpacket.ErrSum) {
		t.Errorf("above the bound: %v, want ErrSum", err)
	}
	p, err := w.Make(maker, platformsAsk(1000))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Grab(maker, redpacket.Grab{ID: p.ID}); !errors.Is(err, redpacket.ErrOwn) {
		t.Errorf("a share for who made it: %v, want ErrOwn", err)
	}
	if _, err := w.Grab(w.as(t, "usr_other", actor.Operator), redpacket.Grab{ID: p.ID}); err != nil {
		t.Errorf("a share for another operator: %v", err)
	}
}
