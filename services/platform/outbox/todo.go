package outbox

import (
	"slices"
	"sync"

	"meadow/services/platform/bus"
)

// todoMost is how many documents a relay keeps in mind. What does not fit is
// found by the sweeper.
const todoMost = 20_000

// todo is what a relay has to do, by document, so that several things to do for
// one document become one write. Confirmations of an event that this process
// published wait for each other until the event is complete; all others, and
// those that wait in vain, are released at the next sweep.
type todo struct {
	mu     sync.Mutex
	more   sync.Cond
	docs   map[string]*entry
	queue  []string // ids of entries that are ready, in order of arrival
	closed bool
}

type entry struct {
	task
	expected map[string][]string // event → consumers that this process waits for
	ready    bool                // in the queue
	idle     bool                // nothing happened since the last sweep
}

// task is what a worker takes.
type task struct {
	kicked    bool
	confirmed map[string][]string // event → consumers
}

func newTodo() *todo {
	t := &todo{docs: map[string]*entry{}}
	t.more.L = &t.mu
	return t
}

func (t *todo) kick(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entry(id); e != nil {
		e.kicked = true
		t.push(id, e)
	}
}

// expect says that this process is publishing an event and who will confirm it.
func (t *todo) expect(id, event string, consumers []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(id)
	if e == nil {
		return
	}
	if e.expected == nil {
		e.expected = map[string][]string{}
	}
	e.expected[event] = consumers
}

func (t *todo) confirm(c bus.Confirmation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(c.Source.ID)
	if e == nil || slices.Contains(e.confirmed[c.Event], c.Consumer) {
		return
	}
	if e.confirmed == nil {
		e.confirmed = map[string][]string{}
	}
	e.confirmed[c.Event] = append(e.confirmed[c.Event], c.Consumer)
	for _, want := range e.expected[c.Event] {
		if !slices.Contains(e.confirmed[c.Event], want) {
			return
		}
	}
	if len(e.expected[c.Event]) > 0 {
		delete(e.expected, c.Event)
		t.push(c.Source.ID, e)
	}
}

// entry returns the entry of a document, or nil if there is no room for it.
func (t *todo) entry(id string) *entry {
	e := t.docs[id]
	if e == nil {
		if len(t.docs) >= todoMost || t.closed {
			return nil
		}
		e = &entry{}
		t.docs[id] = e
	}
	e.idle = false
	return e
}

func (t *todo) push(id string, e *entry) {
	if !e.ready {
		e.ready = true
		t.queue = append(t.queue, id)
		t.more.Signal()
	}
}

// release makes ready whatever has been confirmed, and forgets what was
// expected of documents where nothing happens.
func (t *todo) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, e := range t.docs {
		switch {
		case len(e.confirmed) > 0:
			t.push(id, e)
		case e.idle && !e.ready:
			delete(t.docs, id)
		}
		e.idle = true
	}
}

// take waits for a document that has something to do. It returns false when
// todo is closed and empty.
func (t *todo) take() (id string, work task, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) == 0 {
		if t.closed {
			return "", task{}, false
		}
		t.more.Wait()
	}
	id, t.queue = t.queue[0], t.queue[1:]
	e := t.docs[id]
	work, e.task, e.ready = e.task, task{}, false
	if len(e.expected) == 0 {
		delete(t.docs, id)
	}
	return id, work, true
}

// close lets the workers end once they have taken what is ready.
func (t *todo) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.more.Broadcast()
}
