// Package docdbtest says what a docdb.Driver promises, as tests that every
// driver passes.
package docdbtest

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
)

// Open returns an empty database whose idea of the present is now. It is
// closed by t.Cleanup.
type Open func(t *testing.T, now clock.Now) docdb.Driver

// promise is one thing that a driver promises.
type promise struct {
	name  string
	check func(t *testing.T, w world)
}

// Run checks every promise against databases that open makes, one for each.
func Run(t *testing.T, open Open) {
	for _, group := range [][]promise{documents(), updates(), uniques(), walks(), expiries(), laws()} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.check(t, newWorld(t, open))
			})
		}
	}
}

// world is one database and the clock it goes by.
type world struct {
	driver docdb.Driver
	clock  *clock.Fake
}

// newWorld begins in the present: a database with a mind of its own about time
// (MongoDB) sees nothing expire that the tests do not.
func newWorld(t *testing.T, open Open) world {
	c := clock.NewFake(clock.System())
	return world{driver: open(t, c.Now), clock: c}
}

// note is what the tests store.
type note struct {
	ID     string          `bson:"_id"`
	Author string          `bson:"author,omitempty"`
	Slug   string          `bson:"slug,omitempty"`
	Mail   string          `bson:"mail,omitempty"`
	N      int64           `bson:"n"`
	Score  *int64          `bson:"score,omitempty"`
	At     *time.Time      `bson:"at,omitempty"`
	Pinned *bool           `bson:"pinned,omitempty"`
	Gone   *time.Time      `bson:"gone,omitempty"`
	Text   string          `bson:"text,omitempty"`
	Holds  map[string]hold `bson:"holds,omitempty"`
	Tags   []string        `bson:"tags,omitempty"`
}

type hold struct {
	Gen int64  `bson:"gen"`
	By  string `bson:"by,omitempty"`
}

// schema is how the tests declare their collections.
func schema(name string) docdb.Schema {
	return docdb.Schema{Name: name, Expiry: "gone", Indexes: []docdb.Index{
		{Name: "author", Keys: []string{"author"}},
		{Name: "author_score", Keys: []string{"author", "score"}},
		{Name: "author_at", Keys: []string{"author", "at"}},
		{Name: "pinned", Keys: []string{"pinned", "author"}},
		{Name: "holder", Keys: []string{"holds.main.by"}},
		{Name: "slug", Keys: []string{"author", "slug"}, Unique: true},
		{Name: "mail", Keys: []string{"mail"}, Unique: true},
	}}
}

func (w world) notes(t *testing.T) *docdb.Collection[note] {
	t.Helper()
	return w.open(t, schema("notes"))
}

func (w world) open(t *testing.T, s docdb.Schema) *docdb.Collection[note] {
	t.Helper()
	c, err := docdb.Open[note](t.Context(), w.driver, w.clock.Now, s)
	if err != nil {
		t.Fatalf("open %s: %v", s.Name, err)
	}
	return c
}

func insert(t *testing.T, c *docdb.Collection[note], notes ...note) {
	t.Helper()
	for _, n := range notes {
		if err := c.Insert(t.Context(), n.ID, n); err != nil {
			t.Fatalf("insert %q: %v", n.ID, err)
		}
	}
}

func get(t *testing.T, c *docdb.Collection[note], id string) note {
	t.Helper()
	n, err := c.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("get %q: %v", id, err)
	}
	return n
}

func ids(notes []note) []string {
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = n.ID
	}
	return out
}

// walk returns the ids of all pages of q.
func walk(t *testing.T, c *docdb.Collection[note], q docdb.Query) []string {
	t.Helper()
	out := []string{}
	for {
		p, err := c.Find(t.Context(), q)
		if err != nil {
			t.Fatalf("find %s after %q: %v", q.Index, q.After, err)
		}
		if len(p.Items) > q.Limit {
			t.Fatalf("find %s: %d items on a page of %d", q.Index, len(p.Items), q.Limit)
		}
		out = append(out, ids(p.Items)...)
		if p.Next == "" {
			return out
		}
		if q.After = p.Next; len(out) > 100_000 {
			t.Fatal("the walk does not end")
		}
	}
}

func number(i int) string { return fmt.Sprintf("n%04d", i) }
