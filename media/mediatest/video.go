package mediatest

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/media"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// RunVideos holds the worlds that open returns against what media promises about
// videos. Where a world takes none it must say so; its tests are then skipped.
func RunVideos(t *testing.T, open func(t *testing.T) World) {
	for name, test := range map[string]func(*testing.T, World){
		"AnUploadBecomesAVideo":               anUploadBecomesAVideo,
		"WhatIsNoVideoIsRefusedWithItsReason": whatIsNoVideoIsRefused,
		"OnlyTheOwnerSeesProgressAndClaims":   onlyTheOwnerSeesProgressAndClaims,
		"AbilitiesAreWhatGrantsAllow":         abilitiesAreWhatGrantsAllow,
		"TheMarkOfAMachineStays":              theMarkOfAMachineStays,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			a, err := w.Service.Abilities(actor.AsSystem(t.Context(), "test"), rpc.Empty{})
			if err != nil {
				t.Fatal(err)
			}
			if !a.Video.Able {
				if _, err := w.Service.Grant(actor.AsSystem(t.Context(), "test"), media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: media.Film}); !errors.Is(err, media.ErrNoVideo) {
					t.Errorf("granted: %v, want ErrNoVideo", err)
				}
				if a.Video.Missing == "" {
					t.Error("it does not say what is missing")
				}
				t.Skipf("SKIPPED: no videos here: %s is missing", a.Video.Missing)
			}
			test(t, w)
		})
	}
}

func theMarkOfAMachineStays(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	ticket, p := w.Filmed(t, "usr_a", Film(t, "-metadata", `AIGC={"Label":"1"}`, "-movflags", "use_metadata_tags"))
	v, err := w.Service.ClaimVideo(ctx, media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: ticket.Media}})
	if err != nil || !v.AI {
		t.Fatalf("%+v, %+v, %v", p, v, err)
	}
	found, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{v.Poster}})
	if err != nil || len(found.Items) != 1 || !found.Items[0].AI {
		t.Errorf("the poster: %+v, %v", found, err)
	}
}

// Film returns two seconds of a test card with sound, as MP4, made with also. It
// needs ffmpeg.
func Film(t testing.TB, also ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	args := append([]string{"-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=640x480:rate=30:duration=2",
		"-f", "lavfi", "-i", "sine=duration=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"}, also...)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("make a film: %v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Filmed uploads data as a video of owner, and waits until it is ready or
// refused.
func (w World) Filmed(t testing.TB, owner id.User, data []byte) (media.Ticket, media.Progress) {
	t.Helper()
	ctx := actor.AsSystem(t.Context(), "test")
	ticket, err := w.Service.Grant(ctx, media.GrantIn{Owner: owner, Purpose: media.ForPost, Kind: media.Film})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := w.Upload(ctx, ticket, data, 100_000); err != nil || status != http.StatusNoContent && status != http.StatusUnsupportedMediaType {
		t.Fatalf("upload: status %d, %v", status, err)
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		p, err := w.Service.Progress(ctx, media.ProgressIn{Owner: owner, Upload: ticket.Upload})
		if err != nil {
			t.Fatal(err)
		}
		if p.Step == media.Ready || p.Step == media.Rejected {
			return ticket, p
		}
		time.Sleep(20 * time.Millisecond) // other processes are at work: nothing here can tell us
	}
	t.Fatal("the video is never ready")
	return ticket, media.Progress{}
}

func anUploadBecomesAVideo(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	ticket, p := w.Filmed(t, "usr_a", Film(t))
	if p.Step != media.Ready || p.Percent != 100 || p.Media != ticket.Media || p.Kind != media.Film || p.Offset != p.Length {
		t.Errorf("%+v", p)
	}
	for range 2 { // claiming again is fine
		v, err := w.Service.ClaimVideo(ctx, media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: ticket.Media}})
		if err != nil || v.ID != ticket.Media || v.Owner != "usr_a" || v.Width != 640 || v.Height != 480 || v.Duration < 1900 || v.Duration > 2200 || v.AI || len(v.Captions) > 0 {
			t.Fatalf("%+v, %v", v, err)
		}
		found, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{v.Poster}})
		if err != nil || len(found.Items) != 1 || found.Items[0].Width != 640 || found.Items[0].Owner != "usr_a" {
			t.Errorf("the poster: %+v, %v", found, err)
		}
		plays(t, w, v)
	}
	if _, err := w.Service.Claim(ctx, media.ClaimIn{Owner: "usr_a", IDs: []id.Media{ticket.Media}}); !errors.Is(err, media.ErrNoSuchPicture) {
		t.Errorf("claimed as a picture: %v", err)
	}
}

