package accounttest

import (
	"slices"
	"strings"
	"testing"

	"meadow/services/account"
	"meadow/services/kernel/id"
)

func testIdentities(t *testing.T, s Shop) {
	of := func(p Person) []string {
		t.Helper()
		got, err := s.Account.Identities(system(t), account.IdentitiesOf{User: p.ID})
		must(t, err)
		if len(got.Items) != 1 || strings.ContainsAny(got.Items[0], "@+") {
			t.Fatalf("%s: %q", p.Name, got.Items)
		}
		return got.Items
	}
	first := of(SignUp(t, s, "amy.li@gmail.com", "Amy"))
	for _, same := range []string{"amyli@gmail.com", "amyli+coupons@googlemail.com"} {
		if got := of(SignUp(t, s, same, same)); !slices.Equal(got, first) {
			t.Errorf("%s is somebody else", same)
		}
	}
	for _, other := range []string{"amy@gmail.com", "amyli@example.com", "amy.li@example.com", "+8613800138000"} {
		if got := of(SignUp(t, s, other, other)); slices.Equal(got, first) {
			t.Errorf("%s is Amy too", other)
		}
	}
	_, err := s.Account.Identities(system(t), account.IdentitiesOf{User: id.User("usr_none")})
	refused(t, "a stranger", err, account.ErrNoSuchUser)
}
