package engine

// sound reports whether every number that was read stands for something.
func (s *restoring) sound() bool {
	e := s.e
	if len(e.posts.all) == 0 || len(e.posts.all) > e.posts.names.size() {
		return false
	}
	for len(e.posts.all) < e.posts.names.size() { // named after posts were written
		e.posts.all, e.posts.revs = append(e.posts.all, record{}), append(e.posts.revs, 0)
	}
	if len(e.people.all) == 0 {
		e.people.all = []*viewer{nil}
	}
	for n := range e.posts.all {
		r := &e.posts.all[n]
		if int(r.author) >= e.authors.size() || int(max(r.lang, r.place, r.genre)) >= e.words.size() || !below(e.posts.topicsOf(r), e.topics.size()) {
			return false
		}
	}
	for _, w := range e.people.all {
		if w != nil && !s.soundViewer(w) {
			return false
		}
	}
	return len(e.months) <= e.authors.size()
}

func (s *restoring) soundViewer(w *viewer) bool {
	e := s.e
	posts, authors, topics := e.posts.names.size(), e.authors.size(), e.topics.size()
	for i := range w.history {
		t := &w.history[i]
		others := 1
		switch t.kind {
		case Follow, Block, Mute:
			others = authors
		case Click, Cart, Purchase:
			others = e.products.size()
		}
		if int(t.post) >= posts || int(t.other) >= others {
			return false
		}
	}
	for _, l := range w.topics {
		if int(l.to) >= topics {
			return false
		}
	}
	for _, l := range w.authors {
		if int(l.to) >= authors {
			return false
		}
	}
	return below(w.seen.now, posts) && below(w.seen.before, posts) && below(w.hidden, posts) &&
		below(w.silenced, authors) && below(w.follows, authors) && below(w.prefs.chosen, topics) && below(w.prefs.muted, topics) &&
		int(w.prefs.place) < e.words.size()
}

func below(list []uint32, bound int) bool {
	for _, v := range list {
		if int(v) >= bound {
			return false
		}
	}
	return true
}
