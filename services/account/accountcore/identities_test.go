package accountcore

import (
	"slices"
	"testing"

	"meadow/services/account"
	"meadow/services/kernel/actor"
)

func TestAnAccountFromBeforeHasTheSameIdentities(t *testing.T) {
	t.Parallel()
	c, _ := newCore(t)
	in, err := c.SignUp(t.Context(), amy)
	must(t, err)
	ctx := actor.AsSystem(t.Context(), "coupon")
	want, err := c.Identities(ctx, account.IdentitiesOf{User: in.User.ID})
	must(t, err)
	_, err = c.users.Update(t.Context(), string(in.User.ID), func(u *user) error { u.Identities = nil; return nil })
	must(t, err)
	for range 2 {
		got, err := c.Identities(ctx, account.IdentitiesOf{User: in.User.ID})
		must(t, err)
		if !slices.Equal(got.Items, want.Items) || len(got.Items) != 1 {
			t.Errorf("got %q, want %q", got.Items, want.Items)
		}
	}
}
