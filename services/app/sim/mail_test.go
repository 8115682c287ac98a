package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// mail is the bus, and what carries events to it out of the boxes of documents. It
// delivers when it is told to, in any order, more than once, and not always.
type mail struct {
	db       *store
	handlers map[string][]consumer // by topic; those of the process that lives
	queue    []letter
	away     map[string]bool  // events on their way: they are not fetched again meanwhile
	seen     map[string]*byte // documents whose events are all on their way, as they were then
	down     bool
}

type consumer struct {
	name   string
	handle bus.Handler
}

// letter is one event for one consumer.
type letter struct {
	event    bus.Event
	consumer string
	tries    int
}

var _ bus.Bus = (*mail)(nil)

var errBusDown = errors.New("sim: the bus is down")

func newMail(db *store) *mail {
	m := &mail{db: db, away: map[string]bool{}, seen: map[string]*byte{}}
	m.restart()
	return m
}

// restart forgets who listened: they died. What the bus holds stays, and who only
// tells people of it is elsewhere and listens.
func (m *mail) restart() {
	m.handlers = map[string][]consumer{}
	elsewhere(m, ledger.PayoutAccountChanged)
	elsewhere(m, ledger.PayoutEnded)
}

func elsewhere[T any](m *mail, t bus.Topic[T]) {
	_ = bus.On(context.Background(), m, "engage", t, func(context.Context, bus.Event, T) error { return nil }) // m.Subscribe has no error
}

func (m *mail) Subscribe(_ context.Context, name, topic string, h bus.Handler) error {
	m.handlers[topic] = append(m.handlers[topic], consumer{name, h})
	return nil
}

func (m *mail) Publish(_ context.Context, e bus.Event, _ bool) error {
	if m.down {
		return errBusDown
	}
	for _, c := range m.handlers[e.Topic] {
		m.queue = append(m.queue, letter{event: e, consumer: c.name})
	}
	return nil
}

// Cast takes confirmations: who has handled an event.
func (m *mail) Cast(_ context.Context, subject string, data []byte) error {
	var c bus.Confirmation
	if err := json.Unmarshal(data, &c); err != nil || subject != bus.ConfirmSubject(c.Source.Collection) {
		return err
	}
	return m.settle(c.Source, c.Event, c.Consumer)
}

func (m *mail) Listen(string, func(string, []byte)) (func(), error) { return func() {}, nil }
func (m *mail) Ping(context.Context) error                          { return nil }
func (m *mail) Close() error                                        { return nil }

// boxed is the part of a document that holds its events.
type boxed struct {
	outbox.Box `bson:",inline"`
}

