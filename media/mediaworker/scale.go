package mediaworker

import (
	"image"
	"math"
)

// span is which pixels one pixel is made of, and how much of each.
type span struct {
	from    int
	weights []int32 // of one
}

const (
	one   = 1 << 14
	lobes = 3 // of Lanczos' filter: sharp, and no stairs
)

// spans returns how to make to pixels of from, which are not fewer.
func spans(to, from int) []span {
	ratio := float64(from) / float64(to)
	out := make([]span, to)
	for i := range out {
		center := (float64(i)+0.5)*ratio - 0.5
		first := max(0, int(math.Ceil(center-lobes*ratio)))
		last := min(from-1, int(math.Floor(center+lobes*ratio)))
		exact, sum := make([]float64, last-first+1), 0.0
		for j := range exact {
			exact[j] = lanczos((float64(first+j) - center) / ratio)
			sum += exact[j]
		}
		weights, rest := make([]int32, len(exact)), int32(one)
		for j, w := range exact {
			weights[j] = int32(math.Round(w / sum * one))
			rest -= weights[j]
		}
		weights[len(weights)/2] += rest // so that what is plain stays as it is
		out[i] = span{first, weights}
	}
	return out
}

func lanczos(x float64) float64 {
	if x == 0 {
		return 1
	}
	if math.Abs(x) >= lobes {
		return 0
	}
	x *= math.Pi
	return lobes * math.Sin(x) * math.Sin(x/lobes) / (x * x)
}

// scaled returns an opaque picture in fewer pixels.
func scaled(img *image.RGBA, w, h int) *image.RGBA {
	return scaledDown(scaledAcross(img, w), h)
}

func scaledAcross(img *image.RGBA, w int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, img.Rect.Dy()))
	columns := spans(w, img.Rect.Dx())
	for y := range img.Rect.Dy() {
		line := img.Pix[y*img.Stride : y*img.Stride+4*img.Rect.Dx()]
		to := out.Pix[y*out.Stride : y*out.Stride+4*w]
		for x, s := range columns {
			var r, g, b int32 = one / 2, one / 2, one / 2
			p := line[4*s.from : 4*(s.from+len(s.weights))]
			for _, weight := range s.weights {
				r += weight * int32(p[0])
				g += weight * int32(p[1])
				b += weight * int32(p[2])
				p = p[4:]
			}
			q := to[4*x : 4*x+4 : 4*x+4]
			q[0], q[1], q[2], q[3] = rounded(r), rounded(g), rounded(b), 255
		}
	}
	return out
}

func scaledDown(img *image.RGBA, h int) *image.RGBA {
	w := img.Rect.Dx()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	sums := make([]int32, 4*w)
	for y, s := range spans(h, img.Rect.Dy()) {
		for i := range sums {
			sums[i] = one / 2
		}
		for j, weight := range s.weights {
			line := img.Pix[(s.from+j)*img.Stride:][:len(sums)]
			for i, v := range line {
				sums[i] += weight * int32(v)
			}
		}
		to := out.Pix[y*out.Stride:][:len(sums)]
		for i, v := range sums {
			to[i] = rounded(v)
		}
	}
	return out
}

func rounded(v int32) uint8 { return uint8(min(max(v/one, 0), 255)) }

// upright undoes how the camera was held: turn is what EXIF says of it.
func upright(img *image.RGBA, turn int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var from func(x, y int) (int, int)
	switch turn {
	case 2:
		from = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3:
		from = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4:
		from = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5:
		from = func(x, y int) (int, int) { return y, x }
	case 6:
		from = func(x, y int) (int, int) { return y, h - 1 - x }
	case 7:
		from = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8:
		from = func(x, y int) (int, int) { return w - 1 - y, x }
	default:
		return img
	}
	size := img.Rect
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			out.SetRGBA(x, y, img.RGBAAt(from(x, y)))
		}
	}
	return out
}
