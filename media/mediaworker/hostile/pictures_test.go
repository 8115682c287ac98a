package hostile

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
)

// pictures are whole and harmless, of every kind and in every way of storing
// pixels that a decoder has code for.
func pictures(t testing.TB) []sample {
	t.Helper()
	img := motif(64, 48)
	grey, deep, few := image.NewGray(img.Rect), image.NewNRGBA64(img.Rect), image.NewPaletted(img.Rect, []color.Color{color.Black, color.White, color.Transparent})
	clear := image.NewNRGBA(img.Rect)
	for y := range 48 {
		for x := range 64 {
			c := img.RGBAAt(x, y)
			grey.Set(x, y, c)
			deep.Set(x, y, c)
			few.SetColorIndex(x, y, c.R/90)
			clear.Set(x, y, color.NRGBA{c.R, c.G, c.B, c.B})
		}
	}
	return []sample{
		{"jpeg", asJPEG(t, img), taken}, {"jpeg grey", asJPEG(t, grey), taken}, {"jpeg progressive", progressive(64, 48, 5), taken},
		{"jpeg with exif", segment(asJPEG(t, img), 0xe1, append([]byte("Exif\x00\x00"), tiff(3)...)), taken},
		{"jpeg with xmp", segment(asJPEG(t, img), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x>"+spoor+"</x>")), taken},
		{"png", asPNG(t, img), taken}, {"png grey", asPNG(t, grey), taken}, {"png deep", asPNG(t, deep), taken},
		{"png palette", asPNG(t, few), taken}, {"png alpha", asPNG(t, clear), taken}, {"png one bit", flatPNG(64, 48), taken},
		{"gif", asGIF(t, img), taken}, {"gif moving", moving(t, img, 4), taken},
		{"webp", asWebP(t, img, false), taken}, {"webp lossless", asWebP(t, clear, true), taken}, {"webp flat", flatWebP(64, 48), taken},
		{"webp moving", animation(64, 48, asWebP(t, img, false)[12:], 3), taken},
		{"webp with alpha", riff(extended(0x10, 64, 48), chunk("ALPH", append([]byte{0}, make([]byte, 64*48)...)), asWebP(t, img, false)[12:]), taken},
		{"webp with exif", riff(extended(0x08, 64, 48), asWebP(t, img, false)[12:], chunk("EXIF", tiff(6))), taken},
	}
}

// motif is a picture with edges, slopes and noise.
func motif(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x*x ^ y*7) & 255), 255})
		}
	}
	return img
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func asJPEG(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}))
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

func asGIF(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	must(t, gif.Encode(&b, img, &gif.Options{NumColors: 64}))
	return b.Bytes()
}

func asWebP(t testing.TB, img image.Image, lossless bool) []byte {
	var b bytes.Buffer
	must(t, webp.Encode(&b, img, webp.Options{Quality: 80, Lossless: lossless}))
	return b.Bytes()
}

