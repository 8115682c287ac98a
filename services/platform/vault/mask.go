package vault

import (
	"strings"
	"unicode/utf8"
)

// MaskPhone shows enough of a number to be recognised by its owner:
// "138****8000". A country code is left out of a Chinese number, kept in others.
func MaskPhone(phone string) string {
	digits := []rune(strings.TrimPrefix(phone, "+86"))
	if len(digits) < 7 {
		return strings.Repeat("*", len(digits))
	}
	return string(digits[:3]) + "****" + string(digits[len(digits)-min(4, len(digits)-6):])
}

// MaskEmail shows the first letter and the domain: "a***@example.com".
func MaskEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return "***"
	}
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + "***@" + domain
}

// MaskName shows the first character of a name: "王**", "A**".
func MaskName(name string) string {
	if name == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(name)
	return string(first) + "**"
}
