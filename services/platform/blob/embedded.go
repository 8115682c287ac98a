package blob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
)

// Embedded returns a store that keeps its objects in dir, as plain files below
// dir/objects. It is served by an S3 server in this process, on a loopback port
// and with credentials that live no longer than the process.
//
// Mind that the server changes the working directory of the process: from here
// on every path must be absolute. dir needs a file system with extended
// attributes, and belongs to one process at a time.
func Embedded(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	d, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	e, release, err := theServer.join(ctx, d.objects, log)
	if err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	d.release = release
	s, err := dial(e)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	s.disk = d
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// disk is the folder of an embedded store.
type disk struct {
	objects string // absolute
	lock    *os.File
	release func() error
	closed  atomic.Bool
}

func openDisk(dir string) (*disk, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	d := &disk{objects: filepath.Join(dir, "objects")}
	if err := os.MkdirAll(d.objects, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := (meta.XattrMeta{}).Test(d.objects); err != nil {
		return nil, fmt.Errorf("blob: %s needs a file system with extended attributes: %w", dir, err)
	}
	d.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %s is in use by another process: %w", dir, err), d.lock.Close())
	}
	return d, nil
}

// close is idempotent.
func (d *disk) close() error {
	if d.closed.Swap(true) {
		return nil
	}
	return errors.Join(d.release(), d.unlock())
}

func (d *disk) unlock() error { return d.lock.Close() }

// sync makes the object under key, and the folders on the way to it, survive a
// loss of power: the server writes files without syncing them.
func (d *disk) sync(key string) error {
	path := filepath.Join(d.objects, filepath.FromSlash(key))
	for {
		if err := syncPath(path); err != nil {
			return err
		}
		if path == d.objects {
			return nil
		}
		path = filepath.Dir(path)
	}
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted meanwhile by somebody else
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
