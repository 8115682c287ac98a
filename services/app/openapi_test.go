package app

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the OpenAPI document anew")

// checkedIn is what the web app's client is generated from, seen from here.
const checkedIn = "../../frontend/packages/api/openapi.json"

func TestTheCheckedInDocumentIsTheRoutes(t *testing.T) {
	file := filepath.Join(packageDir, checkedIn)
	want, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	want = append(bytes.TrimSpace(want), '\n')
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Errorf("%s is not what the routes say; run go test ./services/app -run CheckedIn -update, and npm run api in frontend", checkedIn)
	}
}

// packageDir is where this package's tests start; the embedded object store
// changes the working directory later.
var packageDir = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()
