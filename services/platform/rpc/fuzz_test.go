package rpc_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// wild has a field of every kind that travels.
type wild struct {
	page.Ask
	ID    string            `path:"id" json:"-"`
	Key   string            `header:"Idempotency-Key" json:"-"`
	Text  string            `json:"text" min:"1" max:"10"`
	Count int               `json:"count" min:"1" max:"9"`
	Small int8              `json:"small"`
	Flag  *bool             `json:"flag,omitempty"`
	Maybe *string           `json:"maybe,omitempty" max:"5"`
	Price money.Money       `json:"price"`
	At    time.Time         `json:"at"`
	Tree  *wildTree         `json:"tree,omitempty"`
	List  []wildTree        `json:"list" max:"3"`
	More  map[string]string `json:"more" max:"3"`
	Bytes []byte            `json:"bytes" max:"16"`
	Raw   json.RawMessage   `json:"raw,omitempty"`
}

type wildTree struct {
	Name string     `json:"name" min:"1"`
	Kids []wildTree `json:"kids,omitempty" max:"2"`
}

// anyJSON is a JSON value of names that a wild has, and of others.
func anyJSON(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(), rapid.String().AsAny(),
		rapid.SampledFrom([]any{"$ne", map[string]any{"$gt": ""}, map[string]any{"$where": "1"}, "2026-11-11T00:00:00Z", "\u0000", "\u202e", 1e400 / 1e300}).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	name := rapid.OneOf(rapid.SampledFrom(strings.Fields(
		"text count small flag maybe price at tree list more bytes raw name kids amount currency id ID Key Limit After TEXT __proto__ $set")), rapid.String())
	return rapid.OneOf(append(leaves,
		rapid.MapOfN(name, rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 6).AsAny(),
		rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 4).AsAny())...)
}

// Whatever a client sends is either taken, within all limits, or refused as the
// client's mistake. It is never a fault of ours.
func TestNoInputIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	e := rpc.Endpoint[wild, rpc.Empty]{Name: "wild", Method: "POST", Path: "/wild/:id", Idempotent: true}
	rapid.Check(t, func(t *rapid.T) {
		var body []byte
		if rapid.Bool().Draw(t, "valid") {
			b, err := json.Marshal(anyJSON(4).Draw(t, "value"))
			if err != nil {
				t.Fatal(err)
			}
			body = b
		} else {
			body = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		}
		r := &recorder{
			body: string(body), params: map[string]string{"id": rapid.String().Draw(t, "id")},
			headers: map[string]string{"Idempotency-Key": "key-00000001"},
			query:   map[string]string{"limit": rapid.String().Draw(t, "limit"), "after": rapid.String().Draw(t, "after")},
		}
		rpc.Mount(r, e, func(_ context.Context, in wild) (rpc.Empty, error) {
			if n := len([]rune(in.Text)); n < 1 || n > 10 || in.Count < 1 || in.Count > 9 || len(in.List) > 3 || len(in.More) > 3 || len(in.Bytes) > 16 ||
				in.Maybe != nil && len([]rune(*in.Maybe)) > 5 || in.ID != r.params["id"] || in.Key != "key-00000001" {
				t.Fatalf("%s was taken: %+v", body, in)
			}
			return rpc.Empty{}, nil
		})
		if err := r.h(r); err != nil && errs.CodeOf(err) != errs.Invalid {
			t.Fatalf("%q: %v", body, err)
		}
	})
}
