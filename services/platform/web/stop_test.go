package web_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/web"
)

func TestAServerThatIsToldToEndAsItBeginsEnds(t *testing.T) {
	t.Parallel()
	for range 50 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := web.New(web.Config{}, web.Deps{Log: slog.New(slog.DiscardHandler), Now: clock.System})
		ctx, stop := context.WithCancel(t.Context())
		stop()
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, ln) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			_ = ln.Close()
			t.Fatalf("it goes on: %v", <-ended)
		}
	}
}
