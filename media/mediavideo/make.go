package mediavideo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/media"
)

// rung is a height at which a video is offered, by its shorter side, and the
// most bits a second that it may take.
type rung struct{ side, video, audio int }

var ladder = []rung{{1080, 5_000_000, 128_000}, {720, 2_800_000, 128_000}, {480, 1_200_000, 96_000}}

// small is for videos below the ladder.
var small = rung{0, 800_000, 96_000}

const (
	// keyFrames are those at which playing can begin: 0, 1, 2, 4, 6, 8 … seconds.
	keyFrames = "expr:gte(t,if(lt(n_forced,3),n_forced,2*n_forced-2))"
	// segment is the fewest seconds of one; it ends at the next key frame. The first
	// two are of a second, since nothing is seen before one has come.
	segment      = 1
	threads      = "2"
	previewTime  = 3 // seconds
	previewSide  = 360
	posterAt     = 1 // seconds from the beginning
	poster       = "poster.jpg"
	makeTime     = 4 * time.Hour
	cutShort     = 0.9 // of the length it says it has, at least
	audioProfile = "mp4a.40.2"
)

// rendition is a video at one height.
type rendition struct {
	rung
	width, height int
}

func (r rendition) playlist() string { return strconv.Itoa(min(r.width, r.height)) + ".m3u8" }
func (r rendition) file() string     { return strconv.Itoa(min(r.width, r.height)) + ".mp4" }

// renditions returns how s is offered, the largest first. None is larger than s.
func renditions(s source) []rendition {
	short := min(s.width, s.height)
	var out []rendition
	for _, r := range ladder {
		if r.side <= short {
			out = append(out, scaled(s, r))
		}
	}
	if len(out) == 0 {
		r := small
		r.side = short
		out = append(out, scaled(s, r))
	}
	return out
}

func scaled(s source, r rung) rendition {
	even := func(side int) int { return max(2, (side*r.side/min(s.width, s.height))/2*2) }
	return rendition{rung: r, width: even(s.width), height: even(s.height)}
}

// make is a Make.
func (t *tools) make(ctx context.Context, dir string, ai bool, said func(int64)) (Made, error) {
	s, err := t.probe(ctx, dir)
	if err != nil {
		return Made{}, err
	}
	if s.seconds == 0 { // browsers that record do not know how long they will
		if s.seconds, err = t.measure(ctx, dir, s); err != nil {
			return Made{}, err
		}
	}
	if ai && s.aigc == "" {
		s.aigc = plainMark
	}
	said(0)
	all := renditions(s)
	if err := t.encode(ctx, dir, s, all, said); err != nil {
		return Made{}, err
	}
	m := Made{Width: all[0].width, Height: all[0].height, AI: s.aigc != ""}
	if err := m.playlists(dir, s, all); err != nil {
		return Made{}, err
	}
	if m.Duration > media.MaxVideoSeconds*time.Second+time.Second {
		return Made{}, media.ErrTooLong.Because(fmt.Errorf("it is longer than it says: %s", m.Duration))
	}
	if m.Duration.Seconds() < cutShort*s.seconds-1 {
		return Made{}, media.ErrBrokenVideo.Because(fmt.Errorf("it ends after %s of %.0f seconds", m.Duration, s.seconds))
	}
	return m, t.show(ctx, dir, s, all, &m)
}

// measure returns how long a video is that does not say so.
func (t *tools) measure(ctx context.Context, dir string, s source) (float64, error) {
	p := &progress{}
	err := t.run(ctx, job{
		program: t.ffmpeg, dir: dir, cpu: probeCPU, out: p, time: probeTime,
		args: slices.Concat([]string{"-hide_banner", "-nostdin"}, input(s.container), []string{
			"-t", strconv.Itoa(media.MaxVideoSeconds + 2), "-i", Source,
			"-map", "0:" + strconv.Itoa(s.video), "-c", "copy", "-progress", "pipe:1", "-f", "null", "-",
		}),
	})
	if err != nil {
		return 0, blamed(err)
	}
	if p.at > media.MaxVideoSeconds*time.Second+time.Second {
		return 0, media.ErrTooLong.Because(fmt.Errorf("%s", p.at))
	}
	return p.at.Seconds(), nil
}

// encode makes every rendition of s at once, so that it is decoded once.
func (t *tools) encode(ctx context.Context, dir string, s source, all []rendition, said func(int64)) error {
	args := slices.Concat([]string{"-hide_banner", "-nostdin", "-y", "-threads", threads}, input(s.container), []string{
		"-t", strconv.Itoa(media.MaxVideoSeconds + 2), "-i", Source,
		"-filter_complex", graph(s, all), "-filter_complex_threads", threads, "-progress", "pipe:1", "-stats_period", "0.5",
	})
	for i, r := range all {
		args = append(args, "-map", fmt.Sprintf("[v%d]", i))
		args = append(args, h264(r.video)...)
		args = append(args, "-force_key_frames", keyFrames, "-sc_threshold", "0", "-g", "600")
		if s.audio >= 0 {
			args = append(args, "-map", "0:"+strconv.Itoa(s.audio), "-c:a", "aac", "-b:a", strconv.Itoa(r.audio),
				"-ac", "2", "-ar", "48000", "-af", "aresample=async=1:first_pts=0")
		}
		args = append(args, clean(s)...)
		args = append(args, "-f", "hls", "-hls_time", strconv.Itoa(segment), "-hls_playlist_type", "vod", "-hls_list_size", "0",
			"-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments",
			"-hls_segment_options", "movflags=+use_metadata_tags", "-hls_segment_filename", r.file(), r.playlist())
	}
	p := &progress{}
	p.said = func(at time.Duration) {
		if s.seconds > 0 {
			said(int64(max(0, min(99, at.Seconds()*100/s.seconds))))
		}
	}
	cpu := 300 + 20*int(s.seconds)
	return blamed(t.run(ctx, job{program: t.ffmpeg, args: args, dir: dir, writes: true, cpu: cpu, out: p, time: makeTime}))
}

