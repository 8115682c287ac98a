package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"

	"meadow/services/checkout/pay/sandbox"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/kernel/money"
	payouts "meadow/services/ledger/payout/sandbox"
)

// Config is everything that can be set. Each field is a flag, an environment
// variable (MEADOW_ and its name in capitals, "_" for "-") and a line of the
// configuration file; the first of these that says something counts. The zero
// value of a URL means: embedded, in Data.
type Config struct {
	Data      string `koanf:"data" help:"folder that keeps everything embedded"`
	Secrets   string `koanf:"secrets" help:"folder of keys, the same for every process of a shop; DATA/secrets if empty"`
	Listen    string `koanf:"listen" help:"host:port to serve on"`
	PublicURL string `koanf:"public-url" help:"address that browsers use; http://LISTEN if empty"`
	Roles     string `koanf:"roles" help:"roles to play here, of gateway,feed,creator,checkout,media"`
	Peers     string `koanf:"peers" help:"role=url,… of the roles played elsewhere; feed.1=url is the feed's part 1"`
	FeedShard string `koanf:"feed-shard" help:"the part of the posts that the feed keeps here, as 0/2; all if empty"`
	FeedMB    int64  `koanf:"feed-memory" help:"how much the feed may keep in memory, in megabytes"`

	DB     string `koanf:"db" help:"mongodb://… ; embedded if empty" secret:"url"`
	Blob   string `koanf:"blob" help:"s3://KEY:SECRET@host:port/bucket ; embedded if empty" secret:"url"`
	Search string `koanf:"search" help:"http://:KEY@host:port of a Meilisearch ; embedded if empty" secret:"url"`
	Bus    string `koanf:"bus" help:"nats://… ; embedded if empty" secret:"url"`
	Notify string `koanf:"notify" help:"smtp://USER:PASSWORD@host:port?from=… ; an inbox in the app if empty" secret:"url"`

	Payments     string `koanf:"payments" help:"payment providers to offer, of sandbox,stripe,alipay"`
	StripeKey    string `koanf:"stripe-key" help:"Stripe's secret API key" secret:"all"`
	StripeSecret string `koanf:"stripe-webhook-secret" help:"the signing secret of Stripe's webhook endpoint, PUBLIC-URL/webhooks/stripe" secret:"all"`
	AlipayApp    string `koanf:"alipay-app" help:"the shop's app id at Alipay"`
	AlipayKey    string `koanf:"alipay-key" help:"the shop's private key for Alipay, in base64" secret:"all"`
	AlipayPublic string `koanf:"alipay-public-key" help:"Alipay's public key, in base64"`
	Carriers     string `koanf:"carriers" help:"carriers that are told of boxes: sandbox; without any, shops name theirs and its numbers"`
	Payouts      string `koanf:"payouts" help:"the bank that pays shops and creators: sandbox; nobody can ask for a payout without one"`

	Currency    string `koanf:"currency" help:"what prices are in, as ISO 4217"`
	Fee         int64  `koanf:"fee" help:"what the platform keeps of the goods' price, in basis points"`
	ShippingFee int64  `koanf:"shipping-fee" help:"what sending an order costs, in minor units"`
	FreeFrom    int64  `koanf:"free-shipping-from" help:"price of goods from which sending is free, in minor units"`
	VerifyLogin bool   `koanf:"verify-login" help:"ask for a one-time code when somebody signs up"`

	Ahead          int64  `koanf:"ahead" help:"hours that the shop's clock runs ahead, to rehearse what takes days"`
	Demo           bool   `koanf:"demo" help:"fill an empty shop with a demonstration"`
	Prod           bool   `koanf:"prod" help:"refuse to start with a setting that is unsafe on the internet"`
	TrustedProxies string `koanf:"trusted-proxies" help:"networks whose X-Forwarded-For is believed, as CIDR,…"`
	MaxConnsPerIP  int    `koanf:"max-conns-per-ip" help:"connections from one address; 0 is any number"`
	RateLimits     bool   `koanf:"rate-limits" help:"limit how fast one address may ask"`
	MetricsListen  string `koanf:"metrics-listen" help:"host:port of /metrics, apart from everything else"`
	Trace          string `koanf:"trace" help:"OTLP address for traces; off if empty" secret:"url"`
	LogFormat      string `koanf:"log-format" help:"text or json"`
	LogLevel       string `koanf:"log-level" help:"debug, info, warn or error"`
}

// Default runs the whole shop with nothing installed.
func Default() Config {
	return Config{
		Data: "data", Listen: "127.0.0.1:8080", Roles: strings.Join(allRoles, ","),
		Payments: sandbox.Name, Carriers: carriers.Name, Payouts: payouts.Name, Currency: "CNY", Fee: 200, ShippingFee: 800, FreeFrom: 9900, FeedMB: 2560,
		MaxConnsPerIP: 200, RateLimits: true, LogFormat: "text", LogLevel: "info",
	}
}

