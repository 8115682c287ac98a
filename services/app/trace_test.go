package app

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/obs"
	"meadow/services/platform/rpc"
)

// TestASpanTravelsToTheNextProcess looks at what a call to a peer carries.
func TestASpanTravelsToTheNextProcess(t *testing.T) {
	t.Parallel()
	var parent atomic.Value
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parent.Store(r.Header.Get("Traceparent"))
		_, _ = w.Write([]byte(`{"items":[]}`))
	}))
	defer peer.Close()
	collector := httptest.NewServer(http.NotFoundHandler())
	defer collector.Close()
	tracing, err := obs.NewTracing(t.Context(), obs.TraceConfig{URL: collector.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tracing.Shutdown(t.Context()) }() // its collector takes nothing
	ctx, end := tracing.Start(actor.AsSystem(t.Context(), "test"), "orders")
	defer end(nil)
	till := checkout.Client{Peer: &rpc.Peer{URL: peer.URL, HTTP: peer.Client(), Signer: testSigner(), Inject: tracing.Inject}}
	if _, err := till.Orders(ctx, checkout.Orders{}); err != nil {
		t.Fatal(err)
	}
	if got, _ := parent.Load().(string); len(got) != len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01") {
		t.Errorf("the call carries %q, want a W3C traceparent", got)
	}
}

func testSigner() rpc.Signer {
	return rpc.Signer{Key: []byte("0123456789abcdef0123456789abcdef"), Now: clock.System}
}
