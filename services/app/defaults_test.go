package app

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/platform/rpc"
)

func TestAFirstStartMakesKeysForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "shop")
	openDoor(t, data, errorsOnly(t), nil).close()
	keys := map[string]string{}
	for _, dir := range []string{data, filepath.Join(data, "secrets")} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v; want mode 0700", dir, info.Mode(), err)
		}
	}
	err := filepath.WalkDir(filepath.Join(data, "secrets"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		b, err := os.ReadFile(path)
		keys[string(b)] = d.Name()
		if len(bytes.TrimSpace(b)) < 43 || len(slices.Compact(slices.Sorted(slices.Values(b)))) < 12 {
			t.Errorf("%s does not look like 32 random bytes: %q", path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 9 {
		t.Errorf("%d different keys, want 9: %v", len(keys), keys)
	}

	again := openDoor(t, data, errorsOnly(t), nil)
	again.close()
	for text, name := range keys {
		if b, err := os.ReadFile(filepath.Join(data, "secrets", name)); err != nil || string(b) != text {
			t.Errorf("%s changed when the shop started again (%v)", name, err)
		}
	}
	other := filepath.Join(t.TempDir(), "other")
	openDoor(t, other, errorsOnly(t), nil).close()
	for text, name := range keys {
		if b, err := os.ReadFile(filepath.Join(other, "secrets", name)); err != nil || string(b) == text {
			t.Errorf("%s is the same in two shops (%v)", name, err)
		}
	}
}

func TestTheCommandIsReachableFromItsOwnMachineOnlyAndHandsOutALink(t *testing.T) {
	t.Parallel()
	cfg, _, _, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		t.Errorf("without flags it listens on %q", cfg.Listen)
	}
	if cfg.MetricsListen != "" || cfg.Demo || cfg.TrustedProxies != "" || !cfg.RateLimits || cfg.MaxConnsPerIP == 0 {
		t.Errorf("what is set without flags: %+v", cfg)
	}

	address, err := shopper.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Main(ctx, []string{"-data", filepath.Join(t.TempDir(), "data"), "-listen", address}, in, io.Discard)
		done <- err
		in.CloseWithError(io.EOF)
	}()
	var said bytes.Buffer
	token := ""
	for b := make([]byte, 4096); token == ""; {
		n, err := out.Read(b)
		said.Write(b[:n])
		if m := regexp.MustCompile(`operator: http://\S+/enter\?token=(\w+) \(good for 30 minutes, once\)`).FindSubmatch(said.Bytes()); m != nil {
			token = string(m[1])
		}
		if err != nil && token == "" {
			t.Fatalf("no link: %q, %v, %v", said.String(), err, <-done)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends when Main has
	d := &door{testShop: &testShop{url: "http://" + address}, net: &http.Transport{}}
	d.await(t)
	operator := d.visitor("operator")
	operator.enter(t, "/account/enter", account.Enter{Token: token})
	if !slices.Contains(operator.user.Roles, actor.Operator) {
		t.Errorf("the link gives the roles %v", operator.user.Roles)
	}
	if got := d.visitor("second").ask(t, request{method: http.MethodPost, path: rpc.Prefix + "/account/enter", body: account.Enter{Token: token}}).outcome(); got != "bad_link" {
		t.Errorf("the link's second use: %s", got)
	}
	d.net.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestALinkIsGoodForHalfAnHour(t *testing.T) {
	t.Parallel()
	d := openDoor(t, t.TempDir(), errorsOnly(t), nil)
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{account.LinkTTL - time.Minute, "ok"}, {account.LinkTTL + time.Second, "bad_link"}} {
		token, err := d.front.AccountCore.OneTimeLink(actor.AsSystem(t.Context(), "test"))
		if err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(c.after)
		got := d.visitor("late").ask(t, request{method: http.MethodPost, path: rpc.Prefix + "/account/enter", body: account.Enter{Token: token}}).outcome()
		if got != c.want {
			t.Errorf("after %v: %s, want %s", c.after, got, c.want)
		}
	}
}

func TestANewShopHasNoAccountToGuess(t *testing.T) {
	t.Parallel()
	d := openDoor(t, t.TempDir(), errorsOnly(t), nil)
	names := []string{"admin", "root", "administrator", "operator", "meadow", "demo", "test", "user", "guest", "minioadmin"}
	n := 0
	for _, name := range names {
		for _, login := range []string{name, name + "@localhost", name + "@example.com"} {
			for _, password := range []string{name, "admin", "password", "changeme"} {
				n++
				p := d.visitor("guesser")
				got := p.ask(t, request{method: http.MethodPost, path: rpc.Prefix + "/account/sign-in", body: account.SignIn{Login: login, Password: password}}).outcome()
				if got != "bad_credentials" && got != "bad_login" && got != "too_many_attempts" {
					t.Errorf("%s with %s: %s", login, password, got)
				}
			}
		}
	}
	collections, err := d.front.stores.DB.Collections(t.Context())
	if err != nil || !slices.Contains(collections, "throttle_windows") {
		t.Fatalf("collections with documents: %v, %v", collections, err)
	}
	for _, name := range []string{"users", "logins", "sessions"} {
		if found, err := d.front.stores.DB.Scan(t.Context(), name, "", 10); err != nil || len(found) > 0 {
			t.Errorf("a new shop has %d %s, %v", len(found), name, err)
		}
	}
	t.Logf("%d guesses", n)
}

// safe is a configuration that -prod takes.
var safe = []string{
	"-prod", "-public-url", "https://shop.example", "-payments", "", "-carriers", "", "-payouts", "", "-verify-login",
	"-notify", "smtps://shop:secret@mail.example:465?from=shop@shop.example", "-listen", "0.0.0.0:8080",
	"-db", "mongodb://u:p@db.example/meadow?tls=true", "-blob", "s3://K:S@objects.example/bucket", "-search", "https://:k@search.example",
	"-bus", "tls://bus.example:4222", "-metrics-listen", "10.0.0.5:9100",
}

func TestProdRefusesEachUnsafeSettingByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	base := append(slices.Clone(safe), "-data", filepath.Join(dir, "data"))
	if _, _, _, err := parse(base, io.Discard); err != nil {
		t.Fatalf("the safe settings: %v", err)
	}
	embedded := append(slices.Clone(base), "-db", "", "-blob", "", "-search", "", "-bus", "", "-metrics-listen", "")
	if _, _, _, err := parse(embedded, io.Discard); err != nil {
		t.Errorf("the safe settings with everything embedded: %v", err)
	}
	unhit := refusals(t)
	for _, row := range []struct{ unsafe, want string }{
		{"-public-url http://shop.example", "-public-url must be https"},
		{"-public-url https://127.0.0.1", "-public-url must be the shop's public name"},
		{"-public-url https://localhost:8443", "-public-url must be the shop's public name"},
		{"-demo=true", "-demo"},
		{"-ahead 24", "-ahead makes the clock wrong"},
		{"-payments sandbox", "-payments sandbox"},
		{"-payments stripe -stripe-key sk_test_1 -stripe-webhook-secret whsec_1", "-stripe-key is a key for tests"},
		{"-carriers sandbox", "-carriers sandbox brings nothing"},
		{"-payouts sandbox", "-payouts sandbox pays nobody"},
		{"-notify=", "-notify is needed"},
		{"-notify smtp://mail.example:25?from=a@b.example&starttls=no", "-notify must encrypt"},
		{"-verify-login=false", "-verify-login is needed"},
		{"-rate-limits=false", "-rate-limits=false"},
		{"-max-conns-per-ip 0", "-max-conns-per-ip 0"},
		{"-log-level debug", "-log-level debug"},
		{"-metrics-listen 0.0.0.0:9100", "-metrics-listen must be on a private address"},
		{"-metrics-listen :9100", "-metrics-listen must be on a private address"},
		{"-metrics-listen 8.8.8.8:9100", "-metrics-listen must be on a private address"},
		{"-blob s3://K:S@objects.example/bucket?secure=false", "-blob must be encrypted"},
		{"-blob s3://minioadmin:minioadmin@objects.example/bucket", "-blob must be encrypted"},
		{"-search http://:k@search.example:7700", "-search must be https"},
		{"-bus nats://bus.example:4222", "-bus must be tls://"},
		{"-db mongodb://u:p@db.example/meadow", "-db must use tls=true"},
		{"-db mongodb+srv://u:p@db.example/meadow?tls=false", "-db must use tls=true"},
		{"-db mongodb://u:p@db.example/meadow?tls=true&tlsInsecure=true", "-db must use tls=true"},
		{"-trusted-proxies 10.0.0.0/8,0.0.0.0/0", "-trusted-proxies believes everybody"},
		{"-trusted-proxies ::/0", "-trusted-proxies believes everybody"},
		{"-secrets " + open, open + " can be read by others; run chmod -R go= on it"},
	} {
		args := append(slices.Clone(base), strings.Fields(row.unsafe)...)
		_, _, _, err := parse(args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "-prod: "+row.want) {
			t.Errorf("%s: %v, want %q", row.unsafe, err, row.want)
			continue
		}
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 {
			t.Errorf("%s: more is refused than that: %q", row.unsafe, lines)
		}
		for text, shape := range unhit {
			if shape.MatchString(err.Error()) {
				delete(unhit, text)
			}
		}
		without := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-prod" })
		if _, _, _, err := parse(without, io.Discard); err != nil {
			t.Errorf("%s without -prod: %v", row.unsafe, err)
		}
	}
	for text := range unhit {
		t.Errorf("no row is refused with %q", text)
	}
}

// refusals are the texts of prod.go, each with what it looks like once filled in.
func refusals(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "services", "app", "prod.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*regexp.Regexp{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "refuse" {
			text, err := strconv.Unquote(call.Args[1].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out[text] = regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(text), "%s", ".*"))
		}
		return true
	})
	if len(out) < 12 {
		t.Fatalf("prod.go refuses only %d settings", len(out))
	}
	return out
}

func TestAWrongConfigurationSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stopped, stop := context.WithCancel(t.Context())
	stop() // should one of these pass, it serves nobody
	for _, row := range []struct{ args, want string }{
		{"-listen 8080", `-listen "8080" is not host:port`},
		{"-public-url shop.example", `-public-url "shop.example" is not an http or https address`},
		{"-public-url ftp://shop.example", "is not an http or https address"},
		{"-roles gateway,kitchen", `-roles: "kitchen" is not one of gateway, feed, creator, checkout, media`},
		{"-peers kitchen=http://127.0.0.1:1", `-peers: "kitchen=http://127.0.0.1:1" is not role=http://host:port`},
		{"-peers feed", `is not role=http://host:port`},
		{"-peers creator.1=http://127.0.0.1:1", `is not role=http://host:port`},
		{"-feed-shard 2/2", `-feed-shard "2/2" is not a part such as 0/2`},
		{"-feed-shard 0/65", "of at most 64"},
		{"-ahead -1", "-ahead -1 is not between 0 and"},
		{"-feed-memory 8", "-feed-memory 8 is less than 64"},
		{"-roles feed -feed-shard 0/2 -db mongodb://h -search http://h -bus nats://h -blob s3://a:b@h/c -peers creator=http://h,checkout=http://h,media=http://h", "-peers: say where feed.1 is served"},
		{"-db postgres://db.example", "-db must begin with mongodb:// or mongodb+srv://"},
		{"-blob http://objects.example", "-blob must begin with s3://"},
		{"-search meili.example:7700", "-search must begin with http:// or https://"},
		{"-bus kafka://bus.example", "-bus must begin with nats:// or tls://"},
		{"-notify mail.example", "-notify must begin with smtp:// or smtps://"},
		{"-trace grpc://otel.example", "-trace must begin with http:// or https://"},
		{"-payments cash", `-payments: "cash" is not one of sandbox, stripe, alipay`},
		{"-payments stripe", "-payments stripe needs -stripe-key and -stripe-webhook-secret"},
		{"-payments alipay -alipay-app 2021", "-payments alipay needs -alipay-app, -alipay-key and -alipay-public-key"},
		{"-payments alipay -alipay-app 2021 -alipay-key k -alipay-public-key k -currency EUR", "-payments alipay takes CNY only"},
		{"-payments sandbox,stripe -stripe-key k -stripe-webhook-secret s -ahead 24", "-ahead makes the clock wrong, and -payments stripe is real"},
		{"-payments stripe -stripe-key k -stripe-webhook-secret s -demo", "-demo fills the shop with invented people, and -payments stripe is real"},
		{"-carriers pigeon", `-carriers: "pigeon" is not one of sandbox`},
		{"-payouts mattress", `-payouts: "mattress" is not one of sandbox`},
		{"-currency yuan", `-currency "yuan" is not an ISO 4217 code such as CNY`},
		{"-fee 9000", "-fee 9000 is not between 0 and 5000 basis points"},
		{"-fee -1", "-fee -1 is not between"},
		{"-shipping-fee -1", "-shipping-fee and -free-shipping-from cannot be below zero"},
		{"-free-shipping-from -1", "-shipping-fee and -free-shipping-from cannot be below zero"},
		{"-trusted-proxies 10.0.0.1", `-trusted-proxies: "10.0.0.1" is not a network such as 10.0.0.0/8`},
		{"-log-format xml", `-log-format "xml" is not text or json`},
		{"-log-level loud", `-log-level "loud" is not one of debug, info, warn, error`},
		{"-log-level DEBUG", `-log-level "DEBUG" is not one of`},
		{"-fee two", `invalid value "two" for flag -fee`},
		{"-max-conns-per-ip many", `invalid value "many" for flag -max-conns-per-ip`},
		{"-demo=perhaps", `invalid boolean value "perhaps" for -demo`},
		{"-listne :8080", "flag provided but not defined: -listne"},
		{"-roles gateway", "-peers: say where feed, creator, checkout, media is served"},
		{"-roles creator,checkout", "several processes cannot share an embedded store; give -bus, -db"},
		{"-roles media -bus nats://b -db mongodb://d", "cannot share an embedded store; give -blob"},
		{"-roles feed -bus nats://b -db mongodb://d", "cannot share an embedded store; give -blob, -search"},
		{"-config " + filepath.Join(dir, "nothing.yaml"), "configuration file: "},
		{"-config " + file("unknown.yaml", "lisen: 127.0.0.1:9000\n"), `setting "lisen" is not known; -h lists them all`},
		{"-config " + file("nested.yaml", "db:\n  url: mongodb://x\n"), `setting "db.url" is not known`},
		{"-config " + file("type.yaml", "fee: many\n"), "a setting cannot be read"},
		{"-config " + file("broken.yaml", "fee: [\n"), "configuration file: "},
		{"serv", "unknown command serv; there are version, move, backup, restore and audit, and none at all to serve"},
		{"-demo serve", `"serve" is not a flag; -h lists them all`},
		{"backup", "backup: -to says which file to write"},
		{"backup -data " + filepath.Join(dir, "none") + " -to " + filepath.Join(dir, "b"), "is not a data folder"},
	} {
		args := strings.Fields(row.args)
		if strings.HasPrefix(row.args, "-") {
			args = append([]string{"-data", filepath.Join(dir, "data")}, args...)
		}
		err := Main(stopped, args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.args, err, row.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("a wrong configuration left a data folder behind")
	}
}