// Roles a process can play.
const (
	Gateway  = "gateway"
	Feed     = "feed"
	Creator  = "creator"
	Checkout = "checkout"
	Media    = "media"
)

var allRoles = []string{Gateway, Feed, Creator, Checkout, Media}

// parse reads the configuration from its four places.
func parse(args []string, stderr io.Writer) (cfg Config, print bool, rest []string, err error) {
	k := koanf.New(".")
	fs := flag.NewFlagSet("meadow", flag.ContinueOnError)
	fs.SetOutput(stderr)
	path := fs.String("config", "", "file of settings, as YAML")
	fs.BoolVar(&print, "print-config", false, "print the settings in force, without secrets, and stop")
	declare(fs, Default())
	if err := fs.Parse(args); err != nil {
		return cfg, false, nil, err
	}
	if err := k.Load(structs.Provider(Default(), "koanf"), nil); err != nil {
		return cfg, false, nil, err
	}
	if *path != "" {
		if err := k.Load(file.Provider(*path), yaml.Parser()); err != nil {
			return cfg, false, nil, fmt.Errorf("configuration file: %w", err)
		}
	}
	known := settings()
	fromEnv := env.Provider(".", env.Opt{Prefix: "MEADOW_", TransformFunc: func(name, value string) (string, any) {
		name = strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "MEADOW_")), "_", "-")
		if !slices.Contains(known, name) {
			return "", nil // MEADOW_TEST_… and the like are not ours to read
		}
		return name, value
	}})
	if err := k.Load(fromEnv, nil); err != nil {
		return cfg, false, nil, err
	}
	given := map[string]any{}
	fs.Visit(func(f *flag.Flag) {
		if slices.Contains(known, f.Name) {
			given[f.Name] = f.Value.String()
		}
	})
	if err := k.Load(confmap.Provider(given, "."), nil); err != nil {
		return cfg, false, nil, err
	}
	for _, name := range k.Keys() {
		if !slices.Contains(known, name) {
			return cfg, false, nil, fmt.Errorf("setting %q is not known; -h lists them all", name)
		}
	}
	if err := k.Unmarshal("", &cfg); err != nil {
		return cfg, false, nil, fmt.Errorf("a setting cannot be read: %w", err)
	}
	return cfg, print, fs.Args(), cfg.complete()
}

// declare makes a flag of every setting.
func declare(fs *flag.FlagSet, d Config) {
	v := reflect.ValueOf(d)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, help := f.Tag.Get("koanf"), f.Tag.Get("help")
		switch x := v.Field(i).Interface().(type) {
		case string:
			fs.String(name, x, help)
		case bool:
			fs.Bool(name, x, help)
		case int:
			fs.Int(name, x, help)
		case int64:
			fs.Int64(name, x, help)
		}
	}
}

// ahead is how far the shop's clock runs before the machine's.
func (c Config) ahead() time.Duration { return time.Duration(c.Ahead) * time.Hour }

// settings are the names of all settings.
func settings() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		names = append(names, f.Tag.Get("koanf"))
	}
	return names
}

// complete fills in what follows from other settings, and says what is wrong.
func (c *Config) complete() error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if err := c.absolute(); err != nil {
		wrong = append(wrong, err)
	}
	if c.Secrets == "" {
		c.Secrets = filepath.Join(c.Data, "secrets")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		say("-listen %q is not host:port: %w", c.Listen, err)
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		say("-public-url %q is not an http or https address", c.PublicURL)
	}
	for _, r := range c.roles() {
		if !slices.Contains(allRoles, r) {
			say("-roles: %q is not one of %s", r, strings.Join(allRoles, ", "))
		}
	}
	if _, err := c.peers(); err != nil {
		wrong = append(wrong, err)
	}
	if _, _, err := c.feedShard(); err != nil {
		wrong = append(wrong, err)
	}
	for _, s := range []struct{ flag, value, schemes string }{
		{"-db", c.DB, "mongodb mongodb+srv"}, {"-blob", c.Blob, "s3"}, {"-search", c.Search, "http https"},
		{"-bus", c.Bus, "nats tls"}, {"-notify", c.Notify, "smtp smtps"}, {"-trace", c.Trace, "http https"},
	} {
		if scheme, _, _ := strings.Cut(s.value, "://"); s.value != "" && !slices.Contains(strings.Fields(s.schemes), scheme) {
			say("%s must begin with %s://", s.flag, strings.Join(strings.Fields(s.schemes), ":// or "))
		}
	}
	if len(c.Currency) != 3 || c.Currency != strings.ToUpper(c.Currency) {
		say("-currency %q is not an ISO 4217 code such as CNY", c.Currency)
	}
	if c.Fee < 0 || c.Fee > int64(money.Whole)/2 {
		say("-fee %d is not between 0 and %d basis points", c.Fee, money.Whole/2)
	}
	if c.Ahead < 0 || c.Ahead > 24*366 {
		say("-ahead %d is not between 0 and %d hours", c.Ahead, 24*366)
	}
	if c.FeedMB < 64 {
		say("-feed-memory %d is less than 64", c.FeedMB)
	}
	if c.ShippingFee < 0 || c.FreeFrom < 0 {
		say("-shipping-fee and -free-shipping-from cannot be below zero")
	}
	if _, err := c.proxies(); err != nil {
		wrong = append(wrong, err)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		say("-log-format %q is not text or json", c.LogFormat)
	}
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, c.LogLevel) {
		say("-log-level %q is not one of %s", c.LogLevel, strings.Join(levels, ", "))
	}
	wrong = append(wrong, c.trade(), c.split(), c.unsafe())
	return errors.Join(wrong...)
}

