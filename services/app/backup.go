package app

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb/pebbledoc"
)

// controlSocket is how commands reach the process that has a data folder open.
// Only the folder's owner can.
const controlSocket = "meadow.sock"

// serveControl answers commands on the data folder's socket until the function
// it returns is called. A process without an embedded store has none.
func (s *System) serveControl(ctx context.Context) (stop func() error, err error) {
	db, embedded := s.stores.DB.(*pebbledoc.DB)
	if !embedded {
		return func() error { return nil }, nil
	}
	path, release, err := controlPath(s.cfg.Data)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	defer release()
	if err := tidyCheckpoints(s.cfg.Data); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a process that was killed
		return nil, fmt.Errorf("control socket: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false) // its name may lead elsewhere by then; the next start removes it
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
		if s.stores.Blob == nil || s.cfg.Blob != "" {
			http.Error(w, "the shop's objects are in the store that -blob names, and are backed up there", http.StatusConflict)
			return
		}
		w.Header().Set("Content-Type", "application/x-tar")
		if err := writeBackup(r.Context(), w, db, s.stores.Blob, s.cfg.Data); err != nil {
			s.log.ErrorContext(r.Context(), "backup failed", "err", err)
			panic(http.ErrAbortHandler) // the reader must not take a part for the whole
		}
	})
	mux.HandleFunc("POST /checkpoint", func(w http.ResponseWriter, r *http.Request) {
		if err := giveCheckpoint(r.Context(), w, db, s.cfg.Data, s.now); err != nil {
			s.log.ErrorContext(r.Context(), "checkpoint failed", "err", err)
			http.Error(w, "checkpoint failed", http.StatusInternalServerError)
		}
	})
	base, cut := context.WithCancel(ctx)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return base }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.ErrorContext(ctx, "control socket", "err", err)
		}
	}()
	return func() error {
		// A backup under way is cut, and waited for: the stores close next.
		cut()
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err := server.Shutdown(wait)
		<-done
		return err
	}, nil
}

// mostSocket is the longest name that the kernel takes for a socket.
const mostSocket = 100

// controlPath names the socket in a data folder. Where the folder's own name is
// too long for a socket's, the way leads through the folder held open, until
// release.
func controlPath(data string) (path string, release func(), err error) {
	path = filepath.Join(data, controlSocket)
	if len(path) <= mostSocket {
		return path, func() {}, nil
	}
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), controlSocket), func() { _ = dir.Close() }, nil // only read
}

// controlClient speaks to the process that has a data folder open.
func controlClient(data string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, release, err := controlPath(data)
		if err != nil {
			return nil, err
		}
		defer release()
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

// backup writes a data folder's documents and objects into one file, while the
// shop runs or not. Keys are not in it.
func backup(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("meadow backup", flag.ContinueOnError)
	fs.SetOutput(stderr)
	data, to := fs.String("data", "data", "data `folder`"), fs.String("to", "", "`file` to write, which must not exist")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *to == "" {
		return errors.New("backup: -to says which file to write")
	}
	file, err := filepath.Abs(*to) // the embedded object store moves the working directory
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("backup: %s is there already; choose another name", file)
	}
	partial := file + ".partial"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(partial)
	err = backupTo(ctx, f, *data, stderr)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := os.Link(partial, file); err != nil { // never over a backup that is there
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "backup: %s\nThe keys in %s are not in it: without them personal data cannot be read. Keep a copy elsewhere.\n", file, filepath.Join(*data, "secrets"))
	return err
}

func backupTo(ctx context.Context, w io.Writer, data string, stderr io.Writer) error {
	data, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	client := controlClient(data)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://meadow/backup", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			why, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // the status is enough
			return fmt.Errorf("the shop that runs on %s: %s %s", data, res.Status, bytes.TrimSpace(why))
		}
		_, err = io.Copy(w, res.Body)
		return err
	}
	if _, ok := errors.AsType[*url.Error](err); !ok {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, "docs")); err != nil {
		return fmt.Errorf("%s is not a data folder: %w", data, err)
	}
	if _, err := os.Stat(filepath.Join(data, "blobs")); err != nil {
		return fmt.Errorf("%s holds no objects: they are in the store that -blob names, and are backed up there: %w", data, err)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := openSide(ctx, data, "", "", log)
	if err != nil {
		return err
	}
	defer s.close()
	return writeBackup(ctx, w, s.db.(*pebbledoc.DB), s.blob, data)
}

// manifest is the last entry of a backup: one without it is not whole.
type manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	Objects int       `json:"objects"`
}

