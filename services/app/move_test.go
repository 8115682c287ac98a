package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

// pocket is a document store that vanishes with the test.
func pocket(t *testing.T) *pebbledoc.DB {
	t.Helper()
	db, err := pebbledoc.Open(t.Context(), "docs", pebbledoc.Options{FS: vfs.NewMem(), SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// fill stores n documents in a collection, some of them at a later revision.
func fill(t *testing.T, db docdb.Driver, coll string, n int) {
	t.Helper()
	ctx := t.Context()
	if err := db.Open(ctx, docdb.Schema{Name: coll, Indexes: []docdb.Index{{Name: "n", Keys: []string{"n"}}}}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		raw, err := bson.Marshal(bson.D{{Key: "n", Value: int64(i)}, {Key: "at", Value: time.UnixMilli(int64(i))}, {Key: "deep", Value: bson.D{{Key: "x", Value: "äöü"}}}})
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("doc_%05d", i)
		body, err := docdb.Stamp(name, 1, raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Insert(ctx, coll, docdb.Doc{ID: name, Rev: 1, Body: body}); err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 {
			if _, err := db.UpdateIf(ctx, coll, name, nil, []docdb.Change{{Field: "seen", Verb: docdb.Set, Value: true}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// mortal is a driver that dies in the middle of its n-th write: of a batch, a
// part is stored.
type mortal struct {
	docdb.Driver
	left int
}

var errKilled = errors.New("killed")

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if m.left--; m.left < 0 {
		if err := m.Driver.Insert(ctx, coll, docs[:len(docs)/2]...); len(docs) > 1 && err != nil {
			return err
		}
		return errKilled
	}
	return m.Driver.Insert(ctx, coll, docs...)
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return m.Driver.Replace(ctx, coll, rev, doc)
}

func TestAMoveThatIsKilledAtAnyWriteGoesOnAndEndsEqual(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	from := pocket(t)
	fill(t, from, "orders", 2*moveBatch+17)
	fill(t, from, "jobs", 3)
	fill(t, from, "users", 5)
	want := listing(t, from, pocket(t))
	for kill := 0; ; kill++ {
		to := pocket(t)
		err := copyDocs(ctx, from, &mortal{Driver: to, left: kill}, io.Discard)
		if err == nil {
			if kill < 8 {
				t.Errorf("a whole move took %d writes: nothing was killed", kill)
			}
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("killed at write %d: %v", kill, err)
		}
		if got := listing(t, from, to); got != want {
			t.Fatalf("killed at write %d, it went on to\n%swant\n%s", kill, got, want)
		}
		names, err := to.Collections(ctx)
		if err != nil || strings.Contains(strings.Join(names, " "), "jobs") {
			t.Fatalf("collections %v, %v; leases of jobs stay behind", names, err)
		}
		if got := listing(t, to, pocket(t)); got != want {
			t.Fatalf("killed at write %d, the way back gives\n%swant\n%s", kill, got, want)
		}
	}
}

// listing moves from one store to another and returns what the move says.
func listing(t *testing.T, from, to docdb.Driver) string {
	t.Helper()
	var out bytes.Buffer
	if err := copyDocs(t.Context(), from, to, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAMoveLeavesWhatIsAtTheTargetAlone(t *testing.T) {
	t.Parallel()
	from, to := pocket(t), pocket(t)
	fill(t, from, "orders", 5)
	fill(t, to, "orders", 1)
	if err := copyDocs(t.Context(), from, to, io.Discard); err == nil || !strings.Contains(err.Error(), "holds documents already") {
		t.Errorf("err = %v", err)
	}
}

// TestAMoveGoesOnThoughDocumentsExpireMeanwhile has the source let go of a
// document after it was copied, as MongoDB does once a minute.
func TestAMoveGoesOnThoughDocumentsExpireMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	from, to := pocket(t), pocket(t)
	fill(t, from, "codes", moveBatch+9)
	if err := copyDocs(ctx, from, &mortal{Driver: to, left: 4}, io.Discard); !errors.Is(err, errKilled) {
		t.Fatalf("err = %v, want killed", err)
	}
	if err := from.Delete(ctx, "codes", "doc_00003", 0); err != nil {
		t.Fatal(err)
	}
	if out := listing(t, from, to); !strings.Contains(out, fmt.Sprint(moveBatch+8, " documents")) {
		t.Errorf("moved %s", out)
	}
}

func TestAMoveSaysWhenTheSourceChangedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	from, to := pocket(t), pocket(t)
	fill(t, from, "orders", 9)
	listing(t, from, to)
	if _, err := from.UpdateIf(ctx, "orders", "doc_00003", nil, []docdb.Change{{Field: "n", Verb: docdb.Set, Value: int64(99)}}); err != nil {
		t.Fatal(err)
	}
	if err := copyDocs(ctx, from, to, io.Discard); err == nil || !strings.Contains(err.Error(), "doc_00003 is not the same") {
		t.Errorf("err = %v", err)
	}
}

func TestAMoveSaysWhichArgumentsItNeeds(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"-from", "a"}, {"-to", "b"}, {"-from", "a", "-to", "b"},
		{"-from", "a", "-to-db", "mongodb://127.0.0.1:1"}, {"-from", "a", "-to-blob", "s3://k:s@127.0.0.1:1/bucket"},
		{"-from", "no-such-folder", "-to-db", "mongodb://127.0.0.1:1", "-to-blob", "s3://k:s@127.0.0.1:1/bucket"},
		{"-from", "a", "-from-db", "mongodb://127.0.0.1:1", "-from-blob", "s3://k:s@h/b", "-to", "b"},
	} {
		err := move(t.Context(), args, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), "move: ") {
			t.Errorf("move %v: %v; want a sentence that begins with move", args, err)
		}
	}
}
