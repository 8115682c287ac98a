package web

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/rpc"
)

// TestAPeerTakesAllConnectionsOfOneGateway has more calls under way at once than
// any visitor may: a gateway asks for all visitors, from one address.
func TestAPeerTakesAllConnectionsOfOneGateway(t *testing.T) {
	t.Parallel()
	const calls = 300
	if calls <= Default().MaxConnsPerIP {
		t.Fatalf("%d connections prove nothing", calls)
	}
	signer := rpc.Signer{Key: make([]byte, 32), Now: clock.System}
	wait := rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "wait", Method: "POST", Path: "/wait", Access: rpc.Internal}
	var here atomic.Int64
	all := make(chan struct{})
	addr := serving(t, Default(), Deps{Signer: &signer}, func(s *Server) {
		rpc.Mount(s, wait, func(ctx context.Context, _ rpc.Empty) (rpc.Empty, error) {
			if here.Add(1) == calls {
				close(all)
			}
			select {
			case <-all:
				return rpc.Empty{}, nil
			case <-ctx.Done():
				return rpc.Empty{}, ctx.Err()
			}
		})
	})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	peer := &rpc.Peer{URL: "http://" + addr, HTTP: client, Signer: signer}
	ctx, cancel := context.WithTimeout(actor.AsSystem(t.Context(), "test"), 20*time.Second)
	defer cancel()
	var work sync.WaitGroup
	var failed atomic.Int64
	for range calls {
		work.Go(func() {
			if _, err := rpc.Call(ctx, peer, wait, rpc.Empty{}); err != nil {
				if failed.Add(1) == 1 {
					t.Error(err)
				}
				cancel() // the rest would wait for it
			}
		})
	}
	work.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d of %d calls failed", n, calls)
	}
}
