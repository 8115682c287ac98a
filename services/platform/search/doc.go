package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"meadow/services/kernel/errs"
)

// Bounds of a document, in bytes. What is longer is cut, and a longer facet is
// left out; a longer id is refused.
const (
	MaxID    = 256
	MaxTitle = 4 << 10
	MaxBody  = 32 << 10
	MaxFacet = 128
)

// MaxNum bounds numbers, and -MaxNum: what a float64 holds exactly.
const MaxNum = 1 << 53

// Check returns d as a driver should keep it: within its bounds and valid
// UTF-8 throughout. It answers errs.ErrInvalid if d has no usable id.
func (d Doc) Check() (Doc, error) {
	switch {
	case d.ID == "":
		return d, errs.ErrInvalid.With("id", "is empty")
	case len(d.ID) > MaxID:
		return d, errs.ErrInvalid.With("id", "is too long")
	case !utf8.ValidString(d.ID):
		return d, errs.ErrInvalid.With("id", "is not UTF-8")
	}
	d.Kind = cut(clean(d.Kind), MaxFacet)
	d.Title = cut(clean(d.Title), MaxTitle)
	d.Body = cut(clean(d.Body), MaxBody)
	d.Tags = slices.Clone(d.Tags)
	for i, t := range d.Tags {
		d.Tags[i] = cut(clean(t), MaxTitle)
	}
	var facets []string
	for _, f := range d.Facets {
		if f = clean(f); f != "" && len(f) <= MaxFacet {
			facets = append(facets, f)
		}
	}
	d.Facets = facets
	nums := make(map[string]int64, len(d.Nums))
	for name, n := range d.Nums {
		if IsNum(name) {
			nums[name] = bound(n)
		}
	}
	d.Nums = nums
	return d, nil
}

// NumNames are the names of numbers that are kept.
func NumNames() []string { return []string{NumAt, NumPrice, NumSold} }

// IsNum reports whether name is one of them.
func IsNum(name string) bool { return slices.Contains(NumNames(), name) }

func bound(n int64) int64 { return max(-MaxNum, min(n, MaxNum)) }

func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// cut shortens s to n bytes without cutting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
