package engine

import (
	"hash/maphash"
)

// persons tells who did something before from who did not, of people of whom
// nothing is to be remembered and of visitors too. It keeps no more than salted
// numbers, of the latest, and not on disk.
type persons struct {
	salt   maphash.Seed
	trials window // who was shown, or engaged with, what is on trial
	visits window // who was shown anything else
}

// mostMet are told apart, of each of two generations.
const mostMet = 1 << 19

func newPersons() persons {
	return persons{salt: maphash.MakeSeed(), trials: window{most: mostMet}, visits: window{most: mostMet}}
}

// who is a number that stands for somebody in this process alone.
func (s *persons) who(name string) uint64 {
	if name == "" {
		return 0
	}
	return max(1, maphash.String(s.salt, name))
}

// judgePerson finds out whether an event is one more person's. It says so once.
func (e *Engine) judgePerson(ev *Event, p uint32, f facts) facts {
	name := string(ev.User)
	if name == "" && ev.Visitor != "" {
		name = "visitor " + ev.Visitor
	}
	who := e.persons.who(name)
	switch {
	case p == 0:
	case ev.Kind == Impression && f.has(known):
		if f.has(news) {
			f |= person
		}
	case ev.Kind == Impression:
		met := &e.persons.visits
		if e.pool.Waiting(p) {
			met = &e.persons.trials
		}
		if who != 0 && met.enter(mix64(who^uint64(p))) {
			f |= person
		}
	case ev.engages():
		// Whoever takes it back and does it again engaged once; of who is known their
		// history says so.
		if ev.User == "" || !f.has(known) && !e.persons.trials.enter(mix64(who^uint64(p)<<32)) {
			f &^= first
		}
	}
	return f
}

// remind tells of an event that was judged before: the same is not news again.
func (e *Engine) remind(ev *Event) {
	if p := e.posts.find(string(ev.Post)); p != 0 && ev.User != "" && !ev.facts.has(known) {
		e.judgePerson(ev, p, ev.facts)
	}
}

// judgeTally finds out whether an impression counts in its author's balance.
// Anybody can be a visitor many times: they do not count without end, and of a
// promotion only for a page that was made for one. Where others make pages too,
// it is not known whether they did.
func (e *Engine) judgeTally(ev *Event, p uint32, f facts) facts {
	if ev.Kind != Impression || p == 0 {
		return f
	}
	r := &e.posts.all[p]
	if r.flags.has(promo) && e.claims.settle(r.author, claimKey(ev.User, ev.Post)) {
		return f | granted | tallied
	}
	switch {
	case !f.has(person):
	case ev.User != "":
		f |= tallied
	case r.flags.has(promo) && e.Shards == 1:
	case r.flags.has(own) && e.visitors.may(r.author, int32(ev.At.Unix()/86400)):
		f |= tallied
	}
	return f
}

// visitors count how many of an author's impressions today were visitors'.
type visitors struct {
	day  int32
	seen map[uint32]uint32
}

const mostVisitors = 2000 // that count for one author a day

func (v *visitors) may(author uint32, day int32) bool {
	if day > v.day || v.seen == nil {
		v.day, v.seen = day, map[uint32]uint32{}
	}
	if v.seen[author] >= mostVisitors {
		return false
	}
	v.seen[author]++
	return true
}
