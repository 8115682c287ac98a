package meilisearch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/search"
	"meadow/services/platform/search/meilisearch"
	"meadow/services/platform/search/searchtest"
)

func open(t *testing.T) search.Rebuildable {
	t.Helper()
	if at.missing != "" {
		t.Skip("SKIPPED meilisearch: " + at.missing)
	}
	name := id.New("test", time.Now())
	ix, err := meilisearch.Open(t.Context(), at.url, at.key, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		drop(t, name)
		_ = ix.Close()
	})
	return ix
}

// drop removes the index, which the driver itself never does.
func drop(t *testing.T, name string) {
	req, err := http.NewRequest(http.MethodDelete, at.url+"/indexes/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+at.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("drop %s: %v", name, err)
		return
	}
	_ = res.Body.Close()
}

func TestMeilisearchKeepsThePromisesOfSearch(t *testing.T) {
	t.Parallel()
	can := searchtest.Capabilities{Swaps: true, Ties: true, Begun: true}
	if at.wire {
		can = searchtest.Capabilities{Swaps: true}
	}
	searchtest.Run(t, open, can)
}

func TestOpeningAgainKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	if at.missing != "" {
		t.Skip("SKIPPED meilisearch: " + at.missing)
	}
	name := id.New("test", time.Now())
	t.Cleanup(func() {
		drop(t, name)
		drop(t, name+"_built_2")
	})
	for i := range 2 {
		ix, err := meilisearch.Open(t.Context(), at.url, at.key, name)
		if err != nil {
			t.Fatal(err)
		}
		if first := i == 0; ix.NeedsRebuild() != first {
			t.Errorf("start %d: needs a rebuild: %v", i+1, !first)
		}
		if err := ix.MarkBuilt(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ix.Put(t.Context(), search.Doc{ID: id.New("pst", time.Now()), Title: "Persimmon"}); err != nil {
			t.Fatal(err)
		}
		if err := ix.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ix, err := meilisearch.Open(t.Context(), at.url, at.key, name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	r, err := ix.Find(t.Context(), search.Query{Text: "persimmon"})
	if err != nil || len(r.Hits) != 2 {
		t.Errorf("got %d hits, %v, want 2", len(r.Hits), err)
	}
}

func TestAServerThatIsDownIsSaidToBeDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	if _, err := meilisearch.Open(t.Context(), url, "", "x"); !errors.Is(err, search.ErrDown) {
		t.Errorf("got %v, want %v", err, search.ErrDown)
	}

	busy := answering(t, http.StatusServiceUnavailable, `{}`)
	if _, err := meilisearch.Open(t.Context(), busy, "", "x"); !errors.Is(err, search.ErrDown) {
		t.Errorf("busy: got %v, want %v", err, search.ErrDown)
	}

	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := meilisearch.Open(ended, url, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: got %v, want %v", err, context.Canceled)
	}
}

func TestAKeyThatIsRefusedIsNotRepeatedInTheError(t *testing.T) {
	t.Parallel()
	url := answering(t, http.StatusForbidden, `{"message":"The provided API key is invalid.","code":"invalid_api_key"}`)
	_, err := meilisearch.Open(t.Context(), url, "s3cret-key-of-the-shop", "x")
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "invalid_api_key") {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, search.ErrDown) {
		t.Error("a refused key passed for a server that is down")
	}
}

func answering(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}
