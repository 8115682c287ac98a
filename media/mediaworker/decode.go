package mediaworker

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"

	"github.com/gen2brain/webp"
	"github.com/kovidgoyal/imaging"
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
	return develop(ctx, img, orientation(data))
}

// develop makes every rendition of img, which is to be turned by turn.
func develop(ctx context.Context, img image.Image, turn int) (Developed, error) {
	var out Developed
	for _, s := range sizes {
		if err := ctx.Err(); err != nil {
			return Developed{}, err
		}
		img = upright(shrink(img, s.width, turn), turn)
		turn = 1
		b := img.Bounds()
		if s.name == media.Full {
			out.Width, out.Height = b.Dx(), b.Dy()
		}
		if err := out.encode(s.name, img, s.webp); err != nil {
			return Developed{}, err
		}
	}
	out.ThumbHash = base64.StdEncoding.EncodeToString(thumbhash.EncodeImage(imaging.Fit(img, 100, 100, imaging.Box)))
	return out, nil
}

// shrink returns img at most width pixels wide once it is turned, on white
// ground and without anything but its pixels.
func shrink(img image.Image, width, turn int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	side, other := &w, &h
	if turn >= 5 { // width and height change places
		side, other = &h, &w
	}
	if *side > width {
		*other = max(1, (*other*width+*side/2) / *side)
		*side = width
		img = imaging.Resize(img, w, h, imaging.Lanczos)
	}
	return flatten(img)
}

func flatten(img image.Image) *image.RGBA {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		draw.Draw(out, out.Rect, img, b.Min, draw.Src)
		return out
	}
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, b.Min, draw.Over)
	return out
}

// upright undoes how the camera was held.
func upright(img *image.RGBA, turn int) image.Image {
	switch turn {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img) // imaging turns to the left
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	}
	return img
}

// encode adds img as files: as JPEG always, as WebP where wanted and smaller.
func (d *Developed) encode(name media.Name, img image.Image, alsoWebP bool) error {
	b := img.Bounds()
	add := func(kind string, data []byte) {
		d.Files = append(d.Files, File{Name: name, Width: b.Dx(), Height: b.Dy(), Type: kind, Size: len(data), Data: data})
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("encode as JPEG: %w", err)
	}
	add("image/jpeg", j.Bytes())
	if !alsoWebP || b.Dy() > maxWebPSide {
		return nil
	}
	var w bytes.Buffer
	if err := webp.Encode(&w, img, webp.Options{Quality: quality, Method: webpEffort}); err != nil {
		return fmt.Errorf("encode as WebP: %w", err)
	}
	if w.Len() < j.Len() {
		add("image/webp", w.Bytes())
	}
	return nil
}

// maxWebPSide is the most pixels that a side of a WebP can have.
const maxWebPSide = 16383
