package mediavideo_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"meadow/media/mediavideo"
)

// TestMain lets the test's own program be what confines ffmpeg.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == mediavideo.Command {
		// In a thread that is not the first, as it may be in any program: what Main
		// asks the kernel for must hold there, too.
		runtime.LockOSThread()
		go func() { os.Exit(mediavideo.Main(os.Args[2:])) }()
		select {}
	}
	if dir := os.Getenv("MEADOW_MAKE_VIDEO_IN"); dir != "" {
		os.Exit(makeIn(dir))
	}
	os.Exit(m.Run())
}

// maker returns what makes videos here, or skips the test and says why.
func maker(t *testing.T) mediavideo.Make {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, missing := mediavideo.Find(t.Context(), self, mediavideo.Command)
	if f == nil {
		t.Skipf("SKIPPED: no videos on this machine: %s is missing", missing)
	}
	return f
}

// ffmpeg makes a sample called name with args, and returns its bytes.
func ffmpeg(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-v", "error", "-nostdin", "-y"}, args...), path)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("make a sample: %v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// laid returns a folder that holds data as its source.
func laid(t *testing.T, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, mediavideo.Source), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// landlocked reports whether this kernel can keep files from a program.
func landlocked() bool {
	_, _, e := syscall.Syscall(444, 0, 0, 1) // landlock_create_ruleset, which says its version
	return e == 0
}

// makeIn makes the video in dir, and says when it has begun.
func makeIn(dir string) int {
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	f, _ := mediavideo.Find(context.Background(), self, mediavideo.Command)
	if _, err = f(context.Background(), dir, false, func(int64) { fmt.Println("begun") }); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}
