package mediaworker

import (
	"image"
	"io"

	"golang.org/x/image/webp"
)

// decodeWebP reads a WebP in its true colours. A lossy one holds luma from 16 to
// 235 and chroma from 16 to 240, as video does, but the decoder hands them out as
// if they were JPEG's full range, which looks washed out.
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return fromVideo(img, func(x, y int) uint8 { return 255 }), nil
	case *image.NYCbCrA:
		return fromVideo(&img.YCbCr, func(x, y int) uint8 { return img.A[img.AOffset(x, y)] }), nil
	}
	return img, nil
}

func fromVideo(img *image.YCbCr, alpha func(x, y int) uint8) *image.NRGBA {
	b := img.Rect
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	at := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := img.COffset(x, y)
			luma := 298 * (int(img.Y[img.YOffset(x, y)]) - 16)
			cb, cr := int(img.Cb[c])-128, int(img.Cr[c])-128
			p := out.Pix[at : at+4 : at+4]
			p[0] = clamp(luma + 409*cr)
			p[1] = clamp(luma - 100*cb - 208*cr)
			p[2] = clamp(luma + 516*cb)
			p[3] = alpha(x, y)
			at += 4
		}
	}
	return out
}

// clamp rounds a value of 8 fractional bits to a byte.
func clamp(v int) uint8 { return uint8(min(max((v+128)>>8, 0), 255)) }
