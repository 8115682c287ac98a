package accounttest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

const newPassword = "another horse 8"

func testChangePassword(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	phone, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
	must(t, err)
	bob := SignUp(t, s, "bob@example.com", "Bob")

	_, err = s.Account.ChangePassword(t.Context(), account.ChangePassword{Old: Password, New: newPassword})
	refused(t, "a visitor", err, actor.ErrNobody)
	ctx := As(t, s, amy.Token)
	_, err = s.Account.ChangePassword(ctx, account.ChangePassword{Old: "wrong horse", New: newPassword})
	refused(t, "a wrong old password", err, account.ErrCredentials)
	_, err = s.Account.ChangePassword(ctx, account.ChangePassword{Old: Password, New: "12345678"})
	refused(t, "a weak new password", err, account.ErrPassword)
	s.somebody(t, "so far", phone.Token, amy.ID)

	in, err := s.Account.ChangePassword(ctx, account.ChangePassword{Old: Password, New: newPassword})
	must(t, err)
	s.nobody(t, "the session that asked", amy.Token)
	s.nobody(t, "the other device", phone.Token)
	s.somebody(t, "the new session", in.Token, amy.ID)
	s.somebody(t, "somebody else", bob.Token, bob.ID)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
	refused(t, "the old password", err, account.ErrCredentials)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: newPassword})
	must(t, err)

	list, err := s.Account.Sessions(As(t, s, in.Token), nothing)
	must(t, err)
	if len(list.Items) != 2 {
		t.Errorf("%d sessions, want 2: %+v", len(list.Items), list.Items)
	}
}

func testReset(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	code := s.code(t, "amy@example.com", account.ForReset)
	reset := func(login, code, password string) (account.Signed, error) {
		return s.Account.ChangePassword(t.Context(), account.ChangePassword{Login: login, Code: code, New: password})
	}
	_, err := reset("amy@example.com", code, "12345678")
	refused(t, "a weak password", err, account.ErrPassword)
	_, err = reset("amy@example.com", other(code), newPassword)
	refused(t, "a wrong code", err, account.ErrBadCode)
	_, err = reset("eve@example.com", code, newPassword)
	refused(t, "a stranger", err, account.ErrBadCode)
	in, err := reset("amy@example.com", code, newPassword)
	must(t, err)
	s.somebody(t, "after the reset", in.Token, amy.ID)
	s.nobody(t, "the session before", amy.Token)
	_, err = reset("amy@example.com", code, "yet another horse")
	refused(t, "the same code", err, account.ErrBadCode)
	_, err = s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: newPassword})
	must(t, err)
}

func testSessions(t *testing.T, s Shop) {
	agents := map[string]string{
		"Chrome, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		"WeChat, iPhone":  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60",
		"Unknown device":  "secret-agent",
	}
	began := s.Clock.Now()
	amy, bob := SignUp(t, s, "amy@example.com", "Amy"), SignUp(t, s, "bob@example.com", "Bob")
	tokens := map[string]string{}
	want := []account.Session{{Device: "curl", CreatedAt: began, SeenAt: began}}
	for _, device := range []string{"Chrome, Windows", "WeChat, iPhone", "Unknown device"} {
		s.Clock.Advance(time.Minute)
		in, err := s.Account.SignIn(t.Context(), account.SignIn{
			From: account.From{Agent: agents[device]}, Login: "amy@example.com", Password: Password,
		})
		must(t, err)
		tokens[device] = in.Token
		want = append([]account.Session{{Device: device, CreatedAt: s.Clock.Now(), SeenAt: s.Clock.Now()}}, want...)
	}
	ctx := As(t, s, tokens["WeChat, iPhone"])
	want[1].Current = true
	list, err := s.Account.Sessions(ctx, nothing)
	must(t, err)
	ids := map[string]id.Session{}
	for i, x := range list.Items {
		ids[x.Device] = x.ID
		list.Items[i].ID = ""
	}
	if diff := cmp.Diff(want, list.Items); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}

	chrome := ids["Chrome, Windows"]
	_, err = s.Account.Revoke(As(t, s, bob.Token), account.Revoke{ID: chrome})
	refused(t, "somebody else revokes", err, account.ErrNoSession)
	s.somebody(t, "so far", tokens["Chrome, Windows"], amy.ID)
	_, err = s.Account.Revoke(ctx, account.Revoke{ID: chrome})
	must(t, err)
	s.nobody(t, "the revoked session", tokens["Chrome, Windows"])
	_, err = s.Account.Revoke(ctx, account.Revoke{ID: chrome})
	refused(t, "again", err, account.ErrNoSession)
	s.somebody(t, "the one that asked", tokens["WeChat, iPhone"], amy.ID)

	s.Clock.Advance(time.Hour) // and it is used, which is seen
	s.somebody(t, "an hour later", tokens["WeChat, iPhone"], amy.ID)
	list, err = s.Account.Sessions(ctx, nothing)
	must(t, err)
	if len(list.Items) != 3 || !list.Items[0].Current || !list.Items[0].SeenAt.Equal(s.Clock.Now()) {
		t.Errorf("after use: %+v", list.Items)
	}
}

