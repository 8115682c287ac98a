package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// generator makes what a schema asks for. Of what it makes, one part in wild is
// something else; with wild 0 everything is as asked, but that put stands at at.
type generator struct {
	r    *rand.Rand
	pool []string // ids that exist
	// likely are texts for the places whose names they stand under.
	likely map[string]string
	wild   int

	at, put, here string
}

func (g *generator) oneIn(n int) bool { return g.wild > 0 && g.r.IntN(n) == 0 }

func (g *generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }

// value is JSON for a schema.
func (g *generator) value(s *openapi3.Schema, depth int) []byte {
	s = bare(s)
	if g.at != "" && g.here == g.at && s.Type.Is("string") {
		return []byte(g.put)
	}
	if g.oneIn(g.wild*3) || depth > 8 {
		return g.junk()
	}
	switch {
	case s.Type.Is("object"):
		return g.object(s, depth)
	case s.Type.Is("array"):
		return g.list(s, depth)
	case s.Type.Is("string"):
		b, _ := json.Marshal(g.text(s)) // a string can be encoded
		return b
	case s.Type.Is("boolean"):
		return []byte(g.pick("true", "false"))
	case s.Type.Is("integer"), s.Type.Is("number"):
		return []byte(g.number(s))
	}
	return []byte("{}")
}

