package mediaworker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
	"time"

	"meadow/media"
	"meadow/services/kernel/errs"
)

// Command is the hidden subcommand under which a program runs Main.
const Command = "media-worker"

// Timeout is how long a worker may take. It is generous because the machine may
// be busy: a hostile file is ended by the limit of processor time long before.
const Timeout = 60 * time.Second

// Spawn returns a Develop that runs path with args for each picture, at most
// parallel at a time, and reads from a reader that ends with ctx. path runs Main. A worker inherits nothing: no variable of
// the environment, no file but its two pipes.
func Spawn(path string, args []string, parallel int) Develop {
	slots := make(chan struct{}, max(1, parallel))
	return func(ctx context.Context, r io.Reader) (Developed, error) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return Developed{}, ctx.Err()
		}
		return spawn(ctx, path, args, r)
	}
}

func spawn(ctx context.Context, path string, args []string, r io.Reader) (Developed, error) {
	life, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	in, said := &source{r: r}, &head{most: 2 << 10}
	cmd, out, err := start(life, path, args, in, said)
	if err != nil {
		return Developed{}, fmt.Errorf("media worker: %w", err)
	}
	d, err := read(out)
	_, judged := errors.AsType[*errs.Error](err)
	late := life.Err() != nil
	if err != nil && !judged {
		cancel() // it says nothing of use, and may still run
	}
	exit := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return Developed{}, ctx.Err()
	case in.err != nil:
		return Developed{}, fmt.Errorf("media worker: %w", in.err)
	case err == nil || judged:
		return d, err
	case late:
		return Developed{}, media.ErrBusy.Because(fmt.Errorf("media worker: %w", err))
	}
	// It died of the picture: of its size, its time, or a fault of a decoder.
	return Developed{}, media.ErrBroken.Because(fmt.Errorf("media worker: %w (%v) %s", err, exit, said))
}

// start starts a worker without a network, or, where the machine does not allow
// that to be taken away, with what limits there are.
func start(ctx context.Context, path string, args []string, in io.Reader, said io.Writer) (*exec.Cmd, io.Reader, error) {
	for _, attr := range []*syscall.SysProcAttr{alone(), nil} {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env, cmd.Dir, cmd.WaitDelay = []string{}, "/", time.Second
		cmd.Stdin, cmd.Stderr, cmd.SysProcAttr = in, said, attr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, nil, err
		}
		if err = cmd.Start(); err == nil {
			return cmd, out, nil
		}
		if attr == nil || ctx.Err() != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errors.ErrUnsupported // not reached: the last try returns
}

// source remembers that the picture could not be read, which is not the
// picture's fault.
type source struct {
	r   io.Reader
	err error // not to be read before the worker has been waited for
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
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

func (h *head) String() string {
	return string(h.said)
}

// What a worker may use.
const (
	heapLimit = 700 << 20 // what the garbage collector aims at
	dataLimit = 1 << 30   // of writable memory
	timeLimit = 10        // seconds of processor time
	fileLimit = 64        // open files: pipes, and what the runtime needs
)

// Main is the worker: it develops the picture in in, writes what became of it to
// out, and returns the program's exit status. It limits the process first, for
// good.
func Main(in io.Reader, out io.Writer) int {
	if err := confine(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetMemoryLimit(heapLimit)
	d, err := Decode(context.Background(), in)
	if err := write(out, d, err); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
