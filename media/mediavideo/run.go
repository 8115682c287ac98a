package mediavideo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Command is the hidden subcommand under which a program runs Main.
const Command = "media-ffmpeg"

// job is one run of a program.
type job struct {
	program string
	args    []string
	dir     string
	writes  bool // files, into dir
	cpu     int  // seconds of processor time
	out     io.Writer
	time    time.Duration
}

// failure is how a program ended that did not do what it was asked to.
type failure struct {
	exit error
	said string
}

func (f failure) Error() string { return strings.TrimSpace(f.exit.Error() + ": " + f.said) }
func (f failure) Unwrap() error { return f.exit }

// run runs j to its end. The program inherits nothing: no variable of the
// environment, no file but its output, and no network where the machine allows
// that to be taken away. It ends with this process.
func (t *tools) run(ctx context.Context, j job) error {
	life, cancel := context.WithTimeout(ctx, j.time)
	defer cancel()
	// A child ends with the thread that started it: keep this one.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	said := &head{most: 2 << 10}
	cmd, err := t.start(life, j, said)
	if err != nil {
		return fmt.Errorf("run %s: %w", j.program, err)
	}
	err = cmd.Wait()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case life.Err() != nil:
		return fmt.Errorf("run %s: %w", j.program, life.Err())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return fmt.Errorf("run %s: %w: %s", j.program, ErrKilled, said.said)
		}
		if strings.Contains(string(said.said), syscall.ENOSPC.Error()) || strings.Contains(string(said.said), "No space left") {
			return fmt.Errorf("run %s: %w", j.program, syscall.ENOSPC)
		}
		return failure{err, string(said.said)}
	}
	return fmt.Errorf("run %s: %w", j.program, err)
}

// start starts j without a network, or, where the machine does not allow that to
// be taken away, with what limits there are.
func (t *tools) start(ctx context.Context, j job, said io.Writer) (*exec.Cmd, error) {
	line := append([]string{j.program}, j.args...)
	if len(t.via) > 0 {
		line = slices.Concat(t.via, []string{strconv.Itoa(j.cpu), strconv.FormatBool(j.writes)}, line)
	}
	var err error
	for _, attr := range []*syscall.SysProcAttr{alone(), together()} {
		cmd := exec.CommandContext(ctx, line[0], line[1:]...)
		cmd.Env, cmd.Dir, cmd.WaitDelay = []string{}, j.dir, time.Second
		cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = j.out, said, attr
		if err = cmd.Start(); err == nil || ctx.Err() != nil {
			return cmd, err
		}
	}
	return nil, err
}

// head keeps the beginning of what is written, for the log.
type head struct {
	most int
	said []byte
}

func (h *head) Write(p []byte) (int, error) {
	h.said = append(h.said, p[:min(len(p), h.most-len(h.said))]...)
	return len(p), nil
}
