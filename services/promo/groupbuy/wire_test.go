package groupbuy_test

import (
	"testing"

	"meadow/services/platform/rpc"
	"meadow/services/promo/groupbuy"
)

func TestTheRoutesAreFitToPublish(t *testing.T) {
	t.Parallel()
	var c rpc.Collector
	groupbuy.Mount(&c, groupbuy.Client{})
	if _, err := rpc.OpenAPI(rpc.Info{Title: "Group buys", Version: "1"}, c.Routes); err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Routes {
		if r.Summary == "" || r.Method == "POST" && r.Path == "/api/v1/shop/groupbuys" && !r.Idempotent {
			t.Errorf("%s %s: %+v", r.Method, r.Path, r)
		}
	}
}
