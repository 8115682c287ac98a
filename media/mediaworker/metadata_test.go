package mediaworker

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"

	"meadow/media"
)

// traces is what telephones and programs write about a person into a photo.
var traces = []string{
	"MeadowCam Corp", "MeadowCam 9000 Pro", "SERIAL-0042-1337", "LENS-SERIAL-7", "Ada Owner", "maker's private note", "2026:11:22 09:41:00",
	"a comment at home", "48,51.504N", "Paris, Rue X", "MeadowCam Display Profile", "thumbnail of a face",
}

// tags builds a directory of a TIFF whose values lie behind it.
type tags struct{ entries, values []byte }

func (d *tags) put(at int, tag, kind uint16, count uint32, value []byte) {
	be := binary.BigEndian
	d.entries = be.AppendUint32(be.AppendUint16(be.AppendUint16(d.entries, tag), kind), count)
	if len(value) <= 4 {
		d.entries = append(d.entries, append(value, make([]byte, 4-len(value))...)...)
		return
	}
	d.entries = be.AppendUint32(d.entries, uint32(at+len(d.values)))
	d.values = append(d.values, value...)
}

// telling is EXIF with everything: a camera, its number, an owner, a place to
// the metre, a thumbnail. turn is how the camera was held.
func telling(turn byte) []byte {
	be := binary.BigEndian
	text := func(s string) []byte { return append([]byte(s), 0) }
	ratio := func(n ...uint32) (b []byte) {
		for _, v := range n {
			b = be.AppendUint32(b, v)
		}
		return b
	}
	const top, sub, gps, last = 8, 1000, 3000, 4000 // where the directories and their values are
	dirs := make([]byte, 5000)
	lay := func(at, n int, next uint32, fill func(put func(tag, kind uint16, count uint32, value []byte))) {
		var d tags
		fill(func(tag, kind uint16, count uint32, value []byte) { d.put(at+6+12*n, tag, kind, count, value) })
		b := be.AppendUint16(nil, uint16(n))
		b = append(be.AppendUint32(append(b, d.entries...), next), d.values...)
		copy(dirs[at:], b)
	}
	copy(dirs, "MM\x00*\x00\x00\x00\x08")
	lay(top, 7, last, func(put func(uint16, uint16, uint32, []byte)) {
		put(0x010f, 2, 15, text(traces[0]))
		put(0x0110, 2, 19, text(traces[1]))
		put(0x0112, 3, 1, []byte{0, turn})
		put(0x0132, 2, 20, text(traces[6]))
		put(0x013b, 2, 10, text(traces[4]))
		put(0x8769, 4, 1, ratio(sub))
		put(0x8825, 4, 1, ratio(gps))
	})
	lay(sub, 4, 0, func(put func(uint16, uint16, uint32, []byte)) {
		put(0x927c, 7, 20, []byte(traces[5]))
		put(0x9286, 7, 25, append([]byte("ASCII\x00\x00\x00"), traces[7]...))
		put(0xa431, 2, 17, text(traces[2]))
		put(0xa435, 2, 14, text(traces[3]))
	})
	lay(gps, 4, 0, func(put func(uint16, uint16, uint32, []byte)) {
		put(1, 2, 2, []byte("N\x00"))
		put(2, 5, 3, ratio(48, 1, 51, 1, 3024, 100))
		put(3, 2, 2, []byte("E\x00"))
		put(4, 5, 3, ratio(2, 1, 17, 1, 4002, 100))
	})
	lay(last, 2, 0, func(put func(uint16, uint16, uint32, []byte)) {
		put(0x0201, 4, 1, ratio(4900))
		put(0x0202, 4, 1, ratio(uint32(len(traces[11]))))
	})
	copy(dirs[4900:], traces[11])
	return dirs
}

// telltale is a JPEG with all of traces.
func telltale(t *testing.T, img image.Image) []byte {
	t.Helper()
	data := asJPEG(t, img, 0)
	data = withSegment(data, 0xe2, append(append([]byte("ICC_PROFILE\x00\x01\x01"), make([]byte, 128)...), traces[10]...))
	data = withSegment(data, 0xed, []byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0c"+traces[9]))
	data = withSegment(data, markCOM, []byte(traces[7]))
	data = withSegment(data, markAPP1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" exif:GPSLatitude=\""+traces[8]+"\" aux:SerialNumber=\""+traces[2]+"\"/>"))
	return withSegment(data, markAPP1, append(exifHead[:6:6], telling(6)...))
}

func TestAPhotoOf12MegapixelsSaysNothingOfItsOwner(t *testing.T) {
	t.Parallel()
	data := telltale(t, held(quarters(3000, 4000), 6))
	for _, trace := range traces {
		if !bytes.Contains(data, []byte(trace)) {
			t.Fatalf("the sample does not hold %q", trace)
		}
	}
	place := telling(6)[3000+6+12*4:][:24] // the latitude, as numbers
	if o := orientationOf(metadataOf(data).exif); o != 6 || !bytes.Contains(data, place) {
		t.Fatalf("the sample is held by %d", o)
	}
	d := decode(t, data)
	if d.Width != 1280 || d.Height != 1707 {
		t.Errorf("%d by %d", d.Width, d.Height)
	}
	for _, f := range d.Files {
		for _, trace := range append(traces, string(place), "Exif", "GPS", "http", "MM\x00*", "II*\x00", "8BIM", "ICC_PROFILE", "XMP") {
			if bytes.Contains(f.Data, []byte(trace)) {
				t.Errorf("the %s %s holds %q", f.Type, f.Name, trace)
			}
		}
		if parts := beside(f); len(parts) > 0 {
			t.Errorf("the %s %s has more than pixels: %q", f.Type, f.Name, parts)
		}
		checkQuarters(t, string(f.Name), pixels(t, f))
	}
}

// beside returns the parts of a file that no picture needs.
func beside(f File) (parts []string) {
	if f.Type == "image/webp" {
		for c := range chunks(f.Data) {
			if c.name != "VP8 " {
				parts = append(parts, c.name)
			}
		}
		return parts
	}
	for at := 2; at+4 <= len(f.Data) && f.Data[at+1] != markSOS; at += 2 + int(binary.BigEndian.Uint16(f.Data[at+2:])) {
		if mark := f.Data[at+1]; mark != 0xdb && mark != 0xc0 && mark != 0xc4 {
			parts = append(parts, string(f.Data[at:at+2]))
		}
	}
	return parts
}

func TestWhatIsBesideAPictureIsNoticed(t *testing.T) {
	t.Parallel()
	img := quarters(20, 10)
	for _, f := range []File{
		{Name: media.Full, Type: "image/jpeg", Data: asJPEG(t, img, 1)},
		{Name: media.Full, Type: "image/jpeg", Data: withSegment(asJPEG(t, img, 0), markCOM, []byte("x"))},
		{Name: media.Full, Type: "image/webp", Data: asWebP(t, img, 1)},
	} {
		if len(beside(f)) == 0 {
			t.Errorf("%s: metadata is overlooked", f.Type)
		}
	}
}
