package engine

import "meadow/services/kernel/id"

// Allow says whether anything may be learned from somebody. Of who may not be
// learned from, nothing is used until they may again; what is remembered of
// nobody needs no saying.
func (e *Engine) Allow(u id.User, personal bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w, _ := e.people.find(u); w != nil {
		w.prefs.off = !personal
	}
}

// Allowed reports whether anything may be learned from somebody.
func (e *Engine) Allowed(u id.User) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	w, _ := e.people.find(u)
	return w == nil || !w.prefs.off
}

// NotAllowed is from whom nothing may be learned.
func (e *Engine) NotAllowed() []id.User {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []id.User
	for _, w := range e.people.all {
		if w != nil && w.prefs.off {
			out = append(out, w.user)
		}
	}
	return out
}

// Unwanted are the posts that somebody does not want.
func (e *Engine) Unwanted(u id.User) []id.Post {
	e.mu.RLock()
	defer e.mu.RUnlock()
	w, _ := e.people.find(u)
	if w == nil {
		return nil
	}
	out := make([]id.Post, len(w.hidden))
	for i, p := range w.hidden {
		out[i] = e.posts.id(p)
	}
	return out
}
