package mediaworker

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"slices"
)

// mark is what a file says about a machine's part in it: the IPTC's word for
// where the picture comes from. Both the IPTC's digital source type and the label
// of GB 45438-2025 lead to it. The manifest of C2PA is read for the same word and
// believed without its signature: a mark is a warning, and whoever forges one
// warns of themselves.
type mark string

const (
	unmarked  mark = ""
	trained   mark = "trainedAlgorithmicMedia"
	composite mark = "compositeWithTrainedAlgorithmicMedia"
)

// mark returns what m says.
func (m metadata) mark() mark {
	found := unmarked
	for _, note := range append(m.notes[:len(m.notes):len(m.notes)], narrow(m.exif)) {
		switch sourceType(note) {
		case trained:
			return trained
		case composite:
			found = composite
		}
		if found == unmarked && labelled(note) {
			found = trained
		}
	}
	return found
}

// narrow returns text without the zeros of UTF-16, which EXIF may use.
func narrow(b []byte) []byte {
	return bytes.ReplaceAll(b[:min(len(b), maxNote)], []byte{0}, nil)
}

// nearBy is how far after its name a value may lie, whatever the notation: an
// attribute, an element, a resource, CBOR.
const nearBy = 512

// sourceType looks for the IPTC's DigitalSourceType, which C2PA begins with a
// small letter.
func sourceType(note []byte) mark {
	for value := range after(note, "igitalSourceType") {
		for _, m := range []mark{composite, trained} {
			i := bytes.Index(value, []byte("/"+m))
			if i >= 0 && !letter(value[i+1+len(m):]) {
				return m
			}
		}
	}
	return unmarked
}

func letter(b []byte) bool {
	return len(b) > 0 && (b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z')
}

// labelled looks for what GB 45438-2025 asks for: AIGC, then JSON whose Label is
// 1 for made by a machine, 2 for perhaps, 3 for suspected.
func labelled(note []byte) bool {
	for value := range after(note, "AIGC") {
		_, label, ok := bytes.Cut(value, []byte("Label"))
		if !ok {
			continue
		}
		label = bytes.ReplaceAll(label, []byte("&quot;"), nil)
		label = bytes.ReplaceAll(label, []byte("&#34;"), nil)
		label = bytes.TrimLeft(label, "\\\"' :=>\t\r\n")
		if len(label) > 0 && label[0] >= '1' && label[0] <= '3' {
			return true
		}
	}
	return false
}

// after yields what follows each name in note.
func after(note []byte, name string) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for {
			i := bytes.Index(note, []byte(name))
			if i < 0 {
				return
			}
			note = note[i+len(name):]
			if !yield(note[:min(len(note), nearBy)]) {
				return
			}
		}
	}
}

// packet is m in our own words, as XMP.
func (m mark) packet() []byte {
	return fmt.Appendf(nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`+
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"`+
		` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/%s" TC260:AIGC="{&quot;Label&quot;:&quot;1&quot;}"/>`+
		`</rdf:RDF></x:xmpmeta>`, string(m))
}

// intoJPEG returns a JPEG of ours with the mark.
func (m mark) intoJPEG(data []byte) []byte {
	if m == unmarked {
		return data
	}
	body := append([]byte("http://ns.adobe.com/xap/1.0/\x00"), m.packet()...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, markAPP1}, uint16(len(body)+2))
	return slices.Insert(data, 2, append(head, body...)...)
}

// intoWebP returns a WebP of ours, which is a simple one, with the mark.
func (m mark) intoWebP(data []byte, size image.Point) []byte {
	if m == unmarked {
		return data
	}
	body := append(extended(hasXMP, size.X, size.Y), data[len("RIFF....WEBP"):]...)
	return riff(appendChunk(body, "XMP ", m.packet()))
}
