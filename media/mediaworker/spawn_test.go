package mediaworker_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/media/mediaworker"
)

// build makes a worker. It is built without the race detector, whose shadow
// memory does not fit into a worker's limits.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "worker")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./testdata/worker").CombinedOutput(); err != nil {
		t.Fatalf("build a worker: %v\n%s", err, out)
	}
	return bin
}

func sample(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y >> 8), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWorkerDoesWhatTheProcessWould(t *testing.T) {
	t.Parallel()
	spawned := mediaworker.Spawn(build(t), nil, 2)
	data := sample(t, 500, 400)
	here, err := mediaworker.Decode(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	there, err := spawned(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(here, there); d != "" {
		t.Error("a worker's answer differs from the one here")
	}
	if _, err := spawned(t.Context(), strings.NewReader("no picture")); !errors.Is(err, media.ErrNotPicture) {
		t.Errorf("text: %v", err)
	}
}

func TestAWorkerCannotDoHarm(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: workers are confined on Linux only")
	}
	bin := build(t)
	file := filepath.Join(t.TempDir(), "written")
	for _, args := range [][]string{{"memory"}, {"lie"}, {"file", file}, {"environment"}} {
		d, err := mediaworker.Spawn(bin, args, 1)(t.Context(), bytes.NewReader(sample(t, 10, 10)))
		if !errors.Is(err, media.ErrBroken) || len(d.Files) > 0 {
			t.Errorf("%s: %v and %d files, want a broken picture", args[0], err, len(d.Files))
		}
		if args[0] == "environment" && (!strings.Contains(err.Error(), "sees ") || strings.Contains(err.Error(), "PATH")) {
			t.Errorf("it saw the environment: %v", err)
		}
	}
	if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
		t.Errorf("it wrote a file: %q", b)
	}
}

func TestAWorkerSeesNoNetwork(t *testing.T) {
	t.Parallel()
	if err := namespaces(t); err != nil {
		t.Skipf("SKIPPED: this machine lets nobody leave its network: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = mediaworker.Spawn(build(t), []string{"network", l.Addr().String()}, 1)(t.Context(), strings.NewReader("x"))
	if err == nil || !strings.Contains(err.Error(), "sees nobody") {
		t.Errorf("%v, want it to see nobody", err)
	}
}

// namespaces returns why a process cannot have a network of its own here.
func namespaces(t *testing.T) error {
	t.Helper()
	if runtime.GOOS != "linux" {
		return errors.ErrUnsupported
	}
	return exec.CommandContext(t.Context(), "unshare", "--user", "--net", "true").Run()
}

func TestAWorkerEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	hang := readFunc(func([]byte) (int, error) { cancel(); return 0, ctx.Err() })
	if _, err := mediaworker.Spawn(build(t), nil, 1)(ctx, hang); !errors.Is(err, context.Canceled) {
		t.Errorf("after its caller left: %v", err)
	}
}

func TestAPictureThatCannotBeReadIsNotCalledBroken(t *testing.T) {
	t.Parallel()
	lost := errors.New("the disk is gone")
	_, err := mediaworker.Spawn(build(t), nil, 1)(t.Context(), iotest.ErrReader(lost))
	if !errors.Is(err, lost) || errors.Is(err, media.ErrBroken) {
		t.Errorf("%v, want the reader's error", err)
	}
	if _, err := mediaworker.Spawn("/no/such/program", nil, 1)(t.Context(), strings.NewReader("x")); err == nil || errors.Is(err, media.ErrBroken) {
		t.Errorf("without a program: %v", err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
