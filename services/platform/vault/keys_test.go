package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/vault"
)

func actorOf(user string) actor.Actor { return actor.Actor{User: id.User(user)} }

func TestKeysAreMadeOnceForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "secrets")
	db := newSafe(t).db
	var wg sync.WaitGroup
	indexes := make([]string, 16)
	for i := range indexes { // processes that start at once
		wg.Go(func() {
			keys, err := vault.FileKeys(dir)
			if err != nil {
				t.Error(err)
				return
			}
			v, err := vault.New(t.Context(), db, keys, clock.System)
			if err != nil {
				t.Error(err)
				return
			}
			indexes[i] = v.Blind("login", "amy@example.com")
		})
	}
	wg.Wait()
	if n := len(slices.Compact(indexes)); n != 1 {
		t.Errorf("processes that start at once have %d different keys", n)
	}
	files, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, f := range files {
		info, err := f.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "vault.blind vault.key" {
		t.Errorf("files: %s", got)
	}
}

func TestAKeyThatOthersCanReadOrThatIsBrokenIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"readable": func(p string) error { return os.Chmod(p, 0o640) },
		"short":    func(p string) error { return os.WriteFile(p, []byte("c2hvcnQ=\n"), 0o600) },
		"empty":    func(p string) error { return os.WriteFile(p, nil, 0o600) },
	} {
		dir := t.TempDir()
		_, err := vault.FileKeys(dir)
		must(t, err)
		must(t, spoil(filepath.Join(dir, "vault.key")))
		if _, err := vault.FileKeys(dir); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestTheWrongKeyOpensNothing(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	sealed := s.seal(t, "usr_amy", "phone", "1")
	keys, err := vault.FileKeys(t.TempDir())
	must(t, err)
	v, err := vault.New(t.Context(), s.db, keys, s.clock.Now)
	must(t, err)
	if _, err := v.Open(as(t, "usr_amy"), "usr_amy", "phone", sealed, "test"); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("got %v, want ErrSealed", err)
	}
}

func TestRotatingTheKeyInterruptsNobody(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	const n = 600
	sealed := make([]vault.Sealed, n)
	subject := func(i int) string { return fmt.Sprintf("usr_%04d", i) }
	for i := range n {
		sealed[i] = s.seal(t, subject(i), "phone", subject(i))
	}
	other := s.another(t) // knows only the first version
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var reads atomic.Int64
	for w := range 4 {
		wg.Go(func() {
			for i := w; ctx.Err() == nil; i = (i + 7) % n {
				got, err := other.Open(as(t, subject(i)), subject(i), "phone", sealed[i], "test")
				if err != nil || got != subject(i) {
					t.Errorf("%s: got %q, %v", subject(i), got, err)
					return
				}
				reads.Add(1)
			}
		})
	}
	done, err := s.RotateKEK(t.Context())
	stop()
	wg.Wait()
	if err != nil || done != n {
		t.Fatalf("wrapped %d anew, %v; want %d", done, err, n)
	}
	if again, err := s.Rewrap(t.Context()); err != nil || again != 0 {
		t.Errorf("%d were left, %v", again, err)
	}
	must(t, os.Remove(filepath.Join(s.keys, "vault.key")))
	must(t, os.Rename(filepath.Join(s.keys, "vault.key.2"), filepath.Join(s.keys, "kept")))
	_, err = vault.FileKeys(s.keys) // makes an unrelated first version
	must(t, err)
	must(t, os.Rename(filepath.Join(s.keys, "kept"), filepath.Join(s.keys, "vault.key.2")))
	v := s.another(t)
	for i := range n {
		if got, err := v.Open(as(t, subject(i)), subject(i), "phone", sealed[i], "test"); err != nil || got != subject(i) {
			t.Fatalf("%s needs the old key: %q, %v", subject(i), got, err)
		}
	}
	t.Logf("%d subjects wrapped anew during %d reads", n, reads.Load())
}

// flaky is a database that fails once left reaches 0.
type flaky struct {
	docdb.Driver
	left *atomic.Int64
}

func (f flaky) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if f.left.Add(-1) < 0 {
		return errFull
	}
	return f.Driver.Replace(ctx, coll, rev, doc)
}

func TestAnInterruptedRotationIsFinishedByRewrap(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	const n = 100
	sealed := map[string]vault.Sealed{}
	for i := range n {
		subject := fmt.Sprintf("usr_%03d", i)
		sealed[subject] = s.seal(t, subject, "phone", subject)
	}
	keys, err := vault.FileKeys(s.keys)
	must(t, err)
	left := new(atomic.Int64)
	left.Store(37)
	v, err := vault.New(t.Context(), flaky{s.db, left}, keys, s.clock.Now)
	must(t, err)
	if done, err := v.RotateKEK(t.Context()); !errors.Is(err, errFull) || done != 37 {
		t.Fatalf("got %d, %v", done, err)
	}
	for subject, x := range sealed {
		s.opens(t, subject, "phone", x, subject)
	}
	if done, err := s.another(t).Rewrap(t.Context()); err != nil || done != n-37 {
		t.Errorf("finished %d, %v; want %d", done, err, n-37)
	}
}

func TestMaskingKeepsWhatItsOwnerRecognises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mask     func(string) string
		in, want string
	}{
		{vault.MaskPhone, "+8613800138000", "138****8000"},
		{vault.MaskPhone, "+12025550123", "+12****0123"},
		{vault.MaskPhone, "+123456", "+12****6"},
		{vault.MaskPhone, "12345", "*****"},
		{vault.MaskPhone, "", ""},
		{vault.MaskEmail, "amy@example.com", "a***@example.com"},
		{vault.MaskEmail, "amy", "***"},
		{vault.MaskEmail, "@example.com", "***"},
		{vault.MaskName, "王小明", "王**"},
		{vault.MaskName, "Amy", "A**"},
		{vault.MaskName, "", ""},
	} {
		if got := c.mask(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}
