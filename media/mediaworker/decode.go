package mediaworker

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"github.com/gen2brain/webp"
	"go.n16f.net/thumbhash"

	"meadow/media"
)

// quality is of both JPEG and WebP, out of 100.
const quality = 80

// webpEffort is libwebp's method: 1 costs a third of 4 and a few bytes more.
const webpEffort = 1

// Decode is Develop in this process.
func Decode(ctx context.Context, r io.Reader) (Developed, error) {
	data, err := io.ReadAll(io.LimitReader(r, media.MaxBytes+1))
	if err != nil {
		return Developed{}, fmt.Errorf("read a picture: %w", err)
	}
	if len(data) > media.MaxBytes {
		return Developed{}, media.ErrTooLarge
	}
	f, config, err := admit(data)
	if err != nil {
		return Developed{}, err
	}
	img, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return Developed{}, media.ErrBroken.Because(err)
	}
	if b := img.Bounds(); b.Empty() || b.Dx() > config.Width || b.Dy() > config.Height {
		return Developed{}, media.ErrBroken.Because(errors.New("the picture is not as large as its header says"))
	}
	return develop(ctx, img, metadataOf(data))
}

// develop makes every rendition of img, which said m of itself.
func develop(ctx context.Context, img image.Image, m metadata) (Developed, error) {
	turn, mark, colours := orientationOf(m.exif), m.mark(), profileOf(m.icc)
	out := Developed{AI: mark != unmarked}
	var small *image.RGBA
	for _, s := range sizes {
		if err := ctx.Err(); err != nil {
			return Developed{}, err
		}
		small = upright(shrink(img, s.width, turn), turn)
		colours.apply(small)
		img, turn, colours = small, 1, nil
		b := small.Rect
		if s.name == media.Full {
			out.Width, out.Height = b.Dx(), b.Dy()
		}
		if err := out.encode(s, small, mark); err != nil {
			return Developed{}, err
		}
	}
	out.ThumbHash = base64.StdEncoding.EncodeToString(thumbhash.EncodeImage(thumbnail(small)))
	out.Likeness = likeness(small)
	return out, nil
}

// thumbnail returns img within the hundred pixels that a thumbhash looks at.
func thumbnail(img *image.RGBA) *image.RGBA {
	const most = 100
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if longer := max(w, h); longer > most {
		return boxed(img, max(1, w*most/longer), max(1, h*most/longer))
	}
	return img
}

// encode adds img as files that carry m: as JPEG always, as WebP where wanted
// and smaller.
func (d *Developed) encode(s size, img image.Image, m mark) error {
	b := img.Bounds()
	add := func(kind string, data []byte) {
		d.Files = append(d.Files, File{Name: s.name, Width: b.Dx(), Height: b.Dy(), Type: kind, Size: len(data), Data: data})
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("encode as JPEG: %w", err)
	}
	add("image/jpeg", m.intoJPEG(j.Bytes()))
	if !s.webp || b.Dy() > maxWebPSide {
		return nil
	}
	var w bytes.Buffer
	if err := webp.Encode(&w, img, webp.Options{Quality: quality, Method: webpEffort}); err != nil {
		return fmt.Errorf("encode as WebP: %w", err)
	}
	if w.Len() < j.Len() {
		add("image/webp", m.intoWebP(w.Bytes(), b.Size()))
	}
	return nil
}

// maxWebPSide is the most pixels that a side of a WebP can have.
const maxWebPSide = 16383
