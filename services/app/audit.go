package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"meadow/services/app/audit"
	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb/pebbledoc"
)

// errBreach ends an audit that found something.
var errBreach = errors.New("audit: the store breaks its own rules; the line above names where")

// lookAgain is how long an audit of a shop that runs waits before it looks again
// at what it found.
const lookAgain = 3 * time.Second

// auditStore checks every invariant over a whole store and prints what it found as
// one line of JSON, last. It is an error if anything is broken. A shop that runs
// on the folder goes on meanwhile: what is read is a snapshot of it.
func auditStore(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("meadow audit", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data, db := flags.String("data", "data", "data `folder`, of a shop that runs or not"), flags.String("db", "", "documents elsewhere, as mongodb://…; then -data is not read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("audit: %q is not a flag", flags.Arg(0))
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a := auditing{log: log, progress: func(kind string, n int64) { fmt.Fprintf(stderr, "audit: %s: %d\n", kind, n) }}
	look := func() (audit.Report, error) { return a.folder(ctx, *data) }
	if *db != "" {
		look = func() (audit.Report, error) { return a.elsewhere(ctx, *db) }
	}
	out, err := audit.Settled(look, func() error { return a.pause(ctx) })
	if err != nil {
		return err
	}
	line, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, string(line)); err != nil {
		return err
	}
	if !out.OK {
		return errBreach
	}
	return nil
}

// auditing is one audit, of as many looks as it takes.
type auditing struct {
	log      *slog.Logger
	progress func(kind string, n int64)
	resting  bool // nothing moves: a second look would see the same
}

func (a *auditing) pause(ctx context.Context) error {
	if a.resting {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lookAgain):
		return nil
	}
}

// elsewhere reads a database that others may be writing.
func (a *auditing) elsewhere(ctx context.Context, address string) (audit.Report, error) {
	db, err := openDB(ctx, address, "", clock.System, a.log)
	if err != nil {
		return audit.Report{}, err
	}
	out, err := audit.Check(ctx, audit.Deps{DB: db, Now: clock.System, Progress: a.progress})
	return out, errors.Join(err, db.Close())
}

// folder reads a data folder: a snapshot from the shop that has it open, or the
// folder itself. Of one at rest, ages count from when it was last written.
func (a *auditing) folder(ctx context.Context, data string) (audit.Report, error) {
	data, err := filepath.Abs(data)
	if err != nil {
		return audit.Report{}, err
	}
	if _, err := os.Stat(filepath.Join(data, "docs")); err != nil {
		return audit.Report{}, fmt.Errorf("%s is not a data folder: %w", data, err)
	}
	point, at, err := snapshot(ctx, data)
	if err != nil {
		return audit.Report{}, err
	}
	now := func() time.Time { return at } // the shop's, which may run ahead of the machine's
	if point != "" {
		defer os.RemoveAll(point)
		data = point
	} else {
		a.resting = true
		if at, err = lastWrite(filepath.Join(data, "docs")); err != nil {
			return audit.Report{}, err
		}
	}
	db, err := pebbledoc.Open(ctx, filepath.Join(data, "docs"), pebbledoc.Options{Now: now, Log: a.log})
	if err != nil {
		return audit.Report{}, fmt.Errorf("documents in %s: %w", data, err)
	}
	out, err := audit.Check(ctx, audit.Deps{DB: db, Now: now, Progress: a.progress})
	return out, errors.Join(err, db.Close())
}

// checkpoint says where one is, and when it was made by the shop's clock.
type checkpoint struct {
	Folder string    `json:"folder"`
	Now    time.Time `json:"now"`
}

// snapshot asks the shop that has a data folder open for a checkpoint of its
// documents, beside them, and returns its folder and what the shop's clock said.
// The folder is "" if no shop answers.
func snapshot(ctx context.Context, data string) (string, time.Time, error) {
	var at checkpoint
	client := controlClient(data)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://meadow/checkpoint", nil)
	if err != nil {
		return "", at.Now, err
	}
	res, err := client.Do(req)
	if _, ok := errors.AsType[*url.Error](err); ok && ctx.Err() == nil {
		return "", at.Now, nil
	}
	if err != nil {
		return "", at.Now, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", at.Now, fmt.Errorf("audit: the shop that runs on %s gives no snapshot: %s", data, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(&at); err != nil || !filepath.IsLocal(at.Folder) {
		return "", at.Now, errors.Join(fmt.Errorf("audit: the shop's answer cannot be read: %q", at.Folder), err)
	}
	return filepath.Join(data, at.Folder), at.Now, nil
}

// giveCheckpoint makes a checkpoint of the documents in a folder of its own, which
// whoever asked removes.
func giveCheckpoint(ctx context.Context, w http.ResponseWriter, db *pebbledoc.DB, data string, now clock.Now) error {
	dir, err := os.MkdirTemp(data, checkpointPrefix+"*")
	if err != nil {
		return err
	}
	if err := db.Checkpoint(ctx, filepath.Join(dir, "docs")); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return json.NewEncoder(w).Encode(checkpoint{Folder: filepath.Base(dir), Now: now()})
}

// lastWrite is when anything in a folder was written last.
func lastWrite(dir string) (last time.Time, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err == nil && i.ModTime().After(last) {
			last = i.ModTime()
		}
		return err
	})
	return last.UTC(), err
}
