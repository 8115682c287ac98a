package pointscore

import (
	"fmt"
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/promo/points"
)

// account is a person's points: all that can be used, reserved or owed is in
// this one document, and so is what of its movements is not on record yet. In is
// all that ever came, Out all that ever went:
//
//	In - Out = sum of Lots + sum of Holds - Owed
type account struct {
	User    id.User          `bson:"_id"`
	In      int64            `bson:"in"`
	Out     int64            `bson:"out"`
	Pending int64            `bson:"pending"`
	Owed    int64            `bson:"owed"`
	Lots    []lot            `bson:"lots"` // by expiry; one for each day
	Holds   map[string]hold  `bson:"holds"`
	Done    map[string]int64 `bson:"done"`  // steps taken lately → when, in seconds
	Moves   []points.Move    `bson:"moves"` // not on record yet
	Due     time.Time        `bson:"due,omitempty"`
}

// lot is points that expire together.
type lot struct {
	Expiry time.Time `bson:"expiry"`
	N      int64     `bson:"n"`
}

// hold is what an order reserves. A final one is about to be burned, and does not
// lapse.
type hold struct {
	Lots  []lot     `bson:"lots"`
	Until time.Time `bson:"until"`
	Final bool      `bson:"final"`
}

// remember is how long a step that was taken is kept in mind here. One that was
// decided longer ago is looked for on record before it is taken.
const remember = 24 * time.Hour

func sum(lots []lot) (n int64) {
	for _, l := range lots {
		n += l.N
	}
	return n
}

// sound reports an account whose sums do not agree: a bug here, and nothing is
// written.
func (a *account) sound() error {
	held := int64(0)
	for _, h := range a.Holds {
		held += sum(h.Lots)
	}
	if a.In-a.Out != sum(a.Lots)+held-a.Owed || a.Owed < 0 || a.Pending < 0 || a.Owed > 0 && len(a.Lots) > 0 {
		return fmt.Errorf("points of %s do not add up: in %d out %d lots %d held %d owed %d pending %d", a.User, a.In, a.Out, sum(a.Lots), held, a.Owed, a.Pending)
	}
	return nil
}

// tidy gives lapsed reservations back, drops what has expired and forgets old
// steps.
func (a *account) tidy(now time.Time) {
	for order, h := range a.Holds {
		if !h.Final && !now.Before(h.Until) {
			delete(a.Holds, order)
			a.put(h.Lots)
		}
	}
	for len(a.Lots) > 0 && !now.Before(a.Lots[0].Expiry) {
		l := a.Lots[0]
		a.Lots = a.Lots[1:]
		a.Out += l.N
		name := id.Derive("ptm", string(a.User), "expired", l.Expiry.Format(time.RFC3339), fmt.Sprint(a.Out))
		a.Moves = append(a.Moves, points.Move{ID: name, User: a.User, Cause: points.Expired, N: -l.N, At: now, Expiry: l.Expiry})
	}
	for step, at := range a.Done {
		if now.Unix()-at > int64(remember/time.Second) {
			delete(a.Done, step)
		}
	}
}

// schedule sets when the job has to look: at once for what is not on record.
func (a *account) schedule(now time.Time) {
	a.Due = time.Time{}
	sooner := func(t time.Time) {
		if a.Due.IsZero() || t.Before(a.Due) {
			a.Due = t
		}
	}
	if len(a.Moves) > 0 {
		sooner(now.Add(grace))
	}
	if len(a.Lots) > 0 {
		sooner(a.Lots[0].Expiry)
	}
	for _, h := range a.Holds {
		if !h.Final {
			sooner(h.Until)
		}
	}
}

// put adds points that can be used; what is owed is paid first.
func (a *account) put(lots []lot) {
	for _, l := range lots {
		pays := min(l.N, a.Owed)
		a.Owed -= pays
		if l.N -= pays; l.N == 0 {
			continue
		}
		i, found := slices.BinarySearchFunc(a.Lots, l.Expiry, func(x lot, t time.Time) int { return x.Expiry.Compare(t) })
		if found {
			a.Lots[i].N += l.N
		} else {
			a.Lots = slices.Insert(a.Lots, i, l)
		}
	}
}

// take takes n points, the oldest first, or none if there are not so many.
func (a *account) take(n int64) ([]lot, bool) {
	if n > sum(a.Lots) {
		return nil, false
	}
	var out []lot
	for n > 0 {
		l := &a.Lots[0]
		part := min(n, l.N)
		out = append(out, lot{Expiry: l.Expiry, N: part})
		n -= part
		if l.N -= part; l.N == 0 {
			a.Lots = a.Lots[1:]
		}
	}
	return out, true
}

// reserve holds n points for an order until an instant; it may hold them already.
func (a *account) reserve(order id.Order, n int64, until time.Time, final bool) bool {
	h, ok := a.Holds[string(order)]
	if !ok {
		if h.Lots, ok = a.take(n); !ok {
			return false
		}
	}
	if until.After(h.Until) {
		h.Until = until
	}
	h.Final = h.Final || final
	if a.Holds == nil {
		a.Holds = map[string]hold{}
	}
	a.Holds[string(order)] = h
	return true
}

// free gives back what an order reserved and will not burn.
func (a *account) free(order id.Order) {
	if h, ok := a.Holds[string(order)]; ok && !h.Final {
		delete(a.Holds, string(order))
		a.put(h.Lots)
	}
}

// step is one change that another document has decided, to be made here once.
type step struct {
	ID     string       `bson:"id"`
	Cause  points.Cause `bson:"cause"`
	N      int64        `bson:"n"` // of Pending, Voided, Earned, Back, Granted: how many
	Lots   []lot        `bson:"lots,omitempty"`
	Expiry time.Time    `bson:"expiry,omitempty"`
	Note   string       `bson:"note,omitempty"`
	At     time.Time    `bson:"at,omitempty"` // when it was decided; absent of one that may be old
}

// apply takes a step, unless it was taken.
func (a *account) apply(s step, order id.Order, now time.Time) {
	if _, ok := a.Done[s.ID]; ok {
		return
	}
	m := points.Move{ID: s.ID, User: a.User, Cause: s.Cause, N: s.N, Order: order, Note: s.Note, At: now, Expiry: s.Expiry}
	switch s.Cause {
	case points.Pending:
		a.Pending += s.N
	case points.Voided:
		a.Pending -= s.N
		m.N = -s.N
	case points.Earned, points.Granted:
		if s.Cause == points.Earned {
			a.Pending -= s.N
		}
		a.In += s.N
		a.put([]lot{{Expiry: s.Expiry, N: s.N}})
	case points.Back:
		has := min(s.N, sum(a.Lots))
		a.take(has)
		a.Owed += s.N - has
		a.Out += s.N
		m.N = -s.N
	case points.Burned:
		h := a.Holds[string(order)]
		delete(a.Holds, string(order))
		a.Out += sum(h.Lots)
		m.N = -sum(h.Lots)
	case points.Restored:
		a.In += sum(s.Lots)
		a.put(s.Lots)
		m.N = sum(s.Lots)
	}
	if a.Done == nil {
		a.Done = map[string]int64{}
	}
	a.Done[s.ID] = now.Unix()
	a.Moves = append(a.Moves, m)
}
