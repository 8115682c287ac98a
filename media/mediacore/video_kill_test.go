package mediacore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediavideo"
	"meadow/services/kernel/video"
)

func TestAProcessThatIsKilledLosesNoVideo(t *testing.T) {
	t.Parallel()
	died := errors.New("killed")
	w := newCinema(t, studio(t))
	k := w.whole(t, reel(5<<20))
	// The process is killed while it works: it can write to nothing any more, so
	// that it cannot put the video back, and its file stays behind.
	cut := &cutDriver{Driver: w.deps.DB}
	cut.left.Store(1)
	d := w.deps
	d.DB, d.Film = cut, func(context.Context, string, bool, func(int64)) (mediavideo.Made, error) {
		return mediavideo.Made{}, died
	}
	if _, err := core(t, d).PrepareVideo(t.Context()); !errors.Is(err, died) || !errors.Is(err, errCut) {
		t.Fatalf("%v, want the death", err)
	}
	if err := os.MkdirAll(filepath.Join(w.deps.Scratch, "process-1", "video-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	w = w.staffed(t, studio(t))
	if worked, err := w.PrepareVideo(t.Context()); worked || err != nil {
		t.Errorf("taken from a process that may still work: %v, %v", worked, err)
	}
	w.clock.Advance(5 * time.Minute)
	w.prepare(t)
	if v, err := w.claim(t, k); err != nil || v.Width != 640 {
		t.Errorf("%+v, %v", v, err)
	}
	run, stop := context.WithCancel(t.Context())
	stop()
	if err := w.RunVideos(run); err != nil {
		t.Fatal(err)
	}
	if l, err := filepath.Glob(filepath.Join(w.deps.Scratch, "process-*")); err != nil || len(l) > 0 {
		t.Errorf("after a start: %v, %v", l, err)
	}
}

// TestAVideoSurvivesAnEndBetweenAnyTwoWrites ends the process before its first
// write, before its second and so on, until one gets through.
func TestAVideoSurvivesAnEndBetweenAnyTwoWrites(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	data := reel(1 << 20)
	k := w.whole(t, data)
	for allowed := int32(0); ; allowed++ {
		cut := &cutDriver{Driver: w.deps.DB}
		cut.left.Store(allowed)
		d := w.deps
		d.DB = cut
		_, err := core(t, d).PrepareVideo(t.Context())
		if p := w.stands(t, k); p.Step == media.Ready {
			break
		} else if p.Step == media.Rejected {
			t.Fatalf("after %d writes: %+v", allowed, p)
		}
		if err == nil && allowed > 0 {
			t.Errorf("after %d writes nobody said that it was not made ready", allowed)
		}
		if allowed > 20 {
			t.Fatal("it never gets through")
		}
		w.clock.Advance(5 * time.Minute)
	}
	w = w.staffed(t, w.deps.Film)
	v, err := w.claim(t, k)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := w.picture(t, v.Poster); !ok {
		t.Error("there is no poster")
	}
	if got := w.objects(t, "vid/"); len(got) != 3 {
		t.Errorf("files: %v", got)
	}
	if left := w.objects(t, "upload/"); len(left) > 0 {
		t.Errorf("pieces: %v", left)
	}
}

func TestOfTwoProcessesOneMakesAVideo(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	w := newCinema(t, studio(t))
	var keys []media.Ticket
	for range 4 {
		keys = append(keys, w.whole(t, reel(1000)))
	}
	run, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		one := w.staffed(t, func(ctx context.Context, dir string, ai bool, said func(int64)) (mediavideo.Made, error) {
			made.Add(1)
			return studio(t)(ctx, dir, ai, said)
		})
		wg.Go(func() {
			if err := one.RunVideos(run); err != nil {
				t.Error(err)
			}
		})
	}
	for _, k := range keys {
		for w.stands(t, k).Step != media.Ready {
			if t.Context().Err() != nil {
				t.Fatal("never ready")
			}
			time.Sleep(5 * time.Millisecond) // other goroutines' work: nothing here can tell us
		}
	}
	stop()
	wg.Wait()
	if made.Load() != 4 {
		t.Errorf("made %d times", made.Load())
	}
}

func TestAVideoIsNotBlamedForWhatFailsAroundIt(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	w := newCinema(t, func(context.Context, string, bool, func(int64)) (mediavideo.Made, error) {
		return mediavideo.Made{}, full
	})
	k := w.whole(t, reel(1000))
	for range 10 {
		if _, err := w.PrepareVideo(t.Context()); !errors.Is(err, full) {
			t.Fatalf("%v, want the failure", err)
		}
		w.clock.Advance(time.Minute)
	}
	if p := w.stands(t, k); p.Step != media.Checking {
		t.Errorf("%+v", p)
	}
	// Even after a day nothing of it is swept.
	w.clock.Advance(3 * media.UnclaimedTTL)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w = w.staffed(t, studio(t))
	w.prepare(t)
	if _, err := w.claim(t, k); err != nil {
		t.Error(err)
	}
}

func TestAVideoThatEndsEveryProcessIsRefused(t *testing.T) {
	t.Parallel()
	w := newCinema(t, func(context.Context, string, bool, func(int64)) (mediavideo.Made, error) {
		return mediavideo.Made{}, fmt.Errorf("out of memory: %w", mediavideo.ErrKilled)
	})
	k := w.whole(t, reel(1000))
	for range 10 {
		_, _ = w.PrepareVideo(t.Context())
		w.clock.Advance(time.Minute)
	}
	if p := w.stands(t, k); p.Step != media.Rejected || p.Reason != media.ErrBrokenVideo.Reason {
		t.Errorf("%+v", p)
	}
}

func TestAnUploadGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	k := w.whole(t, reel(1000))
	if err := w.Terminate(t.Context(), k.Token, k.Upload); err != nil {
		t.Fatal(err)
	}
	if worked, err := w.PrepareVideo(t.Context()); worked || err != nil {
		t.Errorf("worked on: %v", err)
	}
	if _, err := w.Progress(t.Context(), media.ProgressIn{Owner: "usr_a", Upload: k.Upload}); !errors.Is(err, media.ErrNoUpload) {
		t.Errorf("progress: %v", err)
	}
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("stored: %v", left)
	}
}

