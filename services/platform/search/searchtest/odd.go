package searchtest

import (
	"errors"
	"strings"
	"testing"

	"meadow/services/platform/search"
)

func (s suite) refused(t *testing.T) {
	ix := s.with(t, doc("a", "Anything"))
	for name, q := range map[string]search.Query{
		"too long":        text(strings.Repeat("x", search.MaxText+1)),
		"too long in Han": text(strings.Repeat("猫", search.MaxText+1)),
		"ten thousand":    text(strings.Repeat("a ", 5000)),
		"not UTF-8":       text("a\xff\xfe"),
		"many facets":     {Facets: make([]string, search.MaxFacets+1)},
		"many counts":     {Count: make([]string, search.MaxFacets+1)},
		"count no name":   {Count: []string{""}},
		"count a value":   {Count: []string{"category:beauty"}},
		"sort by a word":  {Sort: "colour"},
		"sort by a sign":  {Sort: "-"},
		"range of a word": {Ranges: []search.Range{{Num: "colour"}}},
		"many ranges":     {Ranges: make([]search.Range, search.MaxFacets+1)},
	} {
		if _, err := ix.Find(t.Context(), q); !errors.Is(err, search.ErrQuery) {
			t.Errorf("%s: got %v, want %v", name, err, search.ErrQuery)
		}
	}
	find(t, ix, text(strings.Repeat("猫", search.MaxText)))
	find(t, ix, text(strings.Repeat("ab ", search.MaxText/3)))
}

func (s suite) odd(t *testing.T) {
	ix := s.with(t, doc("a", `He said "never" (again) 猫`), doc("b", "C++ & C#: 100% +1 -x"))
	for _, q := range []string{
		`"never"`, `"never`, `+never`, `never*`, `(never`, `title:never`, `never~2`, `/never/`, `never^9`, `\never\`,
		`"never again"`, `“never”`, `never AND again`, "never\x00again", "\x00", "-", "--", "*", "?", "~", "^", ":", "\\", "/", "[", "{",
		"🐱", "👨‍👩‍👧‍👦", "👍🏽", "\u200d", "\ufeff", "\u202e", "e\u0301", "ﬁ", "İ", "ß", "ＡＢＣ", "\U0010ffff", "¯\\_(ツ)_/¯",
		"<script>alert(1)</script>", "'; DROP TABLE posts; --", "${jndi:ldap://x}", "%00", "%s%n", "../../etc/passwd",
		"C++", "C#", "100%", "ไทย", "العربية", "한국어", "日本語", "Ελλάδα", "ру́сский", strings.Repeat("🐱", 100),
		strings.Repeat("a", 199), strings.Repeat("ab ", 60), strings.Repeat("\"", 200), strings.Repeat("(", 200),
	} {
		if _, err := ix.Find(t.Context(), search.Query{Text: q, Kind: q, Facets: []string{q}, Count: []string{"x"}}); err != nil {
			t.Errorf("%q: %v", q, err)
		}
		if _, err := ix.Find(t.Context(), text(q)); err != nil {
			t.Errorf("%q: %v", q, err)
		}
	}
	for _, q := range []string{`"never"`, `"never`, `+never`, `never*`, `(never`, `\never\`, `“never”`, `"again never"`, "never\x00again", "-never", "猫!"} {
		finds(t, ix, text(q), "a")
	}
}

func (s suite) oddDocuments(t *testing.T) {
	long := strings.Repeat("很长的内容 lengthy ", 20_000)
	ix := s.with(t,
		search.Doc{ID: "empty"},
		search.Doc{ID: "nul", Title: "a\x00b quince", Tags: []string{"", "\x00"}, Facets: []string{""}},
		search.Doc{ID: "bytes", Title: "quince \xff\xfe", Body: "\xc3"},
		search.Doc{ID: "long", Title: "quince " + strings.Repeat("标题", 500), Body: long},
		search.Doc{ID: "a/b c:猫?#\"", Title: "quince"},
		search.Doc{ID: strings.Repeat("i", 200), Title: "quince 🍐"},
	)
	finds(t, ix, text("quince"), "nul", "bytes", "long", "a/b c:猫?#\"", strings.Repeat("i", 200))
	finds(t, ix, text("lengthy"), "long")
	if s.can.Symbols {
		finds(t, ix, text("🍐"), strings.Repeat("i", 200))
	}
	if err := ix.Delete(t.Context(), "a/b c:猫?#\"", "empty", ""); err != nil {
		t.Fatal(err)
	}
	sync(t, ix)
	finds(t, ix, text("quince"), "nul", "bytes", "long", strings.Repeat("i", 200))
	if err := ix.Put(t.Context(), search.Doc{Title: "no id"}); err == nil {
		t.Error("a document without an id was taken")
	}
}
