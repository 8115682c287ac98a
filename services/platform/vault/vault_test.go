package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/vault"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// safe is a vault and what it stands on.
type safe struct {
	*vault.Vault
	db    *pebbledoc.DB
	data  string // the database's folder
	keys  string // the keys' folder
	clock *clock.Fake
}

func newSafe(t *testing.T) *safe {
	t.Helper()
	s := &safe{data: t.TempDir(), keys: filepath.Join(t.TempDir(), "secrets"), clock: clock.NewFake(noon)}
	db, err := pebbledoc.Open(t.Context(), s.data, pebbledoc.Options{Now: s.clock.Now})
	must(t, err)
	s.db = db
	t.Cleanup(func() { _ = s.db.Close() })
	s.Vault = s.another(t)
	return s
}

// another returns a vault of another process over the same database and keys.
func (s *safe) another(t *testing.T) *vault.Vault {
	t.Helper()
	keys, err := vault.FileKeys(s.keys)
	must(t, err)
	v, err := vault.New(t.Context(), s.db, keys, s.clock.Now)
	must(t, err)
	return v
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	rapid.Check(t, func(r *rapid.T) {
		subject, field := rapid.StringMatching(`usr_[a-c]`).Draw(r, "subject"), rapid.SampledFrom([]string{"phone", "financial.id"}).Draw(r, "field")
		plain := rapid.String().Draw(r, "plain")
		sealed, err := s.Seal(t.Context(), subject, field, plain)
		if err != nil {
			r.Fatal(err)
		}
		got, err := s.Open(as(t, subject), subject, field, sealed, "test")
		if err != nil || got != plain {
			r.Fatalf("got %q, %v; want %q", got, err, plain)
		}
		if len(plain) > 3 && strings.Contains(string(sealed), plain) {
			r.Fatalf("%q shows %q", sealed, plain)
		}
	})
}

func TestAValueOpensOnlyWhereItWasSealed(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	sealed := s.seal(t, "usr_amy", "phone", "+8613800138000")
	s.seal(t, "usr_bob", "phone", "+8613900139000")
	s.seal(t, "usr_amy", "financial.phone", "x")
	for name, try := range map[string]struct {
		subject, field string
		sealed         vault.Sealed
	}{
		"another subject":        {"usr_bob", "phone", sealed},
		"another field":          {"usr_amy", "email", sealed},
		"another class":          {"usr_amy", "financial.phone", sealed},
		"another class's letter": {"usr_amy", "financial.phone", vault.Sealed(strings.Replace(string(sealed), ".p", ".f", 1))},
		"another generation":     {"usr_amy", "phone", vault.Sealed(strings.Replace(string(sealed), ".p1.", ".p2.", 1))},
		"a stranger":             {"usr_eve", "phone", sealed},
		"cut short":              {"usr_amy", "phone", sealed[:len(sealed)-4]},
		"nothing":                {"usr_amy", "phone", ""},
		"plain text":             {"usr_amy", "phone", "+8613800138000"},
	} {
		if _, err := s.Open(as(t, "usr_amy"), try.subject, try.field, try.sealed, "test"); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s: got %v, want ErrSealed", name, err)
		}
	}
	flip := []byte(sealed)
	for i := range flip {
		was := flip[i]
		flip[i] = 'A'
		if was == 'A' {
			flip[i] = 'B'
		}
		if _, err := s.Open(as(t, "usr_amy"), "usr_amy", "phone", vault.Sealed(flip), "test"); err == nil {
			t.Errorf("opens with character %d altered", i)
		}
		flip[i] = was
	}
}

func TestSealingTwiceLooksUnrelatedAndBlindLooksEqual(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	if s.seal(t, "usr_amy", "phone", "1") == s.seal(t, "usr_amy", "phone", "1") {
		t.Error("equal texts are sealed equally")
	}
	a := s.Blind("login", "amy@example.com")
	if b := s.another(t).Blind("login", "amy@example.com"); a != b {
		t.Errorf("another process has another index: %q and %q", a, b)
	}
	if a == s.Blind("email", "amy@example.com") || a == s.Blind("login", "bob@example.com") {
		t.Error("different values have one index")
	}
	if a == newSafe(t).Blind("login", "amy@example.com") {
		t.Error("another shop has the same index")
	}
	if s.Blind("ab", "c") == s.Blind("a", "bc") {
		t.Error("a field's name runs into its value")
	}
}

