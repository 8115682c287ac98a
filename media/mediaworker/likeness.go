package mediaworker

import (
	"fmt"
	"image"
	"image/color"

	"github.com/kovidgoyal/imaging"
)

// likeness returns a difference hash: of 8 rows of 9 grey squares, whether each
// is clearly darker than the next. Clearly, because else the noise of encoding
// would decide wherever a picture is plain.
func likeness(img image.Image) string {
	const clear = 2 << 8 // of 65535
	var bits uint64
	small := imaging.Resize(img, 9, 8, imaging.Box)
	for y := range 8 {
		left := luma(small.NRGBAAt(0, y))
		for x := range 8 {
			right := luma(small.NRGBAAt(x+1, y))
			bits <<= 1
			if right > left+clear {
				bits |= 1
			}
			left = right
		}
	}
	return fmt.Sprintf("%016x", bits)
}

func luma(c color.NRGBA) int { return int(color.Gray16Model.Convert(c).(color.Gray16).Y) }
