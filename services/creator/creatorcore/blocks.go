package creatorcore

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
)

const (
	maxBlocks   = 100
	maxMarks    = 200
	maxText     = 5000 // characters of a block
	maxHeading  = 120
	maxCaption  = 300
	maxItems    = 100
	maxURL      = 500
	maxChapters = 100
)

// blocksOf checks an article's blocks and returns them with their words, for
// searching.
func blocksOf(in []creator.Block, pictures int, tags []tag) ([]creator.Block, string, error) {
	switch {
	case len(in) == 0:
		return nil, "", errs.ErrInvalid.With("blocks", "is required")
	case len(in) > maxBlocks:
		return nil, "", errs.ErrInvalid.With("blocks", fmt.Sprintf("must be at most %d items", maxBlocks))
	}
	out := make([]creator.Block, len(in))
	var words []string
	for i, b := range in {
		field := fmt.Sprintf("blocks[%d]", i)
		var err error
		if out[i], err = blockOf(field, b, pictures, tags); err != nil {
			return nil, "", err
		}
		if out[i].Text != "" && out[i].Kind != creator.PictureBlock {
			words = append(words, out[i].Text)
		}
	}
	return out, strings.Join(words, "\n"), nil
}

func blockOf(field string, b creator.Block, pictures int, tags []tag) (creator.Block, error) {
	switch b.Kind {
	case creator.PictureBlock:
		if b.Picture < 0 || b.Picture >= pictures {
			return b, errs.ErrInvalid.With(field+".picture", "is not one of the pictures")
		}
		text, err := line(field+".text", oneLine(b.Text), 0, maxCaption)
		return creator.Block{Kind: b.Kind, Picture: b.Picture, Text: text}, err
	case creator.ProductBlock:
		if _, ok := tagIn(tags, b.Product); !ok {
			return b, creator.ErrNoTagged.With(field+".product", "is not one of the tags")
		}
		return creator.Block{Kind: b.Kind, Product: b.Product}, nil
	case creator.Heading, creator.Text, creator.Quote, creator.List:
		return proseOf(field, b)
	}
	return b, errs.ErrInvalid.With(field+".kind", "is not known")
}

// proseOf checks a block of words.
func proseOf(field string, b creator.Block) (creator.Block, error) {
	most := maxText
	if b.Kind == creator.Heading {
		most = maxHeading
	}
	text, moved := tidy(b.Text)
	if _, err := line(field+".text", text, 1, most); err != nil {
		return b, err
	}
	switch lines := strings.Split(text, "\n"); {
	case b.Kind == creator.Heading && len(lines) > 1:
		return b, errs.ErrInvalid.With(field+".text", "must be one line")
	case b.Kind == creator.List && len(lines) > maxItems:
		return b, errs.ErrInvalid.With(field+".text", fmt.Sprintf("must be at most %d lines", maxItems))
	case b.Kind == creator.List && slices.ContainsFunc(lines, func(s string) bool { return strings.TrimSpace(s) == "" }):
		return b, errs.ErrInvalid.With(field+".text", "has an empty line")
	}
	marks, err := marksOf(field, b.Marks, moved)
	return creator.Block{Kind: b.Kind, Text: text, Marks: marks}, err
}

// tidy is plain for text that marks point into: moved says for each character,
// and for the end, where it stands now.
func tidy(s string) (text string, moved []int) {
	in := []rune(s)
	out := make([]rune, 0, len(in))
	moved = make([]int, len(in)+1)
	for i, r := range in {
		moved[i] = len(out)
		if r == '\r' && i+1 < len(in) && in[i+1] == '\n' {
			continue
		}
		if r = bare(r); r >= 0 && (len(out) > 0 || !unicode.IsSpace(r)) {
			out = append(out, r)
		}
	}
	moved[len(in)] = len(out)
	for len(out) > 0 && unicode.IsSpace(out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	for i := range moved {
		moved[i] = min(moved[i], len(out))
	}
	return string(out), moved
}

// marksOf checks marks, each in range and of one style at a time, and returns
// them in order. Those whose characters are gone are left out.
func marksOf(field string, in []creator.Mark, moved []int) ([]creator.Mark, error) {
	if len(in) > maxMarks {
		return nil, errs.ErrInvalid.With(field+".marks", fmt.Sprintf("must be at most %d items", maxMarks))
	}
	var out []creator.Mark
	for i, m := range in {
		field := fmt.Sprintf("%s.marks[%d]", field, i)
		if m.From < 0 || m.From >= m.To || m.To >= len(moved) {
			return nil, errs.ErrInvalid.With(field, "is not in the text")
		}
		switch m.Style {
		case "bold", "italic":
			m.URL = ""
		case "link":
			if !safe(m.URL) {
				return nil, errs.ErrInvalid.With(field+".url", "must be an https address")
			}
		default:
			return nil, errs.ErrInvalid.With(field+".style", "must be one of bold, italic, link")
		}
		if m.From, m.To = moved[m.From], moved[m.To]; m.From < m.To {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b creator.Mark) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	ends := map[string]int{}
	for _, m := range out {
		if m.From < ends[m.Style] {
			return nil, errs.ErrInvalid.With(field+".marks", "overlap in one style")
		}
		ends[m.Style] = m.To
	}
	return out, nil
}

// safe reports whether a link may lead there.
func safe(link string) bool {
	if utf8.RuneCountInString(link) > maxURL || strings.ContainsFunc(link, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' }) {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.Opaque == ""
}

// chaptersOf checks the chapters of a video, each within it and beginning at an
// instant of its own, and returns them in order.
func chaptersOf(in []creator.Chapter, duration int64, tags []tag) ([]creator.Chapter, error) {
	if len(in) > maxChapters {
		return nil, errs.ErrInvalid.With("chapters", fmt.Sprintf("must be at most %d items", maxChapters))
	}
	out := slices.Clone(some(in))
	slices.SortStableFunc(out, func(a, b creator.Chapter) int { return cmp.Compare(a.At, b.At) })
	last := int64(-1)
	for i, ch := range out {
		field := fmt.Sprintf("chapters[%d]", i)
		title, err := line(field+".title", oneLine(ch.Title), 1, 60)
		switch {
		case err != nil:
			return nil, err
		case ch.At < 0 || ch.At >= duration:
			return nil, errs.ErrInvalid.With(field+".at_ms", "is not in the video")
		case ch.At <= last:
			return nil, errs.ErrInvalid.With(field+".at_ms", "is of another chapter already")
		}
		if _, ok := tagIn(tags, ch.Product); !ok && ch.Product != "" {
			return nil, creator.ErrNoTagged.With(field+".product", "is not one of the tags")
		}
		out[i], last = creator.Chapter{At: ch.At, Title: title, Product: ch.Product}, ch.At
	}
	return out, nil
}
