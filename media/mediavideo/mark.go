package mediavideo

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"meadow/media"
)

// aigcTag is the metadata in which GB 45438 wants it said that a machine made a
// file.
const aigcTag = "AIGC"

// aigc is what that metadata says. Nothing else of it is kept.
type aigc struct {
	Label             string `json:"Label"`
	ContentProducer   string `json:"ContentProducer,omitempty"`
	ProduceID         string `json:"ProduceID,omitempty"`
	ContentPropagator string `json:"ContentPropagator,omitempty"`
	PropagateID       string `json:"PropagateID,omitempty"`
}

// maxMark is the most bytes of a field of an aigc.
const maxMark = 128

// plainMark says that a machine made a file, and no more.
const plainMark = `{"Label":"1"}`

// mark returns what the file says of a machine that made it, or "".
func (p probed) mark() string {
	tags := []map[string]string{p.Format.Tags}
	for _, s := range p.Streams {
		tags = append(tags, s.Tags)
	}
	for _, t := range tags {
		for name, value := range t {
			if strings.EqualFold(name, aigcTag) {
				return cleanMark(value)
			}
		}
	}
	return ""
}

// cleanMark returns the fields of value that the standard names.
func cleanMark(value string) string {
	var a aigc
	if err := json.Unmarshal([]byte(value), &a); err != nil {
		return plainMark
	}
	if a.Label != "1" && a.Label != "2" && a.Label != "3" { // surely, probably, perhaps
		return ""
	}
	for _, f := range []string{a.Label, a.ContentProducer, a.ProduceID, a.ContentPropagator, a.PropagateID} {
		if len(f) > maxMark {
			return plainMark
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return plainMark
	}
	return string(b)
}

// xmp is the metadata in which a picture says that a machine made it.
const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" ` +
	`Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></rdf:RDF></x:xmpmeta>`

// markPoster writes that into a JPEG, if it is so.
func markPoster(dir string, ai bool) error {
	if _, err := sizeOf(dir, poster); err != nil {
		return err
	}
	path := filepath.Join(dir, poster)
	b, err := os.ReadFile(path)
	if err != nil || len(b) < 2 || b[0] != 0xff || b[1] != 0xd8 {
		return media.ErrBrokenVideo.Because(errors.Join(errors.New("no poster was made"), err))
	}
	if !ai {
		return nil
	}
	body := "http://ns.adobe.com/xap/1.0/\x00" + xmp
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(body)+2))
	if err := os.WriteFile(path, slices.Concat(head, []byte(body), b[2:]), 0o600); err != nil {
		return fmt.Errorf("media: scratch: %w", err)
	}
	return nil
}
