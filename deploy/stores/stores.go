// Package stores starts, on this machine, servers that several processes of a
// shop can share: for load tests and fault tests with the roles apart. Where
// the environment names real ones, those are used.
package stores

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
)

// Set is the addresses of stores, empty when started. The zero Set has started
// none.
type Set struct {
	DB, Blob, Search, Bus string

	stop []func() error
}

// Flags are the settings by which a meadow stands on the set.
func (s *Set) Flags() []string {
	return []string{"-db", s.DB, "-blob", s.Blob, "-search", s.Search, "-bus", s.Bus}
}

// ErrNone means that a store is neither named in the environment nor to be had
// from the test servers beside the project.
var ErrNone = errors.New("stores: set MEADOW_DB, MEADOW_BLOB, MEADOW_SEARCH and MEADOW_BUS, or MEADOW_TEST_SERVERS to the folder of the test servers")

// Start starts what the environment does not name; dir keeps what they store.
// The program must call Serve first thing in main.
func Start(ctx context.Context, dir string, log io.Writer) (s *Set, err error) {
	s = &Set{DB: os.Getenv("MEADOW_DB"), Blob: os.Getenv("MEADOW_BLOB"), Search: os.Getenv("MEADOW_SEARCH"), Bus: os.Getenv("MEADOW_BUS")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.DB == "" {
		if s.DB, err = s.Documents(ctx, dir, log); err != nil {
			return s, err
		}
	}
	if s.Search == "" {
		if s.Search, err = s.server(ctx, dir, log, "meiliwire"); err != nil {
			return s, err
		}
	}
	if s.Blob == "" {
		if s.Blob, err = s.Objects(dir, log); err != nil {
			return s, err
		}
	}
	if s.Bus == "" {
		token := id.Secret()
		n, err := bus.Embedded(ctx, filepath.Join(dir, "bus"), slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})), bus.Joinable("127.0.0.1:0", token))
		if err != nil {
			return s, err
		}
		s.stop = append(s.stop, n.Close)
		s.Bus = "nats://" + token + "@" + n.Address()
	}
	return s, nil
}

// Close stops what was started.
func (s *Set) Close() error {
	var err error
	for i := len(s.stop) - 1; i >= 0; i-- {
		err = errors.Join(err, s.stop[i]())
	}
	s.stop = nil
	return err
}

// Documents starts a MongoDB test server and returns its address.
func (s *Set) Documents(ctx context.Context, dir string, log io.Writer) (string, error) {
	return s.server(ctx, dir, log, "mongowire")
}

// server builds one of the test servers beside the project and starts it.
func (s *Set) server(ctx context.Context, dir string, log io.Writer, name string) (string, error) {
	servers := os.Getenv("MEADOW_TEST_SERVERS")
	if servers == "" {
		root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "meadow").Output()
		if err != nil {
			return "", fmt.Errorf("stores: %w", err)
		}
		servers = filepath.Join(strings.TrimSpace(string(root)), "..", "shared")
	}
	source := filepath.Join(servers, name)
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNone, err)
	}
	bin := filepath.Join(dir, name)
	build := exec.CommandContext(ctx, "go", "build", "-o", bin, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("stores: build %s: %w: %s", name, err, out)
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-dir", filepath.Join(dir, name+"-data"))
	return s.run(cmd, log, func() error { return cmd.Process.Signal(syscall.SIGTERM) })
}

// Objects starts this program again as an object store, and returns the address
// of an empty bucket.
func (s *Set) Objects(dir string, log io.Writer) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("stores: %w", err)
	}
	folder := filepath.Join(dir, "objects")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("stores: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), objectsVar+"="+folder)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", fmt.Errorf("stores: %w", err)
	}
	return s.run(cmd, log, in.Close)
}

// run starts a server that prints its address.
func (s *Set) run(cmd *exec.Cmd, log io.Writer, stop func() error) (string, error) {
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("stores: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("stores: %w", err)
	}
	s.stop = append(s.stop, func() error {
		_ = stop() // it may have gone already
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_, _ = io.Copy(io.Discard, out)
		return cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("stores: %s said no address: %w", cmd.Path, err)
	}
	return strings.TrimSpace(line), nil
}
