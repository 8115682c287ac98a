package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"meadow/services/platform/blob"
)

func whatWasPutIsRead(t *testing.T, s *blob.Store) {
	data := noise(300_000)
	put, err := s.Put(t.Context(), "a/b/c.bin", bytes.NewReader(data), int64(len(data)), "image/webp")
	if err != nil {
		t.Fatal(err)
	}
	if put.Size != int64(len(data)) || put.Tag == "" {
		t.Errorf("put answered %+v", put)
	}
	o, err := s.Get(t.Context(), "a/b/c.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes, %v; want the %d that were put", len(got), err, len(data))
	}
	if o.Type != "image/webp" || o.Size != put.Size || o.Tag != put.Tag || o.Modified.IsZero() || o.Key != "a/b/c.bin" {
		t.Errorf("the object is %+v, but %+v was put", o.Info, put)
	}
	stat, err := s.Stat(t.Context(), "a/b/c.bin")
	if err != nil || stat.Type != "image/webp" || stat.Size != put.Size || stat.Tag != put.Tag {
		t.Errorf("stat says %+v, %v", stat, err)
	}
}

func anEmptyObjectIsAnObject(t *testing.T, s *blob.Store) {
	mustPut(t, s, "nothing", "")
	if got := mustGet(t, s, "nothing"); got != "" {
		t.Errorf("read %q from an empty object", got)
	}
}

func puttingAgainReplaces(t *testing.T, s *blob.Store) {
	mustPut(t, s, "k", "the first, longer text")
	first, err := s.Stat(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, "k", "second")
	if got := mustGet(t, s, "k"); got != "second" {
		t.Errorf("read %q after it was replaced", got)
	}
	if second, err := s.Stat(t.Context(), "k"); err != nil || second.Tag == first.Tag {
		t.Errorf("the tag is %q, %v: it did not change with the bytes", second.Tag, err)
	}
}

func deletingTwiceIsFine(t *testing.T, s *blob.Store) {
	mustPut(t, s, "x/gone", "1")
	for range 2 {
		if err := s.Delete(t.Context(), "x/gone"); err != nil {
			t.Fatal(err)
		}
	}
	absent(t, s, "x/gone")
}

func aBodyOfUnknownSizeIsStored(t *testing.T, s *blob.Store) {
	// One that fits in a part, and one that needs several.
	for _, n := range []int{0, 1000, 17 << 20} {
		data := noise(n)
		_, err := s.Put(t.Context(), "stream", struct{ io.Reader }{bytes.NewReader(data)}, blob.Unknown, "video/mp4")
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if got := mustGet(t, s, "stream"); got != string(data) {
			t.Errorf("read %d bytes back, not the %d of the stream", len(got), n)
		}
	}
}

func aShortBodyLeavesNothing(t *testing.T, s *blob.Store) {
	for _, body := range []io.Reader{strings.NewReader("only this"), iotest.HalfReader(strings.NewReader("only this"))} {
		if _, err := s.Put(t.Context(), "k", body, 100, "text/plain"); !errors.Is(err, blob.ErrSize) {
			t.Errorf("a body that ends early: %v, want ErrSize", err)
		}
		absent(t, s, "k")
	}
}

func aLongBodyLeavesNothing(t *testing.T, s *blob.Store) {
	for _, body := range []io.Reader{strings.NewReader("more than five"), iotest.HalfReader(strings.NewReader("more than five")), iotest.DataErrReader(strings.NewReader("more than five"))} {
		if _, err := s.Put(t.Context(), "k", body, 5, "text/plain"); !errors.Is(err, blob.ErrSize) {
			t.Errorf("a body that goes on: %v, want ErrSize", err)
		}
		absent(t, s, "k")
	}
}

func aFailingBodyLeavesNothing(t *testing.T, s *blob.Store) {
	broken := errors.New("the line is cut")
	for _, size := range []int64{1 << 20, blob.Unknown} {
		body := io.MultiReader(bytes.NewReader(noise(1000)), iotest.ErrReader(broken))
		if _, err := s.Put(t.Context(), "k", body, size, "text/plain"); !errors.Is(err, broken) {
			t.Errorf("size %d: a body that fails: %v, want its error", size, err)
		}
		absent(t, s, "k")
	}
}

