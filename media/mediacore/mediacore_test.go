package mediacore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediatest"
	"meadow/media/mediaworker"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob/blobtest"
)

// world is a core on a clock that tests move.
type world struct {
	*mediacore.Core
	deps  mediacore.Deps
	clock *clock.Fake
}

func newWorld(t *testing.T, change ...func(*mediacore.Deps)) world {
	t.Helper()
	f := clock.NewFake(time.Now())
	d := deps(t, f.Now)
	for _, c := range change {
		c(&d)
	}
	return world{Core: core(t, d), deps: d, clock: f}
}

// restarted is the same media role in a new process, with another decoder.
func (w world) restarted(t *testing.T, develop mediaworker.Develop) world {
	t.Helper()
	w.deps.Develop = develop
	w.Core = core(t, w.deps)
	return w
}

func (w world) grant(t *testing.T) media.Ticket {
	t.Helper()
	ticket, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Still})
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func (w world) begun(t *testing.T, length int) media.Ticket {
	t.Helper()
	ticket := w.grant(t)
	if _, err := w.Create(t.Context(), ticket.Token, int64(length)); err != nil {
		t.Fatal(err)
	}
	return ticket
}

func (w world) append(t *testing.T, k media.Ticket, at int, data []byte) (mediacore.Progress, error) {
	t.Helper()
	return w.Append(t.Context(), k.Token, k.Upload, int64(at), bytes.NewReader(data), mediacore.Check{})
}

func (w world) picture(t *testing.T, m id.Media) (media.Picture, bool) {
	t.Helper()
	got, err := w.Pictures(t.Context(), media.PicturesIn{IDs: []id.Media{m}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Items) == 0 {
		return media.Picture{}, false
	}
	return got.Items[0], true
}

// objects returns the keys that are stored below prefix.
func (w world) objects(t *testing.T, prefix string) []string {
	t.Helper()
	l, err := w.deps.Blobs.List(t.Context(), prefix, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, len(l))
	for i, o := range l {
		keys[i] = o.Key
	}
	return keys
}

func TestOfTwoWhoAppendAtOncePreciselyOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 200, 150, 1)
	k := w.begun(t, len(data))
	half := len(data) / 2
	// All begin reading before any may end.
	var ready sync.WaitGroup
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	const writers = 6
	ready.Add(writers)
	for range writers {
		wg.Go(func() {
			var once sync.Once
			r := io.MultiReader(readFunc(func(p []byte) (int, error) {
				once.Do(func() { ready.Done(); ready.Wait() })
				return 0, io.EOF
			}), bytes.NewReader(data[:half]))
			switch _, err := w.Append(t.Context(), k.Token, k.Upload, 0, r, mediacore.Check{}); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, media.ErrOffset):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != writers-1 {
		t.Errorf("%d won and %d lost", won.Load(), lost.Load())
	}
	if n := len(w.objects(t, "upload/")); n != 1 {
		t.Errorf("%d pieces are stored, want the winner's", n)
	}
	if p, err := w.append(t, k, half, data[half:]); err != nil || p.Offset != p.Length {
		t.Fatalf("the rest: %+v, %v", p, err)
	}
	if _, ok := w.picture(t, k.Media); !ok {
		t.Error("there is no picture")
	}
	if left := w.objects(t, "upload/"); len(left) > 0 {
		t.Errorf("pieces stay behind: %v", left)
	}
}

func TestAReaderThatFailsKeepsWhatCameBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 200, 150, 1)
	k := w.begun(t, len(data))
	cut := errors.New("cut")
	ctx, hangUp := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(data[:1000]), readFunc(func([]byte) (int, error) { hangUp(); return 0, cut }))
	if _, err := w.Append(ctx, k.Token, k.Upload, 0, r, mediacore.Check{}); !errors.Is(err, cut) {
		t.Errorf("%v, want the reader's error", err)
	}
	if p, err := w.Offset(t.Context(), k.Token, k.Upload); err != nil || p.Offset != 1000 {
		t.Errorf("at %d, %v; want 1000", p.Offset, err)
	}
}

func TestAPictureOfManyPiecesIsWhole(t *testing.T) {
	t.Parallel()
	var seen bytes.Buffer
	w := newWorld(t, func(d *mediacore.Deps) {
		d.Develop = func(ctx context.Context, r io.Reader) (mediaworker.Developed, error) {
			return mediaworker.Decode(ctx, io.TeeReader(r, &seen))
		}
	})
	// Bytes after the end of a picture make one of several pieces.
	data := append(mediatest.Photo(t, 200, 150, 1), bytes.Repeat([]byte("0123456789abcde"), 600_000)...)
	k := w.begun(t, len(data))
	if p, err := w.append(t, k, 0, data); err != nil || p.Offset != p.Length {
		t.Fatalf("%+v, %v", p, err)
	}
	if !bytes.Equal(seen.Bytes(), data) {
		t.Errorf("decoded %d bytes, not the %d that were sent", seen.Len(), len(data))
	}
}

func TestAnUploadThatWasKilledGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 200, 150, 1)
	k := w.begun(t, len(data))
	if _, err := w.append(t, k, 0, data[:1000]); err != nil {
		t.Fatal(err)
	}
	// The process dies while the picture is developed: all bytes are there.
	died := errors.New("killed")
	w = w.restarted(t, func(context.Context, io.Reader) (mediaworker.Developed, error) { return mediaworker.Developed{}, died })
	if p, err := w.Offset(t.Context(), k.Token, k.Upload); err != nil || p.Offset != 1000 {
		t.Fatalf("after a restart at %d, %v; want 1000", p.Offset, err)
	}
	if _, err := w.append(t, k, 1000, data[1000:]); !errors.Is(err, died) {
		t.Fatalf("%v, want the death", err)
	}
	if _, ok := w.picture(t, k.Media); ok {
		t.Fatal("there is a picture that nobody made")
	}
	// Asking how far it got is what clients do next.
	w = w.restarted(t, mediaworker.Decode)
	if p, err := w.Offset(t.Context(), k.Token, k.Upload); err != nil || p.Offset != int64(len(data)) {
		t.Errorf("at %d, %v", p.Offset, err)
	}
	if p, ok := w.picture(t, k.Media); !ok || p.Width != 200 {
		t.Errorf("the picture is %+v", p)
	}
	if left := w.objects(t, "upload/"); len(left) > 0 {
		t.Errorf("pieces stay behind: %v", left)
	}
}

func TestAVerdictIsFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	photo := mediatest.Photo(t, 200, 150, 1)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"text":           {[]byte(strings.Repeat("text ", 2000)), media.ErrNotPicture},
		"half a picture": {photo[:len(photo)/2], media.ErrBroken},
	} {
		k := w.begun(t, len(c.data))
		for i := range 2 {
			if _, err := w.append(t, k, 0, c.data); !errors.Is(err, c.want) {
				t.Errorf("%s, try %d: %v, want %v", name, i, err, c.want)
			}
		}
		if _, err := w.Offset(t.Context(), k.Token, k.Upload); !errors.Is(err, c.want) {
			t.Errorf("%s, asked later: %v", name, err)
		}
		if _, err := w.Create(t.Context(), k.Token, int64(len(c.data))); !errors.Is(err, c.want) {
			t.Errorf("%s, begun again: %v", name, err)
		}
		if _, ok := w.picture(t, k.Media); ok {
			t.Errorf("%s became a picture", name)
		}
	}
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("stored: %v", left)
	}
}

func TestATicketEndsAndIsForOneFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.begun(t, 1000)
	if p, err := w.Create(t.Context(), k.Token, 1000); err != nil || p.Upload != k.Upload {
		t.Errorf("begun again: %+v, %v", p, err)
	}
	if _, err := w.Create(t.Context(), k.Token, 1001); !errors.Is(err, media.ErrUsed) {
		t.Errorf("for another file: %v", err)
	}
	other := newWorld(t, func(d *mediacore.Deps) { d.Key = bytes.Repeat([]byte("x"), 32) })
	if _, err := other.Create(t.Context(), k.Token, 1000); !errors.Is(err, media.ErrToken) {
		t.Errorf("under another key: %v", err)
	}
	w.clock.Advance(media.GrantTTL)
	_, create := w.Create(t.Context(), k.Token, 1000)
	_, offset := w.Offset(t.Context(), k.Token, k.Upload)
	_, add := w.append(t, k, 0, []byte("x"))
	for verb, err := range map[string]error{"create": create, "offset": offset, "append": add, "terminate": w.Terminate(t.Context(), k.Token, k.Upload)} {
		if !errors.Is(err, media.ErrExpired) {
			t.Errorf("%s too late: %v", verb, err)
		}
	}
}

