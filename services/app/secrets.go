package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secrets are the keys that every process of a shop shares, one file each,
// beside those of the vault.
type secrets struct {
	peer    []byte // signs who is asking, between processes
	link    []byte // signs purchase links
	upload  []byte // signs upload tickets
	csrf    []byte // makes the tokens that forms carry
	sandbox []byte // signs the sandbox provider's webhooks
	carrier []byte // signs the sandbox carrier's messages
	push    []byte // the VAPID key follows from it
}

// readSecrets reads the keys in dir, and makes those that a first start lacks.
func readSecrets(dir string) (secrets, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return secrets{}, fmt.Errorf("secrets: %w", err)
	}
	var s secrets
	for name, key := range map[string]*[]byte{"peer": &s.peer, "link": &s.link, "upload": &s.upload, "csrf": &s.csrf, "sandbox": &s.sandbox, "carrier": &s.carrier, "push": &s.push} {
		var err error
		if *key, err = readSecret(filepath.Join(dir, name+".key")); err != nil {
			return secrets{}, err
		}
	}
	return s, nil
}

// readSecret reads a key, or makes it: 32 random bytes in base64. Two processes
// that start at once agree, because only one can create the file.
func readSecret(path string) ([]byte, error) {
	for {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			if err = makeSecret(path); err == nil || errors.Is(err, fs.ErrExist) {
				continue
			}
		}
		if err != nil {
			return nil, fmt.Errorf("secrets: %w", err)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
		if err != nil || len(key) < 32 {
			return nil, fmt.Errorf("secrets: %s does not hold 32 bytes in base64; restore it from a backup, or remove it to make a new one", path)
		}
		return key, nil
	}
}

// makeSecret writes a whole file and then links it to its name, so that nobody
// ever reads half a key.
func makeSecret(path string) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key)                                 // never fails: crypto/rand aborts the process instead
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