func (g *generator) object(s *openapi3.Schema, depth int) []byte {
	var parts []string
	for _, name := range sorted(s.Properties) {
		if g.oneIn(g.wild * 3) {
			continue // is missing
		}
		before := g.here
		g.here += "." + name
		part := fmt.Sprintf("%q:%s", name, g.value(s.Properties[name].Value, depth+1))
		g.here = before
		parts = append(parts, part)
		if g.oneIn(g.wild * 10) {
			parts = append(parts, part) // is there twice
		}
	}
	if g.oneIn(g.wild * 4) {
		parts = append(parts, fmt.Sprintf("%q:%s", g.pick("__proto__", "$set", "id", "roles", "_id", "", "Price", "merchant"), g.junk()))
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

func (g *generator) list(s *openapi3.Schema, depth int) []byte {
	n := 1
	if g.wild > 0 {
		n = int(s.MinItems) + g.r.IntN(3)
	}
	if g.oneIn(g.wild * 8) {
		n = 60 + g.r.IntN(300)
	}
	var parts []string
	before := g.here
	g.here += "[]"
	for range n {
		parts = append(parts, string(g.value(s.Items.Value, depth+1)))
	}
	g.here = before
	return []byte("[" + strings.Join(parts, ",") + "]")
}

func (g *generator) number(s *openapi3.Schema) string {
	if g.oneIn(g.wild) {
		return g.pick("0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e400", "1.5", "-0", "1e3", `"7"`, "007")
	}
	low, high := int64(0), int64(100)
	if s.Min != nil {
		low = max(int64(*s.Min), -3)
	}
	if s.Max != nil {
		high = min(int64(*s.Max), low+100)
	}
	return fmt.Sprint(low + g.r.Int64N(high-low+1))
}

// text is a string for a schema: an id there is, a value of the list, a word.
func (g *generator) text(s *openapi3.Schema) string {
	if g.oneIn(g.wild) {
		return g.oddText()
	}
	if len(s.Enum) > 0 {
		return fmt.Sprint(s.Enum[g.r.IntN(len(s.Enum))])
	}
	if s.Type != nil && !s.Type.Is("string") {
		return g.pick("1", "20", "true", "0")
	}
	if s.Format == "date-time" {
		return "2026-01-02T03:04:05Z"
	}
	word := g.pool[g.r.IntN(len(g.pool))]
	if fits := g.fitting(); fits != "" && g.r.IntN(8) > 0 {
		word = fits
	} else if g.r.IntN(3) == 0 {
		word = g.pick("CNY", "home", "a cup", "13800138000", "wrong horse battery", "post", "creator", "sandbox", "request-1", "request-12345678")
	}
	if max := s.MaxLength; max != nil && uint64(len(word)) > *max {
		word = word[:*max]
	}
	for uint64(len(word)) < s.MinLength {
		word += "x"
	}
	return word
}

// fitting is a text that fits where the generator is, or "".
func (g *generator) fitting() string {
	for place, text := range g.likely {
		if strings.HasPrefix(place, ".") && strings.HasSuffix(g.here, place) || strings.HasPrefix(place, "/") && strings.Contains(g.here, place) {
			return text
		}
	}
	return ""
}

func (g *generator) oddText() string {
	switch g.r.IntN(12) {
	case 0:
		return strings.Repeat(g.pick("a", "漢", "🌱", "\u202e", "e\u0301"), 1<<g.r.IntN(13))
	case 1:
		return g.pick("\x00", "a\x00b", "\x1b[2J", "\u0085", "\x7f", "line\r\nX-Injected: 1")
	case 2:
		return g.pick("", " ", "\t", "\n", "\u200b", "\ufeff", "\u2028")
	case 3:
		return g.pick("..", ".", "../../etc/passwd", "..%2f..%2f", "/", "\\", "%", "%zz", "%00", "a/b", "?", "#", ";")
	case 4:
		return queryOperators[g.r.IntN(len(queryOperators))]
	case 5:
		return g.pick("' OR '1'='1", "\"; drop table users; --", "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "$(id)", "`id`")
	case 6:
		return g.pick("null", "undefined", "NaN", "-1", "1e309", "true", "[]", "{}", "0x10", "१२")
	case 7:
		return g.pick("\xff\xfe", "\xed\xa0\x80", "\xc0\xaf", "ok\xf0")
	case 8:
		return g.pick("title:*", "+-&&||!(){}[]^\"~*?:\\/", "\"unclosed", "a AND", "*", "~~~~", "????????")
	case 9:
		word := []byte(g.pool[g.r.IntN(len(g.pool))])
		word[g.r.IntN(len(word))] ^= byte(1 << g.r.IntN(5))
		return string(word)
	case 10:
		return g.pick("usr_", "ord_", "pst_", "prd_") + strings.Repeat(g.pick("0", "z", "Z", "é"), 26)
	}
	return g.pool[g.r.IntN(len(g.pool))] + g.pick(" ", "\x00", "/", "a", "%20")
}

// junk is some JSON, or nearly.
func (g *generator) junk() []byte {
	switch g.r.IntN(7) {
	case 0:
		return []byte(queryOperators[g.r.IntN(len(queryOperators))])
	case 1:
		return []byte(g.pick("null", "true", "-1", "1e999", "0.1", "[]", "{}", `""`, "[[]]", "[null]"))
	case 2:
		b, _ := json.Marshal(g.oddText())
		return b
	case 3:
		depth := 1 << g.r.IntN(14)
		return []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
	case 4:
		depth := 1 << g.r.IntN(11)
		return []byte(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
	case 5:
		return []byte(g.pick(`"\ud800"`, `"\u0000"`, "'a'", "undefined", "NaN", "+1", "01", "tru", `"\x"`))
	}
	return []byte(fmt.Sprintf(`{"amount":%s,"currency":%q}`, g.pick("1", "-1", "9223372036854775807", "1.5", `"1"`), g.pick("CNY", "USD", "", "cny")))
}

// broken is a body, now and then damaged on its way.
func (g *generator) broken(b []byte) []byte {
	if !g.oneIn(g.wild) || len(b) == 0 {
		return b
	}
	switch g.r.IntN(8) {
	case 0:
		return b[:g.r.IntN(len(b))]
	case 1:
		b[g.r.IntN(len(b))] ^= byte(1 << g.r.IntN(8))
		return b
	case 2:
		return append(b, b...)
	case 3:
		return append([]byte("\ufeff"), b...)
	case 4:
		return []byte(strings.Repeat(" ", 1<<g.r.IntN(17)) + string(b))
	case 5:
		return g.junk()
	case 6:
		return nil
	}
	return []byte(strings.Repeat(g.pick("[", `{"a":[`, `"`, "\x00"), 1<<g.r.IntN(15)))
}
