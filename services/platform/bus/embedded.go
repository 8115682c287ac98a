package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	startWait      = 10 * time.Second
	embeddedMemory = 64 << 20
	// embeddedDisk leaves the stream's limit room for its own bookkeeping.
	embeddedDisk = streamBytes + streamBytes/4
)

// Option adjusts an embedded bus.
type Option func(*server.Options) error

// Joinable lets other processes join an embedded bus at a TCP address, as
// Connect(ctx, "nats://token@host:port", …). The connection is not encrypted:
// listen where only our own processes reach.
func Joinable(address, token string) Option {
	return func(o *server.Options) error {
		if token == "" {
			return errors.New("an address to join at needs a token")
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		if o.Port, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("port %q: %w", port, err)
		}
		if o.Port == 0 {
			o.Port = server.RANDOM_PORT
		}
		o.Host, o.Authorization, o.DontListen = host, token, false
		return nil
	}
}

// Embedded runs NATS inside this process, its streams under dir, with every
// fact synced to disk before Publish returns. Nothing listens on the network
// unless Joinable says so. An empty dir is an empty bus.
func Embedded(ctx context.Context, dir string, log *slog.Logger, opts ...Option) (*NATS, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("bus: %s is in use: %w", dir, err)
	}
	n, err := runServer(ctx, dir, log, opts)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("bus: %w", err)
	}
	n.unlock = unlock
	return n, nil
}

func runServer(ctx context.Context, dir string, log *slog.Logger, opts []Option) (*NATS, error) {
	o := &server.Options{
		ServerName:            "meadow",
		DontListen:            true,
		NoSigs:                true,
		JetStream:             true,
		StoreDir:              dir,
		SyncAlways:            true, // the default loses acknowledged facts on power loss
		JetStreamMaxMemory:    embeddedMemory,
		JetStreamMaxStore:     embeddedDisk,
		DisableShortFirstPing: true,
	}
	for _, opt := range opts {
		if err := opt(o); err != nil {
			return nil, err
		}
	}
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.SetLoggerV2(serverLog{log}, false, false, false)
	s.Start()
	stop := func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	if !s.ReadyForConnections(startWait) {
		stop()
		return nil, errors.New("the embedded server did not start")
	}
	join := []nats.Option{nats.InProcessServer(s)}
	if o.Authorization != "" {
		join = append(join, nats.Token(o.Authorization))
	}
	n, err := dial(ctx, "", log, join...)
	if err != nil {
		stop()
		return nil, err
	}
	n.server = s
	return n, nil
}

// Address returns where other processes can join, or "" if they cannot.
func (n *NATS) Address() string {
	if n.server == nil || n.server.Addr() == nil {
		return ""
	}
	return n.server.Addr().String()
}

// serverLog puts the server's own words into our log. What it calls a notice
// is of no interest to who runs a shop.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.debug(format, v) }
func (l serverLog) Debugf(format string, v ...any)  { l.debug(format, v) }
func (l serverLog) Tracef(format string, v ...any)  { l.debug(format, v) }
func (l serverLog) Warnf(format string, v ...any) {
	l.log.Warn("bus server warns", "text", fmt.Sprintf(format, v...))
}
func (l serverLog) Errorf(format string, v ...any) {
	l.log.Error("bus server failed", "text", fmt.Sprintf(format, v...))
}
func (l serverLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }

func (l serverLog) debug(format string, v []any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("bus server says", "text", fmt.Sprintf(format, v...))
	}
}