// graph turns s upright, which ffmpeg does by itself, at a steady rate and in
// each size, the smaller ones from the larger.
func graph(s source, all []rendition) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[0:%d]fps=%d/%d", s.video, s.rate.n, s.rate.d)
	for i, r := range all {
		if i > 0 {
			fmt.Fprintf(&b, ";[n%d]null", i-1)
		}
		fmt.Fprintf(&b, ",scale=%d:%d,setsar=1,format=yuv420p", r.width, r.height)
		if i < len(all)-1 {
			fmt.Fprintf(&b, ",split=2[v%d][n%d]", i, i)
		} else {
			fmt.Fprintf(&b, "[v%d]", i)
		}
	}
	return b.String()
}

// h264 returns how pictures are encoded, at up to bits a second. The filter
// leaves out messages beside the pictures (SEI), which may come from the source.
func h264(bits int) []string {
	return []string{
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "24", "-threads:v", threads,
		"-maxrate", strconv.Itoa(bits), "-bufsize", strconv.Itoa(2 * bits), "-a53cc", "0", "-bsf:v", "filter_units=remove_types=6",
	}
}

// clean keeps everything out of a file that the source says of itself, but that
// a machine made it.
func clean(s source) []string {
	args := []string{"-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"}
	if s.aigc != "" {
		args = append(args, "-metadata", aigcTag+"="+s.aigc)
	}
	return args
}

// show makes the preview and the poster, from what was made before.
func (t *tools) show(ctx context.Context, dir string, s source, all []rendition, m *Made) error {
	low, top := all[len(all)-1], all[0]
	side := previewSide * 1.0 / float64(min(low.width, low.height))
	w, h := low.width, low.height
	if side < 1 {
		w, h = int(float64(w)*side)/2*2, int(float64(h)*side)/2*2
	}
	at := 0.0 // of a very short one the first frame is as good as any
	if m.Duration > time.Second/2 {
		at = min(posterAt, m.Duration.Seconds()/2)
	}
	args := slices.Concat([]string{"-hide_banner", "-nostdin", "-y"},
		input(MOV), []string{"-t", strconv.Itoa(previewTime), "-i", low.file()},
		input(MOV), []string{"-ss", fmt.Sprintf("%.3f", at), "-i", top.file()},
		[]string{"-map", "0:v:0", "-an", "-vf", fmt.Sprintf("scale=%d:%d,setsar=1", w, h)}, h264(small.video), clean(s),
		[]string{"-movflags", "+faststart+use_metadata_tags", "-f", "mp4", Preview},
		[]string{"-map", "1:v:0", "-an", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"}, clean(source{}),
		[]string{"-f", "mjpeg", poster},
	)
	if err := t.run(ctx, job{program: t.ffmpeg, args: args, dir: dir, writes: true, cpu: 60, out: io.Discard, time: makeTime}); err != nil {
		return blamed(err)
	}
	if err := markPoster(dir, m.AI); err != nil {
		return err
	}
	m.Poster = poster
	return m.add(dir, Preview)
}

// progress reads what ffmpeg says with -progress.
type progress struct {
	said func(time.Duration)
	at   time.Duration
	line []byte
}

func (p *progress) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		part, rest, whole := bytes.Cut(b, []byte("\n"))
		if len(p.line)+len(part) > 4096 {
			return 0, errors.New("a line of progress without an end")
		}
		p.line = append(p.line, part...)
		if !whole {
			break
		}
		p.take(string(p.line))
		p.line, b = p.line[:0], rest
	}
	return n, nil
}

func (p *progress) take(line string) {
	value, ok := strings.CutPrefix(line, "out_time_us=")
	if !ok {
		return
	}
	us, err := strconv.ParseInt(value, 10, 64)
	if err != nil || us < 0 || us > int64(24*time.Hour/time.Microsecond) {
		return
	}
	p.at = max(p.at, time.Duration(us)*time.Microsecond)
	if p.said != nil {
		p.said(p.at)
	}
}

// add says that the file called name is served.
func (m *Made) add(dir, name string) error {
	i, err := os.Lstat(filepath.Join(dir, name))
	if err == nil && (!i.Mode().IsRegular() || i.Size() == 0) {
		err = errors.New(name + " is no file")
	}
	if err != nil {
		return media.ErrBrokenVideo.Because(err)
	}
	kind, _ := TypeOf(name)
	m.Files = append(m.Files, File{Name: name, Type: kind, Size: i.Size()})
	return nil
}
