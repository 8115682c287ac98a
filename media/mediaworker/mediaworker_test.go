package mediaworker

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"meadow/media"
	"meadow/services/kernel/errs"
)

func decode(t *testing.T, data []byte) Developed {
	t.Helper()
	d, err := Decode(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func file(t *testing.T, d Developed, name media.Name, kind string) File {
	t.Helper()
	i := slices.IndexFunc(d.Files, func(f File) bool { return f.Name == name && f.Type == kind })
	if i < 0 {
		t.Fatalf("there is no %s as %s", name, kind)
	}
	return d.Files[i]
}

func pixels(t *testing.T, f File) image.Image {
	t.Helper()
	read := jpeg.Decode
	if f.Type == "image/webp" {
		read = decodeWebP
	}
	img, err := read(bytes.NewReader(f.Data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func near(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(bl) - int(b2)} {
		if max(d, -d) > 12<<8 {
			return false
		}
	}
	return true
}

func TestEveryFormatIsMadeIntoEverySize(t *testing.T) {
	t.Parallel()
	img := quarters(520, 390)
	for name, data := range map[string][]byte{
		"jpeg": asJPEG(t, quarters(1300, 975), 0), "png": asPNG(t, img, 0), "gif": asGIF(t, img), "webp": asWebP(t, img, 0),
	} {
		d := decode(t, data)
		full := File{Name: media.Full, Width: 520, Height: 390}
		if name == "jpeg" {
			full.Width, full.Height = 1280, 960
		}
		if d.Width != full.Width || d.Height != full.Height || len(d.ThumbHash) < 20 {
			t.Errorf("%s: %d by %d, hash %q", name, d.Width, d.Height, d.ThumbHash)
		}
		for _, want := range []File{full, {Name: media.Card, Width: 480, Height: 360}, {Name: media.Thumb, Width: 240, Height: 180}} {
			f := file(t, d, want.Name, "image/jpeg")
			b := pixels(t, f).Bounds()
			if f.Width != want.Width || f.Height != want.Height || b.Dx() != f.Width || b.Dy() != f.Height || f.Size != len(f.Data) {
				t.Errorf("%s: %s is %d by %d, holds %v, %d of %d bytes", name, f.Name, f.Width, f.Height, b, f.Size, len(f.Data))
			}
		}
		for _, f := range d.Files {
			checkQuarters(t, name, pixels(t, f))
		}
		if f := file(t, d, media.Card, "image/webp"); f.Size >= file(t, d, media.Card, "image/jpeg").Size {
			t.Errorf("%s: WebP was kept though it is larger", name)
		}
	}
}

func checkQuarters(t *testing.T, name string, img image.Image) {
	t.Helper()
	b := img.Bounds()
	for i, want := range quarterColors {
		x, y := b.Min.X+b.Dx()/4+i%2*b.Dx()/2, b.Min.Y+b.Dy()/4+i/2*b.Dy()/2
		if got := img.At(x, y); !near(got, want) {
			t.Errorf("%s: quarter %d is %v, want %v", name, i, color.RGBAModel.Convert(got), want)
		}
	}
}

func TestPicturesStandUprightHoweverTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	for turn := 1; turn <= 8; turn++ {
		stored := held(quarters(280, 140), turn)
		for name, data := range map[string][]byte{"jpeg": asJPEG(t, stored, turn), "png": asPNG(t, stored, turn), "webp": asWebP(t, stored, turn)} {
			d := decode(t, data)
			if d.Width != 280 || d.Height != 140 {
				t.Errorf("%s, turn %d: %d by %d", name, turn, d.Width, d.Height)
			}
			for _, f := range d.Files {
				checkQuarters(t, fmt.Sprint(name, turn, f.Name, f.Type), pixels(t, f))
			}
		}
	}
}

func TestATurnedPictureIsShrunkByItsUprightWidth(t *testing.T) {
	t.Parallel()
	d := decode(t, asJPEG(t, held(quarters(1300, 100), 6), 6))
	if d.Width != 1280 || d.Height != 98 {
		t.Errorf("%d by %d, want 1280 by 98", d.Width, d.Height)
	}
	if d = decode(t, asJPEG(t, held(quarters(100, 1300), 8), 8)); d.Width != 100 || d.Height != 1300 {
		t.Errorf("%d by %d, want 100 by 1300", d.Width, d.Height)
	}
}

func TestNothingButPixelsIsKept(t *testing.T) {
	t.Parallel()
	img := quarters(300, 200)
	tail := strings.Repeat("\x00", SniffBytes) + "<script>alert(1)</script><?php system($_GET[0]); ?>%PDF-1.7 PK\x03\x04" + canary
	for name, data := range map[string][]byte{
		"jpeg": append(asJPEG(t, img, 1), tail...),
		"png":  append(asPNG(t, img, 1), tail...),
		"webp": asWebP(t, img, 1),
		"gif":  append(asGIF(t, img), tail...),
	} {
		if !bytes.Contains(data, []byte(canary)) {
			t.Fatalf("%s: the sample carries no canary", name)
		}
		for _, f := range decode(t, data).Files {
			for _, word := range []string{canary, "Exif", "EXIF", "script", "php", "PDF", "PK\x03\x04", "adobe"} {
				if bytes.Contains(f.Data, []byte(word)) {
					t.Errorf("%s: the %s %s holds %q", name, f.Type, f.Name, word)
				}
			}
		}
	}
}

func TestSmallPicturesAreNotBlownUp(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {100, 40}, {300, 2}, {2, 900}} {
		d := decode(t, asPNG(t, quarters(size[0], size[1]), 0))
		for _, f := range d.Files {
			if f.Width > size[0] || f.Height > size[1] {
				t.Errorf("%v became a %s of %d by %d", size, f.Name, f.Width, f.Height)
			}
		}
		if d.Width != size[0] || d.Height != size[1] {
			t.Errorf("%v is said to be %d by %d", size, d.Width, d.Height)
		}
	}
}

func TestAPanoramaKeepsAHeight(t *testing.T) {
	t.Parallel()
	d := decode(t, asPNG(t, quarters(4000, 2), 0))
	if f := file(t, d, media.Thumb, "image/jpeg"); f.Width != 240 || f.Height != 1 {
		t.Errorf("the thumb is %d by %d", f.Width, f.Height)
	}
}

func TestWhatIsTransparentLiesOnWhite(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 600, 100))
	for y := range 100 {
		for x := range 300 {
			img.Set(x, y, color.NRGBA{200, 0, 0, 255})
		}
	}
	for _, f := range decode(t, asPNG(t, img, 0)).Files {
		p := pixels(t, f)
		w := p.Bounds().Dx()
		if !near(p.At(w*3/4, 10), color.White) || !near(p.At(w/4, 10), color.RGBA{200, 0, 0, 255}) {
			t.Errorf("%s: %v and %v", f.Name, p.At(w/4, 10), p.At(w*3/4, 10))
		}
	}
}

func TestHostileAndForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	small := quarters(40, 30)
	photo := asJPEG(t, small, 0)
	for name, c := range map[string]struct {
		data []byte
		want *errs.Error
	}{
		"nothing":                   {nil, media.ErrNotPicture},
		"text":                      {[]byte("hello"), media.ErrNotPicture},
		"html":                      {[]byte("<!DOCTYPE html><script>alert(1)</script>"), media.ErrNotPicture},
		"svg":                       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), media.ErrNotPicture},
		"pdf":                       {[]byte("%PDF-1.7\n"), media.ErrNotPicture},
		"zip before a picture":      {append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), photo...), media.ErrNotPicture},
		"pdf in a picture":          {append(asPNG(t, small, 0), "%PDF-1.7"...), media.ErrNotPicture},
		"bmp bomb":                  {bmpBomb(), media.ErrNotPicture},
		"tiff":                      {[]byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00"), media.ErrNotPicture},
		"gif bomb":                  {gifBomb(), media.ErrPixels},
		"jpeg bomb":                 {jpegBomb(65_500, 65_500), media.ErrPixels},
		"png bomb":                  {pngBomb(100_000, 100_000), media.ErrPixels},
		"webp bomb":                 {webpBomb(), media.ErrBroken},
		"one pixel too wide":        {pngBomb(media.MaxSide+1, 1), media.ErrPixels},
		"one pixel too high":        {jpegBomb(1, media.MaxSide+1), media.ErrPixels},
		"too many pixels in bounds": {pngBomb(8_000, 5_001), media.ErrPixels},
		"as many as allowed, empty": {pngBomb(8_000, 5_000), media.ErrBroken},
		"half a jpeg":               {photo[:len(photo)/2], media.ErrBroken},
		"half a png":                {asPNG(t, small, 0)[:60], media.ErrBroken},
		"a jpeg's first bytes":      {[]byte{0xff, markSOI, 0xff}, media.ErrBroken},
		"scans without end":         {withScans(photo, media.MaxScans), media.ErrBroken},
		"frames without end":        {withFrames(asGIF(t, small), media.MaxFrames), media.ErrBroken},
		"more bytes than allowed":   {append(photo, make([]byte, media.MaxBytes)...), media.ErrTooLarge},
	} {
		d, err := Decode(t.Context(), bytes.NewReader(c.data))
		if !errors.Is(err, c.want) || len(d.Files) > 0 {
			t.Errorf("%s: %v and %d files, want %v", name, err, len(d.Files), c.want)
		}
	}
}

// withScans adds n scans to a JPEG.
func withScans(data []byte, n int) []byte {
	scan := []byte{0xff, markSOS, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0, 0x34}
	out := append([]byte{}, data[:len(data)-2]...)
	return append(append(out, bytes.Repeat(scan, n)...), 0xff, markEOI)
}

// withFrames adds n frames to a GIF.
func withFrames(data []byte, n int) []byte {
	frame := []byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00")
	out := append([]byte{}, data[:len(data)-1]...)
	return append(append(out, bytes.Repeat(frame, n)...), 0x3b)
}

