package mediaworker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"iter"

	"golang.org/x/image/webp"

	"meadow/media"
)

// decodeWebP reads a WebP, or the first frame of an animation, in its true
// colours. A lossy one holds luma from 16 to 235 and chroma from 16 to 240, as
// video does, but the decoder hands them out as if they were JPEG's full range,
// which looks washed out.
func decodeWebP(r io.Reader) (image.Image, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if f, ok := firstFrame(data); ok {
		return f.decode()
	}
	return decodeStill(data)
}

func decodeStill(data []byte) (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(data))
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

// chunk is a part of a WebP.
type chunk struct {
	name string
	body []byte
}

// chunks returns the whole chunks of a WebP, one after the other.
func chunks(data []byte) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		for rest := data[min(len(data), len("RIFF....WEBP")):]; len(rest) >= 8; {
			n := int(binary.LittleEndian.Uint32(rest[4:]))
			if n > len(rest)-8 || !yield(chunk{string(rest[:4]), rest[8 : 8+n]}) {
				return
			}
			rest = rest[min(len(rest), 8+n+n&1):]
		}
	}
}

// appendChunk adds a chunk to a WebP.
func appendChunk(to []byte, name string, body []byte) []byte {
	to = binary.LittleEndian.AppendUint32(append(to, name...), uint32(len(body)))
	to = append(to, body...)
	if len(body)%2 == 1 {
		to = append(to, 0)
	}
	return to
}

// riff completes a WebP of these chunks.
func riff(body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len("WEBP")+len(body)))
	return append(append(out, "WEBP"...), body...)
}

// extended returns the chunk that an extended WebP begins with.
func extended(flags byte, w, h int) []byte {
	le := binary.LittleEndian
	body := append([]byte{flags, 0, 0, 0}, le.AppendUint32(nil, uint32(w-1))[:3]...)
	return appendChunk(nil, "VP8X", append(body, le.AppendUint32(nil, uint32(h-1))[:3]...))
}

// What an extended WebP says that it has.
const (
	hasFrames = 1 << 1
	hasXMP    = 1 << 2
	hasAlpha  = 1 << 4
)

// frame is the first of an animation: a WebP of its own, and where it lies.
type frame struct {
	canvas image.Rectangle
	rect   image.Rectangle
	data   []byte
}

// firstFrame returns the first frame of data, if it is an animation.
func firstFrame(data []byte) (f frame, ok bool) {
	for c := range chunks(data) {
		switch {
		case c.name == "VP8X" && len(c.body) == 10 && c.body[0]&hasFrames != 0:
			f.canvas = image.Rect(0, 0, uint24(c.body[4:])+1, uint24(c.body[7:])+1)
		case c.name == "ANMF" && !f.canvas.Empty() && len(c.body) >= frameHead:
			at := image.Pt(2*uint24(c.body), 2*uint24(c.body[3:]))
			w, h := uint24(c.body[6:])+1, uint24(c.body[9:])+1
			f.rect = image.Rectangle{at, at.Add(image.Pt(w, h))}
			flags, picture := byte(0), c.body[frameHead:]
			if bytes.HasPrefix(picture, []byte("ALPH")) {
				flags = hasAlpha
			}
			f.data = riff(append(extended(flags, w, h), picture...))
			return f, true
		}
	}
	return f, false
}

// frameHead is how many bytes say where and how long a frame is shown.
const frameHead = 16

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (f frame) decode() (image.Image, error) {
	if !f.rect.In(f.canvas) {
		return nil, errors.New("a frame outside its picture")
	}
	img, err := decodeStill(f.data)
	if err != nil {
		return nil, err
	}
	if img.Bounds().Size() != f.rect.Size() {
		return nil, errors.New("a frame of another size than it says")
	}
	if f.rect == f.canvas {
		return img, nil
	}
	out := image.NewNRGBA(f.canvas)
	draw.Draw(out, f.rect, img, img.Bounds().Min, draw.Src)
	return out, nil
}

// countMoves refuses an animated WebP of more than media.MaxFrames frames.
func countMoves(data []byte, _ image.Config) error {
	frames := 0
	for c := range chunks(data) {
		if c.name == "ANMF" {
			frames++
		}
		if frames > media.MaxFrames {
			return fmt.Errorf("more than %d frames", media.MaxFrames)
		}
	}
	return nil
}
