// Package trend says which searches and topics more people ask for than usual.
//
// It counts people, not events. A person counts for a key when they were not
// already among its people of this generation or of the last (half a day each by
// default), so whoever repeats themselves adds nothing. Each count decays with a
// short half-life (now) and with a long one (usual), and a key's score is the
// chi-square of what is seen against what is usual,
//
//	z = (seen − expected)² / expected,
//
// as in Mastodon's trends. What is usual leaves out what is counted as now, so a
// burst does not hide itself.
//
// Up to 32 people of a generation are kept as hashes of who they are, and
// counted exactly. From then on 1,024 registers stand for them (HyperLogLog,
// Flajolet 2007) and a newcomer counts for the inverse of the chance that a
// newcomer is noticed (HIP, Cohen 2014; Ting 2014), with an error of about 3 %.
// No key is listed before 5 people asked for it, whatever its score: rare
// searches never show. When there are too many keys, those with the least weight
// are forgotten.
//
// Times are arguments, and the same calls give the same answers. One mutex
// guards all: Note is O(1) but for a rare sweep, Top is O(keys of the scope). A
// key takes about 300 bytes, and 2.3 kB once it has many people.
package trend

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// Options say what a trend is. Zero fields are the defaults.
type Options struct {
	HalfLife   time.Duration // of "now"; 3 hours
	Usual      time.Duration // half-life of what is usual; 7 days
	Generation time.Duration // how long a person is remembered, at least; 12 hours
	People     int           // who must have asked before a key is listed; 5, and never fewer
	Keys       int           // that are kept in all; 20,000
	Scopes     int           // that are kept; 500
	Salt       uint64        // mixed into who people are; the same for all shards, and for good
}

// fewest is the least number of people behind anything that is listed.
const fewest = 5

func (o Options) filled() Options {
	if o.HalfLife <= 0 {
		o.HalfLife = 3 * time.Hour
	}
	if o.Usual <= 2*o.HalfLife {
		o.Usual = max(7*24*time.Hour, 3*o.HalfLife)
	}
	if o.Generation <= 0 {
		o.Generation = 12 * time.Hour
	}
	o.People = max(o.People, fewest)
	if o.Keys <= 0 {
		o.Keys = 20_000
	}
	if o.Scopes <= 0 {
		o.Scopes = 500
	}
	return o
}

// Kind is what a key is.
type Kind uint8

// The kinds of key.
const (
	Search Kind = iota // a search, as whoever notes it spells it
	Topic
)

// Scope is whose trends: of one kind, region and language. An empty region is
// everywhere, an empty language is any.
type Scope struct {
	Kind   Kind
	Region string
	Lang   string
}

// Trend is a key that more people ask for than usual.
type Trend struct {
	Key      string
	People   int     // of this generation and the last
	Seen     float64 // people, decayed
	Expected float64 // of them usual
	Score    float64 // z
}

// Trends counts. Its methods may be called at the same time.
type Trends struct {
	options Options

	mu     sync.Mutex // guards all below
	scopes map[Scope]map[string]*entry
	keys   int
}

// New returns trends that saw nobody.
func New(o Options) *Trends {
	return &Trends{options: o.filled(), scopes: map[Scope]map[string]*entry{}}
}

// Note counts that a person asked for a key, in the scope and in the same
// language everywhere. Keys are up to 64 bytes long and compared as they are;
// longer and empty ones are not counted. Time may stand still but does not go
// back: what comes late counts as of the last.
func (t *Trends) Note(s Scope, key string, person uint64, at time.Time) {
	if key == "" || len(key) > mostKey || len(s.Region) > mostKey || len(s.Lang) > mostKey {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(s, key, person, at.UnixMilli())
	if s.Region != "" {
		s.Region = ""
		t.note(s, key, person, at.UnixMilli())
	}
}

const mostKey = 64

func (t *Trends) note(s Scope, key string, person uint64, at int64) {
	keys := t.scopes[s]
	if keys == nil {
		if len(t.scopes) >= t.options.Scopes {
			return
		}
		keys = map[string]*entry{}
		t.scopes[s] = keys
	}
	e := keys[key]
	if e == nil {
		e = &entry{at: at, generation: t.options.generation(at)}
		keys[key] = e
		t.keys++
	}
	e.note(&t.options, scramble(person^t.options.Salt), at)
	if t.keys > t.options.Keys+t.options.Keys/8 {
		t.sweep(at)
	}
}

// Top returns up to n trends of a scope, the strongest first.
func (t *Trends) Top(s Scope, n int, now time.Time) []Trend {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Trend
	for key, e := range t.scopes[s] {
		if tr, ok := e.trend(&t.options, key, now.UnixMilli()); ok {
			out = append(out, tr)
		}
	}
	slices.SortFunc(out, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Key, b.Key))
	})
	return slices.Clip(out[:min(max(n, 0), len(out))])
}