func TestTheEnvironmentIsReadAndWhatIsNotOursIsIgnored(t *testing.T) {
	t.Setenv("MEADOW_TEST_SERVERS", "../shared")
	t.Setenv("MEADOW_KITCHEN", "closed")
	t.Setenv("MEADOW_FEE", "300")
	t.Setenv("MEADOW_LOG_FORMAT", "json")
	file := filepath.Join(t.TempDir(), "meadow.yaml")
	if err := os.WriteFile(file, []byte("fee: 100\ncurrency: USD\nlog-format: text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, _, err := parse([]string{"-config", file, "-log-format", "text"}, io.Discard)
	if err != nil || cfg.Fee != 300 || cfg.LogFormat != "text" || cfg.Currency != "USD" {
		t.Errorf("got %d %s %s, %v: a flag counts before the environment, and that before the file", cfg.Fee, cfg.LogFormat, cfg.Currency, err)
	}
	t.Setenv("MEADOW_FEE", "many")
	if _, _, _, err := parse(nil, io.Discard); err == nil || !strings.Contains(err.Error(), "a setting cannot be read") {
		t.Errorf("a malformed variable: %v", err)
	}
}

func TestPrintedSettingsHoldNoSecret(t *testing.T) {
	t.Parallel()
	args := []string{
		"-print-config", "-data", t.TempDir(), "-db", "mongodb://shop:canary-1@db.example/meadow", "-blob", "s3://KEYID:canary-2@objects.example/bucket",
		"-search", "http://:canary-3@search.example:7700", "-bus", "nats://canary-4@bus.example:4222",
		"-notify", "smtp://shop:canary-5@mail.example?from=a@shop.example", "-trace", "https://otel:canary-6@trace.example",
	}
	var out, log bytes.Buffer
	if err := Main(t.Context(), args, &out, &log); err != nil {
		t.Fatal(err)
	}
	if text := out.String() + log.String(); strings.Contains(text, "canary") {
		t.Errorf("a secret is printed:\n%s", text)
	}
	for _, name := range settings() {
		if !strings.Contains(out.String(), "\n"+name+": ") && !strings.HasPrefix(out.String(), name+": ") {
			t.Errorf("%s is not printed", name)
		}
	}
	for _, shown := range []string{"db.example", "objects.example", "search.example", "bus.example", "mail.example", "trace.example"} {
		if !strings.Contains(out.String(), shown) {
			t.Errorf("%s is hidden with its secret", shown)
		}
	}
	several := masked("mongodb://shop:canary-7@one.example:27017,two.example:27017/meadow")
	if strings.Contains(several, "canary") {
		t.Errorf("an address of several hosts shows its password: %s", several)
	}
}
