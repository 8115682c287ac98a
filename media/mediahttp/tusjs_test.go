package mediahttp_test

import (
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"meadow/media"
	"meadow/media/mediatest"
	"meadow/services/kernel/id"
)

//go:embed testdata/tus.cjs
var browser []byte

// TestTheBrowsersClientUploads runs tus-js-client, which is inside Uppy, under
// node. MEADOW_TEST_TUS names a folder with a package.json from which it can be
// required.
func TestTheBrowsersClientUploads(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MEADOW_TEST_TUS")
	if folder == "" {
		t.Skip("SKIPPED: MEADOW_TEST_TUS names no folder where tus-js-client is installed")
	}
	w := newWorld(t)
	// The embedded object store has changed the working directory.
	script := filepath.Join(t.TempDir(), "tus.cjs")
	if err := os.WriteFile(script, browser, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(data []byte) (media.Ticket, map[string]any) {
		ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Still})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "node", script, folder, w.URL+ticket.URL, ticket.Token, file).Output()
		if err != nil {
			t.Fatal(err)
		}
		var said map[string]any
		if err := json.Unmarshal(out, &said); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		return ticket, said
	}

	ticket, said := run(mediatest.Photo(t, 700, 500, 1))
	requests, _ := said["requests"].([]any)
	if said["error"] != nil || !slices.Contains(requests, any("HEAD")) || len(requests) < 4 {
		t.Errorf("it said %v", said)
	}
	if got, err := w.Service.Pictures(t.Context(), media.PicturesIn{IDs: []id.Media{ticket.Media}}); err != nil || len(got.Items) != 1 {
		t.Errorf("%d pictures, %v", len(got.Items), err)
	}

	_, said = run([]byte(strings.Repeat("no picture ", 1000)))
	if body, _ := said["body"].(string); said["status"] != float64(415) || !strings.Contains(body, "not_a_picture") {
		t.Errorf("text: it said %v", said)
	}
}
