package mediacore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// scratchLock is held by whoever has a scratch folder, for as long as its process
// lives.
const scratchLock = "lock"

// scratch makes a folder for this process below root, and removes those of
// processes that were killed. Several processes of a machine may share root.
func scratch(root string) (dir string, release func() error, err error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", nil, fmt.Errorf("media: scratch: %w", err)
	}
	// One at a time looks around: a folder that was just made is not locked yet.
	all, err := lockFile(filepath.Join(root, scratchLock), syscall.LOCK_EX)
	if err != nil {
		return "", nil, fmt.Errorf("media: scratch: %w", err)
	}
	defer all.Close()
	left, err := os.ReadDir(root)
	if err != nil {
		return "", nil, fmt.Errorf("media: scratch: %w", err)
	}
	for _, l := range left {
		if !strings.HasPrefix(l.Name(), scratchPrefix) {
			continue
		}
		if err := removeIfLeft(filepath.Join(root, l.Name())); err != nil {
			return "", nil, fmt.Errorf("media: scratch: %w", err)
		}
	}
	if dir, err = os.MkdirTemp(root, scratchPrefix); err != nil {
		return "", nil, fmt.Errorf("media: scratch: %w", err)
	}
	mine, err := lockFile(filepath.Join(dir, scratchLock), syscall.LOCK_EX)
	if err != nil {
		return "", nil, fmt.Errorf("media: scratch: %w", err)
	}
	return dir, func() error { return errors.Join(os.RemoveAll(dir), mine.Close()) }, nil
}

const scratchPrefix = "process-"

// removeIfLeft removes the folder of a process that has ended.
func removeIfLeft(dir string) error {
	f, err := lockFile(filepath.Join(dir, scratchLock), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err == nil {
		defer f.Close()
	}
	return os.RemoveAll(dir)
}

func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
