package mediacore_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/kernel/video"
)

// served returns the captions of a ticket as everybody gets them.
func (w world) served(t *testing.T, m media.Ticket) string {
	t.Helper()
	film := w.whole(t, reel(1000))
	w.prepare(t)
	v, err := w.claim(t, film, video.WantedCaption{ID: m.Media, Lang: "zh-CN"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := w.OpenCaptions(t.Context(), strings.TrimPrefix(v.Captions[0].URL, media.CaptionPath))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCaptionsKeepTimesAndWordsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	k := w.captioned(t, "\ufeffWEBVTT - made by a tool\r\nX-TIMESTAMP-MAP=MPEGTS:900000\r\n\r\n"+
		"STYLE\r\n::cue { background: url(http://evil.example/x) }\r\n\r\n"+
		"REGION\r\nid:fred\r\n\r\nNOTE 00:00 a secret\r\n\r\n"+
		"first\r\n00:01.000 --> 00:02.500 line:0 position:20%\r\n<v 小明>你好 <b>世界</b></v>\r\nsecond <i.loud>line</i> <00:01.500>x\r\n\r\n\r\n"+
		"01:00:00.000 -->\t01:00:01.000\tsize:5%\r\n1 < 2 &amp; 3 > 2 &lt;script&gt;alert(1)&lt;/script&gt; --> \u202e\r\n\r\n"+
		"00:05.000 --> 00:06.000\r\n<b></b>\r\n")
	want := "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n你好 世界\nsecond line x\n\n" +
		"01:00:00.000 --> 01:00:01.000\n1 &lt; 2 &amp; 3 &gt; 2 &lt;script&gt;alert(1)&lt;/script&gt; --&gt; \u202e\n"
	if d := cmp.Diff(want, w.served(t, k)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if p := w.stands(t, k); p.Step != media.Ready || p.Kind != media.Captions {
		t.Errorf("%+v", p)
	}
}

func TestWhatWasWrittenAnewIsWrittenTheSameAgain(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	once := w.served(t, w.captioned(t, "WEBVTT\n\n00:01.000 --> 00:02.000\na &amp;amp; <c.x>b</c> <3\n"))
	if twice := w.served(t, w.captioned(t, once)); twice != once {
		t.Errorf("%q, then %q", once, twice)
	}
}

func TestWhatAreNoCaptionsIsRefused(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	for name, text := range map[string]string{
		"SRT":                     "1\n00:00:01,000 --> 00:00:02,000\nhello\n",
		"a page":                  "<html><script>alert(1)</script>",
		"a word that begins so":   "WEBVTTX\n\n00:01.000 --> 00:02.000\nhello\n",
		"a head alone":            "WEBVTT\n",
		"notes alone":             "WEBVTT\n\nNOTE hello\n",
		"times of SRT":            "WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nhello\n",
		"an end before its start": "WEBVTT\n\n00:02.000 --> 00:01.000\nhello\n",
		"a time of 70 minutes":    "WEBVTT\n\n70:02.000 --> 70:04.000\nhello\n",
		"a time out of bounds":    "WEBVTT\n\n9999:00:02.000 --> 9999:00:03.000\nhello\n",
		"other than UTF-8":        "WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\xfe\n",
		"a film":                  string(reel(5000)),
	} {
		k, err := w.captions(t, text)
		if !errors.Is(err, media.ErrNotCaptions) {
			t.Errorf("%s: %v", name, err)
		}
		if p := w.stands(t, k); p.Step != media.Rejected || p.Reason != media.ErrNotCaptions.Reason {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if left := w.objects(t, ""); len(left) > 0 {
		t.Errorf("stored: %v", left)
	}
}

func TestAnothersCaptionsAreNotClaimed(t *testing.T) {
	t.Parallel()
	w := newCinema(t, studio(t))
	k := w.captioned(t, "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n")
	film := w.whole(t, reel(1000))
	w.prepare(t)
	g, err := w.Grant(t.Context(), media.GrantIn{Owner: "usr_b", Purpose: media.ForPost, Kind: media.Film})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), g.Token, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := w.append(t, g, 0, reel(1000)); err != nil {
		t.Fatal(err)
	}
	w.prepare(t)
	want := video.WantedVideo{ID: g.Media, Captions: []video.WantedCaption{{ID: k.Media, Lang: "en"}}}
	if _, err := w.ClaimVideo(t.Context(), media.ClaimVideoIn{Owner: "usr_b", Video: want}); !errors.Is(err, media.ErrNotOwner) {
		t.Errorf("%v, want ErrNotOwner", err)
	}
	if _, err := w.claim(t, film, video.WantedCaption{ID: "med_absent", Lang: "en"}); !errors.Is(err, media.ErrNoSuchCaptions) {
		t.Errorf("%v, want ErrNoSuchCaptions", err)
	}
}
