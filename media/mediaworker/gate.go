package mediaworker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"

	"meadow/media"
)

// SniffBytes is how much of a file Sniff looks at.
const SniffBytes = 3072

// format is a kind of picture that is taken. The decoders are named here, so
// that a format somebody else registers is never decoded.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	gate   func([]byte, image.Config) error
}

var formats = map[string]format{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode, countScans},
	"image/png":  {png.DecodeConfig, png.Decode, nil},
	"image/gif":  {gif.DecodeConfig, gif.Decode, countFrames},
	"image/webp": {webp.DecodeConfig, decodeWebP, countMoves},
}

// Sniff reports whether a file that begins with head can be a picture that is
// taken, or one about which there is more to say than that it is not. What its
// sender calls it does not matter.
func Sniff(head []byte) bool {
	_, ok := formats[mimetype.Detect(head).String()]
	return ok || isHEIC(head)
}

// isHEIC reports whether head begins a HEIC, as phones make them, and not an
// AVIF or a video, which are built alike.
func isHEIC(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	switch string(head[8:12]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs":
		return true
	case "mif1", "msf1": // a picture, of whatever its other brands say
		end := min(uint64(len(head)), uint64(binary.BigEndian.Uint32(head)))
		for at := uint64(16); at+4 <= end; at += 4 {
			if brand := string(head[at : at+4]); brand == "avif" || brand == "avis" {
				return false
			}
		}
		return true
	}
	return false
}

// admit returns how to decode data, and how large the picture will be, if that
// is harmless.
func admit(data []byte) (format, image.Config, error) {
	f, ok := formats[mimetype.Detect(data[:min(len(data), SniffBytes)]).String()]
	switch {
	case !ok && isHEIC(data):
		return f, image.Config{}, media.ErrHEIC
	case !ok:
		return f, image.Config{}, media.ErrNotPicture
	}
	c, err := f.config(bytes.NewReader(data))
	if err != nil {
		return f, c, media.ErrBroken.Because(err)
	}
	switch {
	case c.Width <= 0 || c.Height <= 0:
		return f, c, media.ErrBroken.Because(fmt.Errorf("%d by %d pixels", c.Width, c.Height))
	case c.Width > media.MaxSide || c.Height > media.MaxSide, c.Width*c.Height > media.MaxPixels:
		return f, c, media.ErrPixels.Because(fmt.Errorf("%d by %d pixels", c.Width, c.Height))
	}
	if f.gate != nil {
		if err := f.gate(data, c); err != nil {
			return f, c, media.ErrBroken.Because(err)
		}
	}
	return f, c, nil
}

// Markers of a JPEG file.
const (
	markRST0 = 0xd0
	markRST7 = 0xd7
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markAPP1 = 0xe1
	markCOM  = 0xfe
)

// maxWork is how many pixels all scans of a JPEG may go over: those of the
// largest picture 25 times, which is more than any camera or program asks for.
const maxWork = 25 * media.MaxPixels

// countScans refuses a JPEG of more than media.MaxScans scans, or of fewer if it
// is large. It looks for markers exactly as image/jpeg does, so that it misses
// none that gets decoded.
func countScans(data []byte, c image.Config) error {
	most := min(media.MaxScans, maxWork/max(1, c.Width*c.Height))
	if len(data) < 2 || data[0] != 0xff || data[1] != markSOI {
		return errors.New("no JPEG")
	}
	scans := 0
	for at := 2; ; {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 {
			return nil
		}
		at += i
		for at < len(data) && data[at] == 0xff {
			at++
		}
		if at >= len(data) {
			return nil
		}
		mark := data[at]
		at++
		if mark == 0 || mark >= markRST0 && mark <= markRST7 {
			continue
		}
		if mark == markEOI {
			return nil
		}
		if mark == markSOS {
			scans++
		}
		if scans > most {
			return fmt.Errorf("more than %d scans", most)
		}
		if at+2 > len(data) {
			return nil
		}
		at = min(at+int(binary.BigEndian.Uint16(data[at:])), len(data))
	}
}

// countFrames refuses a GIF of more than media.MaxFrames frames.
func countFrames(data []byte, _ image.Config) error {
	at := 13
	if len(data) < at {
		return io.ErrUnexpectedEOF
	}
	at += tableSize(data[10])
	frames := 0
	for at < len(data) {
		kind := data[at]
		at++
		switch kind {
		case 0x21: // extension: a label, then blocks
			at++
		case 0x2c: // frame: bounds, flags, a table, a code size, then blocks
			if at+9 > len(data) {
				return nil
			}
			at += 9 + tableSize(data[at+8]) + 1
			frames++
		default: // the end, or nothing a decoder reads on from
			return nil
		}
		if frames > media.MaxFrames {
			return fmt.Errorf("more than %d frames", media.MaxFrames)
		}
		for at < len(data) && data[at] != 0 {
			at += int(data[at]) + 1
		}
		at++
	}
	return nil
}

// tableSize returns the bytes of the colour table that flags announce.
func tableSize(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}
