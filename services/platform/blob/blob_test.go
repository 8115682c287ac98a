package blob_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/blob/blobtest"
)

func TestTheEmbeddedStoreKeepsItsPromises(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) *blob.Store { return blobtest.Store(t) })
}

// TestAStoreElsewhereKeepsItsPromises runs against MEADOW_TEST_S3, an address
// for blob.Connect without its bucket, such as s3://KEY:SECRET@127.0.0.1:9000?secure=false.
func TestAStoreElsewhereKeepsItsPromises(t *testing.T) {
	t.Parallel()
	address := os.Getenv("MEADOW_TEST_S3")
	if address == "" {
		t.Skip("SKIPPED: MEADOW_TEST_S3 names no S3 server")
	}
	blobtest.Run(t, func(t *testing.T) *blob.Store { return connect(t, address) })
}

func connect(t *testing.T, address string) *blob.Store {
	t.Helper()
	host, query, _ := strings.Cut(address, "?")
	s, err := blob.Connect(t.Context(), host+"/m"+id.Secret()+"?"+query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestWhatIsStoredIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		s, err := blob.Embedded(t.Context(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := s.Put(t.Context(), "pic/ab/cd", strings.NewReader("bytes"), 5, "image/jpeg"); err != nil {
				t.Fatal(err)
			}
		}
		o, err := s.Get(t.Context(), "pic/ab/cd")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(o)
		if err != nil || string(b) != "bytes" || o.Type != "image/jpeg" {
			t.Errorf("start %d: read %q as %s, %v", i, b, o.Type, err)
		}
		for range 2 { // closing twice is fine
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "objects", "pic", "ab", "cd")); err != nil || string(b) != "bytes" {
		t.Errorf("the file reads %q, %v", b, err)
	}
}

func TestStoresOfOneProcessDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	a, b := blobtest.Store(t), blobtest.Store(t)
	if _, err := a.Put(t.Context(), "k", strings.NewReader("a"), 1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stat(t.Context(), "k"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the other store answers %v", err)
	}
}

func TestAFolderServesOneStoreAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := blob.Embedded(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if second, err := blob.Embedded(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil {
		second.Close()
		t.Error("two stores opened one folder")
	}
}

func TestNoSecretIsLeftOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log bytes.Buffer
	s, err := blob.Embedded(t.Context(), dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files := 0
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files++
			if i, err := d.Info(); err != nil || i.Mode().Perm() != 0o600 || i.Size() != 0 {
				t.Errorf("%s is %v, %v", path, i, err)
			}
		}
		return err
	})
	if err != nil || files != 1 {
		t.Errorf("%d files, %v; want the lock alone", files, err)
	}
}

// TestForgedRequestsStoreNothing sends what stores have been known to take
// without a valid signature.
func TestForgedRequestsStoreNothing(t *testing.T) {
	t.Parallel()
	s := blobtest.Store(t)
	if _, err := s.Put(t.Context(), "real", strings.NewReader("x"), 1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	signed, err := s.PresignGet(t.Context(), "real", time.Minute, "text/plain", "inline")
	if err != nil {
		t.Fatal(err)
	}
	base, query, _ := strings.Cut(signed, "/real?")
	credential := ""
	for part := range strings.SplitSeq(query, "&") {
		if v, ok := strings.CutPrefix(part, "X-Amz-Credential="); ok {
			credential = v
		}
	}
	zero := strings.Repeat("0", 64)
	now := time.Now().UTC().Format("20060102T150405Z")
	auth := "AWS4-HMAC-SHA256 Credential=" + strings.ReplaceAll(credential, "%2F", "/") + ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + zero
	for name, c := range map[string]struct {
		query  string
		header map[string]string
	}{
		"nothing at all":                        {},
		"zero signature":                        {header: map[string]string{"Authorization": auth, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}},
		"zero signature on an unsigned trailer": {header: map[string]string{"Authorization": auth, "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "4", "X-Amz-Trailer": "x-amz-checksum-crc32c"}},
		"snowball":                              {header: map[string]string{"Authorization": auth, "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Meta-Snowball-Auto-Extract": "true", "X-Amz-Decoded-Content-Length": "4"}},
		"a credential without a signature":      {query: "?X-Amz-Credential=" + credential},
		"the same, trailer unsigned":            {query: "?X-Amz-Credential=" + credential, header: map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "4"}},
		"a read's signature":                    {query: "?" + query},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, base+"/forged"+c.query, strings.NewReader("evil"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Date", now)
		for k, v := range c.header {
			req.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		if _, err := s.Stat(t.Context(), "forged"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: stored (%v)", name, err)
		}
	}
}

func TestAnAddressIsReadOrItsFaultNamedWithoutTheSecret(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"http://k:geheim@h/b":              "s3://",
		"s3:///b":                          "host",
		"s3://h/b":                         "KEY:SECRET",
		"s3://k:geheim@h":                  "bucket",
		"s3://k:geheim@h/b/c":              "bucket",
		"s3://k:geheim@h/b?secure=perhaps": "secure",
		"s3://k:geheim@h:x/b":              "URL",
	} {
		_, err := blob.Connect(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v, want it to say %q and no secret", address, err, why)
		}
	}
}

func BenchmarkPutOfAThumbnail(b *testing.B) {
	s := blobtest.Store(b)
	data := bytes.Repeat([]byte("x"), 20_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Put(b.Context(), "bench/"+id.Derive("k", string(rune(i)))+"/x", bytes.NewReader(data), int64(len(data)), "image/jpeg"); err != nil {
			b.Fatal(err)
		}
	}
}
