package mediatest

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
)

// Run holds the worlds that open returns against the promises of media.
func Run(t *testing.T, open func(t *testing.T) World) {
	for name, test := range map[string]func(*testing.T, World){
		"AnUploadBecomesAPictureInEverySize":   anUploadBecomesAPictureInEverySize,
		"EveryKindOfPictureIsTakenForWhatItIs": everyKindOfPictureIsTakenForWhatItIs,
		"AHEICIsRefusedWithAdvice":             aHEICIsRefusedWithAdvice,
		"WhatIsNoPictureIsRefused":             whatIsNoPictureIsRefused,
		"OnlyTheOwnerClaimsAPicture":           onlyTheOwnerClaimsAPicture,
		"ChosenPicturesComeInOrderWithWords":   chosenPicturesComeInOrderWithWords,
		"PicturesThatDoNotExistAreLeftOut":     picturesThatDoNotExistAreLeftOut,
		"ATicketIsGoodForItsOwnUploadOnly":     aTicketIsGoodForItsOwnUploadOnly,
		"AnUploadLargerThanItsGrantIsRefused":  anUploadLargerThanItsGrantIsRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (w World) grant(t *testing.T, owner id.User, most int64) media.Ticket {
	t.Helper()
	ticket, err := w.Service.Grant(actor.AsSystem(t.Context(), "test"), media.GrantIn{Owner: owner, Purpose: media.ForPost, Kind: media.Still, MaxBytes: most})
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// uploaded returns the id of a new picture of owner.
func (w World) uploaded(t *testing.T, owner id.User, seed uint8) id.Media {
	t.Helper()
	ticket := w.grant(t, owner, 0)
	if status, err := w.Upload(t.Context(), ticket, Photo(t, 60, 40, seed), 1<<20); err != nil || status != http.StatusNoContent {
		t.Fatalf("upload: status %d, %v", status, err)
	}
	return ticket.Media
}

func anUploadBecomesAPictureInEverySize(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	ticket := w.grant(t, "usr_a", 0)
	if status, err := w.Upload(ctx, ticket, Photo(t, 1400, 700, 0), 10_000); err != nil || status != http.StatusNoContent {
		t.Fatalf("upload: status %d, %v", status, err)
	}
	got, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{ticket.Media}})
	if err != nil || len(got.Items) != 1 {
		t.Fatalf("%d pictures, %v", len(got.Items), err)
	}
	p := got.Items[0]
	if p.ID != ticket.Media || p.Owner != "usr_a" || p.Purpose != media.ForPost || p.Width != 1280 || p.Height != 640 || p.ThumbHash == "" {
		t.Errorf("the picture is %+v", p)
	}
	sizes := map[media.Name]image.Point{}
	for _, r := range p.Renditions {
		res, body, err := w.Get(ctx, r.URL)
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != r.Type || int64(len(body)) != r.Bytes {
			t.Errorf("%s: status %d, %d bytes of %s, %v; want %+v", r.URL, res.StatusCode, len(body), res.Header.Get("Content-Type"), err, r)
			continue
		}
		if r.Type != "image/jpeg" {
			continue
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(body))
		if err != nil || c.Width != r.Width || c.Height != r.Height {
			t.Errorf("%s is %d by %d, %v; want %+v", r.URL, c.Width, c.Height, err, r)
		}
		sizes[r.Name] = image.Pt(r.Width, r.Height)
	}
	want := map[media.Name]image.Point{media.Full: {X: 1280, Y: 640}, media.Card: {X: 480, Y: 240}, media.Thumb: {X: 240, Y: 120}}
	if d := cmp.Diff(want, sizes); d != "" {
		t.Errorf("sizes (-want +got):\n%s", d)
	}
	if s := p.Shown("words"); s.Thumb == "" || s.Card == "" || s.Full == "" || s.Alt != "words" {
		t.Errorf("shown as %+v", s)
	}
}

func whatIsNoPictureIsRefused(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	ticket := w.grant(t, "usr_a", 0)
	status, err := w.Upload(ctx, ticket, []byte("<html><script>alert(1)</script></html>"), 1000)
	if err != nil || status != http.StatusUnsupportedMediaType {
		t.Errorf("status %d, %v", status, err)
	}
	if got, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{ticket.Media}}); err != nil || len(got.Items) > 0 {
		t.Errorf("it became %v, %v", got.Items, err)
	}
}

