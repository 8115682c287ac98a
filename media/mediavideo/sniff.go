package mediavideo

import (
	"bytes"
	"slices"
)

// SniffBytes is how much of a file Sniff looks at.
const SniffBytes = 256

// Container is a family of file formats.
type Container string

const (
	MOV      Container = "mov"      // MP4, MOV, M4V, 3GP
	Matroska Container = "matroska" // MKV, WebM
)

// still are the brands of pictures in the family of MOV.
var still = []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis", "crx ", "jpx "}

// Sniff says of which family a file is that begins with head. What its sender
// calls it does not matter.
func Sniff(head []byte) (Container, bool) {
	head = head[:min(len(head), SniffBytes)]
	if bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}) {
		return Matroska, bytes.Contains(head, []byte("matroska")) || bytes.Contains(head, []byte("webm"))
	}
	if len(head) < 12 {
		return "", false
	}
	switch string(head[4:8]) {
	case "ftyp":
		return MOV, !slices.Contains(still, string(head[8:12]))
	case "moov", "mdat", "wide", "free", "skip": // QuickTime before there were brands
		return MOV, true
	}
	return "", false
}
