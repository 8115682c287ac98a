package mediahttp_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediatest"
	"meadow/services/kernel/id"
)

func TestMediaKeepsItsPromisesInOneProcess(t *testing.T) {
	t.Parallel()
	mediatest.Run(t, newWorld)
}

const tusType = "application/offset+octet-stream"

func begun(t *testing.T, w mediatest.World, length int) (at string, ticket media.Ticket) {
	t.Helper()
	ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForAvatar, Kind: media.Still})
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, nil, "Upload-Length", strconv.Itoa(length))
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("create: %v, %v", res, err)
	}
	res.Body.Close()
	if _, err := http.ParseTime(res.Header.Get("Upload-Expires")); err != nil {
		t.Errorf("it expires %q", res.Header.Get("Upload-Expires"))
	}
	return res.Header.Get("Location"), ticket
}

func offsetOf(t *testing.T, w mediatest.World, at, token string) (int, int) {
	t.Helper()
	res, err := w.Tus(t.Context(), http.MethodHead, at, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	n, err := strconv.Atoi(res.Header.Get("Upload-Offset"))
	if err != nil {
		return res.StatusCode, -1
	}
	return res.StatusCode, n
}

func TestTheServerSaysWhatItSpeaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, w.URL+media.UploadPath, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for name, want := range map[string]string{"Tus-Version": "1.0.0", "Tus-Max-Size": "1073741824", "Tus-Extension": "creation,creation-with-upload,expiration,termination,checksum", "Tus-Checksum-Algorithm": "sha1,sha256"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	res, err = w.Tus(t.Context(), http.MethodPost, media.UploadPath, "", nil, "Tus-Resumable", "0.2.2")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusPreconditionFailed || res.Header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("an old version: status %d", res.StatusCode)
	}
}

// TestACutConnectionLosesNothingThatArrived sends half an upload over a
// connection that is then reset, as a telephone in a tunnel does.
func TestACutConnectionLosesNothingThatArrived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 300, 200, 9)
	at, ticket := begun(t, w, len(data))
	half := len(data) / 2
	u, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer %s\r\nUpload-Offset: 0\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", at, ticket.Token, tusType, len(data))
	if _, err := conn.Write(data[:half]); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		status, n := offsetOf(t, w, at, ticket.Token)
		if n == half {
			break
		}
		if status != http.StatusOK || n != 0 || time.Now().After(deadline) {
			t.Fatalf("status %d, %d bytes kept of %d", status, n, half)
		}
		time.Sleep(5 * time.Millisecond) // another process's connection: nothing here can tell us
	}
	res, err := w.Tus(t.Context(), http.MethodPatch, at, ticket.Token, bytes.NewReader(data[half:]), "Upload-Offset", strconv.Itoa(half), "Content-Type", tusType)
	if err != nil || res.StatusCode != http.StatusNoContent || res.Header.Get("Upload-Offset") != strconv.Itoa(len(data)) {
		t.Fatalf("the rest: %v, %v", res, err)
	}
	res.Body.Close()
	if got, err := w.Service.Pictures(t.Context(), media.PicturesIn{IDs: []id.Media{ticket.Media}}); err != nil || len(got.Items) != 1 {
		t.Errorf("%d pictures, %v", len(got.Items), err)
	}
}

func TestAnUploadContinuesOnlyWhereItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 30, 20, 1)
	at, ticket := begun(t, w, len(data))
	for _, c := range []struct {
		offset, kind string
		body         []byte
		want         int
	}{
		{"5", tusType, data[5:], http.StatusConflict},
		{"-1", tusType, data, http.StatusConflict},
		{"", tusType, data, http.StatusConflict},
		{"0", "image/jpeg", data, http.StatusUnsupportedMediaType},
		{"0", tusType, append(bytes.Clone(data), 'x'), http.StatusRequestEntityTooLarge},
		{"0", tusType, data[:100], http.StatusNoContent},
		{"0", tusType, data, http.StatusConflict},
		{"100", tusType, data[100:], http.StatusNoContent},
	} {
		res, err := w.Tus(t.Context(), http.MethodPatch, at, ticket.Token, bytes.NewReader(c.body), "Upload-Offset", c.offset, "Content-Type", c.kind)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%d bytes of %s at %q: status %d, want %d", len(c.body), c.kind, c.offset, res.StatusCode, c.want)
		}
	}
	if status, n := offsetOf(t, w, at, ticket.Token); status != http.StatusOK || n != len(data) {
		t.Errorf("finished: status %d at %d", status, n)
	}
}

func TestAnUploadMayComeWithItsCreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 30, 20, 1)
	ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Still})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // sending it again is fine
		res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, bytes.NewReader(data), "Upload-Length", strconv.Itoa(len(data)), "Content-Type", tusType)
		if err != nil || res.StatusCode != http.StatusCreated {
			t.Fatalf("%v, %v", res, err)
		}
		res.Body.Close()
		if status, n := offsetOf(t, w, res.Header.Get("Location"), ticket.Token); status != http.StatusOK || n != len(data) {
			t.Errorf("status %d at %d of %d", status, n, len(data))
		}
	}
}

func TestADamagedPartIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 30, 20, 1)
	at, ticket := begun(t, w, len(data))
	sum := sha256.Sum256(data)
	good := "sha256 " + base64.StdEncoding.EncodeToString(sum[:])
	for _, c := range []struct {
		check string
		body  []byte
		want  int
		then  int
	}{
		{good, append([]byte{data[0] ^ 1}, data[1:]...), 460, 0},
		{good, data[:50], 460, 0},
		{"md5 xxxx", data, http.StatusBadRequest, 0},
		{"sha256 !", data, http.StatusBadRequest, 0},
		{good, data, http.StatusNoContent, len(data)},
	} {
		res, err := w.Tus(t.Context(), http.MethodPatch, at, ticket.Token, bytes.NewReader(c.body), "Upload-Offset", "0", "Content-Type", tusType, "Upload-Checksum", c.check)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if _, n := offsetOf(t, w, at, ticket.Token); res.StatusCode != c.want || n != c.then {
			t.Errorf("%s: status %d at %d, want %d at %d", c.check, res.StatusCode, n, c.want, c.then)
		}
	}
}

func TestWhatIsGivenUpIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at, ticket := begun(t, w, 1000)
	res, err := w.Tus(t.Context(), http.MethodDelete, at, ticket.Token, nil)
	if err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
	if status, _ := offsetOf(t, w, at, ticket.Token); status != http.StatusNotFound {
		t.Errorf("status %d after it was given up", status)
	}
}

func TestPicturesAreServedForeverWithoutCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ticket := begun(t, w, 1)
	ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Still})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := w.Upload(t.Context(), ticket, mediatest.Photo(t, 300, 200, 7), 1<<20); err != nil || status != http.StatusNoContent {
		t.Fatalf("status %d, %v", status, err)
	}
	got, err := w.Service.Pictures(t.Context(), media.PicturesIn{IDs: []id.Media{ticket.Media}})
	if err != nil || len(got.Items) != 1 {
		t.Fatal(got, err)
	}
	for _, r := range got.Items[0].Renditions {
		res, whole, err := w.Get(t.Context(), r.URL)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff", "Content-Type": r.Type,
			"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline", "Accept-Ranges": "bytes",
		} {
			if res.Header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, res.Header.Get(name), want)
			}
		}
		if c := res.Header.Values("Set-Cookie"); len(c) > 0 {
			t.Errorf("cookies: %v", c)
		}
		if res, body, err := w.Get(t.Context(), r.URL, "If-None-Match", res.Header.Get("ETag")); err != nil || res.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("asked again: status %d, %d bytes, %v", res.StatusCode, len(body), err)
		}
		res, part, err := w.Get(t.Context(), r.URL, "Range", "bytes=10-19")
		if err != nil || res.StatusCode != http.StatusPartialContent || !bytes.Equal(part, whole[10:20]) {
			t.Errorf("a range: status %d, %d bytes, %v", res.StatusCode, len(part), err)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]int{"/": 404, "/media/": 404, "/media/pic/": 404, "/media/upload/x": 405, "/media/pic/../upload": 404} {
		res, body, err := w.Get(t.Context(), path)
		if err != nil || res.StatusCode != want && res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, %v", path, res.StatusCode, err)
		}
		if strings.Contains(string(body), "<a") || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %s", path, body)
		}
	}
	res, err := http.Post(w.URL+"/media/pic/x", "text/plain", io.NopCloser(strings.NewReader("x")))
	if err != nil || res.StatusCode < 400 {
		t.Errorf("posting to a picture: %v, %v", res, err)
	}
	res.Body.Close()
}
