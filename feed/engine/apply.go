package engine

// judge finds what an event means. It is asked once for each.
func (e *Engine) judge(ev *Event) facts {
	f, p := e.judgeNews(ev), e.posts.find(string(ev.Post))
	return e.judgeTally(ev, p, e.judgePerson(ev, p, f))
}

// judgeNews finds whether somebody did the same before.
func (e *Engine) judgeNews(ev *Event) facts {
	if ev.User == "" || !ev.Consent {
		return news | first
	}
	w, _ := e.people.find(ev.User)
	if w == nil {
		return known | news | first
	}
	if w.prefs.off {
		return news | first
	}
	p := e.posts.find(string(ev.Post))
	f := known | news | first
	switch {
	case p == 0:
	case ev.Kind == Impression:
		if w.seen.has(p) {
			f &^= news
		}
	default:
		for i := range w.history {
			t := &w.history[i]
			if t.post != p {
				continue
			}
			if t.kind == ev.Kind && (ev.Kind != Dwell || !ev.readThrough() || t.percent >= 80) {
				f &^= news
			}
			if t.engages() {
				f &^= first
			}
		}
	}
	return f
}

// apply is what an event does.
func (e *Engine) apply(ev *Event, parts part) {
	if ev.Kind >= forgotDeeds {
		if parts&toViewer != 0 {
			e.forgotten(ev)
		}
		return
	}
	at := uint32(max(0, ev.At.Unix()))
	var p, author uint32
	if ev.Post != "" {
		p = e.posts.number(ev.Post)
		author = e.posts.all[p].author
	}
	if ev.Author != "" && (author == 0 || ev.Kind == Follow || ev.Kind == Block || ev.Kind == Mute) {
		author = e.author(ev.Author)
	}
	if ev.User != "" && (ev.facts.has(known) || ev.Kind.decision()) {
		w, who := e.meet(ev.User)
		w.last = max(w.last, at)
		if parts&toViewer != 0 && ev.Kind.decision() {
			w.decide(ev, p, author)
		}
		if ev.facts.has(known) {
			e.note(w, who, ev, p, author, at, parts)
		}
	}
	if p != 0 {
		if ev.Kind == Impression && ev.User != "" && !ev.facts.has(known) && e.posts.all[p].flags.has(promo) {
			e.quiet.count(e.persons.who(string(ev.User)), author, int32(at/86400))
		}
		e.count(ev, p, at, parts)
	}
}

// decision reports whether a kind says what somebody does not want.
func (k Kind) decision() bool {
	return k == Hide || k == Unhide || k == Block || k == Mute || k == Report
}

func (w *viewer) decide(ev *Event, p, author uint32) {
	switch {
	case ev.Kind == Unhide || ev.Kind == Hide && ev.Off:
		w.hidden = without(w.hidden, p)
	case ev.Kind == Hide || ev.Kind == Report && !ev.Off:
		w.hidden = keep(w.hidden, p, mostHidden)
	case ev.Kind == Report:
	case ev.Off:
		w.silenced = without(w.silenced, author)
	default:
		w.silenced = keep(w.silenced, author, mostSilenced)
	}
}

// note remembers an event of somebody's.
func (e *Engine) note(w *viewer, who uint32, ev *Event, p, author, at uint32, parts part) {
	fresh := ev.facts.has(news)
	if ev.Kind == Impression {
		if p == 0 {
			return
		}
		if fresh && parts&toModel != 0 {
			e.served.open(e, w, who, p, ev)
		}
		if fresh && parts&toViewer != 0 {
			w.seen.add(p)
			if r := &e.posts.all[p]; r.flags.has(promo) {
				w.promos.count(r.author, int32(at/86400))
			}
		}
		return
	}
	if p != 0 && parts&toModel != 0 {
		e.served.outcome(who, p, ev)
		if fresh && !ev.Off {
			e.teach(w, p, ev, at)
		}
	}
	if parts&toViewer == 0 {
		return
	}
	if w.since == 0 {
		w.since = at
	}
	e.lean(w, ev, p, author, at)
	if ev.Kind == Follow && ev.Off {
		w.follows = without(w.follows, author)
	} else if ev.Kind == Follow {
		w.follows = keep(w.follows, author, mostFollows)
	}
	switch {
	case ev.Off:
		w.undo(p, ev.Kind, author)
	case ev.Kind == Unhide:
		w.undo(p, Hide, 0)
	default:
		w.activity = w.activity*fade(at, w.latest(), activityHalf) + 1
		w.remember(e.touch(ev, p, author, at))
	}
}

const activityHalf = 3 * 24 * 3600

func (e *Engine) touch(ev *Event, p, author, at uint32) touch {
	t := touch{post: p, at: at, kind: ev.Kind, percent: uint8(max(0, min(ev.Percent, 100))), seconds: uint16(max(0, min(ev.Millis/1000, 65535)))}
	switch ev.Kind {
	case Follow, Block, Mute:
		t.other = author
	case Click, Cart, Purchase:
		t.other = e.products.number(string(ev.Product))
	}
	return t
}

// engages reports whether a touch counted for the post's engagement.
func (t *touch) engages() bool {
	switch t.kind {
	case Like, Save, Comment, Share, Follow, Purchase, undone:
		return true
	case Dwell:
		return t.percent >= 80 && t.seconds >= 3
	}
	return false
}

// count moves what is known of a post, whoever did it.
func (e *Engine) count(ev *Event, p, at uint32, parts part) {
	r := &e.posts.all[p]
	fresh, engaged := ev.facts.has(news), ev.engages() && ev.facts.has(first)
	if parts&toPool != 0 && r.flags.has(own) {
		switch {
		case ev.Kind == Impression:
			e.pool.Impression(p, ev.facts.has(person))
		case engaged:
			e.pool.Engaged(p)
		}
	}
	if parts&toAuthor != 0 && ev.facts.has(tallied) && r.flags.has(own) {
		e.show(r, at)
	}
	if parts&toPost == 0 || !fresh || ev.Off {
		return
	}
	switch ev.Kind {
	case Impression:
		r.seen++
	case Click:
		r.click++
	case Hide, Report:
		r.hide++
	case Dwell:
		if ev.readThrough() {
			r.read++
		} else if ev.skipped() {
			r.skip++
		}
	}
	if engaged && ev.Kind != Dwell {
		r.engaged++
	}
	e.heat(p, ev.heat(), at)
}
