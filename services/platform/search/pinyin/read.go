package pinyin

import (
	"strings"

	"meadow/services/platform/search"
)

// Bounds of a word that is taken for a reading, in letters.
const (
	minWord, maxWord = 2, 48
	longest          = 6 // letters of a syllable
)

// Query is a word that can be read as Chinese. Every piece must be found.
// With Open the last piece may be the beginning of one: any of Ends will do.
type Query struct {
	Pieces   []string
	Pairs    []string // the same for a long text; none if it is one syllable
	Length   int      // syllables
	Open     bool
	Ends     []string
	Initials bool // the pieces are first letters
}

// Read takes word for a reading, if it is one: "kouhong". With open its last
// syllable may be unfinished.
func Read(word string, open bool) (Query, bool) {
	if len(word) < minWord || len(word) > maxWord {
		return Query{}, false
	}
	s, ok := split(word, open)
	if !ok {
		return Query{}, false
	}
	q := Query{Pieces: pieces(s, maxPiece), Length: len(s), Open: open}
	for i := 1; i < len(s); i++ {
		q.Pairs = append(q.Pairs, s[i-1]+s[i])
	}
	if open {
		last := q.Pieces[len(q.Pieces)-1]
		q.Ends = ends(strings.TrimSuffix(last, s[len(s)-1]), s[len(s)-1])
	}
	return q, true
}

// ReadInitials takes word for the first letters of characters: "kh".
func ReadInitials(word string) (Query, bool) {
	if len(word) < minWord || len(word) > 2*maxInitials {
		return Query{}, false
	}
	letters := strings.Split(word, "")
	for _, l := range letters {
		if l < "a" || l > "z" || strings.Contains("iuv", l) { // nothing begins with these
			return Query{}, false
		}
	}
	return Query{Pieces: pieces(letters, maxInitials), Length: len(letters), Initials: true}, true
}

// ends is head with every syllable that begins with part.
func ends(head, part string) []string {
	var out []string
	for s := range strings.FieldsSeq(syllables) {
		if strings.HasPrefix(s, part) {
			out = append(out, head+s)
		}
	}
	return out
}

// pieces joins syllables, so many at a time. The last piece is a full one: it
// takes some of the one before with it.
func pieces(syllables []string, size int) []string {
	var out []string
	for i := 0; i < len(syllables); i += size {
		from, to := i, min(i+size, len(syllables))
		from = max(0, min(from, to-size))
		out = append(out, strings.Join(syllables[from:to], ""))
	}
	return out
}

// split cuts word into as few syllables as it can.
func split(word string, open bool) ([]string, bool) {
	n := len(word)
	fewest := make([]int, n+1) // syllables up to here; 0 is none
	from := make([]int, n+1)
	for end := 1; end <= n; end++ {
		for start := max(0, end-longest); start < end; start++ {
			if start > 0 && fewest[start] == 0 {
				continue
			}
			part := word[start:end]
			if !syllable(part) && !(open && end == n && begins(part)) {
				continue
			}
			if c := fewest[start] + 1; fewest[end] == 0 || c < fewest[end] {
				fewest[end], from[end] = c, start
			}
		}
	}
	if fewest[n] == 0 {
		return nil, false
	}
	out := make([]string, fewest[n])
	for i, end := len(out)-1, n; i >= 0; i-- {
		out[i] = word[from[end]:end]
		end = from[end]
	}
	return out, true
}

func syllable(s string) bool { return strings.Contains(syllables, " "+s+" ") }
func begins(s string) bool   { return strings.Contains(syllables, " "+s) && !strings.Contains(s, " ") }

// Mark sets hit for the words that q is read from.
func (q Query) Mark(words []search.Word, hit []bool) {
	for i, piece := range q.Pieces {
		open := q.Open && i == len(q.Pieces)-1
		for _, run := range runs(words) {
			for from := run[0]; from < run[1]; from++ {
				if n := q.matches(words[from:run[1]], piece, open); n > 0 {
					for j := range n {
						hit[from+j] = true
					}
				}
			}
		}
	}
}

// matches returns how many of words, from the first, piece is read from.
func (q Query) matches(words []search.Word, piece string, open bool) int {
	if piece == "" || len(words) == 0 {
		return 0
	}
	read := readingsOf(words[0])
	if q.Initials {
		read = firstLetters(words[0])
	}
	for _, r := range read {
		rest, ok := strings.CutPrefix(piece, r)
		switch {
		case ok && rest == "", open && strings.HasPrefix(r, piece):
			return 1
		case ok:
			if n := q.matches(words[1:], rest, open); n > 0 {
				return n + 1
			}
		}
	}
	return 0
}
