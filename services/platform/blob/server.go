package blob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"meadow/services/kernel/id"
)

// server is the S3 server of this process. Its library allows one at a time,
// and it works relative to the working directory, of which a process has one
// too. So it serves a folder of links, one for each embedded store, and runs
// while there is any.
type server struct {
	mu     sync.Mutex // guards all below
	users  int
	root   string
	at     endpoint
	cancel context.CancelFunc
	done   chan error
}

// theServer is a variable of the process because the working directory is.
var theServer server

// join adds a store whose objects are in dir, starting the server if it is the
// first, and returns how to reach it.
func (s *server) join(ctx context.Context, dir string, log *slog.Logger) (endpoint, func() error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		if err := s.start(ctx, log); err != nil {
			return endpoint{}, nil, err
		}
	}
	s.users++
	at := s.at
	at.bucket = "m" + id.Secret()
	link := filepath.Join(s.root, at.bucket)
	release := func() error { return s.leave(link) }
	if err := os.Symlink(dir, link); err != nil {
		return endpoint{}, nil, errors.Join(fmt.Errorf("blob: %w", err), s.leaveLocked(link))
	}
	return at, release, nil
}

func (s *server) leave(link string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaveLocked(link)
}

func (s *server) leaveLocked(link string) error {
	err := os.Remove(link)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	s.users--
	if s.users == 0 {
		err = errors.Join(err, s.stop())
	}
	return err
}

// portTries is how often a port that was free a moment ago may turn out taken.
const portTries = 5

func (s *server) start(ctx context.Context, log *slog.Logger) (err error) {
	if s.root, err = os.MkdirTemp("", "meadow-s3-"); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	for range portTries {
		if err = s.listen(ctx, log); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("blob: start the embedded server: %w", err), s.tidy())
	}
	log.InfoContext(ctx, "object server started", "addr", s.at.host)
	return nil
}

// listen runs the server until stop. The server reports no port that it chose
// itself, so it gets one that was free just now.
func (s *server) listen(ctx context.Context, log *slog.Logger) error {
	addr, err := freePort()
	if err != nil {
		return err
	}
	backend, err := posix.New(s.root, meta.XattrMeta{}, posix.PosixOpts{
		BucketLinks: true,
		// Without a threshold every copy is refused.
		CopyObjectThreshold: 5 << 30,
		// The folder belongs to this process alone.
		ForceNoObjLockFile: true,
	})
	if err != nil {
		return err
	}
	s.at = endpoint{host: addr, key: id.Secret(), secret: id.Secret(), region: "us-east-1"}
	ready := make(chan struct{})
	cfg := &embedgw.Config{
		RootUserAccess: s.at.key, RootUserSecret: s.at.secret, Region: s.at.region,
		IAMService:     auth.NewIAMServiceSingle(auth.Account{Access: s.at.key, Secret: s.at.secret, Role: auth.RoleAdmin}),
		Ports:          []string{addr},
		MaxConnections: 4096, MaxRequests: 2048, MultipartMaxParts: 10000,
		Quiet: true, KeepAlive: true, DisableACLs: true,
		S3Options: []s3api.Option{s3api.WithOnListen(func() { close(ready) })},
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- embedgw.RunVersityGW(life, backend, cfg) }()
	s.cancel, s.done = cancel, done
	select {
	case <-ready:
		return nil
	case err := <-done:
		cancel()
		return err
	case <-ctx.Done():
		cancel()
		<-done
		return ctx.Err()
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// stop ends the server, once the requests that run are done, and waits for it.
func (s *server) stop() error {
	s.cancel()
	err := <-s.done
	if err != nil && strings.Contains(err.Error(), context.Canceled.Error()) {
		err = nil
	}
	return errors.Join(err, s.tidy())
}

// tidy removes the folder of links. The process keeps a working directory that
// exists, so that starting again, or another program, finds itself somewhere.
func (s *server) tidy() error {
	return errors.Join(os.Chdir(os.TempDir()), os.RemoveAll(s.root))
}