func testSignOut(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
	must(t, err)
	_, err = s.Account.SignOut(As(t, s, in.Token), nothing)
	must(t, err)
	s.nobody(t, "signed out", in.Token)
	s.somebody(t, "the other device", amy.Token, amy.ID)
	_, err = s.Account.SignOut(t.Context(), nothing)
	must(t, err)
}

func testSessionTTL(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	idle, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
	must(t, err)
	s.Clock.Advance(account.SessionIdle - time.Second)
	s.somebody(t, "used after 30 days less a second", amy.Token, amy.ID)
	s.Clock.Advance(time.Second)
	s.nobody(t, "unused for 30 days", idle.Token)
	for s.Clock.Now().Before(amy.CreatedAt.Add(account.SessionTTL - day)) {
		s.somebody(t, "used daily", amy.Token, amy.ID)
		s.Clock.Advance(day)
	}
	s.somebody(t, "on its last day", amy.Token, amy.ID)
	s.Clock.Advance(day)
	s.nobody(t, "after 90 days", amy.Token)
}

func testRotate(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	rotate := func(token string) string {
		t.Helper()
		r, err := s.Account.Rotate(system(t), account.Resolve{Token: token})
		must(t, err)
		return r.Token
	}
	before, err := s.resolve(t, amy.Token)
	must(t, err)
	s.Clock.Advance(account.RotateAfter - time.Second)
	if next := rotate(amy.Token); next != "" {
		t.Error("rotated a second early")
	}
	s.Clock.Advance(time.Second)

	var wg sync.WaitGroup
	var mu sync.Mutex
	var next []string
	for range 8 { // tabs that are opened at once
		wg.Go(func() {
			r, err := s.Account.Rotate(system(t), account.Resolve{Token: amy.Token})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if r.Token != "" {
				next = append(next, r.Token)
			}
		})
	}
	wg.Wait()
	if len(next) != 1 {
		t.Fatalf("%d successors, want 1", len(next))
	}
	after, err := s.resolve(t, next[0])
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the session changed: -before +after\n%s", diff)
	}
	list, err := s.Account.Sessions(As(t, s, next[0]), nothing)
	must(t, err)
	if len(list.Items) != 1 || !list.Items[0].CreatedAt.Equal(amy.CreatedAt) || !list.Items[0].Current {
		t.Errorf("sessions: %+v", list.Items)
	}
	s.Clock.Advance(account.RotateOverlap - time.Second)
	s.somebody(t, "the old token, within the minute", amy.Token, amy.ID)
	s.Clock.Advance(time.Second)
	s.nobody(t, "the old token", amy.Token)
	s.somebody(t, "the new token", next[0], amy.ID)

	op := Operator(t, s)
	s.Clock.Advance(time.Second)
	_, err = s.Account.SetRole(As(t, s, op.Token), account.SetRole{User: amy.ID, Role: actor.Moderator, Grant: true})
	must(t, err)
	third := rotate(next[0])
	if third == "" {
		t.Fatal("a change of roles does not rotate")
	}
	if again := rotate(third); again != "" {
		t.Error("rotated twice for one change")
	}
	_, err = s.Account.Rotate(system(t), account.Resolve{Token: id.Secret()})
	refused(t, "a made-up token", err, actor.ErrNobody)
}

func testRotateRevoke(t *testing.T, s Shop) {
	SignUp(t, s, "amy@example.com", "Amy")
	for range 10 {
		in, err := s.Account.SignIn(t.Context(), account.SignIn{Login: "amy@example.com", Password: Password})
		must(t, err)
		s.Clock.Advance(account.RotateAfter)
		ctx := As(t, s, in.Token)
		var wg sync.WaitGroup
		var next account.Rotated
		var rotated error
		wg.Go(func() { next, rotated = s.Account.Rotate(system(t), account.Resolve{Token: in.Token}) })
		wg.Go(func() {
			if _, err := s.Account.SignOut(ctx, nothing); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		s.nobody(t, "the token", in.Token)
		if rotated == nil && next.Token != "" {
			s.nobody(t, "its successor", next.Token)
		}
	}
}

func testLink(t *testing.T, s Shop) {
	late, err := s.Link(t.Context())
	must(t, err)
	s.Clock.Advance(account.LinkTTL)
	_, err = s.Account.Enter(t.Context(), account.Enter{Token: late})
	refused(t, "a link of half an hour ago", err, account.ErrLink)
	_, err = s.Account.Enter(t.Context(), account.Enter{Token: id.Secret()})
	refused(t, "a made-up link", err, account.ErrLink)

	token, err := s.Link(t.Context())
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var in []account.Signed
	for range 8 {
		wg.Go(func() {
			x, err := s.Account.Enter(t.Context(), account.Enter{Token: token})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in = append(in, x)
			} else {
				refused(t, "again", err, account.ErrLink)
			}
		})
	}
	wg.Wait()
	if len(in) != 1 {
		t.Fatalf("the link worked %d times", len(in))
	}
	a, err := s.resolve(t, in[0].Token)
	must(t, err)
	if !a.Is(actor.Operator) {
		t.Errorf("entered as %+v", a)
	}
	if second := Operator(t, s); second.ID != a.User {
		t.Error("a second link makes a second operator")
	}
}