// moving is a GIF of n frames, each a pixel after the first.
func moving(t testing.TB, img image.Image, n int) []byte {
	one := asGIF(t, img)
	out := append([]byte{}, one[:len(one)-1]...)
	return append(append(out, bytes.Repeat([]byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00"), n-1)...), 0x3b)
}

// segment puts a segment before the others of a JPEG.
func segment(data []byte, mark byte, body []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, mark}, uint16(len(body)+2))
	return append(append(head, body...), data[2:]...)
}

// progressive is a grey JPEG of these scans, of which each but the first says in
// a few bytes that no block has anything to add, and takes as long as any other.
func progressive(w, h, scans int) []byte {
	be := binary.BigEndian
	out := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	out = append(out, bytes.Repeat([]byte{16}, 64)...)
	out = append(out, 0xff, 0xc2, 0, 11, 8)
	out = be.AppendUint16(be.AppendUint16(out, uint16(h)), uint16(w))
	out = append(out, 1, 1, 0x11, 0)
	one := append([]byte{1}, make([]byte, 15)...) // a code of one bit, and no other
	out = append(append(append(out, 0xff, 0xc4, 0, 20, 0x00), one...), 0x00)
	out = append(append(append(out, 0xff, 0xc4, 0, 20, 0x10), one...), 0xe0)
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	if blocks < 10_000 {
		out = append(out, 0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 0, 0)
		out = append(out, make([]byte, (blocks+7)/8)...)
		scans--
	}
	var runs []byte
	for done, bits, n := 0, uint32(0), 0; done < blocks || n > 0; {
		if done < blocks {
			bits, n = bits<<15|0x3fff, n+15 // 0, then as long a run as there is
			done += 1<<15 - 1
		} else {
			bits, n = bits<<(8-n)|1<<(8-n)-1, 8
		}
		for ; n >= 8; n -= 8 {
			b := byte(bits >> (n - 8))
			if runs = append(runs, b); b == 0xff {
				runs = append(runs, 0)
			}
		}
		bits &= 1<<n - 1
	}
	scan := append([]byte{0xff, 0xda, 0, 8, 1, 1, 0x00, 1, 63, 0}, runs...)
	return append(append(out, bytes.Repeat(scan, scans)...), 0xff, 0xd9)
}

func pngChunk(name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// aPNG is one of these chunks.
func aPNG(chunks ...[]byte) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), bytes.Join(chunks, nil)...)
}

func header(w, h uint32, depth, kind byte) []byte {
	be := binary.BigEndian
	return pngChunk("IHDR", append(be.AppendUint32(be.AppendUint32(nil, w), h), depth, kind, 0, 0, 0))
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // nothing here can fail
	}
	return out.Bytes()
}

// flatPNG is black, a bit a pixel.
func flatPNG(w, h int) []byte {
	return aPNG(header(uint32(w), uint32(h), 1, 0), pngChunk("IDAT", deflated(make([]byte, h*(1+(w+7)/8)))), pngChunk("IEND", nil))
}

// riff is a WebP of these chunks.
func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunk(name string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func three(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n))[:3] }

func extended(flags byte, w, h int) []byte {
	return chunk("VP8X", append(append([]byte{flags, 0, 0, 0}, three(w-1)...), three(h-1)...))
}

// flatWebP is one colour, which takes no bit a pixel.
func flatWebP(w, h int) []byte { return riff(flatVP8L(w, h)) }

func flatVP8L(w, h int) []byte {
	bits := uint64(w-1) | uint64(h-1)<<14 | 1<<28
	out := binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(bits))
	// No transform, no cache, no groups; five codes of one symbol each: 1, 0, 0, s.
	return chunk("VP8L", append(out, 0x88, 0x88, 0x08, 0, 0, 0, 0, 0))
}

// animation shows picture, which is chunks, n times.
func animation(w, h int, picture []byte, n int) []byte {
	var frame []byte
	for _, v := range []int{0, 0, w - 1, h - 1, 100} {
		frame = append(frame, three(v)...)
	}
	frame = chunk("ANMF", append(append(frame, 0), picture...))
	return riff(extended(0x02, w, h), chunk("ANIM", make([]byte, 6)), bytes.Repeat(frame, n))
}

// tiff is EXIF with an orientation, a camera and its number.
func tiff(turn uint16) []byte {
	return directory([]entry{{0x010f, 2, uint32(len(spoor)), 50}, {0x0112, 3, 1, uint32(turn) << 16}, {0xa431, 2, uint32(len(spoor)), 50}}, 0)
}

type entry struct {
	tag, kind    uint16
	count, value uint32
}

// directory is a TIFF of one directory, and what it says is the next.
func directory(entries []entry, next uint32) []byte {
	be := binary.BigEndian
	b := be.AppendUint16([]byte("MM\x00*\x00\x00\x00\x08"), uint16(len(entries)))
	for _, e := range entries {
		b = be.AppendUint16(be.AppendUint16(b, e.tag), e.kind)
		b = be.AppendUint32(be.AppendUint32(b, e.count), e.value)
	}
	return append(be.AppendUint32(b, next), spoor...)
}
