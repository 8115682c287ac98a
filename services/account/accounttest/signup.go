package accounttest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

func testSignUp(t *testing.T, s Shop) {
	for login, want := range map[string]account.User{
		" Amy.Lee@Example.COM ": {EmailMasked: "a***@example.com"},
		"138 0013-8000":         {PhoneMasked: "138****8000"},
	} {
		got, err := s.Account.SignUp(t.Context(), account.SignUp{Login: login, Password: Password, Name: " Amy   李 "})
		must(t, err)
		want.ID, want.Name, want.Locale, want.CreatedAt = got.User.ID, "Amy 李", account.Chinese, s.Clock.Now()
		want.Roles = []actor.Role{actor.Viewer}
		if diff := cmp.Diff(want, got.User); diff != "" {
			t.Errorf("%s: -want +got\n%s", login, diff)
		}
		if !id.Valid("usr", string(got.User.ID)) {
			t.Errorf("bad id %q", got.User.ID)
		}
		me, err := s.Account.Me(As(t, s, got.Token), nothing)
		must(t, err)
		if diff := cmp.Diff(want, me); diff != "" {
			t.Errorf("me: -want +got\n%s", diff)
		}
		a, err := s.resolve(t, got.Token)
		must(t, err)
		if a.User != me.ID || a.Session == "" || len(a.Roles) > 0 || a.Merchant != "" || a.System != "" {
			t.Errorf("resolved to %+v", a)
		}
	}
	_, err := s.Account.Me(t.Context(), nothing)
	refused(t, "a visitor's me", err, actor.ErrNobody)
	s.nobody(t, "no token", "")
	s.nobody(t, "a made-up token", id.Secret())
	s.nobody(t, "a strange token", strings.Repeat("x", 3000))
}

func testRefusals(t *testing.T, s Shop) {
	good := account.SignUp{Login: "amy@example.com", Password: Password, Name: "Amy"}
	for what, c := range map[string]struct {
		spoil func(*account.SignUp)
		want  error
	}{
		"no domain":                {func(in *account.SignUp) { in.Login = "amy@" }, account.ErrLogin},
		"two ats":                  {func(in *account.SignUp) { in.Login = "a@b@example.com" }, account.ErrLogin},
		"a space":                  {func(in *account.SignUp) { in.Login = "a my@example.com" }, account.ErrLogin},
		"a dotless domain":         {func(in *account.SignUp) { in.Login = "amy@localhost" }, account.ErrLogin},
		"a display name":           {func(in *account.SignUp) { in.Login = "Amy <amy@example.com>" }, account.ErrLogin},
		"a second recipient":       {func(in *account.SignUp) { in.Login = "amy@example.com,eve@example.com" }, account.ErrLogin},
		"a word":                   {func(in *account.SignUp) { in.Login = "amylee" }, account.ErrLogin},
		"a landline":               {func(in *account.SignUp) { in.Login = "010-12345678" }, account.ErrLogin},
		"a short number":           {func(in *account.SignUp) { in.Login = "1380013800" }, account.ErrLogin},
		"a short password":         {func(in *account.SignUp) { in.Password = "seven77" }, account.ErrPassword},
		"a common password":        {func(in *account.SignUp) { in.Password = "Password123" }, account.ErrPassword},
		"one letter over and over": {func(in *account.SignUp) { in.Password = "zzzzzzzzzzzz" }, account.ErrPassword},
		"the login":                {func(in *account.SignUp) { in.Password = "AMY@example.com" }, account.ErrPassword},
		"a blank name":             {func(in *account.SignUp) { in.Name = "  " }, account.ErrName},
		"an invisible name":        {func(in *account.SignUp) { in.Name = "\u200b\u200b" }, account.ErrName},
		"a name turned around":     {func(in *account.SignUp) { in.Name = "Amy\u202egro.live" }, account.ErrName},
		"a wrong code":             {func(in *account.SignUp) { in.Code = "123456" }, account.ErrBadCode},
	} {
		in := good
		c.spoil(&in)
		_, err := s.Account.SignUp(t.Context(), in)
		refused(t, what, err, c.want)
	}
	_, err := s.Account.SignUp(t.Context(), good) // nothing of all that is in the way
	must(t, err)
}

