package mediatest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"meadow/media"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// trace is in every piece of metadata of the files here.
const trace = "CAMERA-SERIAL-0042"

// everyKindOfPictureIsTakenForWhatItIs uploads what people have: a photo with a
// place, a drawing with holes, an animation, a picture by a machine.
func everyKindOfPictureIsTakenForWhatItIs(t *testing.T, w World) {
	red, green, white := color.RGBA{220, 20, 20, 255}, color.RGBA{0, 160, 0, 255}, color.RGBA{255, 255, 255, 255}
	for name, c := range map[string]struct {
		data  []byte
		left  color.RGBA
		right color.RGBA
		ai    bool
	}{
		"a photo with a place":   {withPlace(asJPEG(t, halves(red, green))), red, green, false},
		"a drawing with holes":   {asPNG(t, halves(red, color.RGBA{}), ""), red, white, false},
		"an animation":           {animation(red, green), red, red, false},
		"a picture by a machine": {asPNG(t, halves(red, green), `AIGC`+"\x00"+`{"Label":"1","ProduceID":"`+trace+`"}`), red, green, true},
	} {
		ctx := actor.AsSystem(t.Context(), "test")
		ticket := w.grant(t, "usr_a", 0)
		if status, err := w.Upload(ctx, ticket, c.data, 1<<20); err != nil || status != http.StatusNoContent {
			t.Errorf("%s: status %d, %v", name, status, err)
			continue
		}
		got, err := w.Service.Pictures(ctx, media.PicturesIn{IDs: []id.Media{ticket.Media}})
		if err != nil || len(got.Items) != 1 {
			t.Errorf("%s: %d pictures, %v", name, len(got.Items), err)
			continue
		}
		p := got.Items[0]
		if bits, err := strconv.ParseUint(p.Likeness, 16, 64); err != nil || len(p.Likeness) != 16 || c.left != c.right && bits == 0 {
			t.Errorf("%s: likeness %q", name, p.Likeness)
		}
		if p.AI != c.ai {
			t.Errorf("%s: said to be by a machine: %t", name, p.AI)
		}
		for _, r := range p.Renditions {
			w.looksLike(t, name, r, c.left, c.right, c.ai)
		}
	}
}

// looksLike fetches a rendition and looks at its halves, and at what else it
// says.
func (w World) looksLike(t *testing.T, name string, r media.Rendition, left, right color.RGBA, ai bool) {
	t.Helper()
	_, body, err := w.Get(t.Context(), r.URL)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte(trace)) || bytes.Contains(body, []byte("Exif\x00")) {
		t.Errorf("%s: the %s %s tells on its owner", name, r.Type, r.Name)
	}
	if bytes.Contains(body, []byte("trainedAlgorithmicMedia")) != ai {
		t.Errorf("%s: the %s %s is not marked as it should be", name, r.Type, r.Name)
	}
	if r.Type != "image/jpeg" {
		return
	}
	img, err := jpeg.Decode(bytes.NewReader(body))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for i, want := range []color.RGBA{left, right} {
		got := color.RGBAModel.Convert(img.At(r.Width/4+i*r.Width/2, r.Height/2)).(color.RGBA)
		for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
			if max(d, -d) > 16 {
				t.Errorf("%s: half %d of %s is %v, want %v", name, i, r.Name, got, want)
				break
			}
		}
	}
}

// aHEICIsRefusedWithAdvice sends what an iPhone makes if nobody told it not to.
func aHEICIsRefusedWithAdvice(t *testing.T, w World) {
	data := append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08meta"), make([]byte, 5000)...)
	ticket := w.grant(t, "usr_a", 0)
	res, err := w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, bytes.NewReader(data),
		"Upload-Length", strconv.Itoa(len(data)), "Content-Type", "application/offset+octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Error errs.Error `json:"error"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusUnsupportedMediaType || answer.Error.Reason != media.ErrHEIC.Reason {
		t.Errorf("status %d, %v, %v", res.StatusCode, answer.Error.Reason, err)
	}
}

// halves is a picture of one colour on the left and one on the right.
func halves(left, right color.RGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 600, 400))
	for i := range 600 * 400 {
		c := left
		if i%600 >= 300 {
			c = right
		}
		img.SetNRGBA(i%600, i/600, color.NRGBA(c))
	}
	return img
}

func asJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withPlace adds a camera and a place to a JPEG.
func withPlace(data []byte) []byte {
	be := binary.BigEndian
	x := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02")
	x = append(x, 0x01, 0x0f, 0, 2, 0, 0, 0, byte(len(trace)), 0, 0, 0, 38) // who made the camera
	x = append(x, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 80)                // where the place is written
	x = append(append(append(x, 0, 0, 0, 0), trace...), make([]byte, 80-38-len(trace))...)
	x = append(x, 0, 1, 0, 2, 0, 5, 0, 0, 0, 3, 0, 0, 0, 98, 0, 0, 0, 0)
	for _, n := range []uint32{48, 1, 51, 1, 3024, 100} {
		x = be.AppendUint32(x, n)
	}
	head := be.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(x)+2))
	return append(append(head, x...), data[2:]...)
}

// asPNG is a PNG with text, if there is any.
func asPNG(t *testing.T, img image.Image, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return b.Bytes()
	}
	be := binary.BigEndian
	chunk := append(be.AppendUint32(nil, uint32(len(text))), "tEXt"+text...)
	chunk = be.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const head = 8 + 25
	return slices.Insert(b.Bytes(), head, chunk...)
}

// animation is a WebP that shows one colour after the other.
func animation(of ...color.RGBA) []byte {
	const w, h = 600, 400
	le := binary.LittleEndian
	three := func(n int) []byte { return le.AppendUint32(nil, uint32(n))[:3] }
	chunk := func(name string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		body = append(body, make([]byte, len(body)%2)...)
		return append(le.AppendUint32([]byte(name), uint32(len(body))), body...)
	}
	body := append([]byte("WEBP"), chunk("VP8X", []byte{2, 0, 0, 0}, three(w-1), three(h-1))...)
	body = append(body, chunk("ANIM", make([]byte, 6))...)
	for _, c := range of {
		head := bytes.Join([][]byte{three(0), three(0), three(w - 1), three(h - 1), three(100), {0}}, nil)
		body = append(body, chunk("ANMF", head, chunk("VP8L", plain(w, h, c)))...)
	}
	return append(le.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// plain is a lossless WebP's picture of one colour, which takes no bit a pixel:
// no transform, no cache, no groups, and five codes of one symbol each.
func plain(w, h int, c color.RGBA) []byte {
	var bits []byte
	put := func(value, n int) {
		for i := range n {
			bits = append(bits, byte(value>>i&1))
		}
	}
	put(w-1, 14)
	put(h-1, 14)
	put(0, 1+3+3)
	for _, symbol := range []int{int(c.G), int(c.R), int(c.B), 255, 0} {
		put(0b101, 3)
		put(symbol, 8)
	}
	out := append([]byte{0x2f}, make([]byte, (len(bits)+7)/8)...)
	for i, b := range bits {
		out[1+i/8] |= b << (i % 8)
	}
	return out
}
