package moderationcore

import (
	"math/bits"
	"strconv"
	"time"
	"unicode"

	"meadow/services/moderation"
)

// Counters are what rules know beside the facts.
type Counters struct {
	Kind moderation.SubjectKind
	Age  time.Duration // of the author's account; a long one if it is not known
	Same int           // other things of this author's with this text, within a day
	Hour int           // things of this kind by this author within an hour, with this one

	text    folded
	links   []string
	reaches bool // the text says how to reach somebody elsewhere, or to pay there
	lists   *entries
}

// read returns what rules know of a text alone.
func read(kind moderation.SubjectKind, text string) Counters {
	n := Counters{Kind: kind, Age: newFor, text: fold(text), lists: &entries{}}
	n.links, n.reaches = linksOf(n.text.plain), contacts(n.text)
	return n
}

// rule judges by facts and counters. Its verdict's Rule is filled in from Name.
type rule struct {
	Name    string
	Does    string
	Outcome moderation.Outcome
	Quota   int64 // times in an hour before its breaker opens
	fires   func(moderation.Facts, Counters) (moderation.Verdict, bool)
}

// Names of rules that something else than a check asks.
const (
	manyReports = "many_reports"
	edited      = "edited_after_decision" // not a rule of the table: it has no breaker
)

// table is every rule. The severest of those that fire wins, the first of equals.
var table = []rule{
	{"banned_words", "Stops text that holds a word on the list, however it is spelt.", moderation.Rejected, 300, bannedWords},
	{"banned_links", "Stops addresses of a domain on the list, or below one.", moderation.Rejected, 300, bannedLinks},
	{"banned_pictures", "Stops pictures that look like one on the list.", moderation.Rejected, 300, bannedPictures},
	{"contact", "Holds contact details and offers to pay outside the shop.", moderation.Pending, 60, offPlatform},
	{"repeated_text", "Holds what one person has posted three times before within a day.", moderation.Pending, 60, repeatedText},
	{"burst", "Holds what somebody posts after 10 posts or 30 comments within an hour.", moderation.Pending, 60, burst},
	{"many_links", "Holds posts with more than three addresses, and comments with more than one.", moderation.Pending, 60, manyLinks},
	{"new_account_links", "Holds addresses that accounts of less than a day post.", moderation.Pending, 60, newAccountLinks},
	{"hidden_ad", "Limits what reads like an advertisement and is not labelled as one.", moderation.Limited, 120, hiddenAd},
	{"absolute_claims", "Limits advertisements that claim to be the very best, which advertising law forbids.", moderation.Limited, 120, absoluteClaims},
	{"shouting", "Limits floods of capitals, emoji and repeated characters.", moderation.Limited, 120, shouting},
	{manyReports, "Limits what five people report within a day, until somebody has looked.", moderation.Limited, 30, nil},
}

func verdict(o moderation.Outcome, r moderation.Reason) (moderation.Verdict, bool) {
	return moderation.Verdict{Outcome: o, Reason: r}, true
}

func spared() (moderation.Verdict, bool) { return moderation.Verdict{}, false }

// worst returns what the severest of the entries that match says.
func worst(all []entry, matches func(entry) bool) (moderation.Verdict, bool) {
	var found moderation.Verdict
	for _, e := range all {
		if (found == moderation.Verdict{} || severity(e.Outcome) > severity(found.Outcome)) && matches(e) {
			found = moderation.Verdict{Outcome: e.Outcome, Reason: e.Reason}
		}
	}
	return found, found != moderation.Verdict{}
}

func bannedWords(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	return worst(n.lists.words, func(e entry) bool { return n.text.has(e.word) })
}

func bannedLinks(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	return worst(n.lists.links, func(e entry) bool {
		for _, host := range n.links {
			if below(host, e.Key) {
				return true
			}
		}
		return false
	})
}

// alike is how many of 64 bits two likenesses of one picture may differ in.
const alike = 6

func bannedPictures(f moderation.Facts, n Counters) (moderation.Verdict, bool) {
	return worst(n.lists.pictures, func(e entry) bool {
		for _, hex := range f.Likenesses {
			if bitsOf, ok := likeness(hex); ok && bits.OnesCount64(bitsOf^e.bits) <= alike {
				return true
			}
		}
		return false
	})
}

// likeness reads one. A picture without any detail is like many others, so it
// has none.
func likeness(hex string) (uint64, bool) {
	v, err := strconv.ParseUint(hex, 16, 64)
	n := bits.OnesCount64(v)
	return v, err == nil && len(hex) == 16 && n > alike && n < 64-alike
}

func repeatedText(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	if n.Same < 3 {
		return spared()
	}
	return verdict(moderation.Pending, moderation.Spam)
}

func burst(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	most := map[moderation.SubjectKind]int{moderation.Post: 10, moderation.Comment: 30, moderation.Profile: 10}
	if n.Hour <= most[n.Kind] {
		return spared()
	}
	return verdict(moderation.Pending, moderation.Spam)
}

func manyLinks(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	most := 3
	if n.Kind != moderation.Post {
		most = 1
	}
	if len(n.links) <= most {
		return spared()
	}
	return verdict(moderation.Pending, moderation.Spam)
}

func newAccountLinks(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	if len(n.links) == 0 || n.Age >= newFor {
		return spared()
	}
	return verdict(moderation.Pending, moderation.Spam)
}

// newFor is how long an account is new.
const newFor = 24 * time.Hour

func shouting(f moderation.Facts, _ Counters) (moderation.Verdict, bool) {
	var upper, lower, emoji, all, row int
	var last rune
	for _, r := range f.Text {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		case unicode.Is(unicode.So, r):
			emoji++
		}
		all++
		if r != last {
			last, row = r, 0
		}
		if row++; row >= 12 && (unicode.IsLetter(r) || unicode.IsSymbol(r) || r == '!' || r == '\uff01') {
			return verdict(moderation.Limited, moderation.Spam)
		}
	}
	if upper >= 30 && upper > 4*lower && upper*2 > all || emoji >= 15 && emoji*2 > all {
		return verdict(moderation.Limited, moderation.Spam)
	}
	return spared()
}
