package sim

import (
	"context"
	"fmt"
	"time"

	"meadow/services/kernel/actor"
)

// move is something that may happen next.
type move struct {
	name   string
	weight int
	do     func(w *world)
}

func moves() []move {
	return []move{
		{"buy", 30, (*world).buy},
		{"race", 4, (*world).race},
		{"pay", 34, (*world).pay},
		{"cancel", 3, (*world).cancel},
		{"confirm", 4, (*world).confirm},
		{"again", 4, (*world).again},
		{"forge", 2, (*world).forge},
		{"claim", 6, (*world).claim},
		{"bargain", 5, (*world).bargain},
		{"packet", 4, (*world).packet},
		{"adjust", 3, (*world).adjust},
		{"ship", 14, (*world).ship},
		{"receive", 8, (*world).receive},
		{"complain", 10, (*world).complain},
		{"settle it", 14, (*world).aftersale},
		{"payout", 3, (*world).payout},
		{"deliver", 40, (*world).someMail},
		{"work", 30, (*world).someJobs},
		{"time", 30, (*world).someTime},
		{"network", 6, (*world).lateMail},
		{"trouble", 7, (*world).trouble},
	}
}

// play goes on until so many orders were placed, then brings all to rest.
func (w *world) play(orders int) {
	w.stage()
	all, sum := moves(), 0
	for _, m := range all {
		sum += m.weight
	}
	for most := orders * 60; len(w.orders) < orders && most > 0 && len(w.broken) == 0; most-- {
		roll := w.rnd.IntN(sum)
		for _, m := range all {
			if roll -= m.weight; roll < 0 {
				m.do(w)
				break
			}
		}
	}
	w.finish()
}

// finish lets everything come to rest: a quarter of a year in which nothing goes
// wrong any more, and shops send what they owe.
func (w *world) finish() {
	w.resting, w.mail.down = true, false
	if w.db.dead {
		w.rebuild()
	}
	w.db.left = -1
	w.post.late = nil
	w.rest(time.Hour)
	for range 4 {
		w.rest(6 * time.Hour)
		w.shipAll()
		w.decideAll()
	}
	for range 14 {
		w.rest(5 * 24 * time.Hour)
		w.shipAll()
		w.regret()
		w.payout()
		w.decideAll()
	}
	w.rest(time.Hour)
}

// rest lets so much time pass in some strides, and does all there is to do.
func (w *world) rest(d time.Duration) {
	was := w.resting
	w.resting = true
	for _, part := range []time.Duration{0, d / 2, d - d/2, time.Minute} {
		w.clock.Advance(part)
		w.work()
	}
	w.resting = was
}

// work does all there is to do now.
func (w *world) work() {
	for round := 0; ; round++ {
		w.flush()
		before := w.db.writes
		for _, name := range w.jobs.Names() {
			w.did(name, w.jobs.RunOnce(context.Background(), name))
		}
		w.flush()
		if w.db.writes == before || round == 8 {
			return
		}
	}
}

// flush delivers until nothing is on its way.
func (w *world) flush() {
	for round := range 2000 {
		w.did("fetch", w.mail.fetch())
		if len(w.mail.queue) == 0 {
			return
		}
		l := w.mail.take(w.rnd.IntN(len(w.mail.queue)))
		err := w.mail.deliver(actor.AsSystem(context.Background(), "bus"), l)
		w.did("deliver "+l.event.Topic+" to "+l.consumer, err)
		if err != nil && round > 1000 {
			return // it is not to be delivered now
		}
	}
}

// someMail delivers a few events: not the oldest first, some twice, some never.
func (w *world) someMail() {
	if w.mail.down {
		return
	}
	w.did("fetch", w.mail.fetch())
	for range 1 + w.rnd.IntN(12) {
		if len(w.mail.queue) == 0 {
			return
		}
		l := w.mail.take(w.rnd.IntN(min(len(w.mail.queue), 40)))
		switch roll := w.rnd.IntN(40); {
		case roll == 0:
			w.mail.lose(l)
			continue
		case roll < 3: // once more later
			w.mail.queue = append(w.mail.queue, l)
		}
		w.did("deliver "+l.event.Topic+" to "+l.consumer, w.mail.deliver(actor.AsSystem(context.Background(), "bus"), l))
	}
}

func (w *world) someJobs() {
	names := w.jobs.Names()
	for range 1 + w.rnd.IntN(5) {
		name := names[w.rnd.IntN(len(names))]
		w.did(name, w.jobs.RunOnce(context.Background(), name))
	}
}

// someTime lets time pass: mostly seconds, sometimes so much that everything
// lapses, and now and then a clock is set back.
func (w *world) someTime() {
	var d time.Duration
	switch roll := w.rnd.IntN(100); {
	case roll < 50:
		d = time.Duration(w.between(1, 30)) * time.Second
	case roll < 85:
		d = time.Duration(w.between(1, 8)) * time.Minute
	case roll < 94:
		d = time.Duration(w.between(10, 120)) * time.Minute
	case roll < 97:
		d = time.Duration(w.between(5, 50)) * time.Hour
	case roll < 98:
		d = time.Duration(w.between(3, 9)) * 24 * time.Hour
	default:
		d = -time.Duration(w.between(1, 20)) * time.Second
	}
	w.clock.Advance(d)
	w.did("time", nil)
}

// lateMail brings what the network had kept back.
func (w *world) lateMail() {
	for range min(3, len(w.post.late)) {
		at := w.rnd.IntN(len(w.post.late))
		m := w.post.late[at]
		w.post.late = append(w.post.late[:at], w.post.late[at+1:]...)
		w.did("a late message", w.post.hand(m))
	}
}

// trouble lets the process die soon, between two writes; or takes the bus down, or
// up again.
func (w *world) trouble() {
	switch {
	case w.mail.down:
		w.mail.down = false
		w.did("the bus is up", nil)
	case w.rnd.IntN(6) == 0:
		w.mail.down = true
		w.did("the bus is down", nil)
	default:
		w.db.left, w.db.silent = w.rnd.IntN(12), w.rnd.IntN(2) == 0
		w.did(fmt.Sprintf("dies after %d writes", w.db.left), nil)
	}
}