// writeBackup writes a checkpoint of the documents, and then every object there
// is. Objects are stored before the documents that name them and never change,
// so that all that the checkpoint names is there.
func writeBackup(ctx context.Context, w io.Writer, db *pebbledoc.DB, objects *blob.Store, data string) error {
	dir, err := os.MkdirTemp(data, checkpointPrefix+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	point := filepath.Join(dir, "docs")
	if err := db.Checkpoint(ctx, point); err != nil {
		return err
	}
	t := tar.NewWriter(w)
	if err := tarFolder(t, point, "docs"); err != nil {
		return err
	}
	n, err := tarObjects(ctx, t, objects)
	if err != nil {
		return err
	}
	end, err := json.Marshal(manifest{Format: 1, Version: Version, At: clock.System(), Objects: n})
	if err != nil {
		return err
	}
	if err := tarBytes(t, "manifest.json", int64(len(end)), strings.NewReader(string(end))); err != nil {
		return err
	}
	return t.Close()
}

const checkpointPrefix = ".checkpoint-"

// tidyCheckpoints removes what a backup left that was killed.
func tidyCheckpoints(data string) error {
	entries, err := os.ReadDir(data)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), checkpointPrefix) {
			if err := os.RemoveAll(filepath.Join(data, e.Name())); err != nil {
				return fmt.Errorf("data folder: %w", err)
			}
		}
	}
	return nil
}

func tarFolder(t *tar.Writer, dir, name string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return tarBytes(t, name+"/"+filepath.ToSlash(rel), info.Size(), f)
	})
}

func tarBytes(t *tar.Writer, name string, size int64, r io.Reader) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600}); err != nil {
		return err
	}
	_, err := io.CopyN(t, r, size)
	return err
}

// objectType is the tar record that keeps an object's content type.
const objectType = "MEADOW.type"

func tarObjects(ctx context.Context, t *tar.Writer, objects *blob.Store) (n int, err error) {
	for after := ""; ; {
		infos, err := objects.List(ctx, "", after, 500)
		if err != nil || len(infos) == 0 {
			return n, err
		}
		for _, i := range infos {
			after = i.Key
			r, err := objects.Get(ctx, i.Key)
			if errors.Is(err, blob.ErrNotFound) {
				continue // removed meanwhile: nothing in the checkpoint's future needs it
			}
			if err != nil {
				return n, err
			}
			err = t.WriteHeader(&tar.Header{Name: "objects/" + i.Key, Size: r.Size, Mode: 0o600, Format: tar.FormatPAX, PAXRecords: map[string]string{objectType: r.Type}})
			if err == nil {
				_, err = io.Copy(t, r)
			}
			if err = errors.Join(err, r.Close()); err != nil {
				return n, err
			}
			n++
		}
	}
}

// restore fills an empty data folder from a backup. The search index is made
// anew when the shop starts.
func restore(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("meadow restore", flag.ContinueOnError)
	fs.SetOutput(stderr)
	from, data := fs.String("from", "", "backup `file`"), fs.String("data", "data", "data `folder` to fill; it must hold no documents")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *from == "" {
		return errors.New("restore: -from says which file to read")
	}
	dir, err := filepath.Abs(*data)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "docs")); err == nil {
		return fmt.Errorf("restore: %s holds documents already; choose an empty folder", dir)
	}
	f, err := os.Open(*from)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	objects, err := openBlob(ctx, "", dir, log)
	if err != nil {
		return err
	}
	part := filepath.Join(dir, "docs.partial")
	m, err := unpack(ctx, tar.NewReader(f), part, objects)
	if err = errors.Join(err, objects.Close()); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(part, filepath.Join(dir, "docs")); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "restored a backup of %s with %d objects into %s\nPut the shop's keys into %s before you start it.\n", m.At.Format(time.RFC3339), m.Objects, dir, filepath.Join(dir, "secrets"))
	return err
}

// unpack reads a backup to its manifest; docs come into a folder of their own.
func unpack(ctx context.Context, t *tar.Reader, docs string, objects *blob.Store) (m manifest, err error) {
	if err := os.RemoveAll(docs); err != nil {
		return m, err
	}
	n := 0
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return m, errors.New("this backup ends in the middle; take another")
		}
		if err != nil {
			return m, err
		}
		kind, name, _ := strings.Cut(h.Name, "/")
		switch {
		case h.Name == "manifest.json":
			if err := json.NewDecoder(t).Decode(&m); err != nil {
				return m, err
			}
			if m.Format != 1 || m.Objects != n {
				return m, fmt.Errorf("this backup has format %d and %d of %d objects", m.Format, n, m.Objects)
			}
			return m, nil
		case kind == "docs" && filepath.IsLocal(name):
			err = writeFile(filepath.Join(docs, filepath.FromSlash(name)), t)
		case kind == "objects":
			n++
			_, err = objects.Put(ctx, name, t, h.Size, h.PAXRecords[objectType])
		default:
			err = fmt.Errorf("%q does not belong in a backup", h.Name)
		}
		if err != nil {
			return m, err
		}
	}
}

func writeFile(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}