func TestOpeningAnothersFieldIsOnRecord(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	sealed := s.seal(t, "usr_amy", "address.1", "1 High Street")
	open := func(ctx context.Context, reason string) error {
		_, err := s.Open(actor.WithRequest(ctx, "req_1"), "usr_amy", "address.1", sealed, reason)
		return err
	}
	must(t, open(as(t, "usr_amy"), "reads it herself"))
	must(t, open(as(t, "usr_bob"), "ship order 7"))
	s.clock.Advance(time.Second)
	must(t, open(actor.AsSystem(t.Context(), "checkout"), "print label"))
	s.clock.Advance(time.Second)
	must(t, open(t.Context(), "?"))
	if err := open(as(t, "usr_bob"), ""); !errors.Is(err, vault.ErrReason) {
		t.Errorf("opened without a reason: %v", err)
	}
	got, err := s.Openings(t.Context(), "usr_amy", page.Ask{})
	must(t, err)
	for i := range got.Items {
		got.Items[i].ID = ""
	}
	want := []vault.Opening{
		{Who: "visitor", Reason: "?", At: noon.Add(2 * time.Second)},
		{Who: "system:checkout", Reason: "print label", At: noon.Add(time.Second)},
		{Who: "usr_bob", Reason: "ship order 7", At: noon},
	}
	for i := range want {
		want[i].Subject, want[i].Field, want[i].Request = "usr_amy", "address.1", "req_1"
	}
	if diff := cmp.Diff(want, got.Items); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// unwritten is a database that cannot be written to.
type unwritten struct{ docdb.Driver }

var errFull = errors.New("disk full")

func (unwritten) Insert(context.Context, string, ...docdb.Doc) error { return errFull }

func TestNothingOpensThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	sealed := s.seal(t, "usr_amy", "phone", "+8613800138000")
	keys, err := vault.FileKeys(s.keys)
	must(t, err)
	v, err := vault.New(t.Context(), unwritten{s.db}, keys, s.clock.Now)
	must(t, err)
	got, err := v.Open(as(t, "usr_bob"), "usr_amy", "phone", sealed, "curious")
	if !errors.Is(err, errFull) || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAForgottenSubjectStaysForgotten(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	sealed, kept := s.seal(t, "usr_amy", "phone", "1"), s.seal(t, "usr_bob", "phone", "2")
	other := s.another(t)
	_, err := other.Open(as(t, "usr_amy"), "usr_amy", "phone", sealed, "test")
	must(t, err)
	must(t, s.Forget(t.Context(), "usr_amy"))
	must(t, s.Forget(t.Context(), "usr_amy"))
	must(t, s.Forget(t.Context(), "usr_never_seen"))
	if _, err := s.Open(as(t, "usr_amy"), "usr_amy", "phone", sealed, "test"); !errors.Is(err, vault.ErrForgotten) {
		t.Errorf("at once: got %v, want ErrForgotten", err)
	}
	s.clock.Advance(30 * time.Second) // what another process remembers
	for name, v := range map[string]*vault.Vault{"here": s.Vault, "in another process": other} {
		if _, err := v.Open(as(t, "usr_amy"), "usr_amy", "phone", sealed, "test"); !errors.Is(err, vault.ErrForgotten) {
			t.Errorf("%s: open: got %v, want ErrForgotten", name, err)
		}
		for _, subject := range []string{"usr_amy", "usr_never_seen"} {
			if _, err := v.Seal(t.Context(), subject, "phone", "3"); !errors.Is(err, vault.ErrForgotten) {
				t.Errorf("%s: seal for %s: got %v, want ErrForgotten", name, subject, err)
			}
		}
	}
	if err := s.RotateSubject(t.Context(), "usr_amy"); !errors.Is(err, vault.ErrForgotten) {
		t.Errorf("rotate: got %v, want ErrForgotten", err)
	}
	if at, err := s.Forgotten(t.Context(), "usr_amy"); err != nil || !at.Equal(noon) {
		t.Errorf("forgotten at %v, %v", at, err)
	}
	s.opens(t, "usr_bob", "phone", kept, "2")
}

func TestRotatingASubjectKeepsTheOldReadableAndStale(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	before := s.seal(t, "usr_amy", "phone", "1")
	must(t, s.RotateSubject(t.Context(), "usr_amy"))
	after := s.seal(t, "usr_amy", "phone", "1")
	s.opens(t, "usr_amy", "phone", before, "1")
	s.opens(t, "usr_amy", "phone", after, "1")
	for sealed, want := range map[vault.Sealed]bool{before: true, after: false} {
		if got, err := s.Stale(t.Context(), "usr_amy", sealed); err != nil || got != want {
			t.Errorf("%.8s: stale is %t, %v; want %t", sealed, got, err, want)
		}
	}
}

func TestManyWhoSealFirstShareOneKey(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	const n = 32
	sealed := make([]vault.Sealed, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		v := s.another(t)
		wg.Go(func() {
			<-start
			var err error
			if sealed[i], err = v.Seal(t.Context(), "usr_amy", "phone", fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	v := s.another(t)
	for i, x := range sealed {
		if !strings.HasPrefix(string(x), "v1.p1.") {
			t.Errorf("%d has a key of its own: %.8s", i, x)
		}
		if got, err := v.Open(as(t, "usr_amy"), "usr_amy", "phone", x, "test"); err != nil || got != fmt.Sprint(i) {
			t.Errorf("%d: got %q, %v", i, got, err)
		}
	}
}

func (s *safe) seal(t *testing.T, subject, field, plain string) vault.Sealed {
	t.Helper()
	sealed, err := s.Seal(t.Context(), subject, field, plain)
	must(t, err)
	return sealed
}

func (s *safe) opens(t *testing.T, subject, field string, sealed vault.Sealed, want string) {
	t.Helper()
	got, err := s.Open(as(t, subject), subject, field, sealed, "test")
	if err != nil || got != want {
		t.Errorf("%s of %s: got %q, %v; want %q", field, subject, got, err, want)
	}
}

func TestTheStoreHoldsNeitherTextNorKeys(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	secrets := []string{"+8613811112222", "canary@example.com", "Canary Lane 17", "6222020200112233445"}
	for i, plain := range secrets {
		s.seal(t, "usr_amy", []string{"phone", "email", "address", "financial.payout_account"}[i], plain)
	}
	must(t, s.db.Close()) // flushes
	keys, err := filepath.Glob(filepath.Join(s.keys, "vault.*"))
	must(t, err)
	if len(keys) != 2 {
		t.Fatalf("%d keys, want 2", len(keys))
	}
	for _, k := range keys {
		text, err := os.ReadFile(k)
		must(t, err)
		secrets = append(secrets, strings.TrimSpace(string(text)))
	}
	files := 0
	must(t, filepath.WalkDir(s.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	}))
	if files == 0 {
		t.Error("no file was looked at")
	}
}

func as(t *testing.T, user string) context.Context {
	t.Helper()
	return actor.With(t.Context(), actorOf(user))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
