package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var update = flag.Bool("update", false, "write the golden files anew")

type (
	bookAsk struct {
		page.Ask
		Shop string `path:"shop" json:"-" min:"1" max:"40"`
		Sort string `query:"sort" json:"-" enum:"new,price"`
	}
	bookPlace struct {
		Key    string       `header:"Idempotency-Key" json:"-"`
		Title  string       `json:"title" min:"1" max:"80"`
		Copies int          `json:"copies" min:"1" max:"99"`
		Note   string       `json:"note" max:"200"`
		Tags   []string     `json:"tags" max:"5"`
		Writer bookWriter   `json:"writer"`
		Least  *money.Money `json:"least,omitempty"`
	}
	bookWriter struct {
		Name string `json:"name" min:"1" max:"40"`
		Born *int   `json:"born"`
	}
	book struct {
		ID     string            `json:"id"`
		Kind   string            `json:"kind" enum:"paper,sound"`
		Price  money.Money       `json:"price"`
		Writer bookWriter        `json:"writer"`
		At     time.Time         `json:"at"`
		Sold   time.Time         `json:"sold,omitzero"`
		Part   *book             `json:"part,omitempty"`
		Words  map[string]int    `json:"words,omitempty"`
		Raw    json.RawMessage   `json:"raw,omitempty"`
		Cover  []byte            `json:"cover,omitempty"`
		Who    *actor.Actor      `json:"who"`
		Secret string            `json:"-"`
		Labels map[string]string `json:"labels,omitempty"`
	}
)

func bookRoutes() []rpc.Route {
	var c rpc.Collector
	list := rpc.Endpoint[bookAsk, page.Page[book]]{Name: "books", Method: "GET", Path: "/shops/:shop/books", Summary: "The books of a shop."}
	place := rpc.Endpoint[bookPlace, book]{Name: "placeBook", Method: "POST", Path: "/books", Access: rpc.Only(actor.Merchant), Idempotent: true}
	mine := rpc.Endpoint[rpc.Empty, book]{Name: "myBook", Method: "GET", Path: "/books", Access: rpc.SignedIn}
	inner := rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "countBooks", Method: "GET", Path: "/internal/books", Access: rpc.Internal}
	rpc.Mount(&c, list, func(context.Context, bookAsk) (p page.Page[book], err error) { return p, nil })
	rpc.Mount(&c, place, func(context.Context, bookPlace) (b book, err error) { return b, nil })
	rpc.Mount(&c, mine, func(context.Context, rpc.Empty) (b book, err error) { return b, nil })
	rpc.Mount(&c, inner, func(context.Context, rpc.Empty) (e rpc.Empty, err error) { return e, nil })
	return c.Routes
}

func document(t *testing.T) []byte {
	t.Helper()
	b, err := rpc.OpenAPI(rpc.Info{Title: "Books", Version: "1"}, bookRoutes())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheDocumentIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	got, golden := document(t), filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the document changed; if it should, run with -update:\n%s", got)
	}
}

func TestTheDocumentIsValidOpenAPI31(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(document(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Components.Schemas) == 0 {
		t.Errorf("got %s with %d schemas", doc.OpenAPI, len(doc.Components.Schemas))
	}
}

func TestTheSameRoutesMakeTheSameDocument(t *testing.T) {
	t.Parallel()
	first := document(t)
	for range 20 {
		if !bytes.Equal(document(t), first) {
			t.Fatal("the document differs from run to run")
		}
	}
}

func TestInternalRoutesAreNotPublished(t *testing.T) {
	t.Parallel()
	if strings.Contains(string(document(t)), "countBooks") {
		t.Error("the document names an internal route")
	}
}

func TestTwoRoutesOfOneNameOrAddressAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*rpc.Route){
		"name":    func(r *rpc.Route) { r.Path += "/more" },
		"address": func(r *rpc.Route) { r.Name += "Again" },
	} {
		routes := bookRoutes()
		twin := routes[0]
		change(&twin)
		if _, err := rpc.OpenAPI(rpc.Info{}, append(routes, twin)); err == nil {
			t.Errorf("the same %s twice passed", name)
		}
	}
}
