package bargain_test

import (
	"testing"

	"meadow/services/platform/rpc"
	"meadow/services/promo/bargain"
)

func TestTheRoutesAreFitToPublish(t *testing.T) {
	t.Parallel()
	var c rpc.Collector
	bargain.Mount(&c, bargain.Client{})
	if _, err := rpc.OpenAPI(rpc.Info{Title: "Bargains", Version: "1"}, c.Routes); err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Routes {
		if r.Summary == "" || (r.Name == "bargainBegin" || r.Name == "bargainCut" || r.Name == "bargainDrafted") && !r.Idempotent {
			t.Errorf("%s %s: %+v", r.Method, r.Path, r)
		}
	}
}
