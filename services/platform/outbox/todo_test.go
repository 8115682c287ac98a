package outbox

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/bus"
)

func confirmation(doc, event, consumer string) bus.Confirmation {
	return bus.Confirmation{Event: event, Consumer: consumer, Source: bus.Source{ID: doc}}
}

// ready returns the documents that a worker would be given now.
func ready(d *todo) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.queue...)
}

func TestConfirmationsWaitForEachOther(t *testing.T) {
	t.Parallel()
	d := newTodo()
	d.expect("o1", "e1", []string{"ledger", "stock"})
	d.confirm(confirmation("o1", "e1", "ledger"))
	if got := ready(d); len(got) != 0 {
		t.Fatalf("half a confirmation makes %v ready", got)
	}
	d.confirm(confirmation("o1", "e1", "ledger")) // delivered twice
	d.confirm(confirmation("o1", "e1", "stock"))
	if diff := cmp.Diff(ready(d), []string{"o1"}); diff != "" {
		t.Fatalf("got -, want +:\n%s", diff)
	}
	_, work, ok := d.take()
	if diff := cmp.Diff(work.confirmed, map[string][]string{"e1": {"ledger", "stock"}}); diff != "" || !ok || work.kicked {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if len(d.docs) != 0 {
		t.Errorf("%d documents are kept in mind", len(d.docs))
	}
}

func TestConfirmationsOfOthersEventsWaitForTheSweep(t *testing.T) {
	t.Parallel()
	d := newTodo()
	d.confirm(confirmation("o1", "e1", "ledger"))
	if got := ready(d); len(got) != 0 {
		t.Fatalf("%v is ready although another process published it", got)
	}
	d.release()
	if diff := cmp.Diff(ready(d), []string{"o1"}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestKicksOfOneDocumentAreOneTask(t *testing.T) {
	t.Parallel()
	d := newTodo()
	for range 10 {
		d.kick("o1")
	}
	d.kick("o2")
	if diff := cmp.Diff(ready(d), []string{"o1", "o2"}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestWhatARelayKeepsInMindIsBounded(t *testing.T) {
	t.Parallel()
	d := newTodo()
	for i := range 2 * todoMost {
		id := fmt.Sprint("o", i)
		d.expect(id, "e", []string{"ledger"})
		d.kick(id)
	}
	if len(d.docs) != todoMost || len(ready(d)) != todoMost {
		t.Fatalf("%d documents, %d ready", len(d.docs), len(ready(d)))
	}
	for range todoMost {
		d.take()
	}
	d.release() // what was expected and did not come …
	d.release() // … is forgotten
	if len(d.docs) != 0 {
		t.Fatalf("%d documents are kept in mind for good", len(d.docs))
	}
	d.close()
	if _, _, ok := d.take(); ok {
		t.Error("a closed list has something to do")
	}
}
