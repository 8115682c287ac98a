package account_test

import (
	"slices"
	"strings"
	"testing"

	"meadow/services/account"
	"meadow/services/platform/rpc"
)

// routes is a router that only takes down what it is told.
type routes struct{ all []rpc.Route }

func (r *routes) Handle(route rpc.Route, _ func(rpc.Exchange) error) { r.all = append(r.all, route) }

func TestEveryRouteIsNamedOnceAndFillsItsPath(t *testing.T) {
	t.Parallel()
	var r routes
	account.Mount(&r, account.Client{}) // panics where an input cannot travel
	var names, places []string
	for _, route := range r.all {
		names, places = append(names, route.Name), append(places, route.Method+" "+route.Path)
		for _, p := range rpc.Params(route.Path) {
			f, ok := route.In.FieldByName(strings.ToUpper(p))
			if !ok || f.Tag.Get("path") != p {
				t.Errorf("%s: nothing fills :%s", route.Name, p)
			}
		}
		if route.Access.Internal != strings.HasPrefix(route.Path, rpc.Prefix+"/internal/") {
			t.Errorf("%s: internal is %t, at %s", route.Name, route.Access.Internal, route.Path)
		}
	}
	for what, list := range map[string][]string{"name": names, "place": places} {
		slices.Sort(list)
		if n := len(slices.Compact(slices.Clone(list))); n != len(list) {
			t.Errorf("a %s is used twice: %v", what, list)
		}
	}
	if len(r.all) != 25 {
		t.Errorf("%d routes, want 25", len(r.all))
	}
}
