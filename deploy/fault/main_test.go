package fault

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"meadow/deploy/stores"
)

const (
	// folderVar names where the tests build the shop; it is removed at the end.
	folderVar = "MEADOW_FAULT_FOLDER"
	// binVar names a shop that is built already.
	binVar = "MEADOW_TEST_BIN"
	// mongoVar is the connection string of a replica set to move to, and s3Var the
	// address of an object store; see docs of blob.Connect.
	mongoVar = "MEADOW_TEST_MONGO"
	s3Var    = "MEADOW_TEST_S3"
)

func TestMain(m *testing.M) {
	stores.Serve()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "meadow-fault-*")
	if err == nil {
		err = os.Setenv(folderVar, dir)
	}
	if err == nil {
		err = os.Setenv("TMPDIR", dir) // for what a killed shop leaves behind
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// objects returns the address of an object store in another process, with an
// empty bucket.
func objects(t *testing.T) string {
	t.Helper()
	if given := os.Getenv(s3Var); given != "" {
		path, query, _ := strings.Cut(given, "?")
		return fmt.Sprintf("%s%d?%s", path, time.Now().UnixNano(), query)
	}
	address, err := serving(t).Objects(t.TempDir(), logTo(t))
	must(t, err)
	return address
}

// documents returns the connection string of an empty database in a MongoDB:
// one that is given, or the test server beside the project. Without either the
// test is skipped.
func documents(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("fault%d", time.Now().UnixNano())
	if given := os.Getenv(mongoVar); given != "" {
		scheme, rest, _ := strings.Cut(given, "://")
		rest, query, _ := strings.Cut(rest, "?")
		hosts, _, _ := strings.Cut(rest, "/")
		return scheme + "://" + hosts + "/" + name + "?" + query
	}
	uri, err := serving(t).Documents(t.Context(), t.TempDir(), logTo(t))
	if errors.Is(err, stores.ErrNone) {
		t.Skipf("SKIPPED: no MongoDB to move to: %v", err)
	}
	must(t, err)
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + hosts + "/" + name + "?" + query
}

// serving is servers that stop with the test.
func serving(t *testing.T) *stores.Set {
	t.Helper()
	set := new(stores.Set)
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return set
}