// plays follows the playlists of v to their bytes.
func plays(t *testing.T, w World, v media.Video) {
	t.Helper()
	folder := strings.TrimSuffix(v.HLS, "master.m3u8")
	for _, f := range []struct{ path, kind, begins string }{
		{v.HLS, "application/vnd.apple.mpegurl", "#EXTM3U"},
		{folder + "480.m3u8", "application/vnd.apple.mpegurl", "#EXTM3U"},
		{folder + "480.mp4", "video/mp4", "\x00\x00\x00"},
		{v.Preview, "video/mp4", "\x00\x00\x00"},
	} {
		res, body, err := w.Get(t.Context(), f.path)
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != f.kind || !strings.HasPrefix(string(body), f.begins) {
			t.Errorf("%s: %v, %v", f.path, res, err)
		}
		if res, body, err := w.Get(t.Context(), f.path, "Range", "bytes=4-7"); err != nil || res.StatusCode != http.StatusPartialContent || len(body) != 4 {
			t.Errorf("four bytes of %s: %v, %q, %v", f.path, res, body, err)
		}
	}
}

func whatIsNoVideoIsRefused(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	film := Film(t)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"a playlist": {[]byte("#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n"), media.ErrNotVideo},
		"half a one": {film[:len(film)/2], media.ErrBrokenVideo},
	} {
		ticket, p := w.Filmed(t, "usr_a", c.data)
		_, err := w.Service.ClaimVideo(ctx, media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: ticket.Media}})
		if p.Step != media.Rejected || p.Reason == "" || p.Message == "" || !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v; want %v", name, p, err, c.want)
		}
	}
}

func onlyTheOwnerSeesProgressAndClaims(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	ticket, _ := w.Filmed(t, "usr_a", Film(t))
	if _, err := w.Service.Progress(ctx, media.ProgressIn{Owner: "usr_b", Upload: ticket.Upload}); !errors.Is(err, media.ErrNoUpload) {
		t.Errorf("progress: %v, want ErrNoUpload", err)
	}
	if _, err := w.Service.ClaimVideo(ctx, media.ClaimVideoIn{Owner: "usr_b", Video: video.WantedVideo{ID: ticket.Media}}); !errors.Is(err, media.ErrNotOwner) {
		t.Errorf("claim: %v, want ErrNotOwner", err)
	}
	if _, err := w.Service.ClaimVideo(ctx, media.ClaimVideoIn{Owner: "usr_a", Video: video.WantedVideo{ID: "med_absent"}}); !errors.Is(err, media.ErrNoSuchVideo) {
		t.Errorf("an absent one: %v, want ErrNoSuchVideo", err)
	}
	if _, err := w.Service.Progress(ctx, media.ProgressIn{Owner: "usr_a", Upload: "upl_absent"}); !errors.Is(err, media.ErrNoUpload) {
		t.Errorf("an absent upload: %v, want ErrNoUpload", err)
	}
}

func abilitiesAreWhatGrantsAllow(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	a, err := w.Service.Abilities(ctx, rpc.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, able := range map[media.Kind]media.Ability{media.Still: a.Picture, media.Film: a.Video, media.Captions: a.Caption} {
		ticket, err := w.Service.Grant(ctx, media.GrantIn{Owner: "usr_a", Purpose: media.ForPost, Kind: kind})
		if err != nil || ticket.MaxBytes != able.MaxBytes || !able.Able || len(able.Types) == 0 {
			t.Errorf("%s: %+v of %+v, %v", kind, ticket, able, err)
		}
	}
}
