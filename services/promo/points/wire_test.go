package points_test

import (
	"slices"
	"strings"
	"testing"

	"meadow/services/platform/rpc"
	"meadow/services/promo/points"
)

func TestEveryRouteIsNamedOnceAndGuarded(t *testing.T) {
	t.Parallel()
	var r rpc.Collector
	points.Mount(&r, points.Client{}) // panics where an input cannot travel
	if _, err := rpc.OpenAPI(rpc.Info{}, r.Routes); err != nil {
		t.Error(err) // a name or a place is used twice
	}
	for _, route := range r.Routes {
		desk := strings.HasPrefix(route.Path, rpc.Prefix+"/desk/")
		if open := len(route.Access.Roles) == 0; open != (route.Name == "") {
			t.Errorf("%s: open to everybody is %t", route.Name, open)
		}
		if desk && slices.Contains(route.Access.Roles, "viewer") {
			t.Errorf("%s: the desk is open", route.Name)
		}
	}
	if len(r.Routes) != 3 {
		t.Errorf("%d routes, want 3", len(r.Routes))
	}
}
