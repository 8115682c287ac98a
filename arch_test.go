package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "meadow"

// rules are the import rules of ARCHITECTURE.md. The first rule that matches a
// package says what it may import: "$std" is the standard library, other words
// are patterns of path.Match on the path within the module, or a vendor's path
// and all below it. A package that no rule names fails.
var rules = []struct{ pkg, allow string }{
	{".", "$std services/app"},
	{"services/app", "*"},
	{"services/app/*", "*"},
	{"services/kernel/*", "$std services/kernel/*"},

	{"services/platform/docdb", "$std services/kernel/* go.mongodb.org/mongo-driver/v2/bson"},
	{"services/platform/docdb/pebbledoc", "$std services/kernel/* services/platform/docdb go.mongodb.org/mongo-driver/v2/bson github.com/cockroachdb golang.org/x/sys"},
	{"services/platform/docdb/mongodoc", "$std services/kernel/* services/platform/docdb go.mongodb.org/mongo-driver/v2"},
	{"services/platform/docdb/docdbtest", "$std services/kernel/* services/platform/docdb go.mongodb.org/mongo-driver/v2/bson $test"},
	{"services/platform/blob", "$std services/kernel/* github.com/minio/minio-go/v7 github.com/versity/versitygw golang.org/x/sys golang.org/x/sync"},
	{"services/platform/blob/blobtest", "$std services/kernel/* services/platform/blob $test"},
	{"services/platform/search", "$std services/kernel/*"},
	{"services/platform/search/pinyin", "$std services/platform/search github.com/mozillazg/go-pinyin"},
	{"services/platform/search/blevesearch", "$std services/kernel/* services/platform/search services/platform/search/pinyin github.com/blevesearch go.etcd.io/bbolt"},
	{"services/platform/search/meilisearch", "$std services/kernel/* services/platform/search services/platform/search/pinyin github.com/meilisearch"},
	{"services/platform/search/searchtest", "$std services/kernel/* services/platform/search $test"},
	{"services/platform/bus", "$std services/kernel/* github.com/nats-io golang.org/x/sys"},
	{"services/platform/bus/bustest", "$std services/kernel/* services/platform/bus $test"},
	{"services/platform/rpc", "$std services/kernel/* github.com/cenkalti/backoff/v5"},
	{"services/platform/web", "$std services/kernel/* services/platform/rpc github.com/gofiber/fiber/v2 github.com/valyala/fasthttp github.com/prometheus/client_golang"},
	{"services/platform/obs", "$std services/kernel/* github.com/prometheus/client_golang go.opentelemetry.io"},
	{"services/platform/notify", "$std services/kernel/*"},
	{"services/platform/outbox", "$std services/kernel/* services/platform/docdb services/platform/bus"},
	{"services/platform/jobs", "$std services/kernel/* services/platform/docdb"},
	{"services/platform/vault", "$std services/kernel/* services/platform/docdb go.mongodb.org/mongo-driver/v2/bson"},

	{"services/checkout/pay", "$std services/kernel/*"},
	{"services/engage/webpush", "$std services/engage services/kernel/* github.com/SherClockHolmes/webpush-go"},
	{"services/checkout/pay/stripe", "$std services/kernel/* services/platform/docdb services/checkout/pay github.com/stripe/stripe-go/v82"},
	{"services/checkout/pay/alipay", "$std services/kernel/* services/checkout/pay github.com/smartwalle/alipay/v3 golang.org/x/text"},
	{"services/checkout/pay/*", "$std services/kernel/* services/platform/rpc services/platform/docdb services/platform/jobs services/checkout/pay"},
	{"services/fulfil/carrier", "$std services/fulfil services/kernel/*"},
	{"services/fulfil/carrier/*", "$std services/kernel/* services/platform/rpc services/platform/docdb services/platform/jobs services/fulfil services/fulfil/carrier"},
	{"services/promo/price", "$std services/kernel/* services/promo"},
	{"services/promo/window/windowtest", "$std $contract services/kernel/* $port services/platform/docdb/pebbledoc github.com/cockroachdb/pebble $test"},
	{"services/ledger/payout", "$std services/kernel/*"},
	{"services/ledger/payout/*", "$std services/kernel/* services/platform/docdb services/ledger/payout"},
	{"services/promo/promocore", "$std $contract services/kernel/* $port services/promo/price " + pure},
	{"services/promo/promotest", "$std $contract services/kernel/* services/platform/rpc services/platform/bus services/promo/price $test"},
	{"services/promo/*/*core", "$std $contract services/kernel/* $port services/promo/price " + pure},
	{"services/promo/*/*test", "$std $contract services/kernel/* services/platform/rpc services/platform/bus $test"},
	{"services/promo/*", "$std $contract services/kernel/* services/platform/rpc services/platform/bus"},
	{"services/*/*core", "$std $contract services/kernel/* $port services/checkout/pay services/ledger/payout services/fulfil/carrier " + pure},
	{"feed/feedcore", "$std $contract services/kernel/* $port services/platform/search/pinyin " + engine + " " + pure},
	{"feed/engine", "$std feed services/kernel/* " + engine + " " + pure},
	{"feed/evaluate", "$std feed/recommend services/kernel/*"},
	{"feed/poolsim", "$std feed/pool services/kernel/*"},
	{"media/mediacore", "$std $contract services/kernel/* $port media/mediaworker media/mediavideo " + pure},
	{"media/mediaworker", "$std media services/kernel/* " + images},
	{"media/mediavideo", "$std media services/kernel/* golang.org/x/sys"},
	{"media/mediahttp", "$std media media/mediacore media/mediavideo services/kernel/* services/platform/rpc services/platform/blob"},
	{"services/fulfil/fulfiltest", "$std $contract services/kernel/* services/platform/rpc services/platform/bus services/fulfil/carrier $test"},
	{"services/*/*test", "$std $contract services/kernel/* services/platform/rpc services/platform/bus services/checkout/pay services/checkout/pay/sandbox $test"},
	{"feed/feedtest", "$std $contract services/kernel/* services/platform/rpc $test"},
	{"media/mediatest", "$std $contract services/kernel/* services/platform/rpc $test"},
	{"services/*", "$std $contract services/kernel/* services/platform/rpc services/platform/bus"},
	{"feed/*", "$std services/kernel/* " + pure},
	{"feed", "$std $contract services/kernel/* services/platform/rpc services/platform/bus"},
	{"media", "$std $contract services/kernel/* services/platform/rpc services/platform/bus"},
	{"gateway", "$std $contract services/kernel/* services/platform/rpc services/platform/web frontend github.com/gofiber/fiber/v2 golang.org/x/time"},
	{"frontend", "$std"},
	{"deploy", "*"},
	{"deploy/*", "*"},
	{"deploy/*/*", "*"},
}

