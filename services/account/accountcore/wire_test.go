package accountcore_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"meadow/services/account"
	"meadow/services/account/accounttest"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

func TestTheFrontDeskKeepsItsContractInAnotherProcess(t *testing.T) {
	t.Parallel()
	accounttest.Run(t, func(t *testing.T, o accounttest.Options) accounttest.Shop {
		d := newDesk(t, o)
		d.Account = served(t, d)
		return d.Shop
	})
}

// served returns d as it is seen from another process.
func served(t *testing.T, d *desk) account.Service {
	t.Helper()
	signer := rpc.Signer{Key: []byte("a key that both processes have"), Now: d.Clock.Now}
	server := web.New(web.Default(), web.Deps{Log: d.log, Now: d.Clock.Now, Signer: &signer})
	account.Mount(server, d.core)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return account.Client{Peer: &rpc.Peer{
		URL: "http://" + ln.Addr().String(), HTTP: &http.Client{Transport: transport}, Signer: signer,
	}}
}
