package bustest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/bus"
)

// heard collects what listeners hear, as "subject=data".
func heard() (chan string, func(string, []byte)) {
	c := make(chan string, 1000)
	return c, func(subject string, data []byte) { c <- subject + "=" + string(data) }
}

// fence waits until everything that was cast from b before has been heard by
// the listeners on those buses.
func fence(t *testing.T, from bus.Bus, on ...bus.Bus) {
	t.Helper()
	for _, b := range on {
		c, f := heard()
		stop := listen(t, b, "room.fence", f)
		cast(t, from, "room.fence", "")
		receive(t, "the fence", c)
		stop()
	}
}

func drain(c chan string) []string {
	var out []string
	for {
		select {
		case s := <-c:
			if s != "room.fence=" {
				out = append(out, s)
			}
		default:
			slices.Sort(out)
			return out
		}
	}
}

func castsReachListeners(t *testing.T, open Open) {
	buses := open(t, 2)
	here, f := heard()
	listen(t, buses[0], "room.r1", f)
	there, g := heard()
	listen(t, buses[1], "room.r1", g)
	listen(t, buses[1], "room.r1", g) // two in one process
	other, h := heard()
	listen(t, buses[1], "room.r2", h)
	alone, a := heard()
	listen(t, buses[0], "news", a)

	cast(t, buses[0], "room.r1", "hello")
	cast(t, buses[0], "room.r1.chat", "deeper")
	cast(t, buses[1], "news", "one token")
	fence(t, buses[0], buses...)

	if diff := cmp.Diff(drain(here), []string{"room.r1=hello"}); diff != "" {
		t.Errorf("here: got -, want +:\n%s", diff)
	}
	if diff := cmp.Diff(drain(there), []string{"room.r1=hello", "room.r1=hello"}); diff != "" {
		t.Errorf("there: got -, want +:\n%s", diff)
	}
	if got := drain(other); got != nil {
		t.Errorf("another room heard %v", got)
	}
	if got := receive(t, "the news", alone); got != "news=one token" {
		t.Errorf("got %q", got)
	}
}

func wildcardsHearAllBelow(t *testing.T, open Open) {
	buses := open(t, 2)
	all, f := heard()
	listen(t, buses[1], "room.>", f)
	one, g := heard()
	listen(t, buses[1], "room.r1.>", g)

	for _, s := range []string{"room.r1", "room.r1.chat", "room.r1.chat.zh", "room.r2.chat", "roomy.r1"} {
		cast(t, buses[0], s, "x")
	}
	fence(t, buses[0], buses[1])

	want := []string{"room.r1.chat.zh=x", "room.r1.chat=x", "room.r1=x", "room.r2.chat=x"}
	if diff := cmp.Diff(drain(all), want); diff != "" {
		t.Errorf("room.>: got -, want +:\n%s", diff)
	}
	if diff := cmp.Diff(drain(one), []string{"room.r1.chat.zh=x", "room.r1.chat=x"}); diff != "" {
		t.Errorf("room.r1.>: got -, want +:\n%s", diff)
	}
}

func stoppedListenersHearNothing(t *testing.T, open Open) {
	buses := open(t, 2)
	stays, f := heard()
	listen(t, buses[1], "room.r1", f)
	goes, g := heard()
	stop := listen(t, buses[1], "room.r1", g)

	cast(t, buses[0], "room.r1", "1")
	receive(t, "the first cast", goes)
	receive(t, "the first cast", stays)
	stop()
	stop() // twice is fine
	cast(t, buses[0], "room.r1", "2")
	if got := receive(t, "the second cast", stays); got != "room.r1=2" {
		t.Errorf("who stayed heard %q", got)
	}
	if got := drain(goes); got != nil {
		t.Errorf("who left heard %v", got)
	}

	again, h := heard()
	stop = listen(t, buses[0], "table.t1", h) // the only one below its root
	stop()
	listen(t, buses[0], "table.t1", h)
	cast(t, buses[1], "table.t1", "3")
	receive(t, "a cast after leaving and joining", again)
}

func panickingListenersHurtNobody(t *testing.T, open Open) {
	b := open(t, 1)[0]
	listen(t, b, "room.r1", func(string, []byte) { panic("a bug") })
	c, f := heard()
	listen(t, b, "room.r1", f)
	cast(t, b, "room.r1", "1")
	cast(t, b, "room.r1", "2")
	receive(t, "the first cast", c)
	receive(t, "the second cast", c)
	select {
	case s := <-c:
		t.Errorf("heard %q as well", s)
	case <-time.After(quiet):
	}
}
