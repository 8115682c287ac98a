package mediahttp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediahttp"
	"meadow/media/mediatest"
	"meadow/media/mediavideo"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/video"
)

// film is n bytes that begin as a video does, never all in memory.
type film struct{ n, at int64 }

var filmHead = []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2")

func (f *film) Read(p []byte) (int, error) {
	p = p[:min(int64(len(p)), f.n-f.at)]
	if len(p) == 0 {
		return 0, io.EOF
	}
	for i := range p {
		at := f.at + int64(i)
		if at < int64(len(filmHead)) {
			p[i] = filmHead[at]
		} else {
			p[i] = byte(at ^ at>>8 ^ at>>20)
		}
	}
	f.at += int64(len(p))
	return len(p), nil
}

// cutAfter ends a body as a lost connection does.
type cutAfter struct {
	r    io.Reader
	left int64
}

var errTunnel = errors.New("no network")

func (c *cutAfter) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTunnel
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// summed is a Make whose only product is the sum of what arrived.
func summed(t *testing.T) mediavideo.Make {
	poster := mediatest.Photo(t, 64, 48, 5)
	return func(_ context.Context, dir string, _ bool, said func(int64)) (mediavideo.Made, error) {
		f, err := os.Open(filepath.Join(dir, mediavideo.Source))
		if err != nil {
			return mediavideo.Made{}, err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return mediavideo.Made{}, err
		}
		said(0)
		m := mediavideo.Made{Width: 2, Height: 2, Poster: "poster.jpg"}
		for name, data := range map[string]string{mediavideo.Master: "#EXTM3U\n", mediavideo.Preview: hex.EncodeToString(h.Sum(nil)), m.Poster: string(poster)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
				return m, err
			}
			if kind, ok := mediavideo.TypeOf(name); ok {
				m.Files = append(m.Files, mediavideo.File{Name: name, Type: kind, Size: int64(len(data))})
			}
		}
		return m, nil
	}
}

// cinema returns a whole media role in this process that takes videos, and a
// function that ends it and starts another on the same storage.
func cinema(t *testing.T, make mediavideo.Make) (mediatest.World, func() mediatest.World) {
	t.Helper()
	d := deps(t, clock.System)
	d.Film, d.Scratch = make, t.TempDir()
	var stop func()
	start := func() mediatest.World {
		c, err := mediacore.New(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(mediahttp.New(c, slog.New(slog.DiscardHandler)))
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.RunVideos(ctx); err != nil {
				t.Error(err)
			}
		})
		stop = sync.OnceFunc(func() { s.Close(); cancel(); wg.Wait() })
		return mediatest.World{Service: c, URL: s.URL}
	}
	t.Cleanup(func() { stop() })
	return start(), func() mediatest.World { stop(); return start() }
}

func TestMediaKeepsItsPromisesAboutVideosInOneProcess(t *testing.T) {
	t.Parallel()
	f, missing := mediavideo.Find(t.Context())
	if f == nil {
		t.Skipf("SKIPPED: no videos on this machine: %s is missing", missing)
	}
	mediatest.RunVideos(t, func(t *testing.T) mediatest.World {
		w, _ := cinema(t, f)
		return w
	})
}

// TestTwoHundredMegabytesSurviveLostConnectionsAndARestart sends a large video
// as a browser does that loses its network, reloads, and finds another server
// process there.
func TestTwoHundredMegabytesSurviveLostConnectionsAndARestart(t *testing.T) {
	const size = 200 << 20
	w, restart := cinema(t, summed(t))
	ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Film})
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, nil, "Upload-Length", strconv.Itoa(size))
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("create: %v, %v", res, err)
	}
	res.Body.Close()
	at := res.Header.Get("Location")
	before, most := watchMemory()
	offset := 0
	for _, until := range []int{1, 3 << 20, 50<<20 + 7, 120 << 20} {
		// Its predecessor may still be letting go of the file: then it is busy.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			lost := &cutAfter{&film{n: size, at: int64(offset)}, int64(until - offset)}
			res, err := w.Tus(t.Context(), http.MethodPatch, at, ticket.Token, lost, "Upload-Offset", strconv.Itoa(offset), "Content-Type", tusType)
			if errors.Is(err, errTunnel) {
				break
			}
			if err != nil || res.StatusCode < 400 || time.Now().After(deadline) {
				t.Fatalf("%v, %v, want a lost connection", res, err)
			}
			res.Body.Close()
		}
		if until == 120<<20 {
			w = restart()
		}
		offset = settled(t, w, at, ticket.Token, until)
	}
	if offset < 110<<20 {
		t.Errorf("only %d bytes are kept of %d", offset, 120<<20)
	}
	// The rest in chunks, as a browser's uploader sends them.
	for offset < size {
		chunk := &film{n: min(size, int64(offset)+8<<20), at: int64(offset)}
		res, err := w.Tus(t.Context(), http.MethodPatch, at, ticket.Token, chunk, "Upload-Offset", strconv.Itoa(offset), "Content-Type", tusType)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatalf("at %d: %v, %v", offset, res, err)
		}
		res.Body.Close()
		offset, _ = strconv.Atoi(res.Header.Get("Upload-Offset"))
	}
	more := int64(most()-before) >> 20
	t.Logf("at most %d MB of memory more", more)
	if more > 128 {
		t.Errorf("an upload takes %d MB of memory", more)
	}
	v := awaitVideo(t, w, ticket)
	want := sha256.New()
	if _, err := io.Copy(want, &film{n: size}); err != nil {
		t.Fatal(err)
	}
	res, body, err := w.Get(t.Context(), v.Preview)
	if err != nil || string(body) != hex.EncodeToString(want.Sum(nil)) {
		t.Errorf("other bytes than were sent: %v, %v, %s", res, err, body)
	}
}

