package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// unsafe lists what -prod refuses, each with what to do instead.
func (c *Config) unsafe() error {
	if !c.Prod {
		return nil
	}
	var wrong []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf("-prod: "+format, args...))
		}
	}
	u, err := url.Parse(c.PublicURL)
	refuse(err != nil || u.Scheme != "https", "-public-url must be https, so that sessions cannot be read on the way")
	refuse(err == nil && loopback(u.Hostname()), "-public-url must be the shop's public name, not this machine's loopback address")
	refuse(c.Demo, "-demo fills the shop with invented people; leave it out")
	refuse(c.Ahead != 0, "-ahead makes the clock wrong; leave it out")
	refuse(slices.Contains(list(c.Payments), "sandbox"), "-payments sandbox takes no money; name a real provider, or none")
	refuse(strings.HasPrefix(c.StripeKey, "sk_test_") || strings.HasPrefix(c.StripeKey, "rk_test_"), "-stripe-key is a key for tests and takes no money")
	refuse(slices.Contains(list(c.Carriers), "sandbox"), "-carriers sandbox brings nothing to anybody; leave it empty, and shops name their carriers themselves")
	refuse(slices.Contains(list(c.Payouts), "sandbox"), "-payouts sandbox pays nobody; leave it empty until there is a bank")
	refuse(c.Notify == "", "-notify is needed: the inbox in the app shows one-time codes to everybody")
	refuse(strings.HasPrefix(c.Notify, "smtp://") && strings.Contains(c.Notify, "starttls=no"), "-notify must encrypt: remove starttls=no")
	refuse(!c.VerifyLogin, "-verify-login is needed: nobody else proves that an address is theirs")
	refuse(!c.RateLimits, "-rate-limits=false lets anybody guess as fast as they can; leave it out")
	refuse(c.MaxConnsPerIP < 1, "-max-conns-per-ip 0 lets one address take every connection")
	refuse(anybody(c.TrustedProxies), "-trusted-proxies believes everybody's X-Forwarded-For; name your proxies' own networks")
	refuse(c.LogLevel == "debug", "-log-level debug writes too much of what people do; use info")
	refuse(public(c.MetricsListen), "-metrics-listen must be on a private address")
	refuse(open(c.Blob, "secure=false") || strings.Contains(c.Blob, "minioadmin"), "-blob must be encrypted or on this machine, with keys of your own")
	refuse(plain(c.Search, "http://"), "-search must be https or on this machine")
	refuse(plain(c.Bus, "nats://"), "-bus must be tls:// or on this machine")
	refuse(c.DB != "" && !encrypted(c.DB) && !local(c.DB), "-db must use tls=true or be on this machine")
	refuse(readable(c.Secrets), "%s can be read by others; run chmod -R go= on it", c.Secrets)
	return errors.Join(wrong...)
}

// anybody reports whether a list of networks holds the whole internet.
func anybody(networks string) bool {
	return slices.ContainsFunc(list(networks), func(n string) bool { return strings.HasSuffix(n, "/0") })
}

// encrypted reports whether a database's address asks for TLS: mongodb+srv does
// unless told otherwise.
func encrypted(address string) bool {
	if strings.Contains(address, "tls=false") || strings.Contains(address, "tlsInsecure=true") {
		return false
	}
	return strings.Contains(address, "tls=true") || strings.HasPrefix(address, "mongodb+srv://")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// public reports whether an address to listen on can be reached from anywhere.
func public(address string) bool {
	if address == "" {
		return false
	}
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsPrivate())
}

func local(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}

func open(address, mark string) bool { return strings.Contains(address, mark) && !local(address) }

func plain(address, scheme string) bool { return strings.HasPrefix(address, scheme) && !local(address) }

// readable reports whether anybody but the owner may look into a folder that
// exists.
func readable(dir string) bool {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return err == nil && info.Mode().Perm()&0o077 != 0
}
