package fullreduction_test

import (
	"testing"

	"meadow/services/platform/rpc"
	"meadow/services/promo/fullreduction"
)

// routes is a router that only takes down what it is told.
type routes struct{ all []rpc.Route }

func (r *routes) Handle(route rpc.Route, _ func(rpc.Exchange) error) { r.all = append(r.all, route) }

func TestWhatGrantsIsIdempotentAndCanBeDescribed(t *testing.T) {
	t.Parallel()
	var r routes
	fullreduction.Mount(&r, fullreduction.Client{}) // panics where an input cannot travel
	if len(r.all) != 10 {
		t.Errorf("%d routes", len(r.all))
	}
	for _, route := range r.all {
		_, keyed := route.In.FieldByName("RequestID")
		if route.Idempotent != keyed {
			t.Errorf("%s: idempotent %v, with a request id %v", route.Name, route.Idempotent, keyed)
		}
		for _, p := range rpc.Params(route.Path) {
			if f, ok := route.In.FieldByName("ID"); !ok || f.Tag.Get("path") != p {
				t.Errorf("%s: nothing fills :%s", route.Name, p)
			}
		}
	}
	if _, err := rpc.OpenAPI(rpc.Info{}, r.all); err != nil {
		t.Error(err)
	}
}
