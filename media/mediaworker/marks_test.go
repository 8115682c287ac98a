package mediaworker

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"meadow/media"
)

const iptc = "http://cv.iptc.org/newscodes/digitalsourcetype/"

// xmp is a packet that holds this and a person's traces.
func xmp(inner string) []byte {
	return []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" photoshop:AuthorsPosition="` +
		canary + `">` + inner + `</rdf:Description></rdf:RDF></x:xmpmeta>`)
}

// wide is s in UTF-16, as EXIF may hold a comment.
func wide(s string) []byte {
	var out []byte
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return out
}

// placements are the ways in which files hold words.
func placements(t *testing.T) map[string]func(words []byte) []byte {
	img := quarters(300, 150)
	xap := []byte("http://ns.adobe.com/xap/1.0/\x00")
	return map[string]func([]byte) []byte{
		"jpeg xmp":     func(b []byte) []byte { return withSegment(asJPEG(t, img, 0), markAPP1, append(xap, b...)) },
		"jpeg c2pa":    func(b []byte) []byte { return withSegment(asJPEG(t, img, 0), 0xeb, append([]byte("JP\x00\x01"), b...)) },
		"jpeg comment": func(b []byte) []byte { return withSegment(asJPEG(t, img, 0), markCOM, b) },
		"jpeg exif": func(b []byte) []byte {
			return withSegment(asJPEG(t, img, 0), markAPP1, append(exifHead[:6:6], append(exif(1), append([]byte("ASCII\x00\x00\x00"), b...)...)...))
		},
		"jpeg exif, wide": func(b []byte) []byte {
			return withSegment(asJPEG(t, img, 0), markAPP1, append(exifHead[:6:6], append(exif(1), append([]byte("UNICODE\x00"), wide(string(b))...)...)...))
		},
		"png xmp": func(b []byte) []byte {
			return withChunk(asPNG(t, img, 0), "iTXt", append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), b...))
		},
		"png xmp, packed": func(b []byte) []byte {
			return withChunk(asPNG(t, img, 0), "iTXt", append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), deflated(t, b)...))
		},
		"png text": func(b []byte) []byte { return withChunk(asPNG(t, img, 0), "tEXt", append([]byte("Comment\x00"), b...)) },
		"png text packed": func(b []byte) []byte {
			return withChunk(asPNG(t, img, 0), "zTXt", append([]byte("Comment\x00\x00"), deflated(t, b)...))
		},
		"png exif":  func(b []byte) []byte { return withChunk(asPNG(t, img, 0), "eXIf", append(exif(1), b...)) },
		"png c2pa":  func(b []byte) []byte { return withChunk(asPNG(t, img, 0), "caBX", b) },
		"webp xmp":  func(b []byte) []byte { return webpWith(t, img, "XMP ", b) },
		"webp exif": func(b []byte) []byte { return webpWith(t, img, "EXIF", append(exif(1), b...)) },
	}
}