func TestScansAndFramesAreCountedExactly(t *testing.T) {
	t.Parallel()
	j, g := asJPEG(t, quarters(40, 30), 1), asGIF(t, quarters(40, 30))
	// A scan's marker inside metadata, or after the end, is none.
	decoy := append([]byte{0xff, markSOI, 0xff, 0xe5, 0, 202}, bytes.Repeat([]byte{0xff, markSOS}, 100)...)
	decoy = append(decoy, j[2:]...)
	decoy = append(decoy, bytes.Repeat([]byte{0xff, markSOS, 0, 2}, 500)...)
	for name, c := range map[string]struct {
		gate func([]byte, image.Config) error
		data []byte
		ok   bool
		size image.Config
	}{
		"most scans":      {countScans, withScans(j, media.MaxScans-1), true, image.Config{Width: 40, Height: 30}},
		"one scan more":   {countScans, withScans(j, media.MaxScans), false, image.Config{Width: 40, Height: 30}},
		"most of a large": {countScans, withScans(j, 24), true, image.Config{Width: 8_000, Height: 5_000}},
		"more of a large": {countScans, withScans(j, 25), false, image.Config{Width: 8_000, Height: 5_000}},
		"decoys":          {countScans, decoy, true, image.Config{Width: 40, Height: 30}},
		"most frames":     {countFrames, withFrames(g, media.MaxFrames-1), true, image.Config{Width: 40, Height: 30}},
		"one frame more":  {countFrames, withFrames(g, media.MaxFrames), false, image.Config{Width: 40, Height: 30}},
		"fill bytes":      {countScans, bytes.ReplaceAll(withScans(j, media.MaxScans), []byte{0xff, markSOS}, []byte{0xff, 0xff, 0xff, markSOS}), false, image.Config{Width: 40, Height: 30}},
		"rubbish between": {countScans, bytes.ReplaceAll(withScans(j, media.MaxScans), []byte{0xff, markSOS}, []byte{1, 2, 0xff, markSOS}), false, image.Config{Width: 40, Height: 30}},
	} {
		if err := c.gate(c.data, c.size); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAnimationShowsItsFirstFrame(t *testing.T) {
	t.Parallel()
	d := decode(t, withFrames(asGIF(t, quarters(260, 200)), 20))
	checkQuarters(t, "gif", pixels(t, file(t, d, media.Full, "image/jpeg")))
}

func TestAnAnswerTravelsAndALieDoesNot(t *testing.T) {
	t.Parallel()
	d := decode(t, asJPEG(t, quarters(300, 150), 0))
	var b bytes.Buffer
	if err := write(&b, d, nil); err != nil {
		t.Fatal(err)
	}
	sent := b.String()
	got, err := read(strings.NewReader(sent))
	if err != nil || len(got.Files) != len(d.Files) || !bytes.Equal(got.Files[1].Data, d.Files[1].Data) {
		t.Fatalf("came as %d files, %v", len(got.Files), err)
	}
	for name, lie := range map[string]string{
		"cut":             sent[:len(sent)-1],
		"empty":           "",
		"no files":        "{}\n",
		"type":            strings.Replace(sent, "image/jpeg", "text/html", 1),
		"name":            strings.Replace(sent, `"full"`, `"evil"`, 1),
		"size":            strings.Replace(sent, `"size":`, `"size":9999999`, 1),
		"negative":        strings.Replace(sent, `"size":`, `"size":-`, 1),
		"width":           strings.Replace(sent, `"width":`, `"width":9`, 2),
		"likeness":        strings.Replace(sent, `"likeness":"`, `"likeness":"zz`, 1),
		"endless line":    strings.Repeat("x", 10*maxLine),
		"unknown verdict": `{"refused":"sold_out"}` + "\n",
	} {
		if _, err := read(strings.NewReader(lie)); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
	for _, e := range refusals {
		b.Reset()
		if err := write(&b, Developed{}, e.Because(errors.New("why"))); err != nil {
			t.Fatal(err)
		}
		if _, err := read(&b); !errors.Is(err, e) || !strings.Contains(err.Error(), "why") {
			t.Errorf("%v came as %v", e, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	img := quarters(20, 10)
	for _, data := range [][]byte{asJPEG(f, img, 6), asPNG(f, img, 3), asGIF(f, img), asWebP(f, img, 8), gifBomb(), jpegBomb(9, 9), withScans(asJPEG(f, img, 0), 3)} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := orientationOf(metadataOf(data).exif); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		if _, c, err := admit(data); err != nil || c.Width*c.Height > 1<<20 {
			return
		}
		d, err := Decode(t.Context(), bytes.NewReader(data))
		if err == nil && len(d.Files) < len(sizes) {
			t.Errorf("%d files", len(d.Files))
		}
		if _, judged := errors.AsType[*errs.Error](err); err != nil && !judged {
			t.Errorf("no verdict: %v", err)
		}
	})
}