func testOneLogin(t *testing.T, s Shop) {
	for _, same := range [][]string{
		{"amy@example.com", "AMY@EXAMPLE.COM", " amy@Example.com"},
		{"13800138000", "+8613800138000", "0086 138 0013 8000", "138-0013-8000"},
		{"+12025550123", "+1 (202) 555-0123"},
	} {
		for i, login := range same {
			_, err := s.Account.SignUp(t.Context(), account.SignUp{Login: login, Password: Password, Name: "Amy"})
			if i == 0 {
				must(t, err)
			} else {
				refused(t, login, err, account.ErrTaken)
			}
		}
		for _, login := range same {
			_, err := s.Account.SignIn(t.Context(), account.SignIn{Login: login, Password: Password})
			if err != nil {
				t.Errorf("%s: %v", login, err)
			}
		}
	}
}

func testSignUpRace(t *testing.T, s Shop) {
	const n = 12
	var wg sync.WaitGroup
	got := make([]account.Signed, n)
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			got[i], errs[i] = s.Account.SignUp(t.Context(), account.SignUp{
				Login: "amy@example.com", Password: fmt.Sprintf("%s %d", Password, i), Name: "Amy",
			})
		})
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Errorf("%s and %s both have the login", got[winner].User.ID, got[i].User.ID)
		case err == nil:
			winner = i
		default:
			refused(t, "a loser", err, account.ErrTaken)
		}
	}
	if winner < 0 {
		t.Fatal("nobody got the login")
	}
	in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: fmt.Sprintf("%s %d", Password, winner)})
	if err != nil || in.User.ID != got[winner].User.ID {
		t.Errorf("the winner is %s, who signs in is %s, %v", got[winner].User.ID, in.User.ID, err)
	}
}

func testSignIn(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	SignUp(t, s, "bob@example.com", "Bob")
	in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "Amy@Example.com", Password: Password})
	must(t, err)
	if diff := cmp.Diff(amy.User, in.User); diff != "" {
		t.Errorf("-signed up +signed in\n%s", diff)
	}
	if in.Token == amy.Token {
		t.Error("two sessions share a token")
	}
	s.somebody(t, "the first session", amy.Token, amy.ID)
	for what, in := range map[string]account.SignIn{
		"a wrong password":  {Login: "amy@example.com", Password: Password + "!"},
		"no password":       {Login: "amy@example.com"},
		"a stranger":        {Login: "eve@example.com", Password: Password},
		"an unlikely login": {Login: "eve", Password: Password},
	} {
		_, err := s.Account.SignIn(t.Context(), in)
		refused(t, what, err, account.ErrCredentials)
	}
}

func testEvents(t *testing.T, s Shop) {
	ups := hear(t, s, account.SignedUp)
	changes := hear(t, s, account.Changed)
	amy := SignUp(t, s, "amy@example.com", "Amy")
	up := await(t, ups)
	if diff := cmp.Diff(account.SignedUpData{User: amy.ID, Name: "Amy", Locale: account.English, At: amy.CreatedAt}, up); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	ctx := As(t, s, amy.Token)
	avatar := id.Media(id.New("med", s.Clock.Now()))
	_, err := s.Account.Change(ctx, account.Change{Locale: account.Chinese}) // nothing public
	must(t, err)
	_, err = s.Account.Change(ctx, account.Change{Avatar: &avatar})
	must(t, err)
	_, err = s.Account.Change(ctx, account.Change{Name: "Amy L"})
	must(t, err)
	got := map[int64]account.ChangedData{}
	for range 2 {
		d := await(t, changes)
		got[d.Version] = d
	}
	want := map[int64]account.ChangedData{
		1: {User: amy.ID, Name: "Amy", Avatar: avatar, Version: 1},
		2: {User: amy.ID, Name: "Amy L", Avatar: avatar, Version: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// hear returns what is announced on a topic from now on, each fact once.
func hear[T any](t *testing.T, s Shop, topic bus.Topic[T]) <-chan T {
	t.Helper()
	heard := make(chan T, 64)
	var mu sync.Mutex
	seen := map[string]bool{}
	must(t, bus.On(t.Context(), s.Bus, "accounttest", topic, func(_ context.Context, e bus.Event, data T) error {
		mu.Lock()
		defer mu.Unlock()
		if !seen[e.ID] {
			seen[e.ID] = true
			heard <- data
		}
		return nil
	}))
	return heard
}

func await[T any](t *testing.T, heard <-chan T) (v T) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case v = <-heard:
	case <-late.C:
		t.Fatal("nothing was announced")
	}
	return v
}
