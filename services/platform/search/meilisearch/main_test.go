package meilisearch_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// server is where the suite finds Meilisearch, or why it does not.
type server struct {
	url, key string
	wire     bool // the test server, which is not Meilisearch
	missing  string
}

// at is written once, by TestMain.
var at server

// TestMain finds a server: the one that MEADOW_TEST_MEILI names, or else the
// test server of MEADOW_TEST_SERVERS, built and started here.
func TestMain(m *testing.M) {
	at = server{url: os.Getenv("MEADOW_TEST_MEILI"), key: os.Getenv("MEADOW_TEST_MEILI_KEY")}
	stop := func() {}
	if at.url == "" {
		url, stopWire, err := startWire()
		if err != nil {
			at.missing = fmt.Sprintf("MEADOW_TEST_MEILI is not set, and no test server: %v", err)
		} else {
			at.url, at.wire, stop = url, true, stopWire
		}
	}
	code := m.Run()
	stop()
	if at.missing != "" {
		fmt.Println("SKIPPED meilisearch:", at.missing)
	}
	os.Exit(code)
}

// startWire builds the test server and starts it. It prints its address.
func startWire() (url string, stop func(), err error) {
	source, err := wireSource()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "meadow-meiliwire")
	if err != nil {
		return "", nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	bin := filepath.Join(dir, "meiliwire")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("build: %w: %s", err, out)
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-dir", filepath.Join(dir, "data"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		remove()
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		remove()
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		remove()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("it said nothing: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

func wireSource() (string, error) {
	servers := os.Getenv("MEADOW_TEST_SERVERS")
	if servers == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		servers = filepath.Join(root, "..", "shared")
	}
	source := filepath.Join(servers, "meiliwire")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", errors.New("MEADOW_TEST_SERVERS has no meiliwire")
	}
	return source, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above")
		}
		dir = up
	}
}
