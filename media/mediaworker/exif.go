package mediaworker

import (
	"bytes"
	"encoding/binary"
)

// orientation returns how a camera held the picture, 1 to 8 as EXIF counts; 1,
// which is upright, if the file does not say so.
func orientation(data []byte) int {
	var tiff []byte
	switch {
	case bytes.HasPrefix(data, []byte{0xff, markSOI}):
		tiff = exifOfJPEG(data)
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		tiff = exifOfPNG(data)
	case bytes.HasPrefix(data, []byte("RIFF")):
		tiff = exifOfWebP(data)
	}
	return orientationOf(tiff)
}

var exifHead = []byte("Exif\x00\x00")

func exifOfJPEG(data []byte) []byte {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		mark := data[at+1]
		if mark == markSOS || mark == markEOI {
			return nil
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end > len(data) || end < at+4 {
			return nil
		}
		if body := data[at+4 : end]; mark == 0xe1 && bytes.HasPrefix(body, exifHead) {
			return body[len(exifHead):]
		}
		at = end
	}
	return nil
}

func exifOfPNG(data []byte) []byte {
	for at := 8; at+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-12 {
			return nil
		}
		if string(data[at+4:at+8]) == "eXIf" {
			return data[at+8 : at+8+n]
		}
		at += n + 12
	}
	return nil
}

func exifOfWebP(data []byte) []byte {
	for at := 12; at+8 <= len(data); {
		n := int(binary.LittleEndian.Uint32(data[at+4:]))
		if n > len(data)-at-8 {
			return nil
		}
		if string(data[at:at+4]) == "EXIF" {
			return bytes.TrimPrefix(data[at+8:at+8+n], exifHead)
		}
		at += 8 + n + n&1
	}
	return nil
}

// orientationOf reads the one tag we want from the first directory of a TIFF.
func orientationOf(tiff []byte) int {
	const upright, tag = 1, 0x0112
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int(order.Uint32(tiff[4:]))
	if at > len(tiff)-2 {
		return upright
	}
	n := int(order.Uint16(tiff[at:]))
	for at += 2; n > 0 && at+12 <= len(tiff); n, at = n-1, at+12 {
		if order.Uint16(tiff[at:]) != tag {
			continue
		}
		if o := int(order.Uint16(tiff[at+8:])); o >= 1 && o <= 8 {
			return o
		}
		return upright
	}
	return upright
}