// What cores may use beside contracts and ports: libraries that compute.
const (
	images = "golang.org/x/image golang.org/x/sys github.com/gen2brain github.com/gabriel-vasile/mimetype go.n16f.net/thumbhash"
	pure   = "github.com/alexedwards/argon2id github.com/axiomhq/hyperloglog golang.org/x/text golang.org/x/sync github.com/gabriel-vasile/mimetype"
	// engine is the parts of the feed that only compute.
	engine = "feed/engine feed/recommend feed/rank feed/slate feed/pool feed/trend feed/shelf"
	tests  = "github.com/google/go-cmp pgregory.net/rapid go.uber.org/goleak"
)

var (
	contracts = []string{"feed", "media", "services/account", "services/catalog", "services/checkout", "services/creator", "services/engage", "services/insight", "services/ledger", "services/moderation", "services/talk",
		"services/promo", "services/promo/coupon", "services/promo/fullreduction", "services/promo/flashsale", "services/promo/groupbuy", "services/promo/bargain",
		"services/promo/redpacket", "services/promo/points", "services/promo/cashback", "services/promo/invite", "services/promo/window", "services/fulfil", "services/aftersale"}
	ports = []string{
		"services/platform/docdb", "services/platform/blob", "services/platform/search", "services/platform/bus",
		"services/platform/outbox", "services/platform/jobs", "services/platform/vault", "services/platform/notify", "services/platform/rpc",
	}
)

// onlyTests are packages that nothing but tests, and the commands in deploy,
// may import.
var onlyTests = []string{"services/*/*test", "services/promo/*/*test", "services/promo/promotest", "services/platform/*/*test", "feed/feedtest", "media/mediatest", "deploy/shopper"}

// TestImports reads the files itself: a test that asks "go list" is answered
// from a cache when only other packages have changed.
func TestImports(t *testing.T) {
	each(t, func(file, pkg string, imports []string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		allow, ok := allowed(pkg)
		if !ok {
			t.Errorf("%s: no rule names this package; add it to ARCHITECTURE.md and here", pkg)
			return
		}
		for _, imp := range imports {
			if !permits(allow, imp) {
				t.Errorf("%s: %s must not import %s", file, pkg, within(imp))
			}
			if isSuite(within(imp)) && !isSuite(pkg) && !strings.HasPrefix(pkg, "deploy/") {
				t.Errorf("%s: %s is for tests only", file, within(imp))
			}
		}
	})
}

// TestEveryPackageSaysWhatItIs looks for a package comment.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said, seen := map[string]bool{}, map[string]bool{}
	each(t, func(file, pkg string, _ []string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		seen[pkg] = true
		said[pkg] = said[pkg] || f.Doc != nil && (strings.HasPrefix(f.Doc.Text(), "Package ") || strings.HasPrefix(f.Doc.Text(), "Command "))
	})
	for pkg := range seen {
		if !said[pkg] {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

// each calls f with every Go file of the module.
func each(t *testing.T, f func(file, pkg string, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "dist", "bin", "data", "testdata", "warm"}, d.Name())) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, s := range parsed.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imp)
		}
		f(file, path.Dir(filepath.ToSlash(file)), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func allowed(pkg string) (string, bool) {
	for _, r := range rules {
		if ok, err := path.Match(r.pkg, pkg); err == nil && ok {
			return r.allow, true
		}
	}
	return "", false
}

func permits(allow, imp string) bool {
	local := within(imp)
	for pattern := range strings.FieldsSeq(allow) {
		switch pattern {
		case "*":
			return true
		case "$std":
			if imp == local && !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				return true
			}
		case "$contract":
			if imp != local && slices.Contains(contracts, local) {
				return true
			}
		case "$port":
			if imp != local && slices.Contains(ports, local) {
				return true
			}
		case "$test":
			if permits(tests, imp) {
				return true
			}
		default:
			if ok, err := path.Match(pattern, local); err == nil && ok {
				return true
			}
			if strings.Contains(pattern, ".") && strings.HasPrefix(imp, pattern+"/") {
				return true
			}
		}
	}
	return false
}

func isSuite(pkg string) bool {
	return slices.ContainsFunc(onlyTests, func(p string) bool { ok, err := path.Match(p, pkg); return err == nil && ok })
}

// within is an import's path inside the module, or the whole of another's.
func within(imp string) string {
	if imp == module {
		return "."
	}
	return strings.TrimPrefix(imp, module+"/")
}
