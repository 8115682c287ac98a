package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Keys are the shop's own keys, in files that never change once written:
// vault.key, vault.key.2, … are versions of the key that wraps data keys,
// vault.blind makes blind indexes. All processes of a shop read the same files.
// A backup of the data is worth nothing without a copy of them.
type Keys struct {
	dir   string
	blind []byte

	mu      sync.Mutex // guards what follows
	kek     map[int][]byte
	current int
}

const keyBytes = 32

// FileKeys reads the keys in dir, and makes those that a first start lacks, for
// the owner's eyes only. It refuses a file that others can read.
func FileKeys(dir string) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vault: keys: %w", err)
	}
	k := &Keys{dir: dir, kek: map[int][]byte{}}
	blind, err := readOrMake(filepath.Join(dir, "vault.blind"))
	if err != nil {
		return nil, err
	}
	k.blind = blind
	if k.kek[1], err = readOrMake(k.path(1)); err != nil {
		return nil, err
	}
	k.current = 1
	return k, k.reload()
}

func (k *Keys) path(version int) string {
	name := "vault.key"
	if version > 1 {
		name = fmt.Sprintf("vault.key.%d", version)
	}
	return filepath.Join(k.dir, name)
}

// reload reads the versions that another process has added. k.mu is held, or k
// is not shared yet.
func (k *Keys) reload() error {
	for {
		b, err := readKey(k.path(k.current + 1))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		k.current++
		k.kek[k.current] = b
	}
}

// newest returns the version that wraps from now on.
func (k *Keys) newest() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

// add makes the next version and returns its number.
func (k *Keys) add() (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.reload(); err != nil {
		return 0, err
	}
	b, err := readOrMake(k.path(k.current + 1))
	if err != nil {
		return 0, err
	}
	k.current++
	k.kek[k.current] = b
	return k.current, nil
}

// wrapper returns what wraps data keys of class c under a version of the key.
func (k *Keys) wrapper(version int, c class) (cipher.AEAD, error) {
	root, err := k.root(version)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, root, nil, "meadow vault "+string(c), keyBytes)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return aeadOf(key)
}

func (k *Keys) root(version int) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.kek[version]; !ok {
		if err := k.reload(); err != nil {
			return nil, err
		}
	}
	root, ok := k.kek[version]
	if !ok {
		return nil, fmt.Errorf("vault: version %d of the key is not in %s", version, k.dir)
	}
	return root, nil
}

// readKey reads a file of one key in base64.
func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("vault: keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("vault: %s can be read by others; set its mode to 0600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: keys: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != keyBytes {
		return nil, fmt.Errorf("vault: %s does not hold a key of %d bytes", path, keyBytes)
	}
	return b, nil
}

// readOrMake reads a key, or makes it. Of several processes that make it at
// once, one does and all read the same: a link to a finished file appears
// whole, and never in place of another.
func readOrMake(path string) ([]byte, error) {
	b, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("vault: keys: %w", err)
	}
	return readKey(path)
}

func makeKey(path string) error {
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b)
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(b) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
