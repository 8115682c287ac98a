package shopper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a meadow that this program started.
type Process struct {
	URL string

	args []string
	bin  string
	log  io.Writer

	mu    sync.Mutex // guards what follows
	cmd   *exec.Cmd
	token string // of the operator's one-time link
}

// FreePort returns a loopback address that nothing listens on.
func FreePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// Start starts bin with args on a free port and waits until it is ready.
func Start(ctx context.Context, bin string, log io.Writer, args ...string) (*Process, error) {
	address, err := FreePort()
	if err != nil {
		return nil, err
	}
	return StartAt(ctx, bin, log, address, args...)
}

// StartAt is Start on an address of the caller's choice.
func StartAt(ctx context.Context, bin string, log io.Writer, address string, args ...string) (*Process, error) {
	p := &Process{URL: "http://" + address, bin: bin, log: log, args: append([]string{"-listen", address}, args...)}
	return p, p.Restart(ctx)
}

var operatorLine = regexp.MustCompile(`^operator: \S+token=(\S+)`)

// Restart starts the process again after it was killed or has stopped.
func (p *Process) Restart(ctx context.Context) error {
	cmd := exec.Command(p.bin, p.args...)
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	go func() { // ends with the process, which closes its output
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := operatorLine.FindStringSubmatch(lines.Text()); m != nil {
				p.mu.Lock()
				p.token = m[1]
				p.mu.Unlock()
			}
		}
	}()
	return p.await(ctx)
}

// await waits until the process says that it is ready.
func (p *Process) await(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(60 * time.Second); ; {
		res, err := client.Get(p.URL + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("%s %s is not ready: %w", p.bin, strings.Join(p.args, " "), err))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Token is that of the operator's one-time link, of the last start.
func (p *Process) Token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}

// Kill ends the process at once, as a power cut would.
func (p *Process) Kill() error { return p.end(syscall.SIGKILL) }

// Stop asks the process to stop, and waits until it has.
func (p *Process) Stop() error { return p.end(syscall.SIGTERM) }

func (p *Process) end(sig syscall.Signal) error {
	p.mu.Lock()
	cmd := p.cmd
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); exited && sig == syscall.SIGKILL {
		return nil
	}
	return err
}

// PID is the process's, or 0 when it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// CPU is the processor time that the process has used so far, and RSS the
// memory that it holds, in bytes.
func (p *Process) CPU() (cpu time.Duration, rss int64, err error) {
	dir := filepath.Join("/proc", fmt.Sprint(p.PID()))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	var ticks, user, system, pages int64
	f := strings.Fields(rest)
	if len(f) < 22 {
		return 0, 0, fmt.Errorf("cannot read %s/stat", dir)
	}
	_, err = fmt.Sscan(f[11]+" "+f[12]+" "+f[21], &user, &system, &pages)
	ticks = user + system
	return time.Duration(ticks) * (time.Second / 100), pages * int64(os.Getpagesize()), err
}