func TestWorkOnAVideoEndsWhenItsUploadIsGivenUp(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	w := newCinema(t, func(ctx context.Context, _ string, _ bool, said func(int64)) (mediavideo.Made, error) {
		said(7)
		close(began)
		<-ctx.Done()
		return mediavideo.Made{}, ctx.Err()
	})
	k := w.whole(t, reel(1000))
	var wg sync.WaitGroup
	wg.Go(func() {
		if worked, err := w.PrepareVideo(context.WithoutCancel(t.Context())); !worked || err != nil {
			t.Errorf("%v, %v", worked, err)
		}
	})
	<-began
	for p := w.stands(t, k); p.Step != media.Transcoding || p.Percent != 7; p = w.stands(t, k) {
		time.Sleep(10 * time.Millisecond) // it is written every second: nothing here can tell us
	}
	if err := w.Terminate(t.Context(), k.Token, k.Upload); err != nil {
		t.Fatal(err)
	}
	wg.Wait() // or the test never ends
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("stored: %v", left)
	}
}

func TestAVideoNobodyClaimsIsSweptAndOneThatIsClaimedStays(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	kept, lost := w.whole(t, reel(1000)), w.whole(t, reel(2000))
	words := w.captioned(t, "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n")
	idle := w.captioned(t, "WEBVTT\n\n00:01.000 --> 00:02.000\nnobody\n")
	w.prepare(t)
	w.prepare(t)
	v, err := w.claim(t, kept, video.WantedCaption{ID: words.Media, Lang: "en"})
	if err != nil || len(v.Captions) != 1 || v.Captions[0].Lang != "en" {
		t.Fatalf("%+v, %v", v, err)
	}
	w.clock.Advance(media.UnclaimedTTL + time.Minute)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.objects(t, "vid/"); len(got) != 3 {
		t.Errorf("files %v", got)
	}
	if got := w.objects(t, "vtt/"); len(got) != 1 {
		t.Errorf("captions %v", got)
	}
	if _, err := w.claim(t, lost); !errors.Is(err, media.ErrNoSuchVideo) {
		t.Errorf("claimed what is gone: %v", err)
	}
	if _, err := w.claim(t, kept, video.WantedCaption{ID: idle.Media, Lang: "en"}); !errors.Is(err, media.ErrNoSuchCaptions) {
		t.Errorf("claimed captions that are gone: %v", err)
	}
	if _, err := w.claim(t, kept, video.WantedCaption{ID: words.Media, Lang: "en"}); err != nil {
		t.Errorf("claimed again: %v", err)
	}
	if p := w.stands(t, kept); p.Step != media.Ready { // the upload itself is forgotten
		t.Errorf("%+v", p)
	}
	if len(w.objects(t, "upload/")) != 0 {
		t.Error("pieces stay behind")
	}
}

// captioned is a ticket whose captions have arrived.
func (w world) captioned(t *testing.T, text string) media.Ticket {
	t.Helper()
	k, err := w.captions(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (w world) captions(t *testing.T, text string) (media.Ticket, error) {
	t.Helper()
	k, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Captions})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), k.Token, int64(len(text))); err != nil {
		t.Fatal(err)
	}
	_, err = w.append(t, k, 0, []byte(text))
	return k, err
}

func TestAVideoNeedsAFolderToBeMadeIn(t *testing.T) {
	t.Parallel()
	d := newWorld(t).deps
	d.Film = studio(t)
	if _, err := mediacore.New(t.Context(), d); err == nil {
		t.Error("it begins without one")
	}
}
