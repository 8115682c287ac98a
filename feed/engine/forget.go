package engine

import "meadow/services/kernel/id"

// Forget erases everything about somebody, decisions included, from memory. Of
// what was stored it goes with the next snapshot; Keeper.Forget sees to both.
func (e *Engine) Forget(u id.User) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(u)
}

// ForgetDeeds erases what somebody did and what was made of it, and keeps what
// they decided.
func (e *Engine) ForgetDeeds(u id.User) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgetDeeds(u)
}

// knows reports whether anything is remembered of somebody.
func (e *Engine) knows(u id.User) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	w, _ := e.people.find(u)
	return w != nil
}

// forgotten does what a note in the log says.
func (e *Engine) forgotten(ev *Event) {
	if ev.Kind == forgotAll {
		e.forget(ev.User)
	} else {
		e.forgetDeeds(ev.User)
	}
}

func (e *Engine) forgetDeeds(u id.User) {
	w, n := e.people.find(u)
	if w == nil {
		return
	}
	e.served.forget(n)
	e.people.all[n] = &viewer{
		user: w.user, last: w.last, hidden: w.hidden, silenced: w.silenced, follows: w.follows, prefs: w.prefs, promos: w.promos,
	}
}
