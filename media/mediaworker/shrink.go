package mediaworker

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/kovidgoyal/imaging"
)

// shrink returns img at most width pixels wide once it is turned, on white
// ground and without anything but its pixels.
func shrink(img image.Image, width, turn int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	side, other := &w, &h
	if turn >= 5 { // width and height change places
		side, other = &h, &w
	}
	if *side <= width {
		return flatten(img)
	}
	if photo, ok := img.(*image.YCbCr); ok {
		if k := min(*side*2/(width*3), *other); k >= 2 {
			img = pooled(photo, k)
		}
	}
	*other = max(1, (*other*width+*side/2) / *side)
	*side = width
	return flatten(imaging.Resize(img, w, h, imaging.Lanczos))
}

// pooled returns a photograph k times smaller, each pixel the mean of k by k. A
// good filter then has a k²th of the work, and with half as many pixels again as
// it has to make, makes the same of them.
func pooled(img *image.YCbCr, k int) *image.RGBA {
	r := img.Rect
	across, down := subsampling(img.SubsampleRatio)
	w, h := r.Dx()/k, r.Dy()/k
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	luma := img.Y[img.YOffset(r.Min.X, r.Min.Y):]
	chroma := img.COffset(r.Min.X, r.Min.Y)
	cb, cr := img.Cb[chroma:], img.Cr[chroma:]
	for y := range h {
		cy, cy1 := y*k/down, max(y*k/down+1, (y+1)*k/down)
		line := out.Pix[y*out.Stride : y*out.Stride+4*w]
		for x := range w {
			cx := x * k / across
			n := max(cx+1, (x+1)*k/across) - cx
			l := mean(luma[y*k*img.YStride+x*k:], img.YStride, k, k)
			b := mean(cb[cy*img.CStride+cx:], img.CStride, n, cy1-cy)
			r := mean(cr[cy*img.CStride+cx:], img.CStride, n, cy1-cy)
			p := line[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2] = color.YCbCrToRGB(l, b, r)
			p[3] = 255
		}
	}
	return out
}

// subsampling is how many pixels share a sample of chroma, across and down.
func subsampling(r image.YCbCrSubsampleRatio) (across, down int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// mean is of the w by h samples that plane begins with.
func mean(plane []uint8, stride, w, h int) uint8 {
	if w == 1 && h == 1 {
		return plane[0]
	}
	sum := 0
	for y := range h {
		for _, v := range plane[y*stride : y*stride+w] {
			sum += int(v)
		}
	}
	return uint8((sum + w*h/2) / (w * h))
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