func TestWhatNobodyWantsIsSweptAndWhatIsClaimedStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	half := w.begun(t, 1000)
	if _, err := w.append(t, half, 0, []byte("half of it")); err != nil {
		t.Fatal(err)
	}
	kept, err := w.Ingest(t.Context(), "usr_a", media.ForPost, bytes.NewReader(mediatest.Photo(t, 60, 40, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Claim(t.Context(), media.ClaimIn{Owner: "usr_a", IDs: []id.Media{kept.ID}}); err != nil {
		t.Fatal(err)
	}
	// The same bytes for somebody else are a picture of its own.
	lost, err := w.Ingest(t.Context(), "usr_b", media.ForPost, bytes.NewReader(mediatest.Photo(t, 60, 40, 1)))
	if err != nil {
		t.Fatal(err)
	}
	sweep := func() {
		t.Helper()
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	if _, ok := w.picture(t, lost.ID); !ok || len(w.objects(t, "upload/")) != 1 {
		t.Error("swept too early")
	}
	w.clock.Advance(media.UnclaimedTTL + time.Minute)
	sweep()
	if left := w.objects(t, "upload/"); len(left) > 0 {
		t.Errorf("pieces stay behind: %v", left)
	}
	if _, ok := w.picture(t, lost.ID); ok {
		t.Error("nobody claimed it, and it is there")
	}
	if _, ok := w.picture(t, kept.ID); !ok {
		t.Error("what was claimed is gone")
	}
	files := map[string]bool{} // a small picture is the same in several sizes
	for _, r := range kept.Renditions {
		files[r.URL] = true
	}
	if got := w.objects(t, "pic/"); len(got) != len(files) {
		t.Errorf("%v are stored, want the files %v", got, files)
	}
	if _, err := w.Claim(t.Context(), media.ClaimIn{Owner: "usr_b", IDs: []id.Media{lost.ID}}); !errors.Is(err, media.ErrNoSuchPicture) {
		t.Errorf("claimed what is gone: %v", err)
	}
}

func TestAPictureBeingRemovedCannotBeClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.Ingest(t.Context(), "usr_a", media.ForPost, bytes.NewReader(mediatest.Photo(t, 60, 40, 1)))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(media.UnclaimedTTL + time.Minute)
	// A sweep is cut short: the object store does not answer.
	away := w
	away.deps.Blobs = blobtest.Store(t)
	if err := away.deps.Blobs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := away.restarted(t, w.deps.Develop).Sweep(t.Context()); err == nil {
		t.Fatal("swept without an object store")
	}
	if _, err := w.Claim(t.Context(), media.ClaimIn{Owner: "usr_a", IDs: []id.Media{p.ID}}); !errors.Is(err, media.ErrNoSuchPicture) {
		t.Errorf("claimed while it is removed: %v", err)
	}
	if _, ok := w.picture(t, p.ID); ok {
		t.Error("shown while it is removed")
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("the next sweep leaves %v", left)
	}
}

func TestIngestingAgainIsTheSamePicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 300, 200, 1)
	first, err := w.Ingest(t.Context(), "usr_a", media.ForProduct, bytes.NewReader(data))
	if err != nil || first.Width != 300 || first.Purpose != media.ForProduct {
		t.Fatalf("%+v, %v", first, err)
	}
	w = w.restarted(t, func(context.Context, io.Reader) (mediaworker.Developed, error) {
		t.Error("it was decoded again")
		return mediaworker.Developed{}, errors.New("again")
	})
	second, err := w.Ingest(t.Context(), "usr_a", media.ForProduct, bytes.NewReader(data))
	if err != nil || second.ID != first.ID || len(second.Renditions) != len(first.Renditions) {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestAnIngestThatFailedOnceMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	data := mediatest.Photo(t, 100, 80, 1)
	broken := w.restarted(t, func(context.Context, io.Reader) (mediaworker.Developed, error) {
		return mediaworker.Developed{}, media.ErrBusy
	})
	if _, err := broken.Ingest(t.Context(), "usr_a", media.ForPost, bytes.NewReader(data)); !errors.Is(err, media.ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
	if _, err := w.Ingest(t.Context(), "usr_a", media.ForPost, bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	gone := errors.New("gone")
	if _, err := w.Ingest(t.Context(), "usr_a", media.ForPost, iotest.ErrReader(gone)); !errors.Is(err, gone) {
		t.Errorf("%v, want the reader's error", err)
	}
	if _, err := w.Ingest(t.Context(), "usr_a", media.ForPost, bytes.NewReader(make([]byte, media.MaxBytes+1))); !errors.Is(err, media.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

func TestAnUploadOfTooManyPiecesEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.begun(t, 10_000)
	for at := range 300 {
		_, err := w.append(t, k, at, []byte("\xff"))
		if err == nil {
			continue
		}
		if !errors.Is(err, media.ErrPieces) || at < 100 {
			t.Errorf("piece %d: %v", at, err)
		}
		return
	}
	t.Error("an upload of 300 pieces is still open")
}

func TestAShortKeyIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	d := deps(t, clock.System)
	d.Key = []byte("short")
	if _, err := mediacore.New(t.Context(), d); err == nil {
		t.Error("tickets can be signed with five bytes")
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
