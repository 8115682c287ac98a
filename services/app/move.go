package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/clock"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// skipped are collections that mean something only where they are: leases of
// background jobs, and how far a move has come.
var skipped = []string{"jobs", progressName}

const progressName = "move_progress"

// side is one end of a move.
type side struct {
	db   docdb.Driver
	blob *blob.Store
}

// move copies a shop that is not running from one pair of stores to another. It
// can be killed and started again: it goes on after the last document that it
// knows to have arrived. The search index is not copied; the shop rebuilds it.
func move(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("meadow move", flag.ContinueOnError)
	fs.SetOutput(stderr)
	from, to := fs.String("from", "", "data `folder` to copy from"), fs.String("to", "", "data `folder` to copy to")
	fromDB, fromBlob := fs.String("from-db", "", "documents to copy from, as mongodb://…"), fs.String("from-blob", "", "objects to copy from, as s3://…")
	toDB, toBlob := fs.String("to-db", "", "documents to copy to, as mongodb://…"), fs.String("to-blob", "", "objects to copy to, as s3://…")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if (*from == "") == (*fromDB == "" || *fromBlob == "") || (*to == "") == (*toDB == "" || *toBlob == "") {
		return errors.New("move: give -from FOLDER or both -from-db and -from-blob, and -to FOLDER or both -to-db and -to-blob")
	}
	if *from != "" && *to != "" {
		return errors.New("move: one side is a folder and the other is not; to copy a folder use backup and restore")
	}
	if *from != "" {
		if _, err := os.Stat(filepath.Join(*from, "docs")); err != nil {
			return fmt.Errorf("move: -from %s is not a data folder: %w", *from, err)
		}
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	source, err := openSide(ctx, *from, *fromDB, *fromBlob, log)
	if err != nil {
		return err
	}
	defer source.close()
	target, err := openSide(ctx, *to, *toDB, *toBlob, log)
	if err != nil {
		return err
	}
	defer target.close()
	// Objects go first, as they are stored before the documents that name them.
	if err := copyBlobs(ctx, source.blob, target.blob, stdout); err != nil {
		return err
	}
	return copyDocs(ctx, source.db, target.db, stdout)
}

func openSide(ctx context.Context, folder, db, objects string, log *slog.Logger) (s side, err error) {
	if folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return s, fmt.Errorf("move: %w", err)
		}
	}
	cfg := Config{Data: folder, DB: db, Blob: objects}
	if err := cfg.absolute(); err != nil {
		return s, err
	}
	if s.db, err = openDB(ctx, db, cfg.Data, clock.System, log); err != nil {
		return s, err
	}
	if s.blob, err = openBlob(ctx, objects, cfg.Data, log); err != nil {
		return s, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s side) close() {
	_ = s.blob.Close() // both were written through already
	_ = s.db.Close()
}

// progress is the last document of a collection that is known to have arrived.
type progress struct {
	Name string `bson:"_id"`
	Last string `bson:"last"`
}

func copyDocs(ctx context.Context, from, to docdb.Driver, out io.Writer) error {
	names, err := from.Collections(ctx)
	if err != nil {
		return fmt.Errorf("move: %w", err)
	}
	slices.Sort(names)
	marks, err := docdb.Open[progress](ctx, to, clock.System, docdb.Schema{Name: progressName})
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.Contains(skipped, name) {
			continue
		}
		for _, db := range []docdb.Driver{from, to} {
			if err := db.Open(ctx, docdb.Schema{Name: name}); err != nil {
				return fmt.Errorf("move %s: %w", name, err)
			}
		}
		if err := copyCollection(ctx, from, to, marks, name); err != nil {
			return fmt.Errorf("move %s: %w", name, err)
		}
		if err := verify(ctx, from, to, name, out); err != nil {
			return fmt.Errorf("move %s: %w", name, err)
		}
	}
	return nil
}

// moveBatch is how many documents travel together.
const moveBatch = 500

func copyCollection(ctx context.Context, from, to docdb.Driver, marks *docdb.Collection[progress], name string) error {
	mark, err := marks.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		err = begin(ctx, to, marks, name)
	}
	if err != nil {
		return err
	}
	for after := mark.Last; ; {
		docs, err := from.Scan(ctx, name, after, moveBatch)
		if err != nil || len(docs) == 0 {
			return err
		}
		after = docs[len(docs)-1].ID
		if err := put(ctx, to, name, docs); err != nil {
			return err
		}
		if _, err := marks.Upsert(ctx, name, func(p *progress) error { *p = progress{Name: name, Last: after}; return nil }); err != nil {
			return err
		}
	}
}