// settled waits until what was sent over a lost connection is stored, and
// returns how much that is.
func settled(t *testing.T, w mediatest.World, at, token string, sent int) int {
	t.Helper()
	last, same := -1, 0
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		status, n := offsetOf(t, w, at, token)
		if status != http.StatusOK || n > sent {
			t.Fatalf("status %d, %d bytes kept of %d", status, n, sent)
		}
		if n == sent {
			return n
		}
		if same++; n != last {
			last, same = n, 0
		}
		if same > 20 {
			return n
		}
		time.Sleep(10 * time.Millisecond) // another goroutine's connection: nothing here can tell us
	}
	t.Fatal("it never settles")
	return 0
}

// watchMemory returns how much memory is in use, and what returns the most that
// ever was.
func watchMemory() (now uint64, stop func() uint64) {
	runtime.GC()
	read := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	now = read()
	most, done := now, make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				most = max(most, read())
			}
		}
	})
	return now, func() uint64 { close(done); wg.Wait(); return most }
}

func awaitVideo(t *testing.T, w mediatest.World, k media.Ticket) media.Video {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		p, err := w.Service.Progress(t.Context(), media.ProgressIn{Owner: "usr_a", Upload: k.Upload})
		if err != nil || p.Step == media.Rejected {
			t.Fatalf("%+v, %v", p, err)
		}
		if p.Step == media.Ready {
			v, err := w.Service.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: k.Media}})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		time.Sleep(10 * time.Millisecond) // another goroutine's work: nothing here can tell us
	}
	t.Fatal("never ready")
	return media.Video{}
}

func TestVideosAreServedSoThatNoBrowserTakesThemForAnythingElse(t *testing.T) {
	t.Parallel()
	w, _ := cinema(t, summed(t))
	ticket, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Film})
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, &film{n: 5000}); err != nil {
		t.Fatal(err)
	}
	if status, err := w.Upload(t.Context(), ticket, data.Bytes(), 1<<20); err != nil || status != http.StatusNoContent {
		t.Fatalf("status %d, %v", status, err)
	}
	v := awaitVideo(t, w, ticket)
	for path, kind := range map[string]string{v.HLS: "application/vnd.apple.mpegurl", v.Preview: "video/mp4"} {
		res, _, err := w.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "public, max-age=31536000, immutable", "Accept-Ranges": "bytes",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if res, body, err := w.Get(t.Context(), path, "If-None-Match", res.Header.Get("ETag")); err != nil || res.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s asked again: %v, %v", path, res.StatusCode, err)
		}
	}
	if res, body, err := w.Get(t.Context(), v.Preview, "Range", "bytes=2-5"); err != nil || res.StatusCode != http.StatusPartialContent || len(body) != 4 || res.Header.Get("Content-Range") != "bytes 2-5/64" {
		t.Errorf("a stretch: %v, %q, %v", res, body, err)
	}
	folder := strings.Split(strings.TrimPrefix(v.HLS, media.VideoPath), "/")[0]
	for _, path := range []string{"", folder, folder + "/", folder + "/source", folder + "/poster.jpg", folder + "/720.mp4", folder + "/..%2fx.mp4", folder + "/99999.mp4", "x/master.m3u8", "..%2f..%2fpic/master.m3u8", folder + "/.mp4"} {
		if res, _, err := w.Get(t.Context(), media.VideoPath+path); err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("%q: status %v, %v", path, res.StatusCode, err)
		}
	}
}

func TestCaptionsAreServedAsCaptions(t *testing.T) {
	t.Parallel()
	w, _ := cinema(t, summed(t))
	get := func(kind media.Kind, data []byte) media.Ticket {
		k, err := w.Service.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		if status, err := w.Upload(t.Context(), k, data, 1<<20); err != nil || status != http.StatusNoContent {
			t.Fatalf("status %d, %v", status, err)
		}
		return k
	}
	words := get(media.Captions, []byte("WEBVTT\n\n00:01.000 --> 00:02.000\n<script>alert(1)</script>你好\n"))
	var data bytes.Buffer
	if _, err := io.Copy(&data, &film{n: 5000}); err != nil {
		t.Fatal(err)
	}
	k := get(media.Film, data.Bytes())
	awaitVideo(t, w, k)
	v, err := w.Service.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: k.Media, Captions: []video.WantedCaption{{ID: words.Media, Lang: "zh-CN"}}}})
	if err != nil || len(v.Captions) != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	res, body, err := w.Get(t.Context(), v.Captions[0].URL)
	if err != nil || res.Header.Get("Content-Type") != "text/vtt; charset=utf-8" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
		string(body) != "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nalert(1)你好\n" {
		t.Errorf("%v, %q, %v", res, body, err)
	}
	for _, path := range []string{"", "x.vtt", fmt.Sprintf("%026d.vtt", 0), "..%2fx.vtt"} {
		if res, _, err := w.Get(t.Context(), media.CaptionPath+path); err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("%q: status %v, %v", path, res.StatusCode, err)
		}
	}
}
