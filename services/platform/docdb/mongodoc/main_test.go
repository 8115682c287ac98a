package mongodoc_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain finds a MongoDB for the tests: the one of MEADOW_TEST_MONGO, or else
// the test server in ${MEADOW_TEST_SERVERS:-../shared}/mongowire, which it
// starts and stops. Where there is neither it says so, and the tests that need
// one are skipped.
func TestMain(m *testing.M) { os.Exit(run(m)) }

const (
	uriVar  = "MEADOW_TEST_MONGO"
	skipVar = "MEADOW_TEST_MONGO_MISSING" // why there is none, for the tests to say
)

func run(m *testing.M) int {
	if os.Getenv(uriVar) != "" {
		return m.Run()
	}
	folder, err := serverFolder()
	if err != nil {
		fmt.Printf("SKIPPED mongodoc: %v; set %s to the connection string of a replica set\n", err, uriVar)
		if err := os.Setenv(skipVar, err.Error()); err != nil {
			fmt.Println(err)
			return 1
		}
		return m.Run()
	}
	uri, stop, err := startServer(folder)
	if err != nil {
		fmt.Printf("the test server in %s does not start: %v\n", folder, err)
		return 1
	}
	if err := os.Setenv(uriVar, uri); err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Printf("the test server does not stop: %v\n", err)
		return 1
	}
	return code
}

// serverFolder returns where the test server's source is.
func serverFolder() (string, error) {
	root := "."
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if abs, err := filepath.Abs(root); err != nil || abs == "/" {
			return "", errors.New("the module's root is not found")
		}
		root = filepath.Join("..", root)
	}
	servers := os.Getenv("MEADOW_TEST_SERVERS")
	if servers == "" {
		servers = filepath.Join(root, "..", "shared")
	} else if !filepath.IsAbs(servers) {
		servers = filepath.Join(root, servers)
	}
	folder := filepath.Join(servers, "mongowire")
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
		return "", errors.New("no MongoDB is given and there is no test server beside the project")
	}
	return folder, nil
}

// startServer builds the test server and starts it on a free port.
func startServer(folder string) (uri string, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "mongodoc")
	if err != nil {
		return "", nil, err
	}
	bin := filepath.Join(dir, "mongowire")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("go build: %w: %s", err, out), os.RemoveAll(dir))
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-dir", filepath.Join(dir, "data"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		_, _ = io.Copy(io.Discard, out)
		return errors.Join(cmd.Wait(), os.RemoveAll(dir))
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return strings.TrimSpace(line), stop, nil
}
