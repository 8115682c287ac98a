package moderation_test

import (
	"slices"
	"strings"
	"testing"

	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

// routes is a router that only takes down what it is told.
type routes struct{ all []rpc.Route }

func (r *routes) Handle(route rpc.Route, _ func(rpc.Exchange) error) { r.all = append(r.all, route) }

func TestEveryRouteIsNamedOnceAndGuarded(t *testing.T) {
	t.Parallel()
	var r routes
	moderation.Mount(&r, moderation.Client{}) // panics where an input cannot travel
	var names, places []string
	for _, route := range r.all {
		names, places = append(names, route.Name), append(places, route.Method+" "+route.Path)
		if route.Access.Internal != strings.HasPrefix(route.Path, rpc.Prefix+"/internal/") {
			t.Errorf("%s: internal is %t, at %s", route.Name, route.Access.Internal, route.Path)
		}
		if !route.Access.Internal && len(route.Access.Roles) == 0 {
			t.Errorf("%s: is for everybody", route.Name)
		}
		if strings.HasPrefix(route.Path, rpc.Prefix+"/moderation/") && slices.Contains(route.Access.Roles, "viewer") {
			t.Errorf("%s: the desk is open", route.Name)
		}
	}
	for what, list := range map[string][]string{"name": names, "place": places} {
		slices.Sort(list)
		if n := len(slices.Compact(slices.Clone(list))); n != len(list) {
			t.Errorf("a %s is used twice: %v", what, list)
		}
	}
	if len(r.all) != 30 {
		t.Errorf("%d routes, want 30", len(r.all))
	}
}
