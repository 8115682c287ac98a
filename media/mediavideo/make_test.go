package mediavideo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/media/mediavideo"
)

const (
	place    = "+31.2304+121.4737+004.000/"
	testCard = "testsrc=size=%dx%d:rate=%d:duration=%d"
	tone     = "sine=frequency=440:duration=%d"
)

// phone is what a telephone held upright makes: a picture lying on its side with
// a note how to turn it, the place it was taken at, and sound.
func phone(t *testing.T, w, h, seconds int, also ...string) []byte {
	t.Helper()
	lying := filepath.Join(t.TempDir(), "lying.mov")
	if err := os.WriteFile(lying, ffmpeg(t, "a.mov",
		append([]string{"-f", "lavfi", "-i", fmt.Sprintf(testCard, w, h, 30, seconds), "-f", "lavfi", "-i", fmt.Sprintf(tone, seconds),
			"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac",
			"-metadata", "location=" + place, "-metadata", "com.apple.quicktime.location.ISO6709=" + place,
			"-metadata", "com.apple.quicktime.model=Secret Phone", "-movflags", "use_metadata_tags"}, also...)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return ffmpeg(t, "b.mov", "-i", lying, "-c", "copy", "-metadata:s:v:0", "rotate=90", "-map_metadata", "0", "-movflags", "use_metadata_tags")
}

type look struct {
	Streams []struct {
		Type     string            `json:"codec_type"`
		Codec    string            `json:"codec_name"`
		Width    int               `json:"width"`
		Height   int               `json:"height"`
		Tags     map[string]string `json:"tags"`
		SideData []any             `json:"side_data_list"`
	} `json:"streams"`
	Format struct {
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func looked(t *testing.T, path string) look {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("look at %s: %v", path, err)
	}
	var l look
	if err := json.Unmarshal(out, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func names(m mediavideo.Made) []string {
	var out []string
	for _, f := range m.Files {
		out = append(out, f.Name)
	}
	return out
}

func TestATelephonesVideoIsUprightAndSaysNothingOfItsMaker(t *testing.T) {
	t.Parallel()
	f := maker(t)
	data := phone(t, 1280, 720, 5)
	if !bytes.Contains(data, []byte(place)) {
		t.Fatal("the sample does not say where it was taken")
	}
	dir := laid(t, data)
	var said []int64
	m, err := f(t.Context(), dir, false, func(p int64) { said = append(said, p) })
	if err != nil {
		t.Fatal(err)
	}
	if m.Width != 720 || m.Height != 1280 || m.AI || m.Duration < 4900*time.Millisecond || m.Duration > 5200*time.Millisecond {
		t.Errorf("made %+v", m)
	}
	if d := cmp.Diff([]string{"720.mp4", "480.mp4", "720.m3u8", "480.m3u8", "master.m3u8", "preview.mp4"}, names(m)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if len(said) < 3 || said[0] != 0 || !slices.IsSorted(said) || said[len(said)-1] < 50 || said[len(said)-1] > 99 {
		t.Errorf("progress %v", said)
	}
	for name, want := range map[string][2]int{"720.mp4": {720, 1280}, "480.mp4": {480, 852}, "preview.mp4": {360, 638}} {
		l := looked(t, filepath.Join(dir, name))
		if l.Streams[0].Codec != "h264" || l.Streams[0].Width != want[0] || l.Streams[0].Height != want[1] || len(l.Streams[0].SideData) > 0 {
			t.Errorf("%s: %+v, want %v", name, l.Streams, want)
		}
		if preview := name == "preview.mp4"; preview != (len(l.Streams) == 1) || !preview && l.Streams[1].Codec != "aac" {
			t.Errorf("%s: %d streams", name, len(l.Streams))
		}
	}
	for _, name := range append(names(m), m.Poster) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"31.23", "121.47", "Secret Phone", "Lavc5", "x264 - core", "AIGC"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s says %s", name, secret)
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, m.Poster))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 720 || c.Height != 1280 {
		t.Errorf("the poster is %d by %d, %v", c.Width, c.Height, err)
	}
}

func TestPlaylistsAddUpAndBeginEachPartTogether(t *testing.T) {
	t.Parallel()
	f := maker(t)
	dir := laid(t, ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 1920, 1080, 25, 9), "-f", "lavfi", "-i", fmt.Sprintf(tone, 9),
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"))
	m, err := f(t.Context(), dir, false, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, mediavideo.Master))
	if err != nil {
		t.Fatal(err)
	}
	variants := regexp.MustCompile(`#EXT-X-STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=\d+,RESOLUTION=(\d+x\d+),FRAME-RATE=25.000,CODECS="avc1\.6400[0-9a-f]{2},mp4a\.40\.2"\n(\d+\.m3u8)\n`).FindAllStringSubmatch(string(b), -1)
	if len(variants) != 3 || variants[0][2] != "852x480" || variants[1][2] != "1280x720" || variants[2][2] != "1920x1080" {
		t.Fatalf("%s", b)
	}
	if m.Width != 1920 || m.Height != 1080 {
		t.Errorf("%d by %d", m.Width, m.Height)
	}
	var starts []string
	for _, v := range variants {
		list, err := os.ReadFile(filepath.Join(dir, v[3]))
		if err != nil {
			t.Fatal(err)
		}
		durations := regexp.MustCompile(`#EXTINF:([\d.]+),`).FindAllStringSubmatch(string(list), -1)
		var s []string
		for _, d := range durations[:len(durations)-1] {
			s = append(s, d[1])
		}
		starts = append(starts, strings.Join(s, " "))
		file, err := os.Stat(filepath.Join(dir, strings.Replace(v[3], ".m3u8", ".mp4", 1)))
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, r := range regexp.MustCompile(`BYTERANGE[:=]"?(\d+)@(\d+)`).FindAllStringSubmatch(string(list), -1) {
			n, _ := strconv.ParseInt(r[1], 10, 64)
			if r[2] != strconv.FormatInt(sum, 10) {
				t.Errorf("%s: a part at %s, want %d", v[3], r[2], sum)
			}
			sum += n
		}
		if sum != file.Size() {
			t.Errorf("%s: parts of %d bytes in a file of %d", v[3], sum, file.Size())
		}
	}
	if starts[0] != "1.000000 1.000000 2.000000 2.000000 2.000000" || starts[1] != starts[0] || starts[2] != starts[0] {
		t.Errorf("parts of %q", starts)
	}
	// A player plays all of it.
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-i", filepath.Join(dir, mediavideo.Master), "-map", "0:v", "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("played: %v: %s", err, out)
	}
}

func TestWhatAMachineMadeSaysSoAgain(t *testing.T) {
	t.Parallel()
	f := maker(t)
	mark := `{"Label":"1","ContentProducer":"maker","ProduceID":"7","ReservedCode1":"drop me"}`
	dir := laid(t, ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 1), "-pix_fmt", "yuv420p",
		"-metadata", "AIGC="+mark, "-metadata", "comment=drop me", "-movflags", "use_metadata_tags"))
	m, err := f(t.Context(), dir, false, func(int64) {})
	if err != nil || !m.AI {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, name := range []string{"240.mp4", mediavideo.Preview} {
		if got := looked(t, filepath.Join(dir, name)).Format.Tags["AIGC"]; got != `{"Label":"1","ContentProducer":"maker","ProduceID":"7"}` {
			t.Errorf("%s says %q", name, got)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, m.Poster))
	if err != nil || !bytes.Contains(b, []byte("trainedAlgorithmicMedia")) {
		t.Errorf("the poster does not say it: %v", err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
		t.Errorf("the poster: %v", err)
	}
	// Whoever has seen another mark in the file says so.
	dir = laid(t, ffmpeg(t, "a.mp4", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 1), "-pix_fmt", "yuv420p"))
	if m, err := f(t.Context(), dir, true, func(int64) {}); err != nil || !m.AI || looked(t, filepath.Join(dir, "240.mp4")).Format.Tags["AIGC"] != `{"Label":"1"}` {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestVideosOfEveryKindAreTaken(t *testing.T) {
	t.Parallel()
	f := maker(t)
	card := func(w, h, rate int) []string {
		return []string{"-f", "lavfi", "-i", fmt.Sprintf(testCard, w, h, rate, 2)}
	}
	sound := []string{"-f", "lavfi", "-i", fmt.Sprintf(tone, 2)}
	for name, c := range map[string]struct {
		data []byte
		w, h int
	}{
		"WebM of VP8 and Opus":              {ffmpeg(t, "a.webm", slices.Concat(card(640, 480, 30), sound, []string{"-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"})...), 640, 480},
		"WebM of VP9 without sound":         {ffmpeg(t, "a.webm", append(card(400, 300, 30), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")...), 400, 300},
		"WebM that does not say how long":   {ffmpeg(t, "a.webm", append(card(640, 480, 30), "-c:v", "libvpx", "-deadline", "realtime", "-live", "1")...), 640, 480},
		"MKV of HEVC in ten bits":           {ffmpeg(t, "a.mkv", append(card(640, 360, 30), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error")...), 640, 360},
		"MOV of ProRes and PCM":             {ffmpeg(t, "a.mov", slices.Concat(card(640, 480, 25), sound, []string{"-c:v", "prores_ks", "-c:a", "pcm_s16le"})...), 640, 480},
		"MP4 of MPEG-4 at an odd size":      {ffmpeg(t, "a.mp4", append(card(501, 499, 30), "-c:v", "mpeg4")...), 480, 480},
		"60 frames a second":                {ffmpeg(t, "a.mp4", append(card(640, 480, 60), "-pix_fmt", "yuv420p")...), 640, 480},
		"pixels that are not square":        {ffmpeg(t, "a.mp4", append(card(720, 576, 25), "-vf", "setsar=16/11", "-pix_fmt", "yuv420p")...), 872, 480},
		"a single frame":                    {ffmpeg(t, "a.mp4", append(card(320, 240, 30), "-frames:v", "1", "-pix_fmt", "yuv420p")...), 320, 240},
		"3GP of a small phone":              {ffmpeg(t, "a.3gp", append(card(176, 144, 15), "-c:v", "h263")...), 0, 0},
		"a cover beside the moving picture": {ffmpeg(t, "a.mp4", slices.Concat(card(640, 480, 30), card(100, 100, 1), []string{"-map", "0", "-map", "1", "-pix_fmt", "yuv420p", "-c:v:1", "png", "-frames:v:1", "1", "-disposition:v:1", "attached_pic"})...), 640, 480},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := f(t.Context(), laid(t, c.data), false, func(int64) {})
			if c.w == 0 {
				if err == nil {
					t.Errorf("taken as %+v", m)
				}
				return
			}
			if err != nil || m.Width != c.w || m.Height != c.h {
				t.Errorf("%+v, %v; want %d by %d", m, err, c.w, c.h)
			}
		})
	}
}
