package rank

import (
	"math"
	"math/bits"
)

// Source is where a candidate came from. A candidate may have several.
type Source uint8

// The sources.
const (
	Following  Source = iota // somebody whom the viewer follows posted it
	Covisit                  // seen together with what the viewer had
	Neighbours               // had by those who had the same
	Walk                     // reached by a walk over who had what
	Factors                  // near the viewer in the factor model
	Content                  // alike in its attributes
	Popular                  // popular in the viewer's region and language
	Pool                     // a new post on trial
	Author                   // of an author whom the viewer likes without following
	Fresh                    // among the newest

	Sources // how many there are
)

var sources = [Sources]string{
	"following", "covisit", "neighbours", "walk", "factors",
	"content", "popular", "pool", "author", "fresh",
}

// String is the name of a source in reasons.
func (s Source) String() string {
	if s < Sources {
		return sources[s]
	}
	return "unknown"
}

// SourceOf returns the source of that name.
func SourceOf(name string) (Source, bool) {
	for i, n := range sources {
		if n == name {
			return Source(i), true
		}
	}
	return 0, false
}

// Input is all that a feature may be made of: what a post is, how it fared, and
// what this viewer did here. There is no field for who the viewer is, and a test
// holds the list: health, faith, politics, ethnicity, sex life, age, gender,
// income and whereabouts of a person are never features, nor is anything that
// stands for them. Zero is "unknown" throughout and costs nothing.
type Input struct {
	Sources [Sources]float32 // each source's score in [0, 1]; 0 if it did not bring the candidate
	Blend   float32          // the recommender's score of all of them together, in [0, 1]

	Follows  bool    // the viewer follows the author
	Affinity float32 // how much of the author the viewer liked lately, in [0, 1]
	Topic    float32 // how the post's topics suit the viewer's, in [-1, 1]
	KindFit  float32 // how the kind of post suits the viewer's habit, in [-1, 1]

	Hours    float32 // since it was posted
	Kind     uint8   // of post
	Genre    uint32  // of post, any number standing for it
	Author   uint32  // whose habits are learned; any number standing for them
	Promo    bool    // marked as promotion
	Products bool    // a product is tagged in it
	Foreign  bool    // in a language that the viewer did not choose

	Seen  float32        // impressions it had
	Rates [Rates]float32 // of them, how many led to what; smoothed by whoever counts

	Activity float32 // how often the viewer did anything lately, in [0, 1]
	Surface  uint8   // the list it is for
}

// Rate is a kind of outcome counted for each post.
type Rate uint8

// What is counted for a post.
const (
	ReadRate   Rate = iota // read through
	EngageRate             // like, save, comment, share or follow
	ClickRate              // product opened
	HideRate               // hidden or reported
	SkipRate               // swiped away at once

	Rates // how many there are
)

// usual is a post's rate when nobody knows better.
var usual = [Rates]float32{ReadRate: .25, EngageRate: .04, ClickRate: .02, HideRate: .005, SkipRate: .3}

// Usual returns what to smooth a post's counts with: (count + 20 × usual) /
// (impressions + 20) is a good rate.
func Usual(r Rate) float32 { return usual[r] }

// Feature is one thing known about a candidate. Hash below 64 is the slot of a
// named feature, anything else is hashed.
type Feature struct {
	Hash  uint32
	Value float32
}

// Named features, in slots of their own. Their order is part of snapshots: add
// at the end.
const (
	bias uint32 = iota
	blend
	follows
	affinity
	topic
	kindFit
	freshness
	promo
	products
	foreign
	proven // how much is known about the post's rates
	activity
	rate0
	source0 = rate0 + uint32(Rates)
	named   = source0 + uint32(Sources)

	reserved = 64 // slots below it are never hashed into
)

// Features appends the candidate's features to buf: up to 32, and in general
// about 16, since what is zero is left out.
func (in *Input) Features(buf []Feature) []Feature {
	buf = append(buf, Feature{bias, 1})
	buf = add(buf, blend, unit(in.Blend))
	buf = claim(buf, follows, in.Follows)
	buf = add(buf, affinity, unit(in.Affinity))
	buf = add(buf, topic, signed(in.Topic))
	buf = add(buf, kindFit, signed(in.KindFit))
	buf = append(buf, Feature{freshness, fresh(in.Hours)})
	buf = claim(buf, promo, in.Promo)
	buf = claim(buf, products, in.Products)
	buf = claim(buf, foreign, in.Foreign)
	buf = add(buf, activity, unit(in.Activity))
	if in.Seen > 0 {
		seen := min(in.Seen, 1e6)
		buf = append(buf, Feature{proven, seen / (seen + 200)})
		for r, v := range in.Rates {
			buf = add(buf, rate0+uint32(r), lift(v, usual[r]))
		}
	}
	brought := uint32(0)
	for s, v := range in.Sources {
		if v > 0 {
			brought |= 1 << s
			buf = append(buf, Feature{source0 + uint32(s), unit(v)})
		}
	}

	kind, level := uint32(in.Kind), uint32(unit(in.Activity)*3.99)
	buf = append(buf,
		Feature{mix(1, kind, age(in.Hours)), 1},                 // news is soon old, an article is not
		Feature{mix(2, in.Genre, kind), 1},                      // what works as a video
		Feature{mix(3, brought, uint32(in.Surface)<<4|kind), 1}, // whom to believe where
		Feature{mix(4, brought, level), 1},                      // who visits rarely wants what is popular
	)
	if in.Author != 0 {
		buf = append(buf, Feature{mix(5, in.Author, 0), 1}) // some authors are read to the end
	}
	return buf
}

func add(buf []Feature, slot uint32, v float32) []Feature {
	if v == 0 {
		return buf
	}
	return append(buf, Feature{slot, v})
}

func claim(buf []Feature, slot uint32, is bool) []Feature {
	if !is {
		return buf
	}
	return append(buf, Feature{slot, 1})
}

// unit brings v into [0, 1], and what is no number to 0.
func unit(v float32) float32 {
	if !(v > 0) {
		return 0
	}
	return min(v, 1)
}

// signed brings v into [-1, 1].
func signed(v float32) float32 {
	if v != v {
		return 0
	}
	return max(-1, min(v, 1))
}

// fresh is 1 for what was just posted, 1/2 after half a day and 1/5 after two.
func fresh(hours float32) float32 {
	if !(hours > 0) {
		return 1
	}
	return 12 / (12 + hours)
}

// lift is how much better a rate is than usual: 0 as usual, 1/2 at three times,
// -1/2 at a third, never beyond 1.
func lift(rate, usual float32) float32 {
	if !(rate > 0) {
		return 0
	}
	rate = min(rate, 1)
	return (rate - usual) / (rate + usual)
}

// age is the power of two of hours that passed.
func age(hours float32) uint32 {
	if !(hours > 0) {
		return 0
	}
	return uint32(bits.Len32(uint32(min(hours, math.MaxUint16))))
}

// mix hashes two numbers of a family to one that is no named slot (the finisher
// of MurmurHash3, twice).
func mix(family, a, b uint32) uint32 {
	h := scramble(a*0x9e3779b1+family) ^ scramble(b+family*0x85ebca77)*0xc2b2ae3d
	return max(scramble(h), reserved)
}

func scramble(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
