package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// ErrDrain means that requests were still under way when a server stopped
// waiting for them.
var ErrDrain = errors.New("web: requests were cut off")

// Serve answers what ln accepts until ctx ends. Then it accepts nothing more,
// lets requests under way finish for up to DrainTimeout, ends the contexts of
// the rest, and returns when no handler runs. It closes ln, and is called once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	stopMetrics, err := s.startMetrics(ctx)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer stopMetrics()
	defer s.cancel()

	server := s.server()
	server.Handler = s.handler()
	server.ErrorHandler = s.unread
	server.CloseOnShutdown = true
	wrapped := s.guard.wrap(ln)

	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(wrapped) }() // ends when wrapped is closed
	select {
	case err := <-stopped:
		return fmt.Errorf("web: serve: %w", errors.Join(err, s.drain()))
	case <-ctx.Done():
	}
	s.draining.Store(true)
	select { // fasthttp closes only listeners that it has begun with
	case <-wrapped.asked:
	case err := <-stopped:
		stopped <- err
	}
	err = s.drain()
	return errors.Join(err, <-stopped)
}

// drain stops accepting, waits for what is under way, and in the end cuts it.
func (s *Server) drain() error {
	s.guard.drain()
	err := s.shutdown(s.base)
	s.cancel()
	s.guard.closeAll()
	if err == nil {
		return nil
	}
	// What is left ends when its context and its connection do.
	return errors.Join(ErrDrain, s.shutdown(context.WithoutCancel(s.base)))
}

// shutdown returns when no connection is left, or after DrainTimeout.
func (s *Server) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DrainTimeout)
	defer cancel()
	return s.server().ShutdownWithContext(ctx)
}

// startMetrics serves the metrics apart, and returns what ends that.
func (s *Server) startMetrics(ctx context.Context) (stop func(), err error) {
	if s.cfg.MetricsListen == "" || s.deps.Registry == nil {
		return func() {}, nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.MetricsListen)
	if err != nil {
		return nil, fmt.Errorf("web: listen for metrics: %w", err)
	}
	server := &http.Server{Handler: s.metricsHandler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	s.deps.Log.InfoContext(ctx, "serving metrics", "addr", ln.Addr().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.deps.Log.ErrorContext(ctx, "metrics ended", "err", err)
		}
	}()
	return func() {
		_ = server.Close()
		<-done
	}, nil
}