// absolute makes Data independent of where the process stands: the embedded
// object store changes that.
func (c *Config) absolute() error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("-data %q: %w", c.Data, err)
	}
	c.Data = data
	return nil
}

func (c *Config) roles() []string {
	roles := list(c.Roles)
	slices.Sort(roles)
	return slices.Compact(roles)
}

// peers are the addresses of roles played elsewhere, and of parts of the feed as
// "feed.1".
func (c *Config) peers() (map[string]string, error) {
	out := map[string]string{}
	for _, p := range list(c.Peers) {
		role, address, _ := strings.Cut(p, "=")
		kind, part, parted := strings.Cut(role, ".")
		if _, err := strconv.ParseUint(part, 10, 8); parted && (kind != Feed || err != nil) {
			kind = ""
		}
		u, err := url.Parse(address)
		if !slices.Contains(allRoles, kind) || err != nil || u.Host == "" {
			return nil, fmt.Errorf("-peers: %q is not role=http://host:port", p)
		}
		out[role] = strings.TrimSuffix(address, "/")
	}
	return out, nil
}

// maxFeedShards is more than one machine room needs, and bounds what one request
// asks of others.
const maxFeedShards = 64

// feedShard is which of how many parts of the posts the feed keeps here.
func (c *Config) feedShard() (shard, shards int, err error) {
	if c.FeedShard == "" {
		return 0, 1, nil
	}
	one, all, ok := strings.Cut(c.FeedShard, "/")
	i, err1 := strconv.Atoi(one)
	n, err2 := strconv.Atoi(all)
	if !ok || err1 != nil || err2 != nil || i < 0 || i >= n || n > maxFeedShards {
		return 0, 0, fmt.Errorf("-feed-shard %q is not a part such as 0/2, of at most %d", c.FeedShard, maxFeedShards)
	}
	return i, n, nil
}

func (c *Config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list(c.TrustedProxies) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("-trusted-proxies: %q is not a network such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// split refuses an embedded store under some roles only: its other processes
// would see another store.
func (c *Config) split() error {
	shard, shards, _ := c.feedShard() // its fault was said already
	if len(c.roles()) == len(allRoles) && shards == 1 {
		return nil
	}
	var missing []string
	for name, value := range map[string]string{"-db": c.DB, "-blob": c.Blob, "-search": c.Search, "-bus": c.Bus} {
		if value == "" && needs(name, c.roles()) {
			missing = append(missing, name)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		return fmt.Errorf("-roles %s: several processes cannot share an embedded store; give %s", c.Roles, strings.Join(missing, ", "))
	}
	peers, err := c.peers()
	if err != nil {
		return nil // said already
	}
	for _, r := range allRoles {
		if r != Gateway && !slices.Contains(c.roles(), r) && peers[r] == "" {
			missing = append(missing, r)
		}
	}
	if slices.Contains(c.roles(), Feed) {
		for i := range shards {
			if part := fmt.Sprintf("%s.%d", Feed, i); i != shard && peers[part] == "" {
				missing = append(missing, part)
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("-peers: say where %s is served", strings.Join(missing, ", "))
	}
	return nil
}

// needs reports whether any of roles uses the store that a flag names.
func needs(name string, roles []string) bool {
	users := map[string][]string{"-db": {Feed, Creator, Checkout, Media}, "-blob": {Media, Feed}, "-search": {Feed}, "-bus": {Feed, Creator, Checkout, Media}}
	return slices.ContainsFunc(users[name], func(r string) bool { return slices.Contains(roles, r) })
}

func list(s string) []string {
	return slices.DeleteFunc(strings.Split(strings.ReplaceAll(s, " ", ""), ","), func(x string) bool { return x == "" })
}
