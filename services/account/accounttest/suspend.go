package accounttest

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

// restrict announces what moderation would.
func (s Shop) restrict(t *testing.T, u id.User, on bool, until time.Time, rev int64) {
	t.Helper()
	now := s.Clock.Now()
	e := moderation.Restricted.Event(now, fmt.Sprintf("%s/%d", u, rev), moderation.RestrictedData{
		User: u, On: on, Reason: moderation.Spam, Until: until, Rev: rev, At: now,
	})
	must(t, s.Bus.Publish(t.Context(), e, false))
}

// suspended waits until somebody is, or is no longer.
func (s Shop) suspended(t *testing.T, p Person, want bool) {
	t.Helper()
	var got bool
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(2 * time.Millisecond) {
		a, err := s.resolve(t, p.Token)
		must(t, err)
		if got = a.Suspended; got == want {
			return
		}
	}
	t.Fatalf("%s is suspended: %t", p.Name, got)
}

func testSuspended(t *testing.T, s Shop) {
	amy, bob := SignUp(t, s, "amy@example.com", "Amy"), SignUp(t, s, "bob@example.com", "Bob")
	s.suspended(t, amy, false)
	s.restrict(t, amy.ID, true, s.Clock.Now().Add(time.Hour), 1)
	s.suspended(t, amy, true)
	s.suspended(t, bob, false)
	known, err := s.Account.KnownUsers(system(t), account.Users{IDs: []id.User{bob.ID, amy.ID, "usr_nobody"}})
	must(t, err)
	if len(known.Items) != 2 || known.Items[0].Suspended || !known.Items[1].Suspended || known.Items[1].Name != "Amy" {
		t.Errorf("the shop knows %+v", known.Items)
	}
	_, err = s.Account.KnownUsers(As(t, s, amy.Token), account.Users{IDs: []id.User{bob.ID}})
	if err == nil {
		t.Error("a user learnt what only the shop may know")
	}
	// A new session is suspended as well; the ban's end needs no word of anybody.
	in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
	must(t, err)
	s.suspended(t, Person{in.User, in.Token}, true)
	s.Clock.Advance(time.Hour)
	s.suspended(t, amy, false)
	s.restrict(t, amy.ID, true, time.Time{}, 2)
	s.suspended(t, amy, true)
	s.Clock.Advance(20 * day)
	s.suspended(t, amy, true)
	if _, err := s.Account.SignOut(actor.With(t.Context(), actor.Actor{User: amy.ID}), rpc.Empty{}); err != nil {
		t.Error(err)
	}
}

func testSuspendedOnce(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	s.restrict(t, "usr_nobody", true, time.Time{}, 1) // hinders nothing
	s.restrict(t, amy.ID, true, time.Time{}, 1)
	s.suspended(t, amy, true)
	s.restrict(t, amy.ID, false, time.Time{}, 3)
	s.suspended(t, amy, false)
	s.restrict(t, amy.ID, true, time.Time{}, 2) // late
	bob := SignUp(t, s, "bob@example.com", "Bob")
	s.restrict(t, bob.ID, true, time.Time{}, 1)
	s.suspended(t, bob, true) // came after the late one
	s.suspended(t, amy, false)
}
