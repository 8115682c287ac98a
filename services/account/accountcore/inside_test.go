package accountcore

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/notify"
	"meadow/services/platform/vault"
)

func newCore(t *testing.T) (*Core, *clock.Fake) {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{Now: c.Now})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	keys, err := vault.FileKeys(filepath.Join(t.TempDir(), "secrets"))
	must(t, err)
	v, err := vault.New(t.Context(), db, keys, c.Now)
	must(t, err)
	b, err := bus.Embedded(t.Context(), t.TempDir(), log)
	must(t, err)
	t.Cleanup(func() { _ = b.Close() })
	core, err := New(t.Context(), Deps{DB: db, Bus: b, Vault: v, Notify: notify.NewDevInbox(c.Now), Now: c.Now, Log: log})
	must(t, err)
	return core, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var amy = account.SignUp{Login: "amy@example.com", Password: "correct horse 7", Name: "Amy"}

func TestASignUpThatWasCutShortGoesOnOrGoesAway(t *testing.T) {
	t.Parallel()
	c, clk := newCore(t)
	l, err := parseLogin(amy.Login)
	must(t, err)
	in := amy
	in.Locale = account.English

	// Cut short before the login is claimed: nobody is in the way.
	lost, err := c.pending(t.Context(), l, in)
	must(t, err)
	if _, err := c.SignIn(t.Context(), account.SignIn{Login: in.Login, Password: in.Password}); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("signed in to an account without a login: %v", err)
	}
	// Cut short after: the password gets its owner in, and the account begins.
	u, err := c.pending(t.Context(), l, in)
	must(t, err)
	must(t, c.claim(t.Context(), l, u.ID))
	if _, err := c.SignUp(t.Context(), in); !errors.Is(err, account.ErrTaken) {
		t.Errorf("a claimed login was claimed again: %v", err)
	}
	desk := actor.AsSystem(t.Context(), "test")
	if p, err := c.Users(desk, account.Users{IDs: []id.User{u.ID, lost.ID}}); err != nil || len(p.Items) != 0 {
		t.Errorf("accounts that have not begun are public: %+v, %v", p, err)
	}
	got, err := c.SignIn(t.Context(), account.SignIn{Login: in.Login, Password: in.Password})
	must(t, err)
	stored, err := c.users.Get(t.Context(), string(u.ID))
	must(t, err)
	if got.User.ID != u.ID || len(stored.Outbox) != 1 || stored.Outbox[0].Topic != account.SignedUp.Name {
		t.Errorf("signed in as %s, announcing %+v", got.User.ID, stored.Outbox)
	}
	// The first attempt is gone after a while, the account is not.
	clk.Advance(pendingTime)
	if _, err := c.users.Get(t.Context(), string(lost.ID)); !errors.Is(err, docdb.ErrNotFound) {
		t.Errorf("a lost attempt stays: %v", err)
	}
	_, err = c.users.Get(t.Context(), string(u.ID))
	must(t, err)
}

func TestALoginWhoseAccountIsGoneIsFree(t *testing.T) {
	t.Parallel()
	c, clk := newCore(t)
	l, err := parseLogin(amy.Login)
	must(t, err)
	u, err := c.pending(t.Context(), l, amy)
	must(t, err)
	must(t, c.claim(t.Context(), l, u.ID))
	clk.Advance(pendingTime)
	got, err := c.SignUp(t.Context(), amy)
	must(t, err)
	if in, err := c.SignIn(t.Context(), account.SignIn{Login: amy.Login, Password: amy.Password}); err != nil || in.User.ID != got.User.ID {
		t.Errorf("signed in as %s, %v; want %s", in.User.ID, err, got.User.ID)
	}
}

func TestRolesAreOnRecordWithTheAccount(t *testing.T) {
	t.Parallel()
	c, clk := newCore(t)
	in, err := c.SignUp(t.Context(), amy)
	must(t, err)
	ctx := actor.With(actor.WithRequest(t.Context(), "req_9"), actor.Actor{User: "usr_op", Roles: []actor.Role{actor.Operator}})
	for _, grant := range []bool{true, true, false} {
		_, err := c.SetRole(ctx, account.SetRole{User: in.User.ID, Role: actor.Moderator, Grant: grant})
		must(t, err)
	}
	_, err = c.SetMerchant(actor.AsSystem(ctx, "catalog"), account.SetMerchant{User: in.User.ID, Merchant: "mer_1"})
	must(t, err)
	u, err := c.users.Get(t.Context(), string(in.User.ID))
	must(t, err)
	want := []roleChange{
		{At: clk.Now(), By: "usr_op", Role: actor.Moderator, Grant: true, Request: "req_9"},
		{At: clk.Now(), By: "usr_op", Role: actor.Moderator, Request: "req_9"},
		{At: clk.Now(), By: "system:catalog", Role: actor.Merchant, Grant: true, Request: "req_9"},
	}
	if len(u.RoleLog) != len(want) {
		t.Fatalf("on record: %+v", u.RoleLog)
	}
	for i, w := range want {
		if u.RoleLog[i] != w {
			t.Errorf("line %d: %+v, want %+v", i, u.RoleLog[i], w)
		}
	}
}

func TestAnOldHashIsMadeAnew(t *testing.T) {
	t.Parallel()
	c, _ := newCore(t)
	in, err := c.SignUp(t.Context(), amy)
	must(t, err)
	before, err := c.users.Get(t.Context(), string(in.User.ID))
	must(t, err)
	c.passwords.params.Iterations = 3
	for range 2 {
		_, err = c.SignIn(t.Context(), account.SignIn{Login: amy.Login, Password: amy.Password})
		must(t, err)
	}
	after, err := c.users.Get(t.Context(), string(in.User.ID))
	must(t, err)
	if !strings.HasPrefix(before.Password, "$argon2id$v=19$m=19456,t=2,p=1$") || !strings.Contains(after.Password, "t=3") {
		t.Errorf("from %.32q to %.32q", before.Password, after.Password)
	}
}

func TestWaitingToHashEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	p, err := newPasswords(64)
	must(t, err)
	for range hashesAtOnce {
		_, err := p.enter(t.Context())
		must(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.enter(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheListOfCommonPasswordsIsOfUse(t *testing.T) {
	t.Parallel()
	p, err := newPasswords(64)
	must(t, err)
	if len(p.common) < 100 {
		t.Errorf("only %d", len(p.common))
	}
	for word := range p.common {
		if len(word) < account.MinPassword || word != strings.ToLower(word) {
			t.Errorf("%q can never match", word)
		}
	}
}

// FuzzLogin checks that a normalised login stays as it is, and that nothing in
// it could end a header or a query.
func FuzzLogin(f *testing.F) {
	for _, s := range []string{"amy@example.com", " +86 138-0013-8000", "A@b.c", "1380013800\x00", "a@b.c\r\nBcc: x@y.z", "@", "+", "\u00a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := parseLogin(s)
		if err != nil {
			return
		}
		again, err := parseLogin(l.text)
		if err != nil || again != l {
			t.Errorf("%q is %+v, which is %+v, %v", s, l, again, err)
		}
		if strings.ContainsFunc(l.text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>,;:\()[]`, r) }) {
			t.Errorf("%q is %q", s, l.text)
		}
	})
}
