package accounttest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/account"
)

func testThrottle(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	SignUp(t, s, "bob@example.com", "Bob")
	try := func(login, password string, n int) error {
		_, err := s.Account.SignIn(t.Context(), account.SignIn{
			From: account.From{Client: fmt.Sprintf("192.0.2.%d", n)}, Login: login, Password: password,
		})
		return err
	}
	for i := range 12 { // success costs no try
		must(t, try("amy@example.com", Password, i))
	}
	for _, login := range []string{"amy@example.com", "eve@example.com"} { // there is no Eve
		for i := range 10 {
			refused(t, "a wrong password", try(login, "wrong horse", i), account.ErrCredentials)
		}
		refused(t, "the 11th of "+login, try(login, "wrong horse", 20), account.ErrThrottled)
	}
	refused(t, "the right one, now", try("AMY@example.com", Password, 21), account.ErrThrottled)
	must(t, try("bob@example.com", Password, 1))
	s.Clock.Advance(account.ThrottleWindow - time.Second)
	refused(t, "the right one, a second early", try("amy@example.com", Password, 22), account.ErrThrottled)
	s.Clock.Advance(time.Second)
	must(t, try("amy@example.com", Password, 23))
}

func testThrottleRace(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	var wg sync.WaitGroup
	var passed, held atomic.Int64
	for i := range 30 {
		wg.Go(func() {
			_, err := s.Account.SignIn(t.Context(), account.SignIn{
				From: account.From{Client: fmt.Sprintf("192.0.2.%d", i)}, Login: "amy@example.com", Password: fmt.Sprintf("wrong horse %d", i),
			})
			switch {
			case errors.Is(err, account.ErrCredentials):
				passed.Add(1)
			case errors.Is(err, account.ErrThrottled):
				held.Add(1)
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 10 || held.Load() != 20 {
		t.Errorf("%d guesses passed and %d were held; want 10 and 20", passed.Load(), held.Load())
	}
}

// testFirstTries has people try for the first time at one moment: those who come
// while the first begins to be counted are counted too, and not turned away.
func testFirstTries(t *testing.T, s Shop) {
	var wg sync.WaitGroup
	for n := range 25 {
		for i := range 6 {
			wg.Go(func() {
				_, err := s.Account.Enter(t.Context(), account.Enter{From: account.From{Client: fmt.Sprintf("198.51.100.%d", n)}, Token: fmt.Sprintf("guess %d", i)})
				if errors.Is(err, account.ErrThrottled) {
					t.Errorf("one of six first tries of a client: %v", err)
				}
			})
		}
	}
	wg.Wait()
}

func testThrottleClient(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	try := func(login, password, from string) error {
		_, err := s.Account.SignIn(t.Context(), account.SignIn{
			From: account.From{Client: from}, Login: login, Password: password,
		})
		return err
	}
	for i := range 50 { // one address of a household after another, a new login each time
		err := try(fmt.Sprintf("u%d@example.com", i), "wrong horse", fmt.Sprintf("2001:db8:5:6::%x", i))
		refused(t, "a guess", err, account.ErrCredentials)
	}
	refused(t, "the 51st", try("u51@example.com", "wrong horse", "2001:db8:5:6::ff"), account.ErrThrottled)
	refused(t, "the right one", try("amy@example.com", Password, "2001:db8:5:6::ff"), account.ErrThrottled)
	must(t, try("amy@example.com", Password, "198.51.100.7"))
	_, err := s.Account.Enter(t.Context(), account.Enter{From: account.From{Client: "2001:db8:5:6::1"}, Token: "guess"})
	refused(t, "a guessed link", err, account.ErrThrottled)
	s.Clock.Advance(account.ThrottleWindow)
	must(t, try("amy@example.com", Password, "2001:db8:5:6::ff"))
}
