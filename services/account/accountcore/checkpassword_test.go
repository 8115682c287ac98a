package accountcore

import (
	"errors"
	"testing"

	"meadow/services/account"
	"meadow/services/kernel/actor"
)

func TestAPasswordIsCheckedAgainForTheShopOnlyAndNotWithoutEnd(t *testing.T) {
	t.Parallel()
	c, _ := newCore(t)
	signed, err := c.SignUp(t.Context(), amy)
	must(t, err)
	desk := actor.AsSystem(t.Context(), "test")
	in := account.CheckPassword{User: signed.User.ID, Password: amy.Password}
	if _, err := c.CheckPassword(actor.With(t.Context(), actor.Actor{User: in.User}), in); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a person may check passwords: %v", err)
	}
	if _, err := c.CheckPassword(desk, in); err != nil {
		t.Errorf("the right one: %v", err)
	}
	if _, err := c.CheckPassword(desk, account.CheckPassword{User: "usr_nobody", Password: "x"}); !errors.Is(err, account.ErrNoSuchUser) {
		t.Errorf("nobody's: %v", err)
	}
	in.Password = "wrong horse 7"
	for range c.Limits.FailuresPerLogin {
		if _, err := c.CheckPassword(desk, in); !errors.Is(err, account.ErrCredentials) {
			t.Fatalf("a wrong one: %v", err)
		}
	}
	in.Password = amy.Password
	if _, err := c.CheckPassword(desk, in); !errors.Is(err, account.ErrThrottled) {
		t.Errorf("after too many wrong ones: %v", err)
	}
}
