package mediacore

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxCues    = 20_000
	maxCueTime = 100 * time.Hour
)

// vttMark is what a file of captions begins with.
const vttMark = "WEBVTT"

// isCaptions reports whether a file that begins with head can be captions.
func isCaptions(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	rest, ok := bytes.CutPrefix(head, []byte(vttMark))
	return ok && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// rewrite returns captions that say the same as data and hold nothing but times
// and words: no styles, no regions, no notes, no positions and no tags.
func rewrite(data []byte) ([]byte, error) {
	if !isCaptions(data) {
		return nil, errors.New("it does not begin with " + vttMark)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(string(data))
	out := bytes.NewBufferString(vttMark + "\n")
	cues := 0
	blocks := strings.Split(text, "\n\n")
	for _, b := range blocks[1:] { // the first is the head
		c, ok, err := parseCue(b)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if cues++; cues > maxCues {
			return nil, fmt.Errorf("more than %d captions", maxCues)
		}
		fmt.Fprintf(out, "\n%s --> %s\n%s\n", c.from, c.to, c.words)
	}
	if cues == 0 {
		return nil, errors.New("it has no captions")
	}
	return out.Bytes(), nil
}

// cue is one caption, from and to when, with its words escaped.
type cue struct {
	from, to cueTime
	words    string
}

// parseCue reads a block of lines. It is none of captions if it has no times.
func parseCue(block string) (cue, bool, error) {
	lines := strings.Split(strings.Trim(block, "\n"), "\n")
	at := 0
	if !strings.Contains(lines[0], "-->") {
		at = 1 // after a name, which nobody needs
	}
	if at >= len(lines) || !strings.Contains(lines[at], "-->") {
		return cue{}, false, nil
	}
	from, rest, _ := strings.Cut(lines[at], "-->")
	to, _, _ := strings.Cut(strings.TrimLeft(rest, " \t"), " ")
	to, _, _ = strings.Cut(to, "\t")
	var c cue
	var err error
	if c.from, err = parseCueTime(strings.TrimSpace(from)); err != nil {
		return cue{}, false, err
	}
	if c.to, err = parseCueTime(to); err != nil {
		return cue{}, false, err
	}
	if c.to <= c.from {
		return cue{}, false, fmt.Errorf("a caption ends at %s before it begins", c.to)
	}
	c.words = plain(lines[at+1:])
	return c, c.words != "", nil
}

// plain returns the words of lines without tags, escaped.
func plain(lines []string) string {
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		words := strings.Map(func(r rune) rune {
			if r == '\t' {
				return ' '
			}
			if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
				return -1
			}
			return r
		}, html.UnescapeString(untagged(l)))
		if words = strings.TrimSpace(words); words != "" {
			out = append(out, strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(words))
		}
	}
	return strings.Join(out, "\n")
}

// untagged returns line without what looks like a tag.
func untagged(line string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(line, '<')
		if i < 0 {
			b.WriteString(line)
			return b.String()
		}
		b.WriteString(line[:i])
		line = line[i:]
		end := strings.IndexByte(line, '>')
		tag := len(line) > 1 && (line[1] == '/' || line[1] >= '0' && line[1] <= '9' || line[1]|0x20 >= 'a' && line[1]|0x20 <= 'z')
		if end < 0 || !tag {
			b.WriteByte('<')
			line = line[1:]
			continue
		}
		line = line[end+1:]
	}
}

// cueTime is a place in a video.
type cueTime time.Duration

// parseCueTime reads hours, minutes, seconds and thousandths; hours may be left
// out.
func parseCueTime(s string) (cueTime, error) {
	bad := fmt.Errorf("%.20q is no time of a caption", s)
	parts := strings.Split(s, ":")
	if len(parts) == 2 {
		parts = append([]string{"00"}, parts...)
	}
	if len(parts) != 3 {
		return 0, bad
	}
	seconds, milli, ok := strings.Cut(parts[2], ".")
	if !ok || len(parts[0]) < 2 || len(parts[0]) > 4 || len(parts[1]) != 2 || len(seconds) != 2 || len(milli) != 3 {
		return 0, bad
	}
	var t time.Duration
	for _, p := range []struct {
		digits string
		below  int
		unit   time.Duration
	}{{parts[0], 10_000, time.Hour}, {parts[1], 60, time.Minute}, {seconds, 60, time.Second}, {milli, 1000, time.Millisecond}} {
		n := 0
		for _, d := range []byte(p.digits) {
			if d < '0' || d > '9' {
				return 0, bad
			}
			n = n*10 + int(d-'0')
		}
		if n >= p.below {
			return 0, bad
		}
		t += time.Duration(n) * p.unit
	}
	if t >= maxCueTime {
		return 0, bad
	}
	return cueTime(t), nil
}

func (t cueTime) String() string {
	d := time.Duration(t)
	return fmt.Sprintf("%02d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Millisecond%1000)
}