// begin notes that what the target will hold of a collection is ours, or
// refuses one that holds something already.
func begin(ctx context.Context, to docdb.Driver, marks *docdb.Collection[progress], name string) error {
	there, err := to.Scan(ctx, name, "", 1)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return errors.New("the target holds documents already; choose an empty one")
	}
	return marks.Insert(ctx, name, progress{Name: name})
}

// put stores a batch. Where some are there already, from a try that was killed,
// it stores the rest one by one.
func put(ctx context.Context, to docdb.Driver, name string, docs []docdb.Doc) error {
	for i := range docs {
		body, err := docdb.Stamp(docs[i].ID, 1, docs[i].Body)
		if err != nil {
			return err
		}
		docs[i].Rev, docs[i].Body = 1, body
	}
	err := to.Insert(ctx, name, docs...)
	if !errors.Is(err, docdb.ErrExists) {
		return err
	}
	for _, d := range docs {
		if err := to.Insert(ctx, name, d); err != nil && !errors.Is(err, docdb.ErrExists) {
			return err
		}
	}
	return nil
}

// verify compares every document of the source with the target's: every field
// but the revision. What has expired at the source since it was copied is at
// the target still, and will expire there.
func verify(ctx context.Context, from, to docdb.Driver, name string, out io.Writer) error {
	sum, n := sha256.New(), 0
	for after := ""; ; {
		docs, err := from.Scan(ctx, name, after, moveBatch)
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			_, err = fmt.Fprintf(out, "%-20s %8d documents  sha256 %.16x\n", name, n, sum.Sum(nil))
			return err
		}
		ids := make([]string, len(docs))
		for i, d := range docs {
			ids[i] = d.ID
		}
		arrived, err := to.Get(ctx, name, ids...)
		if err != nil {
			return err
		}
		there := make(map[string][]byte, len(arrived))
		for _, d := range arrived {
			if there[d.ID], err = digest(d); err != nil {
				return err
			}
		}
		for _, d := range docs {
			here, err := digest(d)
			if err != nil {
				return err
			}
			if !bytes.Equal(here, there[d.ID]) {
				return fmt.Errorf("%s is not the same at the target; somebody else writes there, or the shop ran here since it was copied: empty the target and start again", d.ID)
			}
			sum.Write(here)
		}
		after, n = ids[len(ids)-1], n+len(docs)
	}
}

// digest sums up a document, whatever the order of its fields.
func digest(d docdb.Doc) ([]byte, error) {
	elems, err := d.Body.Elements()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.ID, err)
	}
	elems = slices.DeleteFunc(elems, func(e bson.RawElement) bool { return e.Key() == docdb.RevField })
	slices.SortFunc(elems, func(a, b bson.RawElement) int { return bytes.Compare([]byte(a.Key()), []byte(b.Key())) })
	h := sha256.New()
	for _, e := range elems {
		h.Write(e)
	}
	return h.Sum(nil), nil
}

// copyBlobs copies the objects that the target lacks, and compares all.
func copyBlobs(ctx context.Context, from, to *blob.Store, out io.Writer) error {
	var count, size int64
	for after := ""; ; {
		infos, err := from.List(ctx, "", after, 500)
		if err != nil {
			return fmt.Errorf("move objects: %w", err)
		}
		for _, i := range infos {
			after = i.Key
			count++
			size += i.Size
			if err := copyBlob(ctx, from, to, i); err != nil {
				return fmt.Errorf("move object %s: %w", i.Key, err)
			}
		}
		if len(infos) == 0 {
			_, err = fmt.Fprintf(out, "%-20s %8d objects    %d bytes\n", "objects", count, size)
			return err
		}
	}
}

func copyBlob(ctx context.Context, from, to *blob.Store, i blob.Info) error {
	want, err := from.Stat(ctx, i.Key)
	if err != nil {
		return err
	}
	sum, err := sumBlob(ctx, from, i.Key)
	if err != nil {
		return err
	}
	if have, err := to.Stat(ctx, i.Key); err == nil && have.Size == want.Size {
		if there, err := sumBlob(ctx, to, i.Key); err == nil && there == sum {
			return nil
		}
	}
	r, err := from.Get(ctx, i.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := to.Put(ctx, i.Key, r, want.Size, want.Type); err != nil {
		return err
	}
	if there, err := sumBlob(ctx, to, i.Key); err != nil || there != sum {
		return errors.Join(err, errors.New("arrived with other bytes"))
	}
	return nil
}

func sumBlob(ctx context.Context, s *blob.Store, key string) (string, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(h, r)
	return string(h.Sum(nil)), err
}
