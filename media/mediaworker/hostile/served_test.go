package hostile

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediahttp"
	"meadow/media/mediatest"
	"meadow/media/mediaworker"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob/blobtest"
	"meadow/services/platform/docdb/pebbledoc"
)

func TestNothingIsServedThatABrowserWouldExecute(t *testing.T) {
	t.Parallel()
	all := corpus(t, 100)
	r := rand.New(rand.NewPCG(5, 6))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	w := world(t)
	pictures, refused := 0, 0
	for i, s := range all[:served] {
		owner := id.User("usr_" + strconv.Itoa(i))
		ticket, err := w.Service.Grant(actor.AsSystem(t.Context(), "test"), media.GrantIn{Owner: owner, Purpose: media.ForPost, Kind: media.Still})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.data) == 0 {
			continue // an upload of nothing is no upload
		}
		ok := upload(t, w, ticket, s)
		got, err := w.Service.Pictures(actor.AsSystem(t.Context(), "test"), media.PicturesIn{IDs: []id.Media{ticket.Media}})
		if err != nil || len(got.Items) > 0 != ok {
			t.Errorf("%s: %d pictures, %v; the upload was taken: %t", s.name, len(got.Items), err, ok)
		}
		if !ok {
			refused++
		}
		for _, p := range got.Items {
			pictures++
			for _, f := range p.Renditions {
				fetch(t, w, s, f)
			}
		}
	}
	t.Logf("%d pictures were served, %d files refused", pictures, refused)
	if pictures < served/10 || refused < served/4 {
		t.Error("too few of a kind to say anything")
	}
}

// upload sends s whole, and reports whether it was taken.
func upload(t *testing.T, w mediatest.World, ticket media.Ticket, s sample) bool {
	t.Helper()
	res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, bytes.NewReader(s.data),
		"Upload-Length", strconv.Itoa(len(s.data)), "Content-Type", "application/offset+octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	inert(t, s.name, res)
	if res.StatusCode == http.StatusCreated {
		return true
	}
	var answer struct {
		Error errs.Error `json:"error"`
	}
	known := func(e *errs.Error) bool { return e.Reason == answer.Error.Reason }
	if err := json.Unmarshal(body, &answer); err != nil || res.StatusCode/100 != 4 || !slices.ContainsFunc(reasons, known) {
		t.Errorf("%s: status %d, %.100s", s.name, res.StatusCode, body)
	}
	if s.want != nil && s.want.Reason != answer.Error.Reason {
		t.Errorf("%s: %s, want %s", s.name, answer.Error.Reason, s.want.Reason)
	}
	for _, m := range markers {
		if bytes.Contains(body, []byte(m)) {
			t.Errorf("%s: the answer repeats %q", s.name, m)
		}
	}
	return false
}

// inert holds the headers of an answer against what keeps browsers from making
// more of it than it is.
func inert(t *testing.T, name string, res *http.Response) {
	t.Helper()
	csp := res.Header.Get("Content-Security-Policy")
	if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") {
		t.Errorf("%s: headers %v", name, res.Header)
	}
	if kind := res.Header.Get("Content-Type"); kind != "" && kind != "application/json" && kind != "image/jpeg" && kind != "image/webp" {
		t.Errorf("%s: answered as %q", name, kind)
	}
}

func fetch(t *testing.T, w mediatest.World, s sample, f media.Rendition) {
	t.Helper()
	res, body, err := w.Get(t.Context(), f.URL)
	if err != nil {
		t.Fatal(err)
	}
	inert(t, s.name, res)
	kind := res.Header.Get("Content-Type")
	if res.StatusCode != http.StatusOK || kind != f.Type || http.DetectContentType(body) != kind {
		t.Errorf("%s: %s: status %d as %q, want %q", s.name, f.URL, res.StatusCode, kind, f.Type)
	}
	if err := harmless(s.data, body, kind); err != nil {
		t.Errorf("%s: %s: %v", s.name, f.URL, err)
	}
}

// world is a media role in this process.
func world(t *testing.T) mediatest.World {
	t.Helper()
	db, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{Now: clock.System, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	c, err := mediacore.New(t.Context(), mediacore.Deps{
		DB: db, Blobs: blobtest.Store(t), Develop: mediaworker.Decode, Now: clock.System,
		Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(mediahttp.New(c, slog.New(slog.DiscardHandler)))
	t.Cleanup(s.Close)
	return mediatest.World{Service: c, URL: s.URL}
}
