package mediacore_test

import (
	"bytes"
	"errors"
	"testing"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediatest"
)

// TestAnUploadSurvivesAnEndBetweenAnyTwoWrites ends the process before its first
// write, before its second and so on. Whoever uploads asks how far it got, as
// clients do, and goes on there with the next process.
func TestAnUploadSurvivesAnEndBetweenAnyTwoWrites(t *testing.T) {
	t.Parallel()
	for kind, data := range map[media.Kind][]byte{
		media.Film:     reel(3<<20 + 5),
		media.Captions: []byte("WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"),
		media.Still:    mediatest.Photo(t, 60, 40, 1),
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for allowed := int32(0); allowed < 12; allowed++ {
				w := newCinema(t, studio(t))
				k, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: kind})
				if err != nil {
					t.Fatal(err)
				}
				cut := &cutDriver{Driver: w.deps.DB}
				cut.left.Store(allowed)
				d := w.deps
				d.DB = cut
				first := world{Core: core(t, d), deps: d, clock: w.clock}
				_, err = first.Create(t.Context(), k.Token, int64(len(data)))
				acknowledged := int64(0)
				for at := 0; err == nil && at < len(data); {
					var p mediacore.Progress
					p, err = first.append(t, k, at, data[at:min(len(data), at+1<<20)])
					if err == nil {
						acknowledged, at = p.Offset, int(p.Offset)
					}
				}
				if err != nil && !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				// The next process.
				if _, err := w.Create(t.Context(), k.Token, int64(len(data))); err != nil {
					t.Fatal(err)
				}
				p, err := w.Offset(t.Context(), k.Token, k.Upload)
				if err != nil || p.Offset < acknowledged {
					t.Fatalf("after %d writes at %d, %v; %d were acknowledged", allowed, p.Offset, err, acknowledged)
				}
				if _, err := w.Append(t.Context(), k.Token, k.Upload, p.Offset, bytes.NewReader(data[p.Offset:]), mediacore.Check{}); err != nil {
					t.Fatalf("after %d writes: %v", allowed, err)
				}
				if kind == media.Film {
					w.prepare(t)
				}
				if p := w.stands(t, k); p.Step != media.Ready || p.Kind != kind {
					t.Errorf("after %d writes: %+v", allowed, p)
				}
				if left := w.objects(t, "upload/"); len(left) > 0 {
					t.Errorf("after %d writes pieces stay behind: %v", allowed, left)
				}
			}
		})
	}
}
