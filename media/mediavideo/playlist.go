package mediavideo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"meadow/media"
)

// part is a stretch of a file that can be played by itself.
type part struct {
	seconds float64
	bytes   int64
}

// track is what a playlist of ffmpeg says: the parts of one file, one after the
// other, after a head.
type track struct {
	head  int64
	parts []part
}

const (
	maxPlaylist = 1 << 20
	maxParts    = 20_000
)

// playlists writes the playlists of all renditions anew. Those that ffmpeg wrote
// are not served: a video that has taken it over could name any address there.
func (m *Made) playlists(dir string, s source, all []rendition) error {
	variants := make([]string, 0, len(all))
	var lists []string
	for _, r := range all {
		size, err := sizeOf(dir, r.file())
		if err != nil {
			return err
		}
		t, err := readTrack(dir, r, size)
		if err != nil {
			return media.ErrBrokenVideo.Because(err)
		}
		codecs, err := codecsOf(filepath.Join(dir, r.file()), t.head, s.audio >= 0)
		if err != nil {
			return media.ErrBrokenVideo.Because(err)
		}
		if err := overwrite(dir, r.playlist(), t.playlist(r.file())); err != nil {
			return err
		}
		if err := m.add(dir, r.file()); err != nil {
			return err
		}
		peak, mean := t.bandwidth()
		variants = append(variants, fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,RESOLUTION=%dx%d,FRAME-RATE=%.3f,CODECS=%q\n%s\n",
			peak, mean, r.width, r.height, float64(s.rate.n)/float64(s.rate.d), codecs, r.playlist()))
		lists = append(lists, r.playlist())
		m.Duration = t.duration()
	}
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	for i := len(variants) - 1; i >= 0; i-- { // the smallest is what players begin with
		b.WriteString(variants[i])
	}
	if err := overwrite(dir, Master, b.String()); err != nil {
		return err
	}
	for _, name := range append(lists, Master) {
		if err := m.add(dir, name); err != nil {
			return err
		}
	}
	return nil
}

func sizeOf(dir, name string) (int64, error) {
	i, err := os.Lstat(filepath.Join(dir, name))
	if err != nil || !i.Mode().IsRegular() {
		return 0, media.ErrBrokenVideo.Because(errors.Join(errors.New(name+" was not made"), err))
	}
	return i.Size(), nil
}

// overwrite puts text where ffmpeg may have left something.
func overwrite(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("media: scratch: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("media: scratch: %w", err)
	}
	return nil
}

// readTrack reads the playlist that ffmpeg wrote of r, whose file has size bytes.
func readTrack(dir string, r rendition, size int64) (track, error) {
	if n, err := sizeOf(dir, r.playlist()); err != nil || n > maxPlaylist {
		return track{}, fmt.Errorf("a playlist of %d bytes: %w", n, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, r.playlist()))
	if err != nil {
		return track{}, err
	}
	var t track
	var seconds float64
	at := int64(0)
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
			v, _, _ = strings.Cut(v, ",")
			if seconds, err = strconv.ParseFloat(v, 64); err != nil || !(seconds >= 0 && seconds < 24*3600) {
				return t, fmt.Errorf("a part of %.20q seconds", v)
			}
		}
		_, v, ok := strings.Cut(line, "BYTERANGE")
		if !ok {
			continue
		}
		n, from, ok := byteRange(strings.Trim(v, `=":`))
		if !ok || from != at || n > size-at {
			return t, fmt.Errorf("a part %.40q after %d bytes of %d", v, at, size)
		}
		at += n
		if t.head == 0 {
			t.head = n
			continue
		}
		if t.parts = append(t.parts, part{seconds, n}); len(t.parts) > maxParts {
			return t, fmt.Errorf("more than %d parts", maxParts)
		}
	}
	if len(t.parts) == 0 || at != size {
		return t, fmt.Errorf("%d parts of %d bytes in a file of %d", len(t.parts), at, size)
	}
	return t, nil
}

// byteRange reads a length and where it begins.
func byteRange(s string) (n, from int64, ok bool) {
	a, b, _ := strings.Cut(s, "@")
	n, errN := strconv.ParseInt(a, 10, 64)
	from, errF := strconv.ParseInt(b, 10, 64)
	return n, from, errN == nil && errF == nil && n > 0 && from >= 0
}

// playlist writes t as the playlist of file.
func (t track) playlist(file string) string {
	var b strings.Builder
	longest := 0.0
	for _, p := range t.parts {
		longest = max(longest, p.seconds)
	}
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n",
		max(1, int(math.Round(longest))))
	fmt.Fprintf(&b, "#EXT-X-MAP:URI=%q,BYTERANGE=\"%d@0\"\n", file, t.head)
	at := t.head
	for _, p := range t.parts {
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n#EXT-X-BYTERANGE:%d@%d\n%s\n", p.seconds, p.bytes, at, file)
		at += p.bytes
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.String()
}

// bandwidth returns bits a second: of the part that takes most, leaving out a
// short rest at the end, and of all.
func (t track) bandwidth() (peak, mean int64) {
	var longest, seconds float64
	var size int64
	for _, p := range t.parts {
		longest = max(longest, p.seconds)
		seconds += p.seconds
		size += p.bytes
	}
	for _, p := range t.parts {
		if p.seconds > 0 && p.seconds >= longest/2 {
			peak = max(peak, int64(float64(8*p.bytes)/p.seconds))
		}
	}
	if seconds > 0 {
		mean = int64(float64(8*size) / seconds)
	}
	return max(peak, mean, 1), max(mean, 1)
}

func (t track) duration() time.Duration {
	var seconds float64
	for _, p := range t.parts {
		seconds += p.seconds
	}
	return time.Duration(seconds * float64(time.Second))
}

// codecsOf names the codecs in a file with the given head, as RFC 6381 does.
func codecsOf(path string, size int64, audio bool) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, min(size, 64<<10)))
	if err != nil {
		return "", err
	}
	i := bytes.Index(head, []byte("avcC"))
	if i < 0 || i+8 > len(head) || !bytes.Equal(head[4:8], []byte("ftyp")) {
		return "", errors.New("no H.264 in what was made")
	}
	codecs := fmt.Sprintf("avc1.%02x%02x%02x", head[i+5], head[i+6], head[i+7])
	if audio {
		codecs += "," + audioProfile
	}
	return codecs, nil
}
