package mediacore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediatest"
	"meadow/media/mediavideo"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// reel is bytes that begin as a video does.
func reel(n int) []byte {
	b := append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), bytes.Repeat([]byte("film "), n/5)...)
	return b[:n]
}

// studio is a Make that needs no ffmpeg: what it makes are the source's bytes,
// so that tests can see what arrived.
func studio(t *testing.T) mediavideo.Make {
	poster := mediatest.Photo(t, 64, 48, 5)
	return func(_ context.Context, dir string, ai bool, said func(int64)) (mediavideo.Made, error) {
		b, err := os.ReadFile(filepath.Join(dir, mediavideo.Source))
		if err != nil {
			return mediavideo.Made{}, err
		}
		said(0)
		m := mediavideo.Made{Width: 640, Height: 360, Duration: 7 * time.Second, AI: ai, Poster: "poster.jpg"}
		for name, data := range map[string][]byte{"360.mp4": b, mediavideo.Master: []byte("#EXTM3U\n"), mediavideo.Preview: b[:10], m.Poster: poster} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				return mediavideo.Made{}, err
			}
			if kind, ok := mediavideo.TypeOf(name); ok {
				m.Files = append(m.Files, mediavideo.File{Name: name, Type: kind, Size: int64(len(data))})
			}
		}
		return m, nil
	}
}

// newCinema is a world that takes videos and makes them with film.
func newCinema(t *testing.T, film mediavideo.Make) world {
	t.Helper()
	scratch := t.TempDir()
	return newWorld(t, func(d *mediacore.Deps) { d.Film, d.Scratch = film, scratch })
}

// staffed is the same media role in a new process, with another maker.
func (w world) staffed(t *testing.T, film mediavideo.Make) world {
	t.Helper()
	w.deps.Film = film
	w.Core = core(t, w.deps)
	return w
}

func (w world) film(t *testing.T, length int) media.Ticket {
	t.Helper()
	k, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Film})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), k.Token, int64(length)); err != nil {
		t.Fatal(err)
	}
	return k
}

// whole is a ticket whose video has arrived.
func (w world) whole(t *testing.T, data []byte) media.Ticket {
	t.Helper()
	k := w.film(t, len(data))
	if _, err := w.append(t, k, 0, data); err != nil {
		t.Fatal(err)
	}
	return k
}

func (w world) stands(t *testing.T, k media.Ticket) media.Progress {
	t.Helper()
	p, err := w.Progress(t.Context(), media.ProgressIn{Owner: "usr_a", Upload: k.Upload})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w world) prepare(t *testing.T) {
	t.Helper()
	if worked, err := w.PrepareVideo(t.Context()); err != nil || !worked {
		t.Fatalf("prepared %v, %v", worked, err)
	}
}

func (w world) claim(t *testing.T, k media.Ticket, captions ...video.WantedCaption) (media.Video, error) {
	t.Helper()
	return w.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: k.Media, Captions: captions}})
}

func TestAVideoIsMadeReadyBehindItsUpload(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	data := reel(9 << 20)
	k := w.film(t, len(data))
	if p := w.stands(t, k); p.Step != media.Uploading || p.Percent != 0 || p.Length != int64(len(data)) || p.Kind != media.Film {
		t.Errorf("begun: %+v", p)
	}
	if _, err := w.append(t, k, 0, data[:len(data)/2]); err != nil {
		t.Fatal(err)
	}
	if p := w.stands(t, k); p.Step != media.Uploading || p.Percent < 49 || p.Percent > 50 {
		t.Errorf("half: %+v", p)
	}
	if _, err := w.claim(t, k); !errors.Is(err, media.ErrNotReady) {
		t.Errorf("claimed half of it: %v", err)
	}
	if _, err := w.append(t, k, len(data)/2, data[len(data)/2:]); err != nil {
		t.Fatal(err)
	}
	if p := w.stands(t, k); p.Step != media.Checking {
		t.Errorf("whole: %+v", p)
	}
	if _, err := w.claim(t, k); !errors.Is(err, media.ErrNotReady) {
		t.Errorf("claimed too early: %v", err)
	}
	w.prepare(t)
	if p := w.stands(t, k); p.Step != media.Ready || p.Percent != 100 || p.Media != k.Media {
		t.Errorf("ready: %+v", p)
	}
	v, err := w.claim(t, k)
	if err != nil || v.ID != k.Media || v.Width != 640 || v.Duration != 7000 || v.AI || v.Owner != "usr_a" || !strings.HasPrefix(v.HLS, media.VideoPath) {
		t.Fatalf("%+v, %v", v, err)
	}
	parts := strings.Split(strings.TrimPrefix(v.HLS, media.VideoPath), "/")
	o, err := w.OpenFilm(t.Context(), parts[0], "360.mp4")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	h := sha256.New()
	if _, err := io.Copy(h, o); err != nil || !bytes.Equal(h.Sum(nil), sum(data)) {
		t.Errorf("other bytes than were sent: %v", err)
	}
	if p, ok := w.picture(t, v.Poster); !ok || p.Owner != "usr_a" || p.Width != 64 {
		t.Errorf("the poster is %+v", p)
	}
	if left := w.objects(t, "upload/"); len(left) > 0 {
		t.Errorf("pieces stay behind: %v", left)
	}
	if l, err := os.ReadDir(w.deps.Scratch); err != nil || len(l) > 0 {
		t.Errorf("left in the scratch folder: %v, %v", l, err)
	}
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

func TestOnlyItsOwnerSeesAVideosProgressAndClaimsIt(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	k := w.whole(t, reel(1000))
	for range 2 { // while it waits, and when it is ready
		if _, err := w.Progress(t.Context(), media.ProgressIn{Owner: "usr_b", Upload: k.Upload}); !errors.Is(err, media.ErrNoUpload) {
			t.Errorf("another's progress: %v", err)
		}
		if _, err := w.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_b", Video: video.WantedVideo{ID: k.Media}}); !errors.Is(err, media.ErrNotOwner) {
			t.Errorf("another's claim: %v", err)
		}
		if p := w.stands(t, k); p.Step != media.Ready {
			w.prepare(t)
		}
	}
	if _, err := w.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: "med_absent"}}); !errors.Is(err, media.ErrNoSuchVideo) {
		t.Errorf("an absent one: %v", err)
	}
}

