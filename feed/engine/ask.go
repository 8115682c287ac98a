package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"meadow/feed"
	"meadow/feed/rank"
	"meadow/feed/recommend"
	"meadow/services/kernel/id"
)

// Ask is feed.CandidateAsk with what the caller knows of the viewer beside what
// the engine was told. User is "" if nobody, or if it is not to be personal:
// then what the viewer decided has to be said here.
type Ask struct {
	feed.CandidateAsk
	Now       time.Time
	Following []id.User // instead of whom the engine knows they follow; nil: those
	Silenced  []id.User // blocked or muted, beside those known
	Hidden    []id.Post // not wanted, beside those known
	Chosen    []string  // topics, beside those known
	Muted     []string
	HideAI    bool
	Brief     bool // leave the terms out
	Surface   uint8
}

// mostCandidates are scored for one ask.
const mostCandidates = 1000

// Candidates returns what may be shown to the viewer of the posts that this
// shard keeps, best first. No post is among them that the viewer was shown, in
// this walk or before, said not to want, or whose author or topic is silenced.
func (e *Engine) Candidates(a Ask) []feed.Candidate {
	e.mu.RLock()
	defer e.mu.RUnlock()
	r := e.begin(a)
	defer e.end(r)
	r.gather()
	r.score()
	return r.answer(a.N)
}

// request is an ask while it is answered. What it needs is used again by later
// ones.
type request struct {
	*Engine
	ask   Ask
	now   int64
	at    uint32
	rng   *rand.Rand
	w     *viewer // nil if not personal
	who   uint32
	lang  uint32
	place uint32
	kind  uint8
	topic uint32
	like  uint32

	out      bits // posts that may not be shown
	outList  []uint32
	shown    map[uint32]struct{}
	silenced map[uint32]struct{}
	muted    []uint32
	chosen   []uint32
	follows  map[uint32]struct{}
	hideAI   bool

	slotOf   []uint32 // by post; right if the slot names the post
	slots    []candidate
	order    []int32
	keys     []uint64
	found    recommend.Room
	warmed   uint32  // is only there to be written
	toTopic  weights // how strongly the viewer tends to topics: 1 to those chosen
	toAuthor weights
	features []rank.Feature
	activity float32
	kindSum  float32
}

// begin prepares a request. The caller holds mu.
func (e *Engine) begin(a Ask) *request {
	r, ok := e.scratches.Get().(*request)
	if !ok {
		r = &request{shown: map[uint32]struct{}{}, silenced: map[uint32]struct{}{}, follows: map[uint32]struct{}{}}
	}
	r.Engine, r.ask = e, a
	r.now = a.Now.Unix()
	r.at = uint32(max(0, r.now))
	r.rng = rand.New(rand.NewPCG(a.Seed^e.Seed, a.Seed*0x9e3779b97f4a7c15+1))
	r.w, r.who = nil, 0
	r.lang, r.place = e.words.find(baseOf(a.Lang)), e.words.find(a.Place)
	r.kind, r.topic, r.like = kindOf(a.Kind), e.topics.find(a.Topic), e.posts.find(string(a.Like))
	r.slots = r.slots[:0]
	r.hideAI = a.HideAI
	r.activity, r.kindSum = 0, 0
	if n := e.posts.size(); len(r.slotOf) < n {
		r.slotOf = make([]uint32, n+n/8)
		r.out = make(bits, len(r.slotOf)/64+1)
	}
	r.exclude()
	for _, t := range r.chosen {
		r.toTopic.set(t, 1)
	}
	return r
}

func (e *Engine) end(r *request) {
	for _, p := range r.outList {
		r.out[p>>6] = 0
	}
	r.outList = r.outList[:0]
	clear(r.shown)
	clear(r.silenced)
	clear(r.follows)
	r.muted, r.chosen = r.muted[:0], r.chosen[:0]
	r.toTopic.clear()
	r.toAuthor.clear()
	r.ask, r.w = Ask{}, nil
	e.scratches.Put(r)
}

// baseOf is the language alone of a language and region.
func baseOf(lang string) string {
	if i := strings.IndexAny(lang, "-_"); i >= 0 {
		lang = lang[:i]
	}
	return strings.ToLower(lang)
}

// exclude gathers what the viewer is not to be shown, and what they chose.
func (r *request) exclude() {
	e, a := r.Engine, &r.ask
	for _, h := range a.Shown {
		r.shown[h] = struct{}{}
	}
	for _, u := range a.Silenced {
		if n := e.authors.find(string(u)); n != 0 {
			r.silenced[n] = struct{}{}
		}
	}
	for _, p := range a.Hidden {
		r.leave(e.posts.find(string(p)))
	}
	r.muted, r.chosen = e.topicsNamed(r.muted, a.Muted), e.topicsNamed(r.chosen, a.Chosen)
	for _, u := range a.Following {
		if n := e.authors.find(string(u)); n != 0 {
			r.follows[n] = struct{}{}
		}
	}
	if r.like != 0 {
		r.leave(r.like)
	}
	if me := e.authors.find(string(a.User)); me != 0 {
		r.silenced[me] = struct{}{} // nobody is shown their own
	}
	w, who := e.people.find(a.User)
	if w == nil {
		return
	}
	for _, n := range w.silenced {
		r.silenced[n] = struct{}{}
	}
	for _, p := range w.hidden {
		r.leave(p)
	}
	r.muted, r.chosen = append(r.muted, w.prefs.muted...), append(r.chosen, w.prefs.chosen...)
	r.hideAI = r.hideAI || w.prefs.hideAI
	if w.prefs.off {
		return
	}
	r.who = who
	for _, p := range w.seen.now {
		r.leave(p)
	}
	for _, p := range w.seen.before {
		r.leave(p)
	}
	if a.Following == nil {
		for _, n := range w.follows {
			r.follows[n] = struct{}{}
		}
	}
	r.habits(w)
	for i := range w.topics {
		r.toTopic.set(w.topics[i].to, squash(w.topics[i].now(r.at)))
	}
	for i := range w.authors {
		r.toAuthor.set(w.authors[i].to, squash(w.authors[i].now(r.at)))
	}
}

func (e *Engine) topicsNamed(list []uint32, names []string) []uint32 {
	for _, name := range names {
		if n := e.topics.find(name); n != 0 {
			list = append(list, n)
		}
	}
	return list
}

// leave makes sure that a post is not shown.
func (r *request) leave(p uint32) {
	if p == 0 || int(p>>6) >= len(r.out) {
		return
	}
	r.out[p>>6] |= 1 << (p & 63)
	r.outList = append(r.outList, p)
}

// may reports whether a post may be shown, by what costs little to know.
func (r *request) may(p uint32) bool { return r.posts.fit.has(p) && !r.out.has(p) }

// suits reports whether a post that may be shown is one that was asked for.
func (r *request) suits(p uint32, x *record) bool {
	if r.kind != 0 && x.kind != r.kind || r.hideAI && x.flags.has(byAI) {
		return false
	}
	if r.ask.Place != "" && (x.place != r.place || r.place == 0) {
		return false
	}
	if _, is := r.silenced[x.author]; is {
		return false
	}
	topics := r.posts.topicsOf(x)
	if r.ask.Topic != "" && (r.topic == 0 || !slices.Contains(topics, r.topic)) {
		return false
	}
	for _, m := range r.muted {
		if slices.Contains(topics, m) {
			return false
		}
	}
	if len(r.shown) > 0 {
		if _, was := r.shown[hash(r.posts.name(p))]; was {
			return false
		}
	}
	return true
}
