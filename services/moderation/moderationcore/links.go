package moderationcore

import (
	"regexp"
	"slices"
	"strings"
)

// host finds what may be an address on the web: at least two labels, the last of
// letters, with or without a scheme before it.
var host = regexp.MustCompile(`(https?://|www\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})\b`)

// common are top-level domains that make a name without a scheme an address and
// not two sentences without a space between them.
var common = []string{
	"com", "cn", "net", "org", "io", "co", "me", "cc", "tv", "top", "xyz", "shop", "store", "site", "online", "vip", "club", "link", "app",
	"info", "biz", "live", "ru", "hk", "tw", "jp", "kr", "uk", "de", "us", "ly", "gl", "to", "ws", "icu", "work", "win", "wang", "ltd",
}

// linksOf returns the hosts of the addresses in folded text, each time they occur.
func linksOf(plain string) []string {
	plain = dots.Replace(plain)
	var out []string
	for _, m := range host.FindAllStringSubmatchIndex(plain, -1) {
		scheme, name := m[2] >= 0, plain[m[4]:m[5]]
		if m[0] > 0 && plain[m[0]-1] == '@' { // of an email address
			continue
		}
		if last := name[strings.LastIndexByte(name, '.')+1:]; scheme || slices.Contains(common, last) {
			out = append(out, strings.TrimPrefix(name, "www."))
		}
	}
	return out
}

// dots are how an address is written to pass unseen.
var dots = strings.NewReplacer("。", ".", "[.]", ".", "(.)", ".", "[dot]", ".", "(dot)", ".", "hxxp", "http")

// below reports whether a host is the domain or below it.
func below(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// domain returns what an entry of the list of links is matched by, or "".
func domain(value string) string {
	value = strings.TrimSpace(plainly(value))
	if _, rest, ok := strings.Cut(value, "://"); ok {
		value = rest
	}
	value, _, _ = strings.Cut(value, "/")
	value = strings.TrimPrefix(strings.TrimPrefix(value, "*."), "www.")
	if m := host.FindString(value); m == "" || m != value {
		return ""
	}
	return value
}