func TestAVideoThatIsNotTakenSaysWhyAndStaysRefused(t *testing.T) {
	t.Parallel()
	w := newCinema(t, func(context.Context, string, bool, func(int64)) (mediavideo.Made, error) {
		return mediavideo.Made{}, media.ErrTooLong.Because(errors.New("an hour"))
	})
	k := w.whole(t, reel(1000))
	w.prepare(t)
	if p := w.stands(t, k); p.Step != media.Rejected || p.Reason != media.ErrTooLong.Reason || p.Message != media.ErrTooLong.Message {
		t.Errorf("%+v", p)
	}
	if _, err := w.claim(t, k); !errors.Is(err, media.ErrTooLong) {
		t.Errorf("claimed: %v", err)
	}
	if _, err := w.Offset(t.Context(), k.Token, k.Upload); !errors.Is(err, media.ErrTooLong) {
		t.Errorf("asked by the uploader: %v", err)
	}
	if worked, err := w.PrepareVideo(t.Context()); worked || err != nil {
		t.Errorf("looked at again: %v", err)
	}
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("stored: %v", left)
	}
}

func TestWhatDoesNotBeginAsAVideoIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	k := w.film(t, 100<<20)
	if _, err := w.append(t, k, 0, []byte("#EXTM3U\n"+strings.Repeat("file:///etc/passwd\n", 1000))); !errors.Is(err, media.ErrNotVideo) {
		t.Errorf("%v, want ErrNotVideo long before the rest is sent", err)
	}
	if p := w.stands(t, k); p.Step != media.Rejected || p.Reason != "not_a_video" {
		t.Errorf("%+v", p)
	}
}

func TestWithoutFFmpegVideosAreNotTakenAndPicturesAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *mediacore.Deps) { d.NoFilm = "ffprobe" })
	a, err := w.Abilities(t.Context(), rpc.Empty{})
	if err != nil || a.Video.Able || a.Video.Missing != "ffprobe" || !a.Picture.Able || !a.Caption.Able || a.Picture.MaxBytes != media.MaxBytes {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Film}); !errors.Is(err, media.ErrNoVideo) {
		t.Errorf("granted: %v", err)
	}
	w.grant(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.RunVideos(ctx); err != nil {
		t.Error(err)
	}
	if a, err := newCinema(t, studio(t)).Abilities(t.Context(), rpc.Empty{}); err != nil || !a.Video.Able || a.Video.Missing != "" || a.Video.MaxBytes != 1<<30 || a.Video.Seconds != 900 {
		t.Errorf("with it: %+v, %v", a, err)
	}
}

func TestAGrantOfEachKindHasItsLimit(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	for kind, most := range map[media.Kind]int64{media.Still: media.MaxBytes, media.Film: media.MaxVideoBytes, media.Captions: media.MaxCaptionBytes} {
		for asked, want := range map[int64]int64{0: most, 1000: 1000, most + 1: most} {
			k, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: kind, MaxBytes: asked})
			if err != nil || k.MaxBytes != want {
				t.Errorf("%s, asked for %d: %d, %v", kind, asked, k.MaxBytes, err)
			}
			if _, err := w.Create(t.Context(), k.Token, want+1); !errors.Is(err, media.ErrTooLarge) {
				t.Errorf("%s, one byte more: %v", kind, err)
			}
		}
	}
}

func TestTheMarkOfAMachineIsFoundWhereverItLies(t *testing.T) {
	t.Parallel()
	for _, at := range []int{100, 1<<20 - 10, 1<<20 - 1, 1 << 20, 256<<10 - 5, 9<<20 - 40} {
		w := newCinema(t, studio(t))
		data := reel(9 << 20)
		copy(data[at:], "digitalsourcetype/trainedAlgorithmicMedia")
		k := w.whole(t, data)
		w.prepare(t)
		if v, err := w.claim(t, k); err != nil || v.AI != (at+41 <= len(data)) {
			t.Errorf("at %d: %+v, %v", at, v.AI, err)
		}
	}
}
