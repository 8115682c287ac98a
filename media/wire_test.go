package media_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/platform/rpc"
)

type router map[string]rpc.Route

func (r router) Handle(route rpc.Route, _ func(rpc.Exchange) error) { r[route.Name] = route }

func TestOnlyPartsOfThePlatformCallMedia(t *testing.T) {
	t.Parallel()
	got := router{}
	media.Mount(got, media.Client{})
	if len(got) != 6 {
		t.Errorf("%d endpoints", len(got))
	}
	for name, r := range got {
		if !r.Access.Internal {
			t.Errorf("everybody may call %s", name)
		}
	}
}

func TestAScreenGetsTheSmallestFilesAndAJPEGForPreviews(t *testing.T) {
	t.Parallel()
	p := media.Picture{ID: "med_a", Width: 3, Height: 2, ThumbHash: "h", Renditions: []media.Rendition{
		{Name: media.Full, Type: "image/jpeg", Bytes: 90, URL: "full.jpg"},
		{Name: media.Card, Type: "image/jpeg", Bytes: 50, URL: "card.jpg"},
		{Name: media.Card, Type: "image/webp", Bytes: 30, URL: "card.webp"},
		{Name: media.Thumb, Type: "image/jpeg", Bytes: 10, URL: "thumb.jpg"},
		{Name: media.Thumb, Type: "image/webp", Bytes: 11, URL: "thumb.webp"},
	}}
	s := p.Shown("words")
	if d := cmp.Diff([]string{"thumb.jpg", "card.webp", "full.jpg", "words", "h"}, []string{s.Thumb, s.Card, s.Full, s.Alt, s.ThumbHash}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
