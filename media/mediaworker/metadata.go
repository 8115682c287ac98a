package mediaworker

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

// metadata is what a file says beside its pixels, as far as we listen: all of it
// ends here.
type metadata struct {
	exif  []byte   // a TIFF
	icc   []byte   // a profile of colour
	notes [][]byte // whatever else there is: XMP, texts, manifests
}

const (
	maxNote    = 1 << 18 // bytes of a note that are read
	maxNotes   = 64
	maxProfile = 1 << 16 // no profile that we understand is larger
)

// metadataOf never fails: what it cannot follow it leaves out.
func metadataOf(data []byte) metadata {
	var m metadata
	switch {
	case bytes.HasPrefix(data, []byte{0xff, markSOI}):
		m.ofJPEG(data)
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		m.ofPNG(data)
	case bytes.HasPrefix(data, []byte("RIFF")):
		m.ofWebP(data)
	}
	if len(m.icc) > maxProfile {
		m.icc = nil
	}
	return m
}

func (m *metadata) note(b []byte) {
	if len(m.notes) < maxNotes {
		m.notes = append(m.notes, b[:min(len(b), maxNote)])
	}
}

var (
	exifHead = []byte("Exif\x00\x00")
	iccHead  = []byte("ICC_PROFILE\x00")
)

func (m *metadata) ofJPEG(data []byte) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		mark := data[at+1]
		if mark == 0xff { // a fill byte
			at++
			continue
		}
		if mark == markSOS || mark == markEOI {
			return
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end > len(data) || end < at+4 {
			return
		}
		body := data[at+4 : end]
		at = end
		switch {
		case mark == markAPP1 && bytes.HasPrefix(body, exifHead):
			if m.exif == nil {
				m.exif = body[len(exifHead):]
			}
		case mark == markAPP1+1 && bytes.HasPrefix(body, iccHead) && len(body) >= len(iccHead)+2:
			m.icc = append(m.icc, body[len(iccHead)+2:]...) // in pieces, which are in order
		case mark >= markAPP1-1 && mark < markAPP1+15 || mark == markCOM:
			m.note(body)
		}
	}
}

func (m *metadata) ofPNG(data []byte) {
	for at := 8; at+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-12 {
			return
		}
		body := data[at+8 : at+8+n]
		switch string(data[at+4 : at+8]) {
		case "eXIf":
			m.exif = body
		case "iCCP":
			if _, packed, ok := bytes.Cut(body, []byte{0}); ok && len(packed) > 1 {
				m.icc = inflate(packed[1:], maxProfile+1)
			}
		case "zTXt":
			if key, packed, ok := bytes.Cut(body, []byte{0}); ok && len(packed) > 1 {
				m.note(append(key[:len(key):len(key)], inflate(packed[1:], maxNote)...))
			}
		case "iTXt":
			m.note(international(body))
		case "tEXt", "caBX":
			m.note(body)
		}
		at += n + 12
	}
}

// international returns the words of an iTXt: a key, whether it is packed and
// how, a language, the key in that language and the text, which may be packed.
func international(body []byte) []byte {
	key, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(rest) < 2 || rest[0] != 1 {
		return body
	}
	parts := bytes.SplitN(rest[2:], []byte{0}, 3)
	return append(key[:len(key):len(key)], inflate(parts[len(parts)-1], maxNote)...)
}

// inflate returns at most the first most bytes of what b holds, as far as it can
// be read.
func inflate(b []byte, most int64) []byte {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	defer r.Close()
	out, _ := io.ReadAll(io.LimitReader(r, most)) // what came before a fault is good enough
	return out
}

func (m *metadata) ofWebP(data []byte) {
	for c := range chunks(data) {
		switch c.name {
		case "EXIF":
			m.exif = bytes.TrimPrefix(c.body, exifHead)
		case "ICCP":
			m.icc = c.body
		case "XMP ", "C2PA":
			m.note(c.body)
		}
	}
}
