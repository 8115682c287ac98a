package mediaworker

import (
	"image"
	"image/color"
	"testing"

	xdraw "golang.org/x/image/draw"
	"pgregory.net/rapid"
)

func TestWhatIsPlainStaysPlainAtAnySize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 300).Draw(t, "w"), rapid.IntRange(1, 300).Draw(t, "h")
		c := rgb(rapid.Uint8().Draw(t, "r"), rapid.Uint8().Draw(t, "g"), rapid.Uint8().Draw(t, "b"))
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range w * h {
			img.SetRGBA(i%w, i/w, c)
		}
		to := image.Pt(rapid.IntRange(1, w).Draw(t, "to w"), rapid.IntRange(1, h).Draw(t, "to h"))
		for _, out := range []*image.RGBA{scaled(img, to.X, to.Y), boxed(img, to.X, to.Y), pooled(img, min(3, w, h))} {
			for i := 0; i < len(out.Pix); i += 4 {
				if got := (color.RGBA{out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3]}); got != c {
					t.Fatalf("%v became %v", c, got)
				}
			}
		}
	})
}

// TestPicturesShrinkAsWellAsElsewhere compares with another implementation of a
// filter of the same kind, for every way in which a photograph is stored.
func TestPicturesShrinkAsWellAsElsewhere(t *testing.T) {
	t.Parallel()
	src := scene(5, 300, 200)
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		photo := image.NewYCbCr(src.Rect, ratio)
		for y := range 200 {
			for x := range 300 {
				c := src.RGBAAt(x, y)
				photo.Y[photo.YOffset(x, y)], photo.Cb[photo.COffset(x, y)], photo.Cr[photo.COffset(x, y)] = color.RGBToYCbCr(c.R, c.G, c.B)
			}
		}
		for _, width := range []int{40, 83, 299} {
			got := shrink(photo, width, 1)
			want := image.NewRGBA(got.Rect)
			xdraw.CatmullRom.Scale(want, want.Rect, photo, photo.Rect, xdraw.Src, nil)
			worst := 0
			for i, v := range got.Pix {
				worst = max(worst, int(v)-int(want.Pix[i]), int(want.Pix[i])-int(v))
			}
			if worst > 10 {
				t.Errorf("%v to %d pixels: %d levels apart", ratio, width, worst)
			}
		}
	}
}

func TestAPlainEdgeStaysWhereItIs(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 3000, 40))
	for i := range 3000 * 40 {
		v := uint8(255 * (i % 3000 / 1500))
		img.SetRGBA(i%3000, i/3000, rgb(v, v, v))
	}
	for _, width := range []int{60, 100, 400, 1000, 2000} {
		got := shrink(img, width, 1)
		if l, r := got.RGBAAt(width/2-2, got.Rect.Dy()/2).R, got.RGBAAt(width/2+1, got.Rect.Dy()/2).R; l > 40 || r < 215 {
			t.Errorf("%d pixels: %d and %d at the edge", width, l, r)
		}
	}
}
