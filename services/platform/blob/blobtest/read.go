package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/blob"
)

func anObjectIsReadFromAnywhere(t *testing.T, s *blob.Store) {
	data := noise(100_000)
	if _, err := s.Put(t.Context(), "k", bytes.NewReader(data), int64(len(data)), "image/png"); err != nil {
		t.Fatal(err)
	}
	o, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, c := range []struct {
		offset int64
		whence int
		at     int64
	}{{0, io.SeekEnd, 100_000}, {-10, io.SeekEnd, 99_990}, {500, io.SeekStart, 500}, {40, io.SeekCurrent, 640}, {0, io.SeekStart, 0}, {100_100, io.SeekStart, 100_100}} {
		at, err := o.Seek(c.offset, c.whence)
		if err != nil || at != c.at {
			t.Fatalf("seek %d from %d went to %d, %v; want %d", c.offset, c.whence, at, err, c.at)
		}
		want := data[min(c.at, 100_000):min(c.at+100, 100_000)]
		got := make([]byte, len(want)+1)
		n, err := io.ReadFull(o, got[:len(want)])
		if err != nil || !bytes.Equal(got[:n], want) {
			t.Errorf("at %d: read %d bytes, %v; not the ones there", c.at, n, err)
		}
		if len(want) == 0 {
			if _, err := o.Read(got); err != io.EOF {
				t.Errorf("at %d: %v, want EOF", c.at, err)
			}
		}
	}
	if _, err := o.Seek(-1, io.SeekStart); err == nil {
		t.Error("went before the beginning")
	}
	if _, err := o.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(o, data); err != nil {
		t.Error(err)
	}
}

func aRangeIsReadAlone(t *testing.T, s *blob.Store) {
	mustPut(t, s, "k", "0123456789")
	for _, c := range []struct {
		from, n int64
		want    string
	}{{0, 1, "0"}, {3, 4, "3456"}, {8, 100, "89"}, {0, 10, "0123456789"}} {
		r, err := s.GetRange(t.Context(), "k", c.from, c.n)
		if err != nil {
			t.Fatalf("%d+%d: %v", c.from, c.n, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != c.want {
			t.Errorf("%d+%d: read %q, %v; want %q", c.from, c.n, got, err, c.want)
		}
		r.Close()
	}
	for _, bad := range [][2]int64{{-1, 5}, {0, 0}, {10, 1}} {
		if r, err := s.GetRange(t.Context(), "k", bad[0], bad[1]); err == nil {
			r.Close()
			t.Errorf("there is a range %d+%d of ten bytes", bad[0], bad[1])
		}
	}
}

func anAbsentObjectIsNotFound(t *testing.T, s *blob.Store) {
	mustPut(t, s, "there/k", "x")
	for _, key := range []string{"absent", "there/absent", "no/such/folder/k", "there"} {
		_, stat := s.Stat(t.Context(), key)
		_, get := s.Get(t.Context(), key)
		_, part := s.GetRange(t.Context(), key, 0, 10)
		for verb, err := range map[string]error{"stat": stat, "get": get, "range": part} {
			if !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%s %s: %v, want ErrNotFound", verb, key, err)
			}
		}
	}
}

func aReaderSeesOneVersion(t *testing.T, s *blob.Store) {
	mustPut(t, s, "k", "the old text")
	o, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	mustPut(t, s, "k", "a new, different text")
	if _, err := o.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(o); err == nil {
		t.Errorf("read %q of two versions", got)
	}
}

func aListIsInOrderAndGoesOn(t *testing.T, s *blob.Store) {
	want := []string{"list/a-1", "list/a/1", "list/a/2", "list/a1", "list/b/c/d", "list/z"}
	for _, key := range append([]string{"lis", "listless", "other/k"}, want...) {
		mustPut(t, s, key, key)
	}
	for _, limit := range []int{1, 2, 4, 100} {
		var got []string
		for after := ""; ; {
			l, err := s.List(t.Context(), "list/", after, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range l {
				if i.Size != int64(len(i.Key)) || i.Modified.IsZero() || i.Tag == "" {
					t.Errorf("listed as %+v", i)
				}
				got, after = append(got, i.Key), i.Key
			}
			if len(l) < limit {
				break
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("in steps of %d (-want +got):\n%s", limit, d)
		}
	}
	if l, err := s.List(t.Context(), "list/a/1/", "", 5); err != nil || len(l) != 0 {
		t.Errorf("below an object: %v, %v", l, err)
	}
	if l, err := s.List(t.Context(), "nowhere/", "", 5); err != nil || len(l) != 0 {
		t.Errorf("listed %v, %v where there is nothing", l, err)
	}
}

func siblingsWithTheSameBeginningStayApart(t *testing.T, s *blob.Store) {
	mustPut(t, s, "s/ab", "1")
	mustPut(t, s, "s/abc", "2")
	if err := s.Delete(t.Context(), "s/ab"); err != nil {
		t.Fatal(err)
	}
	if got := mustGet(t, s, "s/abc"); got != "2" {
		t.Errorf("deleting s/ab left s/abc as %q", got)
	}
	l, err := s.List(t.Context(), "s/ab", "", 5)
	if err != nil || len(l) != 1 || l[0].Key != "s/abc" {
		t.Errorf("listed %v, %v", l, err)
	}
}

func aPresignedAddressSaysWhatItServes(t *testing.T, s *blob.Store) {
	mustPut(t, s, "k/x", "<script>")
	u, err := s.PresignGet(t.Context(), "k/x", time.Minute, "application/octet-stream", `attachment; filename="x"`)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{u: http.StatusOK, u + "x": http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want {
			t.Errorf("%s: status %d, %v; want %d", address, res.StatusCode, err, want)
		}
		if want != http.StatusOK {
			continue
		}
		got := fmt.Sprint(string(body), res.Header.Get("Content-Type"), res.Header.Get("Content-Disposition"))
		if got != `<script>application/octet-streamattachment; filename="x"` {
			t.Errorf("served %s", got)
		}
	}
}

func aPresignedAddressIsShortLived(t *testing.T, s *blob.Store) {
	for _, ttl := range []time.Duration{0, -time.Second, blob.MaxPresign + time.Second} {
		if u, err := s.PresignGet(t.Context(), "k", ttl, "text/plain", "inline"); err == nil {
			t.Errorf("an address for %s: %s", ttl, u)
		}
	}
}

func theStoreAnswersPings(t *testing.T, s *blob.Store) {
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