func TestTheMarkOfAMachineIsKeptAndNothingElse(t *testing.T) {
	t.Parallel()
	says := map[string]struct {
		words []byte
		want  mark
	}{
		"attribute": {xmp(`<rdf:Description Iptc4xmpExt:DigitalSourceType="` + iptc + `trainedAlgorithmicMedia"/>`), trained},
		"element":   {xmp(`<Iptc4xmpExt:DigitalSourceType>` + iptc + `trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>`), trained},
		"resource":  {xmp(`<Iptc4xmpExt:DigitalSourceType rdf:resource='` + iptc + `compositeWithTrainedAlgorithmicMedia'/>`), composite},
		"cbor":      {[]byte("\xa1qdigitalSourceTypexF" + iptc + "trainedAlgorithmicMedia\xa0" + canary), trained},
		"label":     {xmp(`<TC260:AIGC>{"Label":"1","ContentProducer":"` + canary + `"}</TC260:AIGC>`), trained},
		"escaped":   {xmp(`<rdf:Description TC260:AIGC="{&quot;Label&quot;:&quot;2&quot;,&quot;ProduceID&quot;:&quot;` + canary + `&quot;}"/>`), trained},
		"comment":   {[]byte(`{"AIGC": {"Label": 3, "ReservedCode1": "` + canary + `"}}`), trained},
		"quoted":    {[]byte(`{"meta":"{\"AIGC\":{\"Label\":\"1\"}}"}` + canary), trained},

		"a camera":    {xmp(`<Iptc4xmpExt:DigitalSourceType>` + iptc + `digitalCapture</Iptc4xmpExt:DigitalSourceType>`), unmarked},
		"a program":   {xmp(`<Iptc4xmpExt:DigitalSourceType>` + iptc + `algorithmicMedia</Iptc4xmpExt:DigitalSourceType>`), unmarked},
		"a longer":    {xmp(`<Iptc4xmpExt:DigitalSourceType>` + iptc + `trainedAlgorithmicMediaNot</Iptc4xmpExt:DigitalSourceType>`), unmarked},
		"a story":     {xmp(`<dc:description>about /trainedAlgorithmicMedia and AIGC</dc:description>`), unmarked},
		"not a label": {xmp(`<TC260:AIGC>{"Label":"0"}</TC260:AIGC>`), unmarked},
		"nothing":     {xmp(``), unmarked},
	}
	for place, put := range placements(t) {
		for what, c := range says {
			data := put(c.words)
			if got := metadataOf(data).mark(); got != c.want {
				t.Errorf("%s, %s: %q, want %q", place, what, got, c.want)
				continue
			}
			if what != "resource" && what != "a camera" {
				continue // the rest is the same for all
			}
			d := decode(t, data)
			if d.AI != (c.want != unmarked) {
				t.Errorf("%s, %s: said to be by a machine: %t", place, what, d.AI)
			}
			for _, f := range d.Files {
				if got := metadataOf(f.Data).mark(); got != c.want {
					t.Errorf("%s, %s: the %s %s says %q, want %q", place, what, f.Type, f.Name, got, c.want)
				}
				if bytes.Contains(f.Data, []byte(canary)) || f.Size != len(f.Data) {
					t.Errorf("%s, %s: the %s %s tells on somebody, or its size (%d of %d)", place, what, f.Type, f.Name, f.Size, len(f.Data))
				}
				checkQuarters(t, place+what, pixels(t, f))
			}
		}
	}
}

func TestAMarkSurvivesBeingUploadedAgain(t *testing.T) {
	t.Parallel()
	first := decode(t, placements(t)["png text"]([]byte(`{"AIGC":{"Label":"1"}}`)))
	for _, f := range first.Files {
		again := decode(t, f.Data)
		if !again.AI {
			t.Errorf("%s as %s: forgotten", f.Name, f.Type)
		}
		for _, g := range again.Files {
			if n := bytes.Count(g.Data, []byte("<x:xmpmeta")); n != 1 {
				t.Errorf("%s as %s: %d packets", g.Name, g.Type, n)
			}
		}
	}
	if len(first.Files) < 5 {
		t.Errorf("only %d files", len(first.Files))
	}
}

func TestNotesAreReadWithinBounds(t *testing.T) {
	t.Parallel()
	img := quarters(8, 8)
	label := []byte(`{"AIGC":{"Label":"1"}}`)
	far := append(bytes.Repeat([]byte(" "), maxNote), label...)
	bomb := withChunk(asPNG(t, img, 0), "zTXt", append([]byte("k\x00\x00"), deflated(t, bytes.Repeat([]byte("AIGC"), 8<<20/4))...))
	profile := withChunk(asPNG(t, img, 0), "iCCP", append([]byte("k\x00\x00"), deflated(t, make([]byte, 8<<20))...))
	many := asPNG(t, img, 0)
	for range 3 * maxNotes {
		many = withChunk(many, "tEXt", []byte("k\x00v"))
	}
	for name, data := range map[string][]byte{
		"far":  withChunk(asPNG(t, img, 0), "tEXt", append([]byte("k\x00"), far...)),
		"bomb": bomb, "profile": profile, "many": many,
	} {
		m := metadataOf(data)
		total := len(m.icc)
		for _, n := range m.notes {
			total += len(n)
		}
		if m.mark() != unmarked || len(m.notes) > maxNotes || total > 2*maxNote {
			t.Errorf("%s: mark %q of %d notes with %d bytes", name, m.mark(), len(m.notes), total)
		}
		decode(t, data)
	}
}

func TestAHEICIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	ftyp := func(major string, others ...string) []byte {
		body := "ftyp" + major + "\x00\x00\x00\x00" + strings.Join(others, "")
		return append([]byte{0, 0, 0, byte(len(body) + 4)}, body+"\x00\x00\x00\x08meta and so on"...)
	}
	for _, c := range []struct {
		data []byte
		want error
	}{
		{ftyp("heic", "mif1", "heic"), media.ErrHEIC}, {ftyp("heix"), media.ErrHEIC}, {ftyp("hevc", "msf1"), media.ErrHEIC},
		{ftyp("mif1", "heic", "miaf"), media.ErrHEIC}, {ftyp("msf1"), media.ErrHEIC},
		{ftyp("avif", "mif1", "miaf"), media.ErrNotPicture}, {ftyp("mif1", "miaf", "avif"), media.ErrNotPicture},
		{ftyp("isom", "mp42"), media.ErrNotPicture}, {ftyp("qt  "), media.ErrNotPicture}, {[]byte("\x00\x00\x00\x0cftyp"), media.ErrNotPicture},
	} {
		_, err := Decode(t.Context(), bytes.NewReader(c.data))
		if fmt.Sprint(err) != fmt.Sprint(c.want) {
			t.Errorf("%q: %v, want %v", c.data, err, c.want)
		}
		if Sniff(c.data) != (c.want == media.ErrHEIC) {
			t.Errorf("%q: the rest of the file is not asked for as it should be", c.data)
		}
	}
}

func TestAnAnimatedWebPShowsItsFirstFrame(t *testing.T) {
	t.Parallel()
	img := quarters(260, 200)
	for name, data := range map[string][]byte{
		"lossy": asAnimation(t, image.Pt(260, 200), image.Point{}, asWebP(t, img, 0), asWebP(t, image.NewRGBA(img.Rect), 0)),
		"alpha": asAnimation(t, image.Pt(260, 200), image.Point{}, asWebPAlpha(t, img)),
	} {
		d := decode(t, data)
		if d.Width != 260 || d.Height != 200 {
			t.Errorf("%s: %d by %d", name, d.Width, d.Height)
		}
		checkQuarters(t, name, pixels(t, file(t, d, media.Full, "image/jpeg")))
	}
	// A frame that covers a part of its picture leaves the rest transparent.
	d := decode(t, asAnimation(t, image.Pt(520, 200), image.Pt(260, 0), asWebP(t, img, 0)))
	p := pixels(t, file(t, d, media.Full, "image/jpeg"))
	if p.Bounds().Size() != image.Pt(520, 200) || !near(p.At(130, 100), image.White) {
		t.Errorf("%v, and %v on the left", p.Bounds(), p.At(130, 100))
	}
	checkQuarters(t, "part", p.(*image.YCbCr).SubImage(image.Rect(260, 0, 520, 200)))
}

func TestAnAnimationThatLiesIsRefused(t *testing.T) {
	t.Parallel()
	still := asWebP(t, quarters(26, 20), 0)
	many := make([][]byte, media.MaxFrames+1)
	for i := range many {
		many[i] = still
	}
	for name, data := range map[string][]byte{
		"frames without end": asAnimation(t, image.Pt(26, 20), image.Point{}, many...),
		"outside":            asAnimation(t, image.Pt(26, 20), image.Pt(2, 0), still),
		"no frame":           asAnimation(t, image.Pt(26, 20), image.Point{}),
	} {
		if _, err := Decode(t.Context(), bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), media.ErrBroken.Reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decode(t.Context(), bytes.NewReader(asAnimation(t, image.Pt(26, 20), image.Point{}, many[1:]...))); err != nil {
		t.Errorf("as many frames as are allowed: %v", err)
	}
	if _, err := Decode(t.Context(), bytes.NewReader(asAnimation(t, image.Pt(16_000, 16_000), image.Point{}, still))); fmt.Sprint(err) != fmt.Sprint(media.ErrPixels.Because(fmt.Errorf("%d by %d pixels", 16_000, 16_000))) {
		t.Errorf("a huge canvas: %v", err)
	}
}

func TestWhatIsHalfTransparentIsMixedWithWhiteInEveryFile(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{0, 0, 200, 128})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	for _, f := range decode(t, b.Bytes()).Files {
		if got := pixels(t, f).At(100, 100); !near(got, rgb(127, 127, 227)) {
			t.Errorf("%s as %s: %v", f.Name, f.Type, got)
		}
	}
}