func aCancelledPutLeavesNothing(t *testing.T, s *blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	half := func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}
	if _, err := s.Put(ctx, "k", readFunc(half), 64<<20, "text/plain"); err == nil {
		t.Error("a put went on after its context ended")
	}
	absent(t, s, "k")
}

func aCopyIsItsOwn(t *testing.T, s *blob.Store) {
	mustPut(t, s, "from", "bytes")
	if err := s.Copy(t.Context(), "from", "to/there"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "from"); err != nil {
		t.Fatal(err)
	}
	if got := mustGet(t, s, "to/there"); got != "bytes" {
		t.Errorf("the copy reads %q", got)
	}
	if i, err := s.Stat(t.Context(), "to/there"); err != nil || i.Type != "text/plain" {
		t.Errorf("the copy is %+v, %v", i, err)
	}
	if err := s.Copy(t.Context(), "from", "again"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("copying what is gone: %v, want ErrNotFound", err)
	}
}

func writersOfOneKeyDoNotMix(t *testing.T, s *blob.Store) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body := strings.Repeat(string(rune('a'+i)), 200_000)
			if _, err := s.Put(t.Context(), "one", strings.NewReader(body), int64(len(body)), "text/plain"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := mustGet(t, s, "one")
	if len(got) != 200_000 || strings.Trim(got, got[:1]) != "" {
		t.Errorf("%d bytes that are not one writer's", len(got))
	}
}

func manyWritersAndReadersAtOnce(t *testing.T, s *blob.Store) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := range 5 {
				key, want := fmt.Sprintf("many/%d/%d", i, n), fmt.Sprint(i, n)
				mustPut(t, s, key, want)
				if got := mustGet(t, s, key); got != want {
					t.Errorf("%s reads %q, want %q", key, got, want)
				}
			}
		})
	}
	wg.Wait()
	if l, err := s.List(t.Context(), "many/", "", 1000); err != nil || len(l) != 80 {
		t.Errorf("%d listed, %v; want 80", len(l), err)
	}
}

// A store that keeps objects as files makes and removes folders all the time.
func puttingWhereOthersDeleteSucceeds(t *testing.T, s *blob.Store) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key := fmt.Sprintf("busy/folder/%d", i)
			for range 40 {
				mustPut(t, s, key, key)
				if got := mustGet(t, s, key); got != key {
					t.Errorf("%s reads %q", key, got)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func aPartOfAFileIsStored(t *testing.T, s *blob.Store) {
	r := strings.NewReader("skipped, stored")
	if _, err := r.Seek(9, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "k", r, 6, "text/plain"); err != nil {
		t.Fatal(err)
	}
	if got := mustGet(t, s, "k"); got != "stored" {
		t.Errorf("read %q", got)
	}
}

func keysThatAreNotPlainPathsAreRefused(t *testing.T, s *blob.Store) {
	for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".hidden", "a\\b", "a\x00b", "a b", "ä", strings.Repeat("k", 513)} {
		_, put := s.Put(t.Context(), key, strings.NewReader("x"), 1, "text/plain")
		_, get := s.Get(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		_, sign := s.PresignGet(t.Context(), key, blob.MaxPresign, "text/plain", "inline")
		for verb, err := range map[string]error{"put": put, "get": get, "stat": stat, "presign": sign, "delete": s.Delete(t.Context(), key), "copy": s.Copy(t.Context(), key, "b")} {
			if !errors.Is(err, blob.ErrKey) {
				t.Errorf("%s %q: %v, want ErrKey", verb, key, err)
			}
		}
	}
}

func mustPut(t *testing.T, s *blob.Store, key, body string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(body), int64(len(body)), "text/plain"); err != nil {
		t.Error(err)
	}
}

func mustGet(t *testing.T, s *blob.Store, key string) string {
	t.Helper()
	o, err := s.Get(t.Context(), key)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func absent(t *testing.T, s *blob.Store, key string) {
	t.Helper()
	if i, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("%s is there: %+v, %v", key, i, err)
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
