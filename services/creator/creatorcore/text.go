package creatorcore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"meadow/services/kernel/errs"
)

// plain returns s as text alone: one kind of line end, and no characters that
// control a screen or turn the direction of what stands around them.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(bare, strings.ReplaceAll(s, "\r\n", "\n")))
}

// bare is plain for one character: -1 for one that goes.
func bare(r rune) rune {
	switch {
	case r == '\r':
		return '\n'
	case r == '\n', r == '\t':
		return r
	case unicode.IsControl(r), r == utf8.RuneError,
		'\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', r == '\ufeff':
		return -1
	}
	return r
}

// oneLine is plain with all spaces and line ends as single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// line returns s if it has from least to most characters.
func line(field, s string, least, most int) (string, error) {
	n := utf8.RuneCountInString(s)
	switch {
	case n < least && least == 1:
		return "", errs.ErrInvalid.With(field, "is required")
	case n > most:
		return "", errs.ErrInvalid.With(field, fmt.Sprintf("must be at most %d characters", most))
	}
	return s, nil
}

const (
	maxTopics = 10
	maxTopic  = 30 // characters
)

// topicsOf returns topics without their #, each once, however it is written.
func topicsOf(in []string) ([]string, error) {
	out := make([]string, 0, len(in))
	seen := map[string]bool{}
	for _, t := range in {
		t = oneLine(strings.TrimLeft(plain(t), "#＃ "))
		key := strings.ToLower(t)
		if t == "" || seen[key] {
			continue
		}
		if _, err := line("topics", t, 1, maxTopic); err != nil {
			return nil, err
		}
		seen[key] = true
		out = append(out, t)
	}
	if len(out) > maxTopics {
		return nil, errs.ErrInvalid.With("topics", fmt.Sprintf("must be at most %d items", maxTopics))
	}
	return out, nil
}

// fingerprint tells apart two requests that bear one id.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("creator: %T cannot be encoded: %v", v, err)) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