func onlyTheOwnerClaimsAPicture(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	p := w.uploaded(t, "usr_a", 1)
	if _, err := w.Service.Claim(ctx, media.ClaimIn{Owner: "usr_b", IDs: []id.Media{p}}); !errors.Is(err, media.ErrNotOwner) {
		t.Errorf("somebody else: %v, want ErrNotOwner", err)
	}
	if _, err := w.Service.Claim(ctx, media.ClaimIn{Owner: "usr_a", IDs: []id.Media{p, "med_absent"}}); !errors.Is(err, media.ErrNoSuchPicture) {
		t.Errorf("an absent one: %v, want ErrNoSuchPicture", err)
	}
	for range 2 {
		if got, err := w.Service.Claim(ctx, media.ClaimIn{Owner: "usr_a", IDs: []id.Media{p}}); err != nil || len(got.Items) != 1 || got.Items[0].ID != p {
			t.Errorf("the owner: %v, %v", got.Items, err)
		}
	}
}

func chosenPicturesComeInOrderWithWords(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	a, b := w.uploaded(t, "usr_a", 2), w.uploaded(t, "usr_a", 3)
	got, err := media.Choose(ctx, w.Service, "usr_a", []picture.Wanted{{ID: b, Alt: "second"}, {ID: a, Alt: "first"}})
	if err != nil || len(got) != 2 || got[0].ID != b || got[0].Alt != "second" || got[1].ID != a || got[1].Full == "" {
		t.Errorf("chose %+v, %v", got, err)
	}
	if _, err := media.Choose(ctx, w.Service, "usr_b", []picture.Wanted{{ID: a}}); !errors.Is(err, media.ErrNotOwner) {
		t.Errorf("somebody else's: %v, want ErrNotOwner", err)
	}
}

func picturesThatDoNotExistAreLeftOut(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	a := w.uploaded(t, "usr_a", 4)
	got, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{"med_absent", a, ""}})
	if err != nil || len(got.Items) != 1 || got.Items[0].ID != a {
		t.Errorf("got %v, %v", got.Items, err)
	}
	for _, path := range []string{"", "x.jpg", "..%2f..%2fx.jpg", "0123456789abcdefghjkmnpqrs.jpg", "0123456789abcdefghjkmnpqrs.exe"} {
		if res, _, err := w.Get(ctx, media.PicturePath+path); err != nil || res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: status %v, %v", path, res, err)
		}
	}
}

func aTicketIsGoodForItsOwnUploadOnly(t *testing.T, w World) {
	ctx := actor.AsSystem(t.Context(), "test")
	mine, theirs := w.grant(t, "usr_a", 0), w.grant(t, "usr_b", 0)
	res, err := w.Tus(ctx, http.MethodPost, mine.URL, mine.Token, nil, "Upload-Length", "100")
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("create: %v, %v", res, err)
	}
	res.Body.Close()
	at := res.Header.Get("Location")
	for _, token := range []string{"", "x.y", theirs.Token, mine.Token + "x", "." + mine.Token} {
		for _, method := range []string{http.MethodHead, http.MethodPatch, http.MethodDelete} {
			res, err := w.Tus(ctx, method, at, token, bytes.NewReader(nil), "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with %.20q: status %d, want 401", method, token, res.StatusCode)
			}
		}
	}
}

func anUploadLargerThanItsGrantIsRefused(t *testing.T, w World) {
	ticket := w.grant(t, "usr_a", 500)
	if ticket.MaxBytes != 500 {
		t.Errorf("granted %d bytes", ticket.MaxBytes)
	}
	for _, c := range []struct {
		length string
		want   int
	}{{"501", http.StatusRequestEntityTooLarge}, {"0", http.StatusBadRequest}, {"-1", http.StatusBadRequest}, {"", http.StatusBadRequest}, {"99999999999999999999", http.StatusBadRequest}} {
		res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, nil, "Upload-Length", c.length)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%q bytes: status %d, want %d", c.length, res.StatusCode, c.want)
		}
	}
}
