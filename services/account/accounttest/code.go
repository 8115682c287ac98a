package accounttest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/id"
)

func testProved(t *testing.T, s Shop) {
	in := account.SignUp{Login: "amy@example.com", Password: Password, Name: "Amy"}
	_, err := s.Account.SignUp(t.Context(), in)
	refused(t, "without a code", err, account.ErrCodeRequired)
	in.Code = s.code(t, "amy@example.com", account.ForSignUp)
	in.Login = "eve@example.com"
	_, err = s.Account.SignUp(t.Context(), in)
	refused(t, "with another's code", err, account.ErrBadCode)
	in.Login = "amy@example.com"
	_, err = s.Account.SignUp(t.Context(), in)
	must(t, err)
}

func testCodeOnce(t *testing.T, s Shop) {
	for _, login := range []string{"amy@example.com", "+8613800138000"} {
		amy := SignUp(t, s, login, "Amy")
		code := s.code(t, login, account.ForSignIn)
		in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: login, Code: code})
		must(t, err)
		s.somebody(t, "by code", in.Token, amy.ID)
		_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: login, Code: code})
		refused(t, "the same code again", err, account.ErrBadCode)
		first := s.code(t, login, account.ForSignIn)
		second := s.code(t, login, account.ForSignIn)
		if first != second {
			_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: login, Code: first})
			refused(t, "a code that was replaced", err, account.ErrBadCode)
		}
		_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: login, Code: second})
		must(t, err)
	}
}

func testCodeRace(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	code := s.code(t, "amy@example.com", account.ForSignIn)
	var wg sync.WaitGroup
	var passed atomic.Int64
	for range account.CodeGuesses {
		wg.Go(func() {
			if _, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code}); err == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 1 {
		t.Errorf("one code signed in %d times", passed.Load())
	}
}

func testCodePurpose(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	SignUp(t, s, "bob@example.com", "Bob")
	reset := s.code(t, "amy@example.com", account.ForReset)
	_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: reset})
	refused(t, "a code for a reset", err, account.ErrBadCode)
	code := s.code(t, "amy@example.com", account.ForSignIn)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "bob@example.com", Code: code})
	refused(t, "another's code", err, account.ErrBadCode)
	_, err = s.Account.ChangePassword(t.Context(), account.ChangePassword{Login: "amy@example.com", Code: code, New: "another horse 8"})
	refused(t, "a code for signing in", err, account.ErrBadCode)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code})
	must(t, err)
}

func testCodeGuesses(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	code := s.code(t, "amy@example.com", account.ForSignIn)
	for range account.CodeGuesses {
		_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: other(code)})
		refused(t, "a wrong code", err, account.ErrBadCode)
	}
	_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code})
	refused(t, "the right code, too late", err, account.ErrBadCode)

	code = s.code(t, "amy@example.com", account.ForSignIn)
	for range account.CodeGuesses - 1 {
		_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: other(code)})
		refused(t, "a wrong code", err, account.ErrBadCode)
	}
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code})
	must(t, err)
}

func testCodeTTL(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	code := s.code(t, "amy@example.com", account.ForSignIn)
	s.Clock.Advance(account.CodeTTL)
	_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code})
	refused(t, "a code after ten minutes", err, account.ErrBadCode)
	code = s.code(t, "amy@example.com", account.ForSignIn)
	s.Clock.Advance(account.CodeTTL - time.Second)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Code: code})
	must(t, err)
}

func testStrangers(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	_, before := s.latest(t, "amy@example.com")
	for _, p := range []account.Purpose{account.ForSignIn, account.ForReset} {
		_, err := s.Account.SendCode(t.Context(), account.SendCode{To: "eve@example.com", Purpose: p})
		must(t, err)
	}
	// Letters are sent in order: once Amy has hers, Eve will get none.
	_, err := s.Account.SendCode(t.Context(), account.SendCode{To: "amy@example.com", Purpose: account.ForSignUp, Locale: account.English})
	must(t, err)
	text := s.next(t, "amy@example.com", before)
	if sixDigits.MatchString(text) || !strings.Contains(text, "already have an account") {
		t.Errorf("somebody with an account is told %q", text)
	}
	if text, n := s.latest(t, "eve@example.com"); n != 0 {
		t.Errorf("a stranger was sent %q", text)
	}
	_, err = s.Account.SendCode(t.Context(), account.SendCode{To: "nobody at all", Purpose: account.ForSignIn})
	refused(t, "no address", err, account.ErrLogin)
}

func testCodeRation(t *testing.T, s Shop) {
	send := func(to, from string) error {
		_, err := s.Account.SendCode(t.Context(), account.SendCode{
			From: account.From{Client: from}, To: to, Purpose: account.ForSignIn,
		})
		return err
	}
	for i := range 5 {
		must(t, send("amy@example.com", fmt.Sprintf("192.0.2.%d", i)))
	}
	refused(t, "a sixth code", send("amy@example.com", "192.0.2.9"), account.ErrThrottled)
	must(t, send("bob@example.com", "192.0.2.9"))
	s.Clock.Advance(account.ThrottleWindow)
	must(t, send("amy@example.com", "192.0.2.9"))
	for i := range 30 {
		must(t, send(fmt.Sprintf("%s@example.com", id.Secret()), fmt.Sprintf("2001:db8:1:2::%x", i)))
	}
	refused(t, "a 31st code for one household", send("cat@example.com", "2001:db8:1:2:ffff::1"), account.ErrThrottled)
	must(t, send("cat@example.com", "2001:db8:1:3::1"))
}