// Forget takes a person out wherever people are kept one by one. What they added
// to a count stays: it says nothing about them.
func (t *Trends) Forget(person uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	person = scramble(person ^ t.options.Salt)
	for _, keys := range t.scopes {
		for _, e := range keys {
			e.people[0].remove(person)
			e.people[1].remove(person)
		}
	}
}

// Stats is what is kept.
type Stats struct {
	Scopes, Keys int
	Bytes        int64 // about
}

// Stats counts.
func (t *Trends) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Stats{Scopes: len(t.scopes), Keys: t.keys}
	for _, keys := range t.scopes {
		for key, e := range keys {
			s.Bytes += int64(len(key)) + e.bytes()
		}
	}
	return s
}

// sweep forgets the keys with the least weight, and those that nobody asked for
// since what is usual halved twice. The caller holds mu.
func (t *Trends) sweep(now int64) {
	type held struct {
		scope  Scope
		key    string
		weight float64
		at     int64
	}
	all := make([]held, 0, t.keys)
	for scope, keys := range t.scopes {
		for key, e := range keys {
			all = append(all, held{scope, key, e.weight(&t.options, now), e.at})
		}
	}
	slices.SortFunc(all, func(a, b held) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.at, a.at), cmp.Compare(a.key, b.key),
			cmp.Compare(a.scope.Region, b.scope.Region), cmp.Compare(a.scope.Lang, b.scope.Lang), cmp.Compare(a.scope.Kind, b.scope.Kind))
	})
	for i, h := range all {
		if i < t.options.Keys && h.at > now-2*t.options.Usual.Milliseconds() {
			continue
		}
		delete(t.scopes[h.scope], h.key)
		t.keys--
		if len(t.scopes[h.scope]) == 0 {
			delete(t.scopes, h.scope)
		}
	}
}

// entry is what is kept of a key.
type entry struct {
	at     int64     // unix milliseconds that now and usual are as of
	now    float64   // people, decayed with the half-life
	usual  float64   // people, decayed with the long one
	people [2]people // of this generation and the last

	generation int64 // which is this
}

func (e *entry) bytes() int64 { return 200 + e.people[0].bytes() + e.people[1].bytes() }

// decay brings what is counted to a later time.
func (e *entry) decay(o *Options, at int64) {
	if at <= e.at {
		return
	}
	passed := float64(at - e.at)
	e.now *= math.Exp2(-passed / float64(o.HalfLife.Milliseconds()))
	e.usual *= math.Exp2(-passed / float64(o.Usual.Milliseconds()))
	e.at = at
}

// generation numbers the generations of all keys alike, so that shards agree.
func (o *Options) generation(at int64) int64 { return at / o.Generation.Milliseconds() }

// turn begins a new generation when it is time.
func (e *entry) turn(o *Options, at int64) {
	switch passed := o.generation(at) - e.generation; {
	case passed <= 0:
		return
	case passed == 1:
		e.people[1], e.people[0] = e.people[0], people{}
	default:
		e.people = [2]people{}
	}
	e.generation = o.generation(at)
}

func (e *entry) note(o *Options, person uint64, at int64) {
	at = max(at, e.at)
	e.decay(o, at)
	e.turn(o, at)
	counted := weigh(&e.people[0], &e.people[1], person)
	e.people[0].add(person)
	e.now += counted
	e.usual += counted
}

// many says if there may be as many people as that.
func (e *entry) many(n int) bool {
	a, b := &e.people[0], &e.people[1]
	return a.many != nil || b.many != nil || len(a.few)+len(b.few) >= n
}

// trend compares what is seen with what is usual; false if nothing is to be
// listed.
func (e *entry) trend(o *Options, key string, now int64) (Trend, bool) {
	if !e.many(o.People) {
		return Trend{}, false // as nearly all keys
	}
	c := *e
	c.decay(o, max(now, e.at))
	c.turn(o, max(now, e.at))
	tr := Trend{Key: key, Seen: c.now, Expected: c.expected(o)}
	if tr.Seen <= tr.Expected {
		return Trend{}, false
	}
	if tr.People = together(&c.people[0], &c.people[1]); tr.People < o.People {
		return Trend{}, false
	}
	tr.Score = (tr.Seen - tr.Expected) * (tr.Seen - tr.Expected) / tr.Expected
	return tr, true
}

// expected is how many people, decayed as now is, would be usual: the long count
// without the short one, scaled from the one half-life to the other. Somebody is
// always expected, so that a few people are no multiple of nothing.
func (e *entry) expected(o *Options) float64 {
	h, b := float64(o.HalfLife), float64(o.Usual)
	return max(1, (e.usual-e.now)*h/(b-h))
}

// weight is what a key must not have least of to be kept.
func (e *entry) weight(o *Options, now int64) float64 {
	c := *e
	c.decay(o, max(now, e.at))
	return c.now + c.expected(o)
}
