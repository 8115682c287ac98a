package app

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive is a tar file of names and what they hold.
func archive(t *testing.T, entries ...[2]string) *tar.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := tarBytes(w, e[0], int64(len(e[1])), strings.NewReader(e[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return tar.NewReader(&b)
}

func TestARestoreWritesNothingOutsideItsFolder(t *testing.T) {
	t.Parallel()
	const manifest = `{"format":1,"objects":0}`
	for what, entries := range map[string][][2]string{
		"climbs out":           {{"docs/../../stolen", "x"}, {"manifest.json", manifest}},
		"is absolute":          {{"docs//etc/stolen", "x"}, {"manifest.json", manifest}},
		"is no part":           {{"secrets/vault.key", "x"}, {"manifest.json", manifest}},
		"comes twice":          {{"docs/a", "x"}, {"docs/a", "y"}, {"manifest.json", manifest}},
		"has no manifest":      {{"docs/a", "x"}},
		"lacks an object":      {{"docs/a", "x"}, {"manifest.json", `{"format":1,"objects":1}`}},
		"is of another format": {{"docs/a", "x"}, {"manifest.json", `{"format":2,"objects":0}`}},
	} {
		dir := t.TempDir()
		if _, err := unpack(t.Context(), archive(t, entries...), filepath.Join(dir, "in", "docs"), nil); err == nil {
			t.Errorf("an archive that %s is taken for a backup", what)
		}
		if _, err := os.Stat(filepath.Join(dir, "stolen")); err == nil {
			t.Errorf("an archive that %s wrote outside of its folder", what)
		}
	}
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := unpack(t.Context(), archive(t, [2]string{"docs/a/b", "whole"}, [2]string{"manifest.json", manifest}), dir, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "a", "b")); err != nil || string(b) != "whole" {
		t.Errorf("restored %q, %v", b, err)
	}
}

func TestBackupAndRestoreSayWhichArgumentsTheyNeed(t *testing.T) {
	t.Parallel()
	if err := backup(t.Context(), nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-to says which file") {
		t.Errorf("backup: %v", err)
	}
	if err := restore(t.Context(), []string{"-data", t.TempDir()}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-from says which file") {
		t.Errorf("restore: %v", err)
	}
}

func TestWhatAKilledBackupLeftIsRemoved(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, name := range []string{checkpointPrefix + "123/docs", "docs"} {
		if err := os.MkdirAll(filepath.Join(data, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := tidyCheckpoints(data); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(data)
	if err != nil || len(entries) != 1 || entries[0].Name() != "docs" {
		t.Errorf("left %v, %v; want docs alone", entries, err)
	}
}
