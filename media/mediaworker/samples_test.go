package mediaworker

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/gen2brain/webp"
	xwebp "golang.org/x/image/webp"
)

// quarters is a picture whose four quarters are red, green, blue and yellow,
// read like text.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, quarterColors[y*2/h*2+x*2/w])
		}
	}
	return img
}

var quarterColors = []color.RGBA{{200, 0, 0, 255}, {0, 180, 0, 255}, {0, 0, 220, 255}, {220, 220, 0, 255}}

// held returns img as a camera held like turn stores it. The table is EXIF's:
// which side of the scene row 0 and column 0 are.
func held(img *image.RGBA, turn int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sw, sh := w, h
	if turn >= 5 {
		sw, sh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, sw, sh))
	at := [...]func(x, y int) (int, int){
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return w - 1 - y, x },
		7: func(x, y int) (int, int) { return w - 1 - y, h - 1 - x },
		8: func(x, y int) (int, int) { return y, h - 1 - x },
	}[turn]
	for y := range sh {
		for x := range sw {
			out.SetRGBA(x, y, img.RGBAAt(at(x, y)))
		}
	}
	return out
}

// canary is in every piece of metadata that samples carry.
const canary = "CANARY-48.8584N-2.2945E"

// exif is a TIFF with an orientation, a camera and a place.
func exif(turn int) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x03")
	be := binary.BigEndian
	entry := func(tag, kind uint16, n, value uint32) {
		b = be.AppendUint16(b, tag)
		b = be.AppendUint16(b, kind)
		b = be.AppendUint32(b, n)
		b = be.AppendUint32(b, value)
	}
	entry(0x010f, 2, uint32(len(canary)+1), 50)
	entry(0x0112, 3, 1, uint32(turn)<<16)
	entry(0x8825, 4, 1, 50)
	b = append(b, 0, 0, 0, 0)
	return append(append(b, canary...), 0)
}

func asJPEG(t testing.TB, img image.Image, turn int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if turn == 0 {
		return b.Bytes()
	}
	out := []byte{0xff, markSOI}
	for _, body := range [][]byte{append([]byte("Exif\x00\x00"), exif(turn)...), []byte("http://ns.adobe.com/xap/1.0/\x00<x>" + canary + "</x>")} {
		out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xe1), uint16(len(body)+2))
		out = append(out, body...)
	}
	return append(out, b.Bytes()[2:]...)
}

func asPNG(t testing.TB, img image.Image, turn int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	const head = 8 + 25 // the signature and IHDR
	out := append([]byte{}, b.Bytes()[:head]...)
	if turn > 0 {
		out = append(out, pngChunk("eXIf", exif(turn))...)
		out = append(out, pngChunk("tEXt", []byte("Comment\x00"+canary))...)
	}
	return append(out, b.Bytes()[head:]...)
}

func pngChunk(name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func asGIF(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asWebP wraps the picture in an extended file, which may carry EXIF.
func asWebP(t testing.TB, img image.Image, turn int) []byte {
	t.Helper()
	if turn > 0 {
		return webpWith(t, img, "EXIF", exif(turn))
	}
	var b bytes.Buffer
	if err := webp.Encode(&b, img, webp.Options{Quality: 95, Method: 0}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpWith is an extended file with one chunk of metadata.
func webpWith(t testing.TB, img image.Image, name string, meta []byte) []byte {
	t.Helper()
	flags := map[string]byte{"EXIF": 0x08, "XMP ": hasXMP, "ICCP": 0x20}[name]
	body := extended(flags, img.Bounds().Dx(), img.Bounds().Dy())
	return riff(appendChunk(append(body, asWebP(t, img, 0)[12:]...), name, meta))
}

// asWebPAlpha is a file in which the picture has an alpha channel, in a chunk of
// its own.
func asWebPAlpha(t testing.TB, img *image.RGBA) []byte {
	t.Helper()
	alpha := append([]byte{0}, bytes.Repeat([]byte{255}, img.Rect.Dx()*img.Rect.Dy())...)
	return riff(append(appendChunk(extended(hasAlpha, img.Rect.Dx(), img.Rect.Dy()), "ALPH", alpha), asWebP(t, img, 0)[12:]...))
}

// asAnimation is a WebP that moves: each of stills for a tenth of a second, all
// at the same place.
func asAnimation(t testing.TB, canvas, at image.Point, stills ...[]byte) []byte {
	t.Helper()
	le := binary.LittleEndian
	body := appendChunk(extended(hasFrames|hasAlpha, canvas.X, canvas.Y), "ANIM", make([]byte, 6))
	for _, still := range stills {
		c, err := xwebp.DecodeConfig(bytes.NewReader(still))
		if err != nil {
			t.Fatal(err)
		}
		var head []byte
		for _, n := range []int{at.X / 2, at.Y / 2, c.Width - 1, c.Height - 1, 100} {
			head = append(head, le.AppendUint32(nil, uint32(n))[:3]...)
		}
		picture := still[12:]
		if string(picture[:4]) == "VP8X" {
			picture = picture[18:]
		}
		body = appendChunk(body, "ANMF", append(append(head, 0), picture...))
	}
	return riff(body)
}

// withSegment adds a segment to a JPEG, before all others.
func withSegment(data []byte, mark byte, body []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, markSOI, 0xff, mark}, uint16(len(body)+2))
	return append(append(head, body...), data[2:]...)
}

// withChunk adds a chunk to a PNG, after its header.
func withChunk(data []byte, name string, body []byte) []byte {
	const head = 8 + 25
	return append(append(append([]byte{}, data[:head]...), pngChunk(name, body)...), data[head:]...)
}

func deflated(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rgb(r, g, b uint8) color.RGBA { return color.RGBA{r, g, b, 255} }

// Headers that promise far more than they hold.

func bmpBomb() []byte {
	b := make([]byte, 54)
	copy(b, "BM")
	le := binary.LittleEndian
	le.PutUint32(b[10:], 54)
	le.PutUint32(b[14:], 40)
	le.PutUint32(b[18:], 58_000)
	le.PutUint32(b[22:], 58_000)
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], 32)
	return b
}

func gifBomb() []byte {
	b := []byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	return append(b, "\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00\x3b"...)
}

func jpegBomb(w, h uint16) []byte {
	b := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08")
	b = binary.BigEndian.AppendUint16(b, h)
	b = binary.BigEndian.AppendUint16(b, w)
	return append(b, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
}

func pngBomb(w, h uint32) []byte {
	be := binary.BigEndian
	body := append(be.AppendUint32(be.AppendUint32(nil, w), h), 16, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", body)...)
	return append(b, pngChunk("IDAT", []byte{0x78, 0x9c, 0x63, 0, 0})...)
}

func webpBomb() []byte {
	x := []byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(x))), x...)
}
