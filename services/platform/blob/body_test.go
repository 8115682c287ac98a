package blob_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"meadow/services/platform/blob"
)

// TestAStoreThatStumblesIsAskedAgain drops the first try of each put.
func TestAStoreThatStumblesIsAskedAgain(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	var stored atomic.Pointer[string]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			return // the bucket is there
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || tries.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		text := string(b)
		stored.Store(&text)
		w.Header().Set("ETag", `"tag"`)
	}))
	t.Cleanup(s.Close)
	store, err := blob.Connect(t.Context(), "s3://key:secret@"+s.Listener.Addr().String()+"/bucket?secure=false")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	r := strings.NewReader("skipped, stored")
	if _, err := r.Seek(9, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), "k", r, 6, "text/plain"); err != nil {
		t.Fatal(err)
	}
	if got := stored.Load(); tries.Load() != 2 || got == nil || !strings.Contains(*got, "stored") || strings.Contains(*got, "skipped") {
		t.Errorf("after %d tries the store holds %v", tries.Load(), got)
	}
	if _, err := store.Stat(t.Context(), "../k"); !errors.Is(err, blob.ErrKey) {
		t.Errorf("%v, want ErrKey", err)
	}
}

func TestADenialIsBelievedWhenItIsRepeated(t *testing.T) {
	t.Parallel()
	for denials, want := range map[int32]bool{1: true, 2: true, 3: false} {
		var tries atomic.Int32
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && tries.Add(1) <= denials {
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`)
			}
		}))
		store, err := blob.Connect(t.Context(), "s3://key:secret@"+s.Listener.Addr().String()+"/bucket?secure=false")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), "k", strings.NewReader("stored"), 6, "text/plain"); (err == nil) != want {
			t.Errorf("denied %d times: %v", denials, err)
		}
		_ = store.Close()
		s.Close()
	}
}
