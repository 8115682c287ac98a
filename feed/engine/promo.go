package engine

import (
	"meadow/feed"
	"meadow/feed/slate"
	"meadow/services/kernel/id"
)

// The caps of promotion. They bound how much of it there is; they never lift a
// post that is one.
const (
	promoShare   = .3  // of what an account showed in 30 days
	promoFree    = 500 // promotional impressions that every account may have in 30 days
	promoDays    = 30
	promoADay    = 20 // promotions that one viewer is shown a day
	promoOneADay = 3  // of one author
)

// month counts an author's impressions by day.
type month struct {
	day   int32 // the latest counted, in days since 1970
	all   [promoDays]uint32
	promo [promoDays]uint32
}

// turn makes day the latest.
func (m *month) turn(day int32) {
	for gap := min(day-m.day, promoDays); gap > 0; gap-- {
		i := (day - gap + 1) % promoDays
		m.all[i], m.promo[i] = 0, 0
	}
	m.day = max(m.day, day)
}

func (m *month) sum(day int32) (all, promo int) {
	for back := range int32(promoDays) {
		if d := m.day - back; d > day-promoDays && d >= 0 {
			all += int(m.all[d%promoDays])
			promo += int(m.promo[d%promoDays])
		}
	}
	return all, promo
}

// show counts an impression for its author.
func (e *Engine) show(r *record, at uint32) {
	for int(r.author) >= len(e.months) {
		e.months = append(e.months, nil)
	}
	m := e.months[r.author]
	if m == nil {
		m = &month{}
		e.months[r.author] = m
	}
	day := int32(at / 86400)
	m.turn(day)
	if day <= m.day-promoDays {
		return
	}
	m.all[day%promoDays]++
	if r.flags.has(promo) {
		m.promo[day%promoDays]++
	}
}

// balance is an author's impressions of the last 30 days.
func (e *Engine) balance(author uint32, now int64) (all, promoted int) {
	if int(author) >= len(e.months) || e.months[author] == nil {
		return 0, 0
	}
	return e.months[author].sum(int32(now / 86400))
}

// allowance is how often an author's promotions may still be shown, what was
// claimed not counted.
func (e *Engine) allowance(author uint32, now int64) int {
	all, promoted := e.balance(author, now)
	return max(promoFree-promoted, slate.Left(promoted, all, promoShare, 0))
}

// left is how often they may be shown now.
func (e *Engine) left(author uint32, now int64) int {
	return max(0, e.allowance(author, now)-e.claims.of(author, now))
}

// Balance says how much of what an account showed was promotion, as far as it
// is this shard's.
func (e *Engine) Balance(author id.User, now int64) feed.Balance {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n := e.authors.find(string(author))
	b := feed.Balance{Cap: promoShare, Free: promoFree}
	if n == 0 {
		return b
	}
	all, promoted := e.balance(n, now)
	b.Impressions, b.Promoted = int64(all), int64(promoted)
	if all > 0 {
		b.Share = float64(promoted) / float64(all)
	}
	b.Over = e.left(n, now) <= 0
	for _, p := range e.rings[n] {
		b.Posts++
		if e.posts.all[p].flags.has(promo) {
			b.Promotions++
		}
	}
	return b
}

// daily is how many promotions a viewer was shown today, and of whom: what their
// screens said, which every process hears. What is on pages that were not seen
// yet is claimed.
type daily struct {
	day  int32
	all  uint16
	seen []promoSeen
}

type promoSeen struct {
	author uint32
	n      uint16
}

// today is how many promotions it was, and how many of an author's.
func (d *daily) today(author uint32, day int32) (all, his int) {
	if d == nil || d.day != day {
		return 0, 0
	}
	for i := range d.seen {
		if d.seen[i].author == author {
			his = int(d.seen[i].n)
		}
	}
	return int(d.all), his
}

// count adds one of an author's.
func (d *daily) count(author uint32, day int32) {
	if d.day > day {
		return
	}
	if d.day != day {
		d.day, d.all, d.seen = day, 0, d.seen[:0]
	}
	d.all = min(d.all+1, promoADay)
	for i := range d.seen {
		if d.seen[i].author == author {
			d.seen[i].n = min(d.seen[i].n+1, promoOneADay)
			return
		}
	}
	if len(d.seen) < promoADay {
		d.seen = push(d.seen, promoSeen{author, 1}, promoADay)
	}
}

// quiet is daily of people of whom nothing is to be remembered: for the day, by
// numbers that say nothing, and not on disk.
type quiet struct {
	day int32
	of  map[uint64]*daily
}

const mostQuiet = 50_000

func (q *quiet) count(who uint64, author uint32, day int32) {
	if day > q.day || q.of == nil {
		q.day, q.of = day, map[uint64]*daily{}
	}
	d := q.of[who]
	if d == nil {
		if len(q.of) >= mostQuiet {
			for any := range q.of {
				delete(q.of, any)
				break
			}
		}
		d = &daily{}
		q.of[who] = d
	}
	d.count(author, day)
}
