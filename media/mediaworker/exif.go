package mediaworker

import "encoding/binary"

// orientationOf returns how a camera held the picture, 1 to 8 as EXIF counts; 1,
// which is upright, if it does not say so. It reads that one tag from the first
// directory of a TIFF, and follows no other.
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
