package mediaworker

import (
	"image"
	"image/color"
	"image/draw"
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
	// A good filter makes the same of half as many pixels again as it has to make
	// as of all of them, and plain means are cheap.
	small := pooled(img, min(*side*2/(width*3), *other))
	*other = max(1, (*other*width+*side/2) / *side)
	*side = width
	return scaled(small, w, h)
}

// flatten returns img on white ground.
func flatten(img image.Image) *image.RGBA {
	if done, ok := img.(*image.RGBA); ok && done.Rect.Min == (image.Point{}) && done.Opaque() {
		return done
	}
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

// pooled returns img on white ground, k times smaller if k is more than 1: each
// pixel the mean of k by k.
func pooled(img image.Image, k int) *image.RGBA {
	if k < 2 {
		return flatten(img)
	}
	if photo, ok := img.(*image.YCbCr); ok {
		return pooledPhoto(photo, k)
	}
	flat := flatten(img)
	out := image.NewRGBA(image.Rect(0, 0, flat.Rect.Dx()/k, flat.Rect.Dy()/k))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetRGBA(x, y, meanOf(flat, image.Rect(x*k, y*k, x*k+k, y*k+k)))
		}
	}
	return out
}

// boxed returns an opaque img of w by h pixels, each the mean of those that it
// stands for.
func boxed(img *image.RGBA, w, h int) *image.RGBA {
	b := img.Rect
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		y0, y1 := y*b.Dy()/h, (y+1)*b.Dy()/h
		for x := range w {
			x0, x1 := x*b.Dx()/w, (x+1)*b.Dx()/w
			out.SetRGBA(x, y, meanOf(img, image.Rect(x0, y0, max(x1, x0+1), max(y1, y0+1))))
		}
	}
	return out
}

// meanOf is the mean of a part of an opaque picture that begins at 0, 0.
func meanOf(img *image.RGBA, part image.Rectangle) color.RGBA {
	var r, g, b int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		line := img.Pix[y*img.Stride+4*part.Min.X : y*img.Stride+4*part.Max.X]
		for ; len(line) >= 4; line = line[4:] {
			r += int(line[0])
			g += int(line[1])
			b += int(line[2])
		}
	}
	n := part.Dx() * part.Dy()
	return color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), 255}
}

// pooledPhoto is pooled for what JPEG holds, whose colours it computes only for
// the pixels that are left.
func pooledPhoto(img *image.YCbCr, k int) *image.RGBA {
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
	if w == 2 && h == 2 {
		return uint8((int(plane[0]) + int(plane[1]) + int(plane[stride]) + int(plane[stride+1]) + 2) / 4)
	}
	sum := 0
	for y := range h {
		for _, v := range plane[y*stride : y*stride+w] {
			sum += int(v)
		}
	}
	return uint8((sum + w*h/2) / (w * h))
}
