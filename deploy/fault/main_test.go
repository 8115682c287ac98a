package fault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"meadow/deploy/stores"
)

const (
	// folderVar names where the tests build the shop; it is removed at the end.
	folderVar = "MEADOW_FAULT_FOLDER"
	// objectsVar makes this program an S3 server on a folder, and nothing else.
	objectsVar = "MEADOW_FAULT_OBJECTS"
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
	if dir := os.Getenv(objectsVar); dir != "" {
		if err := serveObjects(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
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

// serveObjects is an S3 server on dir until standard input ends. It is in a
// process of its own because its library changes the working directory.
func serveObjects(dir string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil { // the server wants to listen itself
		return err
	}
	disk, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: 5 << 30, ForceNoObjLockFile: true})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	err = embedgw.RunVersityGW(ctx, disk, &embedgw.Config{
		RootUserAccess: "meadow", RootUserSecret: "grass-and-flowers", Region: "us-east-1",
		IAMService:     auth.NewIAMServiceSingle(auth.Account{Access: "meadow", Secret: "grass-and-flowers", Role: auth.RoleAdmin}),
		Ports:          []string{address},
		MaxConnections: 1024, MaxRequests: 512, MultipartMaxParts: 10000,
		Quiet: true, KeepAlive: true, DisableACLs: true,
		S3Options: []s3api.Option{s3api.WithOnListen(func() {
			fmt.Printf("s3://meadow:grass-and-flowers@%s/moved?secure=false\n", address)
		})},
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// objects returns the address of an object store in another process, with an
// empty bucket.
func objects(t *testing.T) string {
	t.Helper()
	if given := os.Getenv(s3Var); given != "" {
		path, query, _ := strings.Cut(given, "?")
		return fmt.Sprintf("%s%d?%s", path, time.Now().UnixNano(), query)
	}
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), objectsVar+"="+t.TempDir())
	in, err := cmd.StdinPipe()
	must(t, err)
	return serving(t, cmd, func() error { return in.Close() })
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
	root, err := filepath.Abs(filepath.Join("..", ".."))
	must(t, err)
	servers := os.Getenv("MEADOW_TEST_SERVERS")
	switch {
	case servers == "":
		servers = filepath.Join(root, "..", "shared")
	case !filepath.IsAbs(servers):
		servers = filepath.Join(root, servers)
	}
	source := filepath.Join(servers, "mongowire")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		t.Skipf("SKIPPED: no MongoDB to move to: %s is not set and there is no test server beside the project", mongoVar)
	}
	bin := filepath.Join(t.TempDir(), "mongowire")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the test server: %v: %s", err, out)
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-dir", filepath.Join(t.TempDir(), "data"))
	uri := serving(t, cmd, func() error { return cmd.Process.Signal(syscall.SIGTERM) })
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + hosts + "/" + name + "?" + query
}

// serving starts a server that prints its address, and stops it at the end.
func serving(t *testing.T, cmd *exec.Cmd, stop func() error) (address string) {
	t.Helper()
	cmd.Stderr = logTo(t)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = stop() // it may have gone already
		late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd.Path, err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(line)
}
