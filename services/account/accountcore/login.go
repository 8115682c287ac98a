package accountcore

import (
	"net/netip"
	"strings"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/id"
	"meadow/services/platform/notify"
)

// login is a normalised email address or mobile number.
type login struct {
	channel notify.Channel
	text    string
}

// loginRecord says whose a login is. Its id is blind, so that a login is one
// document and says nothing.
type loginRecord struct {
	ID   string    `bson:"_id"`
	User id.User   `bson:"user"`
	At   time.Time `bson:"at"`
}

// loginID is the id of l's record.
func (c *Core) loginID(l login) string {
	return string(l.channel) + "_" + c.Vault.Blind("login", l.key())
}

// key tells logins apart.
func (l login) key() string { return string(l.channel) + ":" + l.text }

func parseLogin(s string) (login, error) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "@") {
		email, ok := normalEmail(s)
		if !ok {
			return login{}, account.ErrLogin
		}
		return login{notify.Email, email}, nil
	}
	phone, ok := normalMobile(s)
	if !ok {
		return login{}, account.ErrLogin
	}
	return login{notify.SMS, phone}, nil
}

// normalEmail returns the address in lower case, if it looks like one that
// mail servers take. Addresses in other scripts are not.
func normalEmail(s string) (string, bool) {
	s = strings.ToLower(s)
	local, domain, _ := strings.Cut(s, "@")
	if len(s) > 254 || local == "" || len(local) > 64 || !strings.Contains(domain, ".") {
		return "", false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", false
	}
	for _, r := range local {
		if !letterOrDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r) {
			return "", false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
		for _, r := range label {
			if !letterOrDigit(r) && r != '-' {
				return "", false
			}
		}
	}
	return s, true
}

func letterOrDigit(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// normalMobile returns the number as +86… or +…; one without a country is
// Chinese.
func normalMobile(s string) (string, bool) {
	s, ok := digitsOf(s)
	if !ok {
		return "", false
	}
	s = strings.TrimPrefix(s, "0086")
	if !strings.HasPrefix(s, "+") {
		s = "+86" + s
	}
	if n, chinese := strings.CutPrefix(s, "+86"); chinese {
		return s, len(n) == 11 && n[0] == '1' && n[1] >= '3'
	}
	return s, len(s) >= 9 && len(s) <= 16 && s[1] != '0'
}

// digitsOf drops what people write between digits. A + may come first.
func digitsOf(s string) (string, bool) {
	var b strings.Builder
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case !strings.ContainsRune(" -()\u00a0", r):
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

// client is who From.Client counts as: an address, or for IPv6 the network of
// one household.
func client(from account.From) string {
	a, err := netip.ParseAddr(from.Client)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
