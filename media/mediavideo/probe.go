package mediavideo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/media"
)

// What ffmpeg may read, and with which of its decoders.
var (
	videoCodecs = []string{"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"}
	audioCodecs = []string{
		"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "amr_nb", "amr_wb",
		"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8", "pcm_mulaw", "pcm_alaw",
	}
	// decoders are named otherwise where several read the same. ffprobe gives up
	// if it may not read something, so that there are also those of covers and
	// subtitles, which are left out later.
	decoders = strings.Join(slices.Concat(videoCodecs, audioCodecs, []string{
		"libdav1d", "libaom-av1", "libvpx", "libvpx-vp9", "mp3float", "libopus", "libvorbis", "amrnb", "amrwb",
		"png", "mov_text", "subrip", "ass", "ssa", "webvtt", "mp2", "mp2float",
	}), ",")
)

const (
	formats   = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
	probeCPU  = 20 // seconds
	probeTime = 5 * time.Minute
	probeSays = 1 << 20 // bytes
	minSide   = 16
)

// input returns the options under which both programs open the source.
func input(c Container) []string {
	return []string{
		"-v", "error", "-protocol_whitelist", "file", "-format_whitelist", formats, "-codec_whitelist", decoders,
		"-max_pixels", strconv.Itoa(media.MaxVideoSide * media.MaxVideoSide), "-f", string(c),
	}
}

// source is what is known of an uploaded video.
type source struct {
	container     Container
	width, height int // upright, of square pixels
	seconds       float64
	rate          rate
	video         int // number of its stream
	audio         int // or -1
	aigc          string
}

// rate is frames per second, as a fraction.
type rate struct{ n, d int }

// probed is what ffprobe says.
type probed struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

type stream struct {
	Index       int               `json:"index"`
	Type        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	Ratio       string            `json:"sample_aspect_ratio"`
	Rate        string            `json:"avg_frame_rate"`
	RealRate    string            `json:"r_frame_rate"`
	Duration    string            `json:"duration"`
	Disposition map[string]int    `json:"disposition"`
	Tags        map[string]string `json:"tags"`
	Side        []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// probe looks at the source in dir, and refuses what is not taken.
func (t *tools) probe(ctx context.Context, dir string) (source, error) {
	c, err := sniffFile(filepath.Join(dir, Source))
	if err != nil {
		return source{}, err
	}
	out := &limited{most: probeSays}
	err = t.run(ctx, job{
		program: t.ffprobe, dir: dir, cpu: probeCPU, out: out, time: probeTime,
		args: slices.Concat([]string{"-hide_banner"}, input(c), []string{
			"-show_streams", "-show_format", "-of", "json", "-i", Source,
		}),
	})
	if err != nil {
		return source{}, blamed(err)
	}
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return source{}, media.ErrBrokenVideo.Because(err)
	}
	s, err := p.source()
	s.container = c
	return s, err
}

// sniffFile looks at the first bytes of a whole file.
func sniffFile(path string) (Container, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("media: scratch: %w", err)
	}
	defer f.Close()
	head := make([]byte, SniffBytes)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return "", fmt.Errorf("media: scratch: %w", err)
	}
	c, ok := Sniff(head[:n])
	if !ok {
		return "", media.ErrNotVideo
	}
	return c, nil
}

// blamed makes the failure of a program the video's.
func blamed(err error) error {
	if f, ok := errors.AsType[failure](err); ok {
		return media.ErrBrokenVideo.Because(f)
	}
	return err
}

func (p probed) source() (source, error) {
	s := source{audio: -1, video: -1, aigc: p.mark()}
	var found stream
	for _, v := range p.Streams {
		switch {
		case v.Type == "video" && v.Disposition["attached_pic"] == 0:
			if s.video >= 0 {
				return s, media.ErrBrokenVideo.Because(errors.New("more than one video in a file"))
			}
			s.video, found = v.Index, v
		case v.Type == "audio" && s.audio < 0 && slices.Contains(audioCodecs, v.Codec):
			s.audio = v.Index
		}
	}
	switch {
	case s.video < 0:
		return s, media.ErrNotVideo.Because(errors.New("no pictures in it"))
	case !slices.Contains(videoCodecs, found.Codec):
		return s, media.ErrNotVideo.Because(fmt.Errorf("codec %.20q", found.Codec))
	case max(found.Width, found.Height) > media.MaxVideoSide:
		return s, media.ErrVideoSide.Because(fmt.Errorf("%d by %d pixels", found.Width, found.Height))
	}
	s.width, s.height = found.upright()
	switch {
	case max(s.width, s.height) > media.MaxVideoSide:
		return s, media.ErrVideoSide.Because(fmt.Errorf("%d by %d pixels", s.width, s.height))
	case min(s.width, s.height) < minSide:
		return s, media.ErrBrokenVideo.Because(fmt.Errorf("%d by %d pixels", s.width, s.height))
	}
	s.rate = found.frames()
	s.seconds = number(p.Format.Duration)
	if s.seconds <= 0 {
		s.seconds = number(found.Duration)
	}
	if s.seconds > media.MaxVideoSeconds {
		return s, media.ErrTooLong.Because(fmt.Errorf("%.0f seconds", s.seconds))
	}
	return s, nil
}

// upright returns the size at which v is shown.
func (v stream) upright() (w, h int) {
	w, h = v.Width, v.Height
	if n, d, ok := fraction(v.Ratio, ":"); ok {
		w = int(math.Round(float64(w) * float64(n) / float64(d)))
	}
	for _, s := range v.Side {
		if turn := math.Abs(math.Mod(s.Rotation, 180)); turn > 45 && turn < 135 {
			return h, w
		}
	}
	return w, h
}

// maxRate is the most frames a second that are shown.
const maxRate = 30

// frames returns how many frames a second are made of v: what it has, if that is
// steady and not too many.
func (v stream) frames() rate {
	n, d, ok := fraction(v.Rate, "/")
	if !ok || v.Rate != v.RealRate || n > maxRate*d || n < d {
		return rate{maxRate, 1}
	}
	return rate{n, d}
}

// fraction reads two positive numbers.
func fraction(s, between string) (n, d int, ok bool) {
	a, b, _ := strings.Cut(s, between)
	n, errN := strconv.Atoi(a)
	d, errD := strconv.Atoi(b)
	return n, d, errN == nil && errD == nil && n > 0 && d > 0 && n < 1<<30 && d < 1<<30
}

// number reads seconds; 0 if they cannot be.
func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		return 0
	}
	return f
}

// limited keeps what is written, up to a size.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.most {
		return 0, errors.New("it says too much")
	}
	return l.Buffer.Write(p)
}
