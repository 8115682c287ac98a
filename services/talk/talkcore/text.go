package talkcore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain returns s as text alone: one kind of line end, at most one empty line at
// a time, and no characters that control a screen or turn the direction of what
// stands around them.
func plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r == utf8.RuneError, r == '\ufeff',
			'\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return strings.TrimSpace(s)
}

// blank reports whether s shows nothing: spaces, and characters without a shape.
func blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Mn, r) && r != '\u3164' && r != '\u2800'
	})
}

// fold makes words comparable: without regard to case and to full or half width.
// It is the way that moderation folds the words of a Shield.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// holdsAny reports whether a text holds one of words, which are folded.
func holdsAny(text string, words []string) bool {
	if len(words) == 0 {
		return false
	}
	text = fold(text)
	for _, w := range words {
		if w != "" && strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func foldAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fold(strings.TrimSpace(w))
	}
	return out
}

// links is what reads as an address to leave by: with a scheme, with www, or a
// name under one of the top-level domains that spam comes under.
var links = regexp.MustCompile(`[a-z][a-z0-9+.-]*://|\bwww\.[a-z0-9]|\b[a-z0-9-]+\.(com|cn|net|org|io|co|shop|top|xyz|info|me|app|cc|tv|link|site|online|store|vip|club|ru|de|uk|jp|hk|tw|us|eu|biz|live|ly|gg)\b`)

func hasLink(s string) bool { return links.MatchString(fold(s)) }

// excerpt is the first n characters of s.
func excerpt(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("talk: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
