package creatorcore_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"meadow/services/creator"
	"meadow/services/creator/creatortest"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// peer serves what mount mounts to another process, which this one then plays.
func peer(t *testing.T, tn *town, mount func(rpc.Router)) *rpc.Peer {
	t.Helper()
	signer := rpc.Signer{Key: make([]byte, 32), Now: tn.clock.Now}
	server := web.New(web.Default(), web.Deps{Log: quiet, Now: tn.clock.Now, Signer: &signer})
	mount(server)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := server.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64}}
	t.Cleanup(func() { client.CloseIdleConnections(); stop(); work.Wait() })
	return &rpc.Peer{URL: "http://" + ln.Addr().String(), HTTP: client, Signer: signer}
}

func TestCreatorsKeepTheirContractOverTheWire(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	s := tn.shop()
	s.Creator = creator.Client{Peer: peer(t, tn, func(r rpc.Router) { creator.Mount(r, tn.Core) })}
	creatortest.Run(t, s)
}