// fetch takes the events that are in boxes and not on their way.
func (m *mail) fetch() error {
	if m.down {
		return nil
	}
	for _, name := range m.db.names {
		c := m.db.colls[name]
		x := c.index(outbox.Index.Name)
		if x == nil {
			continue
		}
		for _, e := range slices.Clone(x.entries) {
			if err := m.fetchFrom(name, e.id, c.docs[e.id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *mail) fetchFrom(coll, id string, body []byte) error {
	if m.seen[coll+id] == unsafe.SliceData(body) {
		return nil
	}
	b, err := boxOf(body)
	if err != nil {
		return err
	}
	for _, e := range b.Outbox {
		if m.away[e.ID] {
			continue
		}
		e.Source = bus.Source{Collection: coll, ID: id}
		if err := m.Publish(context.Background(), e, true); err != nil {
			return err
		}
		if len(e.Confirm) == 0 {
			if err := m.settle(e.Source, e.ID, ""); err != nil {
				return err
			}
			continue
		}
		for _, want := range e.Confirm {
			if !slices.ContainsFunc(m.handlers[e.Topic], func(c consumer) bool { return c.name == want }) {
				return fmt.Errorf("%s waits for %s, which does not listen", e.Topic, want)
			}
		}
		m.away[e.ID] = true
	}
	m.seen[coll+id] = unsafe.SliceData(body)
	return nil
}

// boxOf reads the events of a document, and nothing else of it.
func boxOf(body []byte) (b boxed, err error) {
	for field, to := range map[string]any{"outbox": &b.Outbox, "outbox_told": &b.OutboxTold, "outbox_due": &b.OutboxDue} {
		if v, none := bson.Raw(body).LookupErr(field); none == nil {
			err = errors.Join(err, v.Unmarshal(to))
		}
	}
	return b, err
}

// settle notes that a consumer has handled an event, or that the bus has taken it
// if none is named, and takes it out of its box once everybody has.
func (m *mail) settle(from bus.Source, event, by string) error {
	doc, err := m.db.Get(context.Background(), from.Collection, from.ID)
	if err != nil || len(doc) == 0 {
		return err
	}
	b, err := boxOf(doc[0].Body)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(b.Outbox, func(e bus.Event) bool { return e.ID == event })
	if at < 0 {
		return nil
	}
	if by != "" {
		told := slices.IndexFunc(b.OutboxTold, func(t outbox.Told) bool { return t.Event == event })
		if told < 0 {
			told = len(b.OutboxTold)
			b.OutboxTold = append(b.OutboxTold, outbox.Told{Event: event, Due: b.OutboxDue})
		}
		t := &b.OutboxTold[told]
		if !slices.Contains(t.Confirmed, by) {
			t.Confirmed = append(t.Confirmed, by)
		}
		for _, want := range b.Outbox[at].Confirm {
			if !slices.Contains(t.Confirmed, want) {
				return m.put(from, b)
			}
		}
	}
	delete(m.away, event)
	b.Outbox = slices.Delete(b.Outbox, at, at+1)
	b.OutboxTold = slices.DeleteFunc(b.OutboxTold, func(t outbox.Told) bool { return t.Event == event })
	return m.put(from, b)
}

func (m *mail) put(to bus.Source, b boxed) error {
	var changes []docdb.Change
	set := func(field string, v any, there bool) {
		if !there {
			changes = append(changes, docdb.Change{Field: field, Verb: docdb.Remove})
			return
		}
		changes = append(changes, docdb.Change{Field: field, Verb: docdb.Set, Value: v})
	}
	set("outbox", b.Outbox, len(b.Outbox) > 0)
	set("outbox_told", b.OutboxTold, len(b.OutboxTold) > 0)
	if len(b.Outbox) == 0 {
		set("outbox_due", nil, false)
	}
	_, err := m.db.UpdateIf(context.Background(), to.Collection, to.ID, nil, changes)
	return err
}

// take removes a letter from the queue.
func (m *mail) take(i int) letter {
	l := m.queue[i]
	m.queue = slices.Delete(m.queue, i, i+1)
	return l
}

// lose forgets a letter. Its event is fetched again if somebody has to confirm it;
// else the bus keeps what it took.
func (m *mail) lose(l letter) {
	if len(l.event.Confirm) == 0 {
		m.queue = append(m.queue, l)
		return
	}
	delete(m.away, l.event.ID)
	clear(m.seen)
}

// deliver hands a letter over. What fails is delivered again.
func (m *mail) deliver(ctx context.Context, l letter) error {
	for _, c := range m.handlers[l.event.Topic] {
		if c.name != l.consumer {
			continue
		}
		if err := c.handle(ctx, l.event); err != nil {
			l.tries++
			m.queue = append(m.queue, l)
			return err
		}
	}
	return nil
}

// undelivered is what is still in a box, or on its way.
func (m *mail) undelivered() []string {
	var out []string
	for _, l := range m.queue {
		out = append(out, fmt.Sprintf("%s %s for %s after %d tries", l.event.Topic, l.event.Key, l.consumer, l.tries))
	}
	for _, name := range m.db.names {
		if x := m.db.colls[name].index(outbox.Index.Name); x != nil {
			for _, e := range x.entries {
				out = append(out, "a box of "+name+" "+e.id)
			}
		}
	}
	return out
}
