package mediaworker

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"testing"

	xdraw "golang.org/x/image/draw"
	"pgregory.net/rapid"
)

// scene is a picture of soft shapes that only its seed decides.
func scene(seed uint64, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	type light struct{ x, y, size, strength float64 }
	lights := make([]light, 12)
	for i := range lights {
		lights[i] = light{r.Float64(), r.Float64(), 0.05 + r.Float64()/4, r.Float64()*300 - 150}
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 128.0
			for _, l := range lights {
				dx, dy := float64(x)/float64(w)-l.x, float64(y)/float64(h)-l.y
				v += l.strength * math.Exp(-(dx*dx+dy*dy)/(l.size*l.size))
			}
			g := uint8(min(max(v, 0), 255))
			img.SetRGBA(x, y, color.RGBA{g, g/2 + 60, 255 - g/3, 255})
		}
	}
	return img
}

func brighten(img *image.RGBA, by, percent int) {
	for i, v := range img.Pix {
		if i%4 < 3 {
			img.Pix[i] = uint8(min(max((int(v)-128)*percent/100+128+by, 0), 255))
		}
	}
}

func compressed(t *rapid.T, img image.Image, quality int) *image.RGBA {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return flatten(out)
}

func apart(t *rapid.T, a, b *image.RGBA) int {
	var hash [2]uint64
	for i, img := range []*image.RGBA{a, b} {
		s := likeness(img)
		n, err := strconv.ParseUint(s, 16, 64)
		if err != nil || len(s) != 16 {
			t.Fatalf("likeness %q", s)
		}
		hash[i] = n
	}
	return bits.OnesCount64(hash[0] ^ hash[1])
}

func TestAChangedCopyIsAlikeAndAnotherPictureIsNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64Range(0, 1<<40).Draw(t, "seed")
		img := scene(seed, 120, 90)
		w := rapid.IntRange(60, 200).Draw(t, "width")
		h := max(1, w*3/4+rapid.IntRange(-3, 3).Draw(t, "stretch"))
		like := image.NewRGBA(image.Rect(0, 0, w, h))
		xdraw.CatmullRom.Scale(like, like.Rect, img, img.Rect, xdraw.Src, nil)
		brighten(like, rapid.IntRange(-30, 30).Draw(t, "brightness"), rapid.IntRange(88, 112).Draw(t, "contrast"))
		like = compressed(t, like, rapid.IntRange(30, 95).Draw(t, "quality"))
		if n := apart(t, img, like); n > 12 {
			t.Errorf("a copy differs in %d of 64 bits", n)
		}
		const others = 16 // of which one may be alike by chance
		total := 0
		for i := range uint64(others) {
			total += apart(t, img, scene(seed+1+i, 36, 32))
		}
		if total < 18*others {
			t.Errorf("other pictures differ in %d of 64 bits", total/others)
		}
	})
}

func TestNoiseOnAPlainPictureDecidesNothing(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 90, 80))
	draw.Draw(img, img.Rect, image.NewUniform(rgb(200, 180, 160)), image.Point{}, draw.Src)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range img.Pix {
		img.Pix[i] -= uint8(r.IntN(3))
	}
	if got := likeness(img); got != "0000000000000000" {
		t.Errorf("likeness %s", got)
	}
}

func TestLikenessIsOfThePictureAsItIsShown(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 300, 200))
	copy(img.Pix, scene(7, 300, 200).Pix)
	upright := decode(t, asJPEG(t, img, 0)).Likeness
	turned := decode(t, asJPEG(t, held(img, 6), 6)).Likeness
	if upright != turned || len(upright) != 16 {
		t.Errorf("%s upright, %s turned", upright, turned)
	}
}
